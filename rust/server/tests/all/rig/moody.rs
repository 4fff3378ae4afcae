//! A store in memory whose appends wait, fail or break when a test says so.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use stepwell_lock::{Condvar, Mutex};
use stepwell_model::{BlobId, EntryNumber, Kind, Opening, RunPath, StreamId, TimeMicros};
use stepwell_store::{
    AppendOutcome, Changed, FileInfo, KeyInfo, LabelChoice, MemoryStore, ProjectInfo, RowQuery, RowSink, RunInfo, RunQuery, SeriesPoints,
    StepRange, Store, StoreError, StoredValue, StreamFrame,
};

/// A store that appends when it is told to.
#[derive(Default)]
pub struct Moody {
    inner: MemoryStore,
    mood: Mutex<Mood>,
    changed: Condvar,
    waiting: AtomicBool,
}

/// What the store does with frames.
#[derive(Default, Clone, Copy, PartialEq)]
pub enum Mood {
    /// Appends.
    #[default]
    Fine,
    /// Waits for another mood.
    Blocked,
    /// Is unavailable.
    Full,
    /// Appends, but a frame of this stream makes it panic.
    BrokenBy(StreamId),
}

impl Moody {
    /// Changes the mood; whoever is blocked goes on.
    pub fn be(&self, mood: Mood) {
        *self.mood.lock() = mood;
        self.changed.notify_all();
    }

    /// Whether frames have waited for another mood.
    pub fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }
}

impl Store for Moody {
    fn append(&self, frames: &[StreamFrame]) -> Result<Vec<AppendOutcome>, StoreError> {
        let mut mood = self.mood.lock();
        while *mood == Mood::Blocked {
            self.waiting.store(true, Ordering::Relaxed);
            self.changed.wait(&mut mood);
        }
        if *mood == Mood::Full {
            return Err(StoreError::Unavailable("disk full".into()));
        }
        if let Mood::BrokenBy(stream) = *mood {
            assert!(frames.iter().all(|frame| frame.stream != stream), "a fault that a test asked for");
        }
        drop(mood);
        self.inner.append(frames)
    }

    fn open_stream(&self, stream: StreamId, opening: &Opening) -> Result<EntryNumber, StoreError> {
        self.inner.open_stream(stream, opening)
    }
    fn open_streams(&self, streams: &[(StreamId, Arc<Opening>)]) -> Result<Vec<Result<EntryNumber, StoreError>>, StoreError> {
        self.inner.open_streams(streams)
    }
    fn heartbeat(&self, streams: &[(StreamId, TimeMicros)]) -> Result<(), StoreError> {
        self.inner.heartbeat(streams)
    }
    fn compact(&self) -> Result<bool, StoreError> {
        self.inner.compact()
    }
    fn look_through(&self) -> Result<bool, StoreError> {
        self.inner.look_through()
    }
    fn projects(&self, now: TimeMicros) -> Result<Vec<ProjectInfo>, StoreError> {
        self.inner.projects(now)
    }
    fn each_run(
        &self,
        entity: &str,
        project: &str,
        query: &RunQuery,
        now: TimeMicros,
        see: &mut dyn FnMut(RunInfo) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        self.inner.each_run(entity, project, query, now, see)
    }
    fn run(&self, path: &RunPath, now: TimeMicros) -> Result<RunInfo, StoreError> {
        self.inner.run(path, now)
    }
    fn named_blobs(&self) -> Result<Vec<BlobId>, StoreError> {
        self.inner.named_blobs()
    }
    fn check_writable(&self) -> Result<(), StoreError> {
        match *self.mood.lock() {
            Mood::Full => Err(StoreError::Unavailable("disk full".into())),
            _ => self.inner.check_writable(),
        }
    }
    fn files(&self, run: &RunPath) -> Result<Vec<FileInfo>, StoreError> {
        self.inner.files(run)
    }

    fn keys(&self, entity: &str, project: &str, runs: &[String]) -> Result<Vec<KeyInfo>, StoreError> {
        self.inner.keys(entity, project, runs)
    }
    fn points(&self, run: &RunPath, key: &str, label: &LabelChoice, steps: StepRange) -> Result<Vec<(String, SeriesPoints)>, StoreError> {
        self.inner.points(run, key, label, steps)
    }
    fn values(
        &self,
        run: &RunPath,
        key: &str,
        kind: Option<&Kind>,
        label: &LabelChoice,
        steps: StepRange,
        limit: usize,
    ) -> Result<(u64, Vec<StoredValue>), StoreError> {
        self.inner.values(run, key, kind, label, steps, limit)
    }
    fn rows(&self, run: &RunPath, query: &RowQuery, sink: &mut RowSink<'_>) -> Result<(), StoreError> {
        self.inner.rows(run, query, sink)
    }
    fn changed(&self, entity: &str, project: &str, since: u64) -> Result<Changed, StoreError> {
        self.inner.changed(entity, project, since)
    }
    fn delete_run(&self, path: &RunPath) -> Result<(), StoreError> {
        self.inner.delete_run(path)
    }
}
