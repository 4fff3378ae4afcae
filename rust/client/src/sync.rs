//! Uploading what is left in a directory of spools.

use crate::upload::UploadError;
use crate::upload::backoff::Backoff;
use crate::upload::connection::{attach, connect};
use crate::upload::session::{Feed, SessionEnd, run};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_codec::msgpack;
use stepwell_codec::payload::statement::opening_from_value;
use stepwell_model::{EntryNumber, Opening, StreamId};
use stepwell_proto::v1;
use stepwell_spool::{
    Disk, SpoolError, SpoolReader, StreamSummary, keep_rejected, remove_stream, streams, summarize, trim_stream, writer_lives,
};

/// How often the cursor is written: it costs two syncs.
const CURSOR_INTERVAL: Duration = Duration::from_secs(1);
/// How often the caller hears of the progress at least.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

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

/// How far a sync is, in entries, over all its streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncProgress {
    /// Entries that the server has acknowledged.
    pub sent: u64,
    /// Entries there were to send.
    pub total: u64,
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
}

impl SyncedStream {
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
    let mut found = SyncedStream { summary, opening, live, rejected: 0 };
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
    let total = found.iter().map(|stream| left(&stream.summary)).sum();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().thread_name("stepwell-dns").max_blocking_threads(1).build();
    let runtime = runtime.map_err(|source| SpoolError::Io { action: "start a sync of", path: root.to_owned(), source })?;
    let mut pace = Pace {
        progress,
        said: SyncProgress { sent: 0, total },
        sent_before: 0,
        called_at: None,
        deadline: options.timeout.map(|timeout| Instant::now() + timeout),
        reached_at: Instant::now(),
        stopped: false,
    };
    for stream in &mut found {
        let before = left(&stream.summary);
        if stream.opening.is_some() && stream.summary.last > 0 && !pace.is_over() {
            let result = runtime.block_on(upload(root, options, stream, &mut pace));
            if let Err(error) = result {
                stream.complain(&error.to_string());
            }
        }
        pace.sent_before += before;
        pace.said.sent = pace.sent_before;
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
    let mut backoff = Backoff::new(u64::from(stream.summary.stream.0[0]));
    let Some(opening) = stream.opening.clone() else { return Ok(()) };
    loop {
        let attempt = async {
            let channel = connect(&options.url).await?;
            let connection = attach(channel, &options.token).await?;
            let mut reader = SpoolReader::open(Arc::clone(&options.disk), root, stream.summary.stream)?;
            let mut feed = SyncFeed { root, options, stream, pace, cursor: 0, cursor_at: Instant::now() };
            feed.pace.reached_at = Instant::now();
            let end = run(connection, &mut reader, &opening, &mut feed).await;
            feed.write_cursor(end.as_ref().is_ok_and(|end| *end == SessionEnd::Complete))?;
            end
        };
        let error = match attempt.await {
            Ok(_) => return Ok(()),
            Err(error) if !error.is_transient() || pace.is_over() => return Err(error),
            Err(error) => error,
        };
        let hint = match error {
            UploadError::Later { after_millis: millis @ 1.., .. } => Some(Duration::from_millis(u64::from(millis))),
            _ => None,
        };
        let until = Instant::now() + backoff.delay(hint, Duration::ZERO);
        while Instant::now() < until {
            if pace.reached_at.elapsed() > options.patience {
                // What holds for one stream holds for the rest: nobody waits once per stream.
                pace.stopped = true;
                return Err(error);
            }
            if pace.is_over() {
                return Err(error);
            }
            tokio::time::sleep(PROGRESS_INTERVAL.min(until.saturating_duration_since(Instant::now()))).await;
        }
    }
}

/// What all streams of a sync share: the callback, and when to stop.
struct Pace<'a> {
    progress: &'a mut dyn FnMut(SyncProgress) -> bool,
    said: SyncProgress,
    /// Entries of the streams before this one.
    sent_before: u64,
    called_at: Option<Instant>,
    deadline: Option<Instant>,
    /// When the server was last reached.
    reached_at: Instant,
    stopped: bool,
}

impl Pace<'_> {
    fn call(&mut self) {
        self.called_at = Some(Instant::now());
        self.stopped |= !(self.progress)(self.said);
    }

    /// Whether to stop; calls back if it is time.
    fn is_over(&mut self) -> bool {
        if self.called_at.is_none_or(|at| at.elapsed() >= PROGRESS_INTERVAL) {
            self.call();
        }
        self.stopped || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
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
    fn is_for_a_server(&self) -> bool {
        self.stream.opening.as_ref().is_some_and(|opening| !opening.destination.is_empty())
    }

    /// Writes down what the server has; a living writer does that itself.
    fn write_cursor(&mut self, complete: bool) -> Result<(), UploadError> {
        let acked = self.stream.summary.acked;
        self.cursor_at = Instant::now();
        if self.stream.live {
            return Ok(());
        }
        let (disk, id) = (&*self.options.disk, self.stream.summary.stream);
        if acked > self.cursor {
            trim_stream(disk, self.root, id, acked, self.is_for_a_server())?;
            self.cursor = acked;
        }
        if complete && self.is_for_a_server() {
            remove_stream(disk, self.root, id)?;
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
            self.write_cursor(false)?;
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
