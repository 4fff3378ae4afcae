//! From rows to a server: queue → merge → frame → spool → upload, all behind one [`Writer`].
//!
//! The calling thread copies bytes into the [`Queue`] and is done. The thread `stepwell-writer` merges the calls of a step,
//! numbers the entries, makes frames and appends them to the spool; `stepwell-disk` syncs, trims and beats the heart;
//! `stepwell-upload`, if there is a destination, follows the spool like any other reader and sends its frames. No thread here
//! knows Python, and none that logs ever waits for a file or a socket.

mod blobs;
mod columns;
mod framer;
mod histories;
mod keeper;
mod last_values;
mod merge;
mod notice;
mod openings;
mod options;
mod overflow;
mod pipeline;
mod preview;
mod progress;
mod queue;
mod record;
mod shapes;
mod signals;
mod status;
mod step_sync;
mod steps;
mod sync;
mod upload;
mod worker;
mod writer;

pub use blobs::{Content, ContentError, FilePool, NoRoom, Reservation};
pub use openings::{FoundStream, greatest_attempt, openings};
pub use options::{OnFull, WriterOptions};
pub use queue::{PushError, Queue, Refusal};
pub use status::{FinishReport, FlushLevel, Status};
pub use steps::{Placed, Steps};
pub use sync::{SyncOptions, SyncProgress, SyncedStream, spooled_streams, sync};
pub use writer::{StartError, Writer};
