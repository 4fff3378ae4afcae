//! Pace of a sync, which all its streams share: the callback, when to stop, and how long to try again.

use super::streams::{SyncOptions, SyncProgress};
use crate::upload::backoff::Backoff;
use crate::upload::{UploadError, reconnect};
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// Longest interval at which the caller hears of the progress.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// The pace of a sync.
pub(super) struct Pace<'a> {
    progress: &'a mut dyn FnMut(SyncProgress) -> bool,
    pub(super) so_far: SyncProgress,
    called_at: Option<Instant>,
    deadline: Option<Instant>,
    patience: Duration,
    /// Time at which the server last took something, or was reached.
    pub(super) reached_at: Instant,
    stopped: bool,
}

impl<'a> Pace<'a> {
    pub(super) fn new(options: &SyncOptions, progress: &'a mut dyn FnMut(SyncProgress) -> bool) -> Self {
        let so_far = SyncProgress { sent: 0, total: 0, files_sent: 0, files_total: 0 };
        let now = Instant::now();
        let deadline = options.timeout.map(|timeout| now + timeout);
        Self { progress, so_far, called_at: None, deadline, patience: options.patience, reached_at: now, stopped: false }
    }

    /// Tells the caller how far we are.
    pub(super) fn call(&mut self) {
        self.called_at = Some(Instant::now());
        self.stopped |= !(self.progress)(self.so_far);
    }

    /// Returns whether to stop; calls back if it is time.
    pub(super) fn is_over(&mut self) -> bool {
        if self.called_at.is_none_or(|at| at.elapsed() >= PROGRESS_INTERVAL) {
            self.call();
        }
        self.stopped || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Returns whether to try no more: it is time to stop, or the server was away for too long. What holds
    /// for one stream holds for the rest.
    fn gives_up(&mut self) -> bool {
        self.stopped |= self.reached_at.elapsed() > self.patience;
        self.is_over()
    }
}

/// Tries until it works, fails for good, or is to stop; says why it did not work. Nothing that is tried
/// outlasts the moment to stop.
pub(super) async fn persist(
    pace: &RefCell<Pace<'_>>,
    mut attempt: impl AsyncFnMut() -> Result<(), UploadError>,
) -> Result<(), UploadError> {
    let (backoff, failed) = (Backoff::new(None), Cell::new(false));
    let waits = |error: &UploadError| {
        let mut pace = pace.borrow_mut();
        // A failure that comes late is tried once more; while that is waited for, patience may end.
        let over = if failed.replace(true) { pace.gives_up() } else { pace.is_over() };
        error.is_of_the_server() && error.is_transient() && !over
    };
    let stops = || pace.borrow_mut().is_over();
    reconnect::persist(&backoff, stops, waits, async || {
        failed.set(false);
        let reached_at = pace.borrow().reached_at;
        let result = attempt().await;
        if pace.borrow().reached_at > reached_at {
            backoff.answered();
        }
        result
    })
    .await
    .map(Option::unwrap_or_default)
}
