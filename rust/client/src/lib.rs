//! From rows to a server: queue → merge → frame → spool → upload, all behind one [`Writer`].
//!
//! The calling thread copies bytes into the [`Queue`] and is done. The thread `stepwell-writer` merges the calls of a step,
//! numbers the entries, makes frames and appends them to the spool; `stepwell-disk` syncs, trims and beats the heart;
//! `stepwell-upload`, if there is a destination, follows the spool like any other reader and sends its frames. No thread here
//! knows Python, and none that logs ever waits for a file or a socket.

mod blobs;
mod clock;
mod framing;
mod notice;
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
pub use sync::openings::{FoundStream, greatest_attempt, openings};
pub use sync::{SyncOptions, SyncProgress, SyncedStream, spooled_streams, sync};
pub use writer::options::WriterOptions;
pub use writer::status::{FinishReport, FlushLevel, Status};
pub use writer::{StartError, Writer};
