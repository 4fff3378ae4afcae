//! Uploading what is left in a directory of spools.

mod files;
mod pace;

use crate::upload::UploadError;
use crate::upload::connection::{attach, connect};
use crate::upload::session::{Feed, SessionEnd, run};
use pace::Pace;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_blob::links;
use stepwell_codec::msgpack;
use stepwell_codec::payload::statement::opening_from_value;
use stepwell_model::{EntryNumber, Opening, StreamId};
use stepwell_proto::v1;
use stepwell_spool::{
    Disk, SpoolError, SpoolReader, StreamSummary, keep_rejected, remove_stream, streams, summarize, trim_stream, writer_lives,
};

/// How often the cursor is written: it costs two syncs.
const CURSOR_INTERVAL: Duration = Duration::from_secs(1);

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
    /// Contents of files that the server is not known to have.
    pub files: u64,
    /// Whether the server has all of its entries.
    complete: bool,
    /// Whether the server refuses it for good.
    refused: bool,
}

impl SyncedStream {
    fn is_for_a_server(&self) -> bool {
        self.opening.as_ref().is_some_and(|opening| !opening.destination.is_empty())
    }

    /// Removes a stream of which the server has everything, unless files of it wait.
    fn remove_if_complete(&self, root: &Path, options: &SyncOptions) -> Result<(), UploadError> {
        if self.complete && self.is_for_a_server() && !self.live {
            remove_stream(&*options.disk, root, self.summary.stream)?;
        }
        Ok(())
    }

    fn complain(&mut self, problem: &str) {
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
    Ok(found.into_iter().map(|stream| spooled_stream(&disk, root, stream)).collect())
}

fn spooled_stream(disk: &Arc<dyn Disk>, root: &Path, stream: StreamId) -> SyncedStream {
    let summary = summarize(Arc::clone(disk), root, stream);
    let opening = msgpack::from_bytes(&summary.meta).ok().and_then(|value| opening_from_value(&value).ok());
    let (host, pid) = opening.as_ref().map_or(("", 0), |opening| (opening.host.as_str(), opening.pid));
    let live = !summary.closed && writer_lives(summary.last_alive, host, pid);
    let files = links(&files::folder(root, stream)).map_or(0, |links| links.len() as u64);
    let mut found = SyncedStream { summary, opening, live, rejected: 0, files, complete: false, refused: false };
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
    let mut found = spooled_streams(Arc::clone(&options.disk), root)?;
    if let Some(wanted) = &options.streams {
        found.retain(|stream| wanted.contains(&stream.summary.stream));
    }
    let contents: Vec<_> = found.iter().map(|stream| files::contents(root, options, stream)).collect();
    let said = SyncProgress {
        sent: 0,
        total: found.iter().map(|stream| left(&stream.summary)).sum(),
        files_sent: 0,
        files_total: contents.iter().map(|ids| ids.len() as u64).sum(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().thread_name("stepwell-dns").max_blocking_threads(1).build();
    let runtime = runtime.map_err(|source| SpoolError::Io { action: "start a sync of", path: root.to_owned(), source })?;
    let mut pace = Pace::new(options, said, progress);
    let mut sent_before = 0;
    for stream in &mut found {
        sent_before += left(&stream.summary);
        if stream.opening.is_some() && stream.summary.last > 0 && !pace.is_over() {
            let result = runtime.block_on(upload(root, options, stream, &mut pace));
            if let Err(error) = result {
                stream.refused = matches!(error, UploadError::Fatal(_));
                stream.complain(&error.to_string());
            }
        }
        pace.said.sent = sent_before;
    }
    // Numbers first: files may take hours.
    for (stream, ids) in found.iter_mut().zip(contents) {
        stream.files = ids.len() as u64;
        // What the server refuses stays here with all that belongs to it.
        if ids.is_empty() || stream.opening.is_none() || stream.refused || pace.is_over() {
            continue;
        }
        let result = runtime.block_on(files::upload(root, options, stream, ids, &mut pace));
        let result = result.and_then(|()| stream.remove_if_complete(root, options));
        if let Err(error) = result {
            stream.complain(&format!("files: {error}"));
        }
    }
    pace.call();
    runtime.shutdown_background();
    Ok(found)
}

/// Entries that the server is not known to have.
fn left(summary: &StreamSummary) -> u64 {
    summary.last.saturating_sub(summary.acked.max(summary.first.saturating_sub(1)))
}

async fn upload(root: &Path, options: &SyncOptions, stream: &mut SyncedStream, pace: &mut Pace<'_>) -> Result<(), UploadError> {
    let Some(opening) = stream.opening.clone() else { return Ok(()) };
    let seed = stream.summary.stream.0[0];
    pace.persist(seed, async |pace: &mut Pace<'_>| {
        let channel = connect(&options.url).await?;
        let connection = attach(channel, &options.token).await?;
        let mut reader = SpoolReader::open(Arc::clone(&options.disk), root, stream.summary.stream)?;
        let mut feed = SyncFeed { root, options, stream, pace, cursor: 0, cursor_at: Instant::now() };
        feed.pace.reached_at = Instant::now();
        let end = run(connection, &mut reader, &opening, &mut feed).await;
        feed.stream.complete = end.as_ref().is_ok_and(|end| *end == SessionEnd::Complete);
        feed.write_cursor()?;
        feed.stream.remove_if_complete(root, options)?;
        end.map(drop)
    })
    .await
}

/// One stream of a sync.
struct SyncFeed<'a, 'p> {
    root: &'a Path,
    options: &'a SyncOptions,
    stream: &'a mut SyncedStream,
    pace: &'a mut Pace<'p>,
    cursor: EntryNumber,
    cursor_at: Instant,
}

impl SyncFeed<'_, '_> {
    /// Writes down what the server has; a living writer does that itself.
    fn write_cursor(&mut self) -> Result<(), UploadError> {
        let acked = self.stream.summary.acked;
        self.cursor_at = Instant::now();
        if self.stream.live {
            return Ok(());
        }
        let (disk, id) = (&*self.options.disk, self.stream.summary.stream);
        if acked > self.cursor {
            trim_stream(disk, self.root, id, acked, self.stream.is_for_a_server())?;
            self.cursor = acked;
        }
        Ok(())
    }
}

impl Feed for SyncFeed<'_, '_> {
    fn acked(&mut self, durable: EntryNumber, rejected: &[v1::Rejected]) -> Result<(), UploadError> {
        let summary = &mut self.stream.summary;
        for range in rejected {
            let last = range.last.min(durable);
            keep_rejected(&self.options.disk, self.root, summary.stream, range.first, last, &range.reason)?;
            self.stream.rejected += last.saturating_sub(range.first) + 1;
        }
        let fresh = durable.min(summary.last).saturating_sub(summary.acked);
        self.pace.said.sent = (self.pace.said.sent + fresh).min(self.pace.said.total);
        summary.acked = summary.acked.max(durable.min(summary.last));
        self.pace.reached_at = Instant::now();
        if self.cursor_at.elapsed() >= CURSOR_INTERVAL {
            self.write_cursor()?;
        }
        Ok(())
    }

    fn say(&mut self, _words: &str) {}

    fn lost(&self) -> u64 {
        0
    }

    fn last(&self, position: EntryNumber) -> Option<EntryNumber> {
        // What a living writer adds after this is its own to send.
        Some(position.saturating_sub(1))
    }

    fn closes(&self) -> bool {
        !self.stream.live
    }

    fn stops(&mut self) -> bool {
        self.pace.is_over()
    }

    async fn grown(&self) {
        std::future::pending::<()>().await;
    }
}
