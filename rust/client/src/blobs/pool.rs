//! Pool of threads that encode and store the contents of one writer, bounded in bytes.
//!
//! Invariants:
//!
//! 1. What was handed over and is not stored yet takes at most [`BOUND_BYTES`], but for one content that is
//!    larger than that.
//! 2. Of all contents that were handed over: those stored, those lost and those still here add up exactly.
//! 3. Of two contents for one path, the one that was handed over later is announced later, or alone.

use super::content::Content;
use super::workers::{FAST, Job, SLOW, Shared, State, Worker};
use crate::progress::Progress;
use crate::queue::Queue;
use crate::threads;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use stepwell_blob::BlobDirectory;
use stepwell_lock::{Condvar, Mutex};
use stepwell_model::StreamId;

/// Bytes that may wait: as many as rows may, and more than a second of images at the rate at which one core
/// encodes them.
const BOUND_BYTES: usize = 64 << 20;
/// Cost of a waiting content besides its bytes, generously: many small ones are bounded too.
const CONTENT_BYTES: usize = 1 << 10;
/// Time for which the disk must have taken nothing for callers not to wait for it any more.
const STUCK: Duration = Duration::from_secs(3);
/// Contents that wait in the fast worker for the slow one to help.
const HELP: usize = 8;

/// Reason why contents find no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// Contents come faster than they are encoded; it is worth waiting.
    Busy,
    /// The disk takes nothing.
    Stuck,
    /// The writer is finished.
    Closed,
}

/// Encodes and stores the contents of one writer. Its threads start with the first content.
pub struct FilePool {
    stream: StreamId,
    numbers: AtomicU64,
    shared: Arc<Shared>,
}

/// Room for contents. Dropped unused, it is given back.
#[must_use]
pub struct Reservation<'a> {
    pool: &'a FilePool,
    bytes: usize,
}

impl FilePool {
    pub(crate) fn new(
        blobs: BlobDirectory,
        links: PathBuf,
        stream: StreamId,
        queue: Arc<Queue>,
        progress: Arc<Progress>,
        uploads: bool,
    ) -> Self {
        let shared = Shared {
            blobs,
            links,
            stream,
            queue,
            progress,
            state: Mutex::default(),
            uploads,
            work: [Condvar::new(), Condvar::new()],
            done: Condvar::new(),
            dirty: AtomicBool::new(false),
        };
        Self { stream, numbers: AtomicU64::new(0), shared: Arc::new(shared) }
    }

    /// The stream that its files belong to.
    pub fn stream(&self) -> StreamId {
        self.stream
    }

    /// The number of the next file of the stream, from 1.
    pub fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Makes room for contents, or says why there is none. Never waits.
    pub fn reserve<'a>(&self, contents: impl Iterator<Item = &'a Content>) -> Result<Reservation<'_>, NoRoom> {
        let bytes = contents.map(|content| content.held_bytes() + CONTENT_BYTES).sum();
        let mut state = self.shared.state.lock();
        if state.closed {
            return Err(NoRoom::Closed);
        }
        if state.held_bytes > 0 && state.held_bytes + bytes > BOUND_BYTES {
            let is_stuck = |worker: &Worker| worker.storing_since.is_some_and(|since| since.elapsed() >= STUCK);
            return Err(if state.workers.iter().any(is_stuck) { NoRoom::Stuck } else { NoRoom::Busy });
        }
        state.held_bytes += bytes;
        Ok(Reservation { pool: self, bytes })
    }

    /// Waits until a content is done with, or the time is over.
    pub fn wait_for_room(&self, timeout: Duration) {
        self.shared.done.wait_for(&mut self.shared.state.lock(), timeout);
    }

    /// Takes note that contents found no room.
    pub fn lose(&self, files: usize, reason: &str) {
        self.shared.progress.update(|known| {
            known.files.submitted += files as u64;
            known.files.lost += files as u64;
            reason.clone_into(&mut known.files.loss);
        });
    }

    fn submit(&self, bytes: usize, files: Vec<(String, Arc<Content>)>, by_hand: bool) {
        let count = files.len();
        if count == 0 {
            self.shared.state.lock().held_bytes -= bytes;
            return;
        }
        // Nobody waits for this number, so nobody is called.
        self.shared.progress.read().files.submitted += count as u64;
        let (mut start, mut call) = ([false; 2], [false; 2]);
        {
            let state = &mut *self.shared.state.lock();
            for (index, (path, content)) in files.into_iter().enumerate() {
                if !by_hand {
                    content.set_path_in(self.stream, Some(path.clone()));
                }
                state.count += 1;
                state.pending.insert(state.count);
                let worker = if content.is_slow() { SLOW } else { FAST };
                call[worker] = true;
                // All of the reservation goes back with the last of them at the latest.
                let bytes = bytes / count + if index == 0 { bytes % count } else { 0 };
                state.workers[worker].waiting.push_back(Job { number: state.count, path, by_hand, content, bytes });
            }
            call[SLOW] |= state.workers[FAST].waiting.len() >= HELP;
            for ((worker, start), call) in state.workers.iter_mut().zip(&mut start).zip(call) {
                *start = call && !worker.started;
                worker.started |= call;
            }
        }
        for (work, _) in self.shared.work.iter().zip(call).filter(|(_, call)| *call) {
            work.notify_one();
        }
        for (worker, _) in start.iter().enumerate().filter(|(_, start)| **start) {
            let shared = Arc::clone(&self.shared);
            let started = threads::spawn("stepwell-media", move || shared.run(worker));
            if started.is_err() {
                // The caller works it off; the next content tries again to have a thread.
                while let Some(job) = self.shared.next(worker, false) {
                    self.shared.work_off(worker, job);
                }
                self.shared.state.lock().workers[worker].started = false;
            }
        }
    }

    /// Waits until every content that was handed over before is stored or lost; `false` if that takes longer.
    pub(crate) fn wait_until_done(&self, deadline: Instant) -> bool {
        let mut state = self.shared.state.lock();
        let last = state.count;
        let is_done = |state: &State| state.pending.first().is_none_or(|&first| first > last);
        while !is_done(&state) {
            if self.shared.done.wait_until(&mut state, deadline).timed_out() {
                return is_done(&state);
            }
        }
        true
    }

    /// Takes nothing more, and waits for what is there. What is not stored by the deadline is lost.
    pub(crate) fn finish(&self, deadline: Instant) {
        self.shared.state.lock().closed = true;
        self.shared.call_all();
        self.wait_until_done(deadline);
        self.shared.state.lock().stop = true;
        self.shared.call_all();
    }

    /// Makes what was stored so far durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        if !self.shared.dirty.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        self.shared.blobs.sync().inspect_err(|_| self.shared.dirty.store(true, Ordering::Release))
    }
}

impl Reservation<'_> {
    /// Hands contents over under paths that nobody else has.
    pub fn submit(mut self, files: Vec<(String, Arc<Content>)>) {
        self.pool.submit(std::mem::take(&mut self.bytes), files, false);
    }

    /// Hands a content over under a path that a later one may have as well.
    pub fn submit_by_hand(mut self, path: String, content: Arc<Content>) {
        self.pool.submit(std::mem::take(&mut self.bytes), vec![(path, content)], true);
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.pool.shared.state.lock().held_bytes -= self.bytes;
    }
}
