//! `trait Store`: what the server asks of a store. Every method blocks and may be called from any thread.
//!
//! Invariants that every implementation keeps (the conformance suite checks them):
//!
//! 1. `append` returns only when what it accepted survives a power cut, and it moves the durable numbers in
//!    the same transaction.
//! 2. A stream accepts the frame that begins at `durable + 1` and nothing else. So nothing is stored twice.
//! 3. What a query answers depends only on the set of entries accepted, never on their order of arrival
//!    between streams, on timing, or on whether compaction has run. Of several values for one (run, key,
//!    label, step) the winner is the one with the highest (attempt, stream id, entry number). A row with
//!    `sampled` counts like any other.
//! 4. Queries see an entry as soon as `append` has returned.

pub(crate) mod error;

pub use error::StoreError;

use crate::decode::FrameRows;
use crate::line::{LineReader, PointLines};
use crate::query::{FileInfo, KeyInfo, KeyQuery, LabelChoice, Page, ProjectInfo, RowQuery, RunInfo, SeriesPoints, StepRange, StoredValue};
use crate::row::RowBatch;
use crate::run::newest_definitions;
use crate::run::table::RunQuery;
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;
use stepwell_codec::{FrameError, FrameHeader, FrameView};
use stepwell_model::{BlobId, EntryNumber, Kind, MetricDefinition, Opening, RunPath, StreamId, TimeMicros, wall_time};

/// A frame of a stream, checked by the server: header, checksum and payload are sound. What the check decoded
/// comes along.
#[derive(Debug, Clone)]
pub struct StreamFrame {
    /// The stream.
    pub stream: StreamId,
    /// Header of the frame.
    pub header: FrameHeader,
    /// The frame with its header, to be kept verbatim.
    pub bytes: Arc<[u8]>,
    /// Its payload before compression, if it holds entries that are not rows.
    pub statements: Option<Arc<[u8]>>,
    /// Its rows, unless they take much more memory than the frame does: who needs them decodes them then.
    pub rows: Option<Arc<FrameRows>>,
}

impl StreamFrame {
    /// The payload before compression, whose every entry was read once.
    ///
    /// # Errors
    /// None, where the frame was checked.
    pub fn payload(&self) -> Result<Cow<'_, [u8]>, FrameError> {
        match &self.statements {
            Some(payload) => Ok(Cow::Borrowed(payload)),
            None => Ok(Cow::Owned(FrameView::parse(&self.bytes)?.payload()?)),
        }
    }
}

/// Outcome of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendOutcome {
    /// It is durable, now or since an earlier time; so is everything up to this number.
    Durable(EntryNumber),
    /// It is not the stream's next one; this number is.
    Expected(EntryNumber),
}

/// Runs that changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// To be given the next time.
    pub version: u64,
    /// Ids of the runs.
    pub runs: Vec<String>,
}

/// Takes the rows of a label, batch by batch; see [`Store::rows`].
pub type RowSink<'a> = dyn FnMut(&str, RowBatch) -> ControlFlow<()> + 'a;

/// Store of runs.
pub trait Store: Send + Sync + 'static {
    /// Makes the stream and its run known; creates what is new. Returns the stream's durable number (0:
    /// nothing yet). A stream whose run was deleted is `Deleted`.
    fn open_stream(&self, stream: StreamId, opening: &Opening) -> Result<EntryNumber, StoreError>;

    /// As [`open_stream`](Self::open_stream), of many streams at once: a transaction takes as long for one as
    /// for hundreds. One answer per stream; an error of the whole opens none.
    fn open_streams(&self, streams: &[(StreamId, Arc<Opening>)]) -> Result<Vec<Result<EntryNumber, StoreError>>, StoreError> {
        Ok(streams.iter().map(|(stream, opening)| self.open_stream(*stream, opening)).collect())
    }

    /// Stores frames, all or none, durable on return. One outcome per frame. A stream that was never opened
    /// is `Invalid`, one whose run was deleted `Deleted`, whatever the numbers of the frame.
    fn append(&self, frames: &[StreamFrame]) -> Result<Vec<AppendOutcome>, StoreError>;

    /// Notes signs of life of streams. Cheap; may be lost in a crash.
    fn heartbeat(&self, streams: &[(StreamId, TimeMicros)]) -> Result<(), StoreError>;

    /// Moves some of the journal into chunks. Returns whether there is more to do.
    fn compact(&self) -> Result<bool, StoreError>;

    /// Looks at some of what is stored for damage that no query has met, and gets it out of the way. Returns
    /// whether there is more to look at.
    fn look_through(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// All projects, the latest active first.
    fn projects(&self, now: TimeMicros) -> Result<Vec<ProjectInfo>, StoreError>;

    /// Shows `see` the runs of a project that the question chooses, one after the other, so that not more than
    /// one of them need be in memory, until it has seen enough. Returns how many there are on all pages; an
    /// unknown project has none.
    fn each_run(
        &self,
        entity: &str,
        project: &str,
        query: &RunQuery,
        now: TimeMicros,
        see: &mut dyn FnMut(RunInfo) -> ControlFlow<()>,
    ) -> Result<u64, StoreError>;

    /// A page of the runs of a project, the newest first, and how many there are.
    fn runs(&self, entity: &str, project: &str, page: Page, now: TimeMicros) -> Result<(Vec<RunInfo>, u64), StoreError> {
        let mut runs = Vec::new();
        let total = self.each_run(entity, project, &RunQuery::newest(page), now, &mut |run| {
            runs.push(run);
            ControlFlow::Continue(())
        })?;
        Ok((runs, total))
    }

    /// One run.
    fn run(&self, path: &RunPath, now: TimeMicros) -> Result<RunInfo, StoreError>;

    /// Keys of the named runs (of all, if none is named), by name.
    fn keys(&self, entity: &str, project: &str, runs: &[String]) -> Result<Vec<KeyInfo>, StoreError>;

    /// A part of [`keys`](Self::keys), and how many there are on all pages.
    fn keys_page(&self, entity: &str, project: &str, query: &KeyQuery) -> Result<(Vec<KeyInfo>, u64), StoreError> {
        let (mut keys, search) = (self.keys(entity, project, &query.runs)?, query.search.to_lowercase());
        keys.retain(|key| KeyQuery::finds(&search, &key.key));
        let total = keys.len() as u64;
        Ok((keys.into_iter().skip(query.page.offset).take(query.page.limit).collect(), total))
    }

    /// The metric definitions of all runs of a project, one per name: the newest run's counts.
    fn definitions(&self, entity: &str, project: &str) -> Result<Vec<MetricDefinition>, StoreError> {
        let all = Page { limit: usize::MAX, offset: 0 };
        let (runs, _) = self.runs(entity, project, all, wall_time())?;
        Ok(newest_definitions(runs.into_iter().map(|run| (run.created, run.metrics)).collect()))
    }

    /// Numbers of one key in step order, merged. `_step`, `_timestamp` (s) and `_runtime` (s) are keys of
    /// every row. Unknown runs, keys and labels have no points; labels without any in `steps` are left out.
    /// Which label is the primary one does not depend on `steps`, so that zooming never changes it.
    fn points(&self, run: &RunPath, key: &str, label: &LabelChoice, steps: StepRange) -> Result<Vec<(String, SeriesPoints)>, StoreError>;

    /// Calls `read` with a reader of lines that sees the store at one instant, if the store can do that; what
    /// it reads at the instant of its own if not. After damage it is called again.
    fn at_one_instant(&self, read: &mut dyn FnMut(&mut dyn LineReader) -> Result<(), StoreError>) -> Result<(), StoreError> {
        read(&mut PointLines::new(|run: &RunPath, key: &str, label: &LabelChoice, steps| self.points(run, key, label, steps)))
    }

    /// Values of one key and kind that are not numbers, in step order, merged; the newest `limit` of them
    /// within `steps`, and how many there are.
    fn values(
        &self,
        run: &RunPath,
        key: &str,
        kind: Option<&Kind>,
        label: &LabelChoice,
        steps: StepRange,
        limit: usize,
    ) -> Result<(u64, Vec<StoredValue>), StoreError>;

    /// Hands the run's rows in step order to `sink`, merged per (label, step), in batches of a few MiB that
    /// are not empty, until it says stop. Keys are flat (`a.b`).
    fn rows(&self, run: &RunPath, query: &RowQuery, sink: &mut RowSink<'_>) -> Result<(), StoreError>;

    /// The files of a run, by path; of several contents of a path the last by (time, stream id, entry
    /// number). Their bytes are elsewhere (`stepwell-blob`), and may not have arrived.
    fn files(&self, run: &RunPath) -> Result<Vec<FileInfo>, StoreError>;

    /// One file of a run, `None` if it has no such file.
    fn file(&self, run: &RunPath, path: &str) -> Result<Option<FileInfo>, StoreError> {
        Ok(self.files(run)?.into_iter().find(|each| each.file.path == path))
    }

    /// The contents that any file of any run names, sorted, each once. An error where one of them may have
    /// escaped it (damage): whoever asks removes what is not named.
    fn named_blobs(&self) -> Result<Vec<BlobId>, StoreError>;

    /// Whether something can be written and survives a power cut just now.
    fn check_writable(&self) -> Result<(), StoreError>;

    /// Runs of a project that changed after `since` (0: ever), in any way a query can see; deleted ones too,
    /// unless `since` is 0. Time passing (a run that counts as crashed) is no change, compaction neither.
    fn changed(&self, entity: &str, project: &str, since: u64) -> Result<Changed, StoreError>;

    /// Removes a run and everything that belongs to it, some of it only as `compact` gets to it. Its streams
    /// stay known, so that a late writer does not bring back half of it: what they send is refused, and stays
    /// with the writer. A new stream of the same path begins a new run.
    fn delete_run(&self, path: &RunPath) -> Result<(), StoreError>;
}
