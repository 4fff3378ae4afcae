//! Progress of the reader of local spools, which readers hurry and wait for.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use stepwell_lock::{Condvar, Mutex};
use stepwell_model::{TimeMicros, wall_time};

/// Bytes of the spools that were there when the reader began, or when it found their stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Backlog {
    /// In the store.
    pub(crate) read: u64,
    /// Still to be read; 0: nothing, and what comes from now on is news.
    pub(crate) left: u64,
}

impl Backlog {
    /// Takes so many bytes of what is left as read.
    pub(crate) fn advance(&mut self, bytes: u64) {
        let read = bytes.min(self.left);
        self.read += read;
        self.left -= read;
    }
}

/// Up to when the spools are read, up to when they are wanted to be, and whether reading is to end.
#[derive(Default)]
pub(crate) struct CatchUp {
    stopped: Mutex<bool>,
    wake: Condvar,
    wanted: AtomicI64,
    reached: AtomicI64,
    backlog_read: AtomicU64,
    backlog_left: AtomicU64,
}

impl CatchUp {
    /// Up to which time everything in the spools is read. Asking makes the reader look at every stream at
    /// once.
    pub(crate) fn ask(&self) -> TimeMicros {
        self.wanted.fetch_max(wall_time(), Ordering::Relaxed);
        let _held = self.stopped.lock();
        self.wake.notify_all();
        self.reached.load(Ordering::Acquire)
    }

    /// Whether somebody waits for more than is read.
    pub(crate) fn is_hurried(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) > self.reached.load(Ordering::Relaxed)
    }

    /// Notes that everything up to this time is read.
    pub(crate) fn reach(&self, time: TimeMicros) {
        self.reached.store(time, Ordering::Release);
    }

    /// Notes the backlogs of all streams.
    pub(crate) fn note_backlog(&self, streams: impl Iterator<Item = Backlog>) {
        let (read, left) = streams.fold((0, 0), |(read, left), stream| (read + stream.read, left + stream.left));
        self.backlog_read.store(read, Ordering::Relaxed);
        self.backlog_left.store(left, Ordering::Relaxed);
    }

    /// The backlog.
    pub(crate) fn backlog(&self) -> Backlog {
        Backlog { read: self.backlog_read.load(Ordering::Relaxed), left: self.backlog_left.load(Ordering::Relaxed) }
    }

    /// Asks the reader to end after the batch that it is at.
    pub(crate) fn stop(&self) {
        *self.stopped.lock() = true;
        self.wake.notify_all();
    }

    /// Whether it is to end.
    pub(crate) fn is_stopped(&self) -> bool {
        *self.stopped.lock()
    }

    /// Waits until `time` is over or somebody asks; returns whether the reader is to end.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let mut stopped = self.stopped.lock();
        if !*stopped && !time.is_zero() {
            self.wake.wait_for(&mut stopped, time);
        }
        *stopped
    }
}
