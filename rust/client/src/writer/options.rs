//! Settings of a writer.

use crate::queue::OnFull;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use stepwell_model::{Opening, StreamId, defaults};
use stepwell_spool::{Disk, OsDisk, SpoolOptions};

/// The settings of a writer.
#[derive(Clone)]
pub struct WriterOptions {
    /// Directory of the spool; made if it is not there.
    pub root: PathBuf,
    /// Directory of the blobs, on the same file system if possible.
    pub blobs: PathBuf,
    /// Entry 1. An empty destination means local mode: nothing but the spool is written, and nothing is ever
    /// removed from it.
    pub opening: Opening,
    /// The stream; must never have been used before.
    pub stream: StreamId,
    /// The reaction to a full queue, because rows come too fast, the spool is at its cap or the disk is
    /// full.
    pub on_full: OnFull,
    /// Keys that nested dicts of rows may have, all different ones together. Keys of rows are counted by
    /// whoever defines them.
    pub nested_keys: usize,
    /// Capacity of the queue.
    pub queue_bytes: usize,
    /// Cap of the spool; 0 for none. It is lifted when the writer finishes, by what is queued then.
    pub spool_bytes: u64,
    /// Interval at which the spool is synced while it grows.
    pub sync_interval: Duration,
    /// Sent to the server as a bearer token; empty for none.
    pub token: String,
    /// True if nothing is written to standard error, not even a warning.
    pub silent: bool,
    /// Settings of the spool.
    pub spool: SpoolOptions,
    /// The disk; tests bring their own.
    pub disk: Arc<dyn Disk>,
}

impl WriterOptions {
    /// The defaults, for a stream with a random id. Blobs lie in `blobs` beside the spool.
    pub fn new(root: impl Into<PathBuf>, opening: Opening) -> Result<Self, std::io::Error> {
        let mut stream = [0; 16];
        let mut filled = 0;
        while filled < stream.len() {
            filled += rustix::rand::getrandom(&mut stream[filled..], rustix::rand::GetRandomFlags::empty())?;
        }
        let root = root.into();
        Ok(Self {
            blobs: root.with_file_name("blobs"),
            root,
            opening,
            stream: StreamId(stream),
            on_full: OnFull::Sample,
            nested_keys: defaults::MAX_KEYS,
            queue_bytes: defaults::QUEUE_BYTES,
            spool_bytes: 0,
            sync_interval: Duration::from_secs(1),
            token: String::new(),
            silent: false,
            spool: SpoolOptions::default(),
            disk: Arc::new(OsDisk),
        })
    }
}
