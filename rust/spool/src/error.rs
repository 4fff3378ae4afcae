//! The error of a spool that cannot be made or read.

use crate::disk::is_no_room;
use crate::segment::META_BYTES;
use std::io;
use std::path::{Path, PathBuf};
use stepwell_model::EntryNumber;

/// Reason why a spool cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The disk said no.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// The action that failed: `read`, `create`, …
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file that is not what its name says.
    #[error("{path} is not a spool file of this version: {problem}")]
    Format {
        /// The file.
        path: PathBuf,
        /// The problem.
        problem: String,
    },
    /// Bytes that a later version wrote. Nothing from there on is understood, and none of it may be removed.
    #[error("{path}, from entry {entry} on, was written by a later version ({what}): a newer stepwell is needed to read it")]
    Later {
        /// The segment.
        path: PathBuf,
        /// The first entry that is not understood.
        entry: EntryNumber,
        /// The part that is unknown.
        what: String,
    },
    /// The caller's meta bytes are longer than a segment's header may carry.
    #[error("the opening of the stream takes {0} bytes, more than {META_BYTES}")]
    MetaTooLarge(usize),
}

impl SpoolError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// Returns whether a newer version is what it takes.
    pub fn is_later(&self) -> bool {
        matches!(self, Self::Later { .. })
    }

    /// Returns whether the disk, the quota or a limit on file sizes left no room.
    pub fn is_no_room(&self) -> bool {
        matches!(self, Self::Io { source, .. } if is_no_room(source))
    }
}
