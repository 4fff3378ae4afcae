//! Uploading what is left in a spool.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use stepwell_model::{Opening, StreamId};
use stepwell_spool::{Disk, SpoolError, StreamSummary};

/// How to sync.
#[derive(Clone)]
pub struct SyncOptions {
    /// Where to: `http://host:port`.
    pub url: String,
    /// Which streams; all if `None`.
    pub streams: Option<Vec<StreamId>>,
    /// Sent to the server as a bearer token; empty for none.
    pub token: String,
    /// When to give up at the latest.
    pub timeout: Option<Duration>,
    /// How long to try while the server cannot be reached.
    pub patience: Duration,
    /// The disk; tests bring their own.
    pub disk: Arc<dyn Disk>,
}

/// How far a sync is, in entries, over all its streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncProgress {
    /// Entries that the server has acknowledged.
    pub sent: u64,
    /// Entries there are to send.
    pub total: u64,
}

/// What became of one stream.
#[derive(Debug, Clone)]
pub struct SyncedStream {
    /// The stream after the sync; what went wrong is in its `damage`.
    pub summary: StreamSummary,
    /// What its segments say about the run; `None` if that cannot be read.
    pub opening: Option<Opening>,
    /// Whether its writer lives, as far as one can tell.
    pub live: bool,
    /// Entries that the server refused; they are kept in `rejected/`.
    pub rejected: u64,
}

/// The streams of a directory, without sending anything.
pub fn spooled_streams(_disk: Arc<dyn Disk>, _root: &Path) -> Result<Vec<SyncedStream>, SpoolError> {
    Ok(Vec::new())
}

/// Uploads every entry of a directory that its server does not have yet. May be repeated and interrupted at any time: the
/// server takes each entry once. `progress` is called at least every 200 ms and ends the sync by returning `false`.
/// A stream that cannot be read or sent hides no other: what is wrong stands in its `damage`.
pub fn sync(
    _root: &Path,
    _options: &SyncOptions,
    _progress: &mut dyn FnMut(SyncProgress) -> bool,
) -> Result<Vec<SyncedStream>, SpoolError> {
    Ok(Vec::new())
}
