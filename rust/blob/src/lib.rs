//! Blobs on disk: files under the SHA-256 of their bytes, so that the same content is stored once.
//!
//! # Layout
//!
//! ```text
//! <root>/ab/ab3f…                the blob, named by its 64 hexadecimal digits, in a folder of the first two; 0600, never changed
//! <root>/tmp/<pid>-<number>      what is being written; renamed when it is whole, swept when it is old
//! <root>/indexed/                empty; there once an index listed the blobs: they stay when their last stream has sent them
//! ```
//!
//! Any number of processes may write to one root at once: whoever comes second finds the blob there, or
//! renames the same bytes over it. A blob is whole once it has its name. It survives the death of its writer
//! then, and a power loss after [`BlobDirectory::sync`]. [Links](BlobDirectory::link) say which blobs a
//! stream refers to, and when the last reference goes.

mod directory;
mod draft;
mod link;
mod received;

pub use directory::{BlobDirectory, hash, hash_reader};
pub use draft::Draft;
pub use link::links;
pub use received::Received;
