//! Uploading what is left in a directory of spools.

mod files;
pub(crate) mod openings;
mod pace;
mod rows;

use crate::upload::uploader::runtime;
use openings::read_opening;
use pace::Pace;
use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use stepwell_blob::links;
use stepwell_model::{EntryNumber, Opening, StreamId};
use stepwell_spool::{Disk, SpoolError, StreamSummary, remove_leftovers, remove_streams, streams, summarize, writer_lives};

/// Streams that are removed together: their names are made durable at once.
const REMOVED_TOGETHER: usize = 512;

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
    /// How long to go on while the server cannot be reached or sends us away.
    pub patience: Duration,
    /// The disk; tests bring their own.
    pub disk: Arc<dyn Disk>,
}

/// How far a sync is, over all its streams.
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

/// What became of one stream.
#[derive(Debug, Clone)]
pub struct SyncedStream {
    /// The stream as it was found; `acked` is the server's last word. What is wrong stands in `damage`.
    pub summary: StreamSummary,
    /// What its segments say about the run; `None` if that cannot be read.
    pub opening: Option<Opening>,
    /// Whether its writer lives, as far as one can tell.
    pub live: bool,
    /// Entries that the server refused; they are kept in `rejected/`.
    pub rejected: u64,
    /// Entries that are damaged or missing and were stated as lost. Of the segments in which they were, those that are there are in `rejected/`.
    pub lost: u64,
    /// Whether anything of it was put into `rejected/` because it is no frame.
    pub kept: bool,
    /// Contents of files that the server is not known to have.
    pub files: u64,
    /// Whether the server has all of its entries, as they are or stated as lost.
    pub complete: bool,
    /// Entries up to this one are counted in `lost`, as far as they are.
    lost_upto: EntryNumber,
    /// Frames that nobody can decode: they were kept, and are stated as lost.
    undecodable: Vec<EntryNumber>,
    /// Whether the server refuses it for good.
    refused: bool,
    /// Trying again does not help.
    settled: bool,
}

impl SyncedStream {
    fn is_for_a_server(&self) -> bool {
        self.opening.as_ref().is_some_and(|opening| !opening.destination.is_empty())
    }

    /// Whether it goes from here: the server has everything, and nobody writes it.
    fn is_removable(&self) -> bool {
        self.complete && self.files == 0 && self.is_for_a_server() && !self.live
    }

    fn complain(&mut self, problem: &str) {
        // What stopped the reading when the stream was looked at stops the sending as well.
        if self.summary.damage.contains(problem) {
            return;
        }
        if !self.summary.damage.is_empty() {
            self.summary.damage.push_str("; ");
        }
        self.summary.damage.push_str(problem);
    }
}

/// The streams of a directory, read through but not sent.
#[expect(clippy::needless_pass_by_value, reason = "callers hand over the disk that the readers keep")]
pub fn spooled_streams(disk: Arc<dyn Disk>, root: &Path) -> Result<Vec<SyncedStream>, SpoolError> {
    let found = streams(&*disk, root)?;
    Ok(found.into_iter().map(|stream| spooled_stream(&disk, root, stream, &mut || false)).collect())
}

fn spooled_stream(disk: &Arc<dyn Disk>, root: &Path, stream: StreamId, stops: &mut dyn FnMut() -> bool) -> SyncedStream {
    let lives = |meta: &[u8], last_alive| {
        let opening = read_opening(meta);
        let (host, pid) = opening.as_ref().map_or(("", 0), |opening| (opening.host.as_str(), opening.pid));
        writer_lives(last_alive, host, pid)
    };
    let summary = summarize(Arc::clone(disk), root, stream, &lives, stops);
    let opening = read_opening(&summary.meta);
    let live = !summary.closed && lives(&summary.meta, summary.last_alive);
    let files = links(&files::folder(root, stream)).map_or(0, |links| links.len() as u64);
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

/// Uploads every entry of a directory that its server does not have yet. May be repeated and interrupted at any time: the
/// server takes each entry once. `progress` is called at least every 200 ms and ends the sync by returning `false`.
///
/// A stream that cannot be read or sent hides no other: what is wrong stands in its `damage`. What the server has is removed
/// if the stream was meant for a server and its writer is dead; the streams of local mode stay as they are, apart from a cursor.
pub fn sync(root: &Path, options: &SyncOptions, progress: &mut dyn FnMut(SyncProgress) -> bool) -> Result<Vec<SyncedStream>, SpoolError> {
    let pace = RefCell::new(Pace::new(options, progress));
    let mut stops = || pace.borrow_mut().is_over();
    let disk = &options.disk;
    remove_leftovers(&**disk, root);
    let mut ids = streams(&**disk, root)?;
    if let Some(wanted) = &options.streams {
        let wanted: std::collections::BTreeSet<_> = wanted.iter().collect();
        ids.retain(|id| wanted.contains(id));
    }
    let mut found: Vec<_> = ids.into_iter().map(|id| spooled_stream(disk, root, id, &mut stops)).collect();
    let contents: Vec<_> = found.iter().map(|stream| files::contents(root, options, stream, &mut stops)).collect();
    for (stream, ids) in found.iter_mut().zip(&contents) {
        stream.files = ids.len() as u64;
    }
    pace.borrow_mut().said = SyncProgress {
        sent: 0,
        total: found.iter().map(|stream| left(&stream.summary)).sum(),
        files_sent: 0,
        files_total: contents.iter().map(|ids| ids.len() as u64).sum(),
    };
    let runtime = runtime().map_err(|source| SpoolError::Io { action: "start a sync of", path: root.to_owned(), source })?;
    if let Err(error) = runtime.block_on(rows::upload(root, options, &mut found, &pace))
        && let Some(first) = found.iter_mut().find(|stream| !stream.settled && stream.summary.last > 0)
    {
        first.complain(&error.to_string());
    }
    // Numbers first: files may take hours.
    for (stream, ids) in found.iter_mut().zip(contents) {
        // What the server refuses stays here with all that belongs to it.
        if ids.is_empty() || stream.opening.is_none() || stream.refused || pace.borrow_mut().is_over() {
            continue;
        }
        if let Err(error) = runtime.block_on(files::upload(root, options, stream, ids, &pace)) {
            stream.complain(&format!("files: {error}"));
        }
    }
    remove_sent(root, options, &mut found);
    pace.borrow_mut().call();
    runtime.shutdown_background();
    Ok(found)
}

/// Removes the streams of which the server has everything.
fn remove_sent(root: &Path, options: &SyncOptions, found: &mut [SyncedStream]) {
    let sent: Vec<_> = found.iter().filter(|stream| stream.is_removable()).map(|stream| stream.summary.stream).collect();
    let results = sent.chunks(REMOVED_TOGETHER).flat_map(|sent| remove_streams(&*options.disk, root, sent));
    let mut failed: std::collections::BTreeMap<_, _> = results.filter_map(|(stream, result)| Some((stream, result.err()?))).collect();
    for stream in found {
        if let Some(error) = failed.remove(&stream.summary.stream) {
            stream.complain(&error.to_string());
        }
    }
}

/// Entries that the server is not known to have.
fn left(summary: &StreamSummary) -> u64 {
    summary.last.saturating_sub(summary.acked.max(summary.first.saturating_sub(1)))
}
