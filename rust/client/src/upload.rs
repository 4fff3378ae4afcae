//! Spool to server: follows a stream's spool and speaks `stepwell.v1.Ingest`.
//!
//! - [`connection`]: one attached connection, deadlines on every wait for it.
//! - [`shared`]: a connection that many streams share.
//! - [`session`]: one stream on a connection: open, send within the window, acks, rewind, throttle.
//! - [`blobs`]: the contents of files, on a connection of their own.
//! - [`reconnect`]: attempts until it is done; [`backoff`]: delays between them.
//! - [`uploader`]: the thread of a writer that lives, which brings its [`rows`] and its [`files`] to the
//!   server.
//!
//! Invariants:
//!
//! 1. Only whole frames of the spool are sent, in order, as they are.
//! 2. Nothing is trimmed that the server has not acknowledged as durable, and nothing is stated as lost
//!    before what is left of it is kept.
//! 3. After a reconnect, a rewind or a throttle, sending goes on behind the server's own durable number; what
//!    it has twice it skips. That is exactly-once.

pub(crate) mod backoff;
pub(crate) mod blobs;
pub(crate) mod connection;
pub(crate) mod files;
pub(crate) mod reconnect;
pub(crate) mod refused;
pub(crate) mod rows;
pub(crate) mod session;
pub(crate) mod shared;
pub(crate) mod target;
pub(crate) mod uploader;

use stepwell_codec::GapError;
use stepwell_spool::SpoolError;

/// Reason why a connection or a stream on it cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// The address makes no sense; trying again does not help.
    #[error("{url:?} is no address of a server: {problem}")]
    Address {
        /// As given.
        url: String,
        /// The problem.
        problem: String,
    },
    /// The connection failed, or an answer did not come in time.
    #[error("{0}")]
    Connection(String),
    /// The server goes away or is busy and asks to come back.
    #[error("the server asks to come back later ({reason})")]
    Later {
        /// Its hint, in milliseconds.
        after_millis: u32,
        /// The reason.
        reason: String,
    },
    /// Trying again does not help, says the server.
    #[error("the server refuses the stream: {0}")]
    Fatal(String),
    /// The files are those of a stream that the server refuses.
    #[error("the server refuses the stream that the files belong to")]
    StreamRefused,
    /// The server does not know files.
    #[error("the server takes no files: it is of an older version, update it")]
    NoFiles,
    /// Something refused that cannot be put aside, or a link that cannot be removed.
    #[error("cannot {action} {path}: {source}")]
    Disk {
        /// The action that failed.
        action: &'static str,
        /// With what.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The spool cannot be read.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The spool lacks entries for which no frame can be made.
    #[error(transparent)]
    Gap(#[from] GapError),
}

impl UploadError {
    /// An error of the disk.
    pub(crate) fn disk(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Disk { action, path: path.display().to_string(), source }
    }

    /// The time to come back, if the server says it.
    pub(crate) fn hint(&self) -> Option<std::time::Duration> {
        match self {
            Self::Later { after_millis: millis @ 1.., .. } => Some(std::time::Duration::from_millis(u64::from(*millis))),
            _ => None,
        }
    }

    /// Returns whether trying again may help.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Later { .. } | Self::Disk { .. } => true,
            Self::Spool(error) => !error.is_later(),
            _ => false,
        }
    }

    /// Returns whether it lies at the server or on the way to it, not at one stream.
    pub(crate) fn is_of_the_server(&self) -> bool {
        matches!(self, Self::Connection(_) | Self::Later { .. } | Self::Address { .. })
    }
}
