//! Streams of a sync: how they are sent, how far they are, and what became of each.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use stepwell_blob::links;
use stepwell_codec::payload::statement::opening_from_bytes;
use stepwell_model::{EntryNumber, Opening, StreamId};
use stepwell_spool::{Disk, SpoolError, StreamSummary, streams, summarize, writer_lives};

/// The settings of a sync.
#[derive(Clone)]
pub struct SyncOptions {
    /// The server: `http://host:port`.
    pub url: String,
    /// The streams to send; all if `None`.
    pub streams: Option<Vec<StreamId>>,
    /// Sent to the server as a bearer token; empty for none.
    pub token: String,
    /// The time after which it gives up.
    pub timeout: Option<Duration>,
    /// Time to go on while the server cannot be reached or sends us away.
    pub patience: Duration,
    /// The disk; tests bring their own.
    pub disk: Arc<dyn Disk>,
}

/// The progress of a sync, over all its streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncProgress {
    /// Entries that the server has acknowledged.
    pub sent: u64,
    /// Entries there were to send.
    pub total: u64,
    /// Contents of files that the server has, or refused.
    pub files_sent: u64,
    /// Contents of files that the streams refer to and that were not known to be there.
    pub files_total: u64,
}

/// The outcome of one stream.
#[derive(Debug, Clone)]
pub struct SyncedStream {
    /// The stream as it was found; `acked` is the server's last word. What is wrong stands in `damage`.
    pub summary: StreamSummary,
    /// The opening that its segments have; `None` if that cannot be read.
    pub opening: Option<Opening>,
    /// True if its writer lives, as far as one can tell.
    pub live: bool,
    /// Entries that the server refused; they are kept in `rejected/`.
    pub rejected: u64,
    /// Entries that are damaged or missing and were stated as lost. Of the segments in which they were, those
    /// that are there are in `rejected/`.
    pub lost: u64,
    /// True if anything of it was put into `rejected/` because it is no frame.
    pub kept: bool,
    /// Contents of files that the server is not known to have.
    pub files: u64,
    /// True if the server has all of its entries, as they are or stated as lost.
    pub complete: bool,
    /// Entries up to this one are counted in `lost`, as far as they are.
    pub(super) lost_upto: EntryNumber,
    /// Frames that nobody can decode: they were kept, and are stated as lost.
    pub(super) undecodable: Vec<EntryNumber>,
    /// True if the server refuses it for good.
    pub(super) refused: bool,
    /// Trying again does not help.
    pub(super) settled: bool,
}

impl SyncedStream {
    pub(super) fn is_for_a_server(&self) -> bool {
        self.opening.as_ref().is_some_and(|opening| !opening.destination.is_empty())
    }

    /// Returns whether it goes from here: the server has everything, and nobody writes it.
    pub(super) fn is_removable(&self) -> bool {
        self.complete && self.files == 0 && self.is_for_a_server() && !self.live
    }

    pub(super) fn complain(&mut self, problem: &str) {
        // What stopped the reading when the stream was looked at stops the sending as well.
        if self.summary.damage.contains(problem) {
            return;
        }
        if !self.summary.damage.is_empty() {
            self.summary.damage.push_str("; ");
        }
        self.summary.damage.push_str(problem);
    }

    /// Entries that the server is not known to have.
    pub(super) fn left(&self) -> u64 {
        let summary = &self.summary;
        summary.last.saturating_sub(summary.acked.max(summary.first.saturating_sub(1)))
    }
}

/// The folder of a stream's links.
pub(super) fn folder(root: &Path, stream: StreamId) -> PathBuf {
    root.join(stream.to_string()).join("blobs")
}

/// The streams of a directory, read through but not sent.
#[expect(clippy::needless_pass_by_value, reason = "callers hand over the disk that the readers keep")]
pub fn spooled_streams(disk: Arc<dyn Disk>, root: &Path) -> Result<Vec<SyncedStream>, SpoolError> {
    let found = streams(&*disk, root)?;
    Ok(found.into_iter().map(|stream| spooled_stream(&disk, root, stream, &mut || false)).collect())
}

/// Reads a stream through.
pub(super) fn spooled_stream(disk: &Arc<dyn Disk>, root: &Path, stream: StreamId, stops: &mut dyn FnMut() -> bool) -> SyncedStream {
    let lives = |meta: &[u8], last_alive| {
        let opening = opening_from_bytes(meta).ok();
        let (host, pid) = opening.as_ref().map_or(("", 0), |opening| (opening.host.as_str(), opening.pid));
        writer_lives(last_alive, host, pid)
    };
    let summary = summarize(Arc::clone(disk), root, stream, &lives, stops);
    let opening = opening_from_bytes(&summary.meta).ok();
    let live = !summary.closed && lives(&summary.meta, summary.last_alive);
    let files = links(&folder(root, stream)).map_or(0, |links| links.len() as u64);
    let mut found = SyncedStream {
        summary,
        opening,
        live,
        rejected: 0,
        lost: 0,
        kept: false,
        files,
        complete: false,
        lost_upto: 0,
        undecodable: Vec::new(),
        refused: false,
        settled: false,
    };
    // A stream that was just begun has no segment yet; one with entries must say whose they are.
    if found.opening.is_none() && found.summary.last > 0 {
        found.complain("it does not say to which run it belongs");
    }
    found
}
