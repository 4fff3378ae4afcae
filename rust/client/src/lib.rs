//! The way of a row from the call of `log` to the server, all behind one [`Writer`]: queue, framing, spool,
//! upload.
//!
//! | thread | room | does |
//! |---|---|---|
//! | the caller's | `queue` | copies bytes into the [`Queue`] and is done |
//! | `stepwell-writer` | `framing`, `summary` | merges calls into rows, appends frames to the spool |
//! | `stepwell-disk` | `syncer` | syncs, trims, and shows that the writer lives |
//! | `stepwell-media` | `blobs` | encodes files and stores them as blobs |
//! | `stepwell-upload` | `upload` | reads the spool like any other reader and sends it |
//! | `stepwell-signal` | `signals` | spools what is queued when the process is told to end |
//!
//! `sync` sends what writers that are gone have left. No thread here knows Python, and none that logs ever
//! waits for a file or a socket.

mod blobs;
mod framing;
mod progress;
mod queue;
mod signals;
mod summary;
mod sync;
mod syncer;
mod threads;
mod upload;
mod writer;

pub use blobs::{Content, ContentError, FilePool, NoRoom, Reservation};
pub use queue::steps::{Placed, Steps};
pub use queue::{OnFull, PushError, Queue, Refusal};
pub use sync::openings::{FoundStream, IndexLine, add_to_index, complete_index, greatest_attempt, openings};
pub use sync::{SyncOptions, SyncProgress, SyncedStream, spooled_streams, sync};
pub use writer::options::WriterOptions;
pub use writer::status::{FinishReport, FlushLevel, Status};
pub use writer::{StartError, Writer};
