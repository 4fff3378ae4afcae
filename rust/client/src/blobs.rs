//! The files of a writer on their way to the disk: encoded, hashed, stored as blobs, linked from the stream,
//! and announced in it.
//!
//! ```text
//! Content → worker: encode → blobs/ab/ab3f… → spool/<stream>/blobs/ab3f… → Entry::File in the queue
//! ```
//!
//! So rows never wait for files, a `File` entry never comes before its blob, and what the stream still has to
//! send is what lies in its `blobs/`.

mod content;
mod pool;
mod temporary;
mod workers;

pub use content::{Content, ContentError};
pub use pool::{FilePool, NoRoom, Reservation};
