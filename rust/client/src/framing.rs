//! The writer's thread: calls of `log` become rows, rows become frames, frames go to the spool.
//!
//! - [`worker`]: the thread itself, and the spool as its end.
//! - [`pipeline`]: its work without the thread: what it takes from the queue comes out as frames.
//! - [`merge`]: calls of one step to one row; [`step_sync`]: rows get the step metric that they lack.
//! - [`beside`]: what the queue hands over beside its chunks; [`discarder`]: the thread where nothing is kept.
//! - [`framer`]: entries are numbered and packed; [`shapes`]: the table of keys and shapes.

mod beside;
pub(crate) mod discarder;
pub(crate) mod framer;
mod merge;
pub(crate) mod pipeline;
mod shapes;
mod step_sync;
pub(crate) mod worker;
