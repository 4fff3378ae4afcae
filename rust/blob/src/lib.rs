//! Blobs on disk: files under the SHA-256 of their bytes, so that the same content is stored once.
//!
//! # Layout
//!
//! ```text
//! <root>/ab/ab3f…                the blob, named by its 64 hexadecimal digits, in a folder of the first two; 0600, never changed
//! <root>/tmp/<pid>-<number>      what is being written; renamed when it is whole, removed when it is found old
//! ```
//!
//! Any number of processes may write to one root at once: whoever comes second finds the blob there, or renames the same bytes over it.
//! A blob is whole once it has its name. It survives the death of its writer then, and a power loss after [`BlobDirectory::sync`].

mod directory;
mod incoming;

pub use directory::{BlobDirectory, hash};
pub use incoming::Incoming;
