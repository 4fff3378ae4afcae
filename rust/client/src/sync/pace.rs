//! What all streams of a sync share: the callback, when to stop, and how long to try again.

use super::{SyncOptions, SyncProgress};
use crate::upload::UploadError;
use crate::upload::backoff::Backoff;
use std::time::{Duration, Instant};

/// How often the caller hears of the progress at least.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// The pace of a sync.
pub(super) struct Pace<'a> {
    progress: &'a mut dyn FnMut(SyncProgress) -> bool,
    pub(super) said: SyncProgress,
    called_at: Option<Instant>,
    deadline: Option<Instant>,
    patience: Duration,
    /// When the server last took something, or was reached.
    pub(super) reached_at: Instant,
    stopped: bool,
}

impl<'a> Pace<'a> {
    pub(super) fn new(options: &SyncOptions, said: SyncProgress, progress: &'a mut dyn FnMut(SyncProgress) -> bool) -> Self {
        let now = Instant::now();
        let deadline = options.timeout.map(|timeout| now + timeout);
        Self { progress, said, called_at: None, deadline, patience: options.patience, reached_at: now, stopped: false }
    }

    /// Tells the caller how far we are.
    pub(super) fn call(&mut self) {
        self.called_at = Some(Instant::now());
        self.stopped |= !(self.progress)(self.said);
    }

    /// Whether to stop; calls back if it is time.
    pub(super) fn is_over(&mut self) -> bool {
        if self.called_at.is_none_or(|at| at.elapsed() >= PROGRESS_INTERVAL) {
            self.call();
        }
        self.stopped || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Tries until it works, fails for good, or is to stop; says why it did not work.
    pub(super) async fn persist(
        &mut self,
        seed: u8,
        mut attempt: impl AsyncFnMut(&mut Self) -> Result<(), UploadError>,
    ) -> Result<(), UploadError> {
        let mut backoff = Backoff::new(u64::from(seed));
        loop {
            let error = match attempt(self).await {
                Ok(()) => return Ok(()),
                Err(error) if !error.is_transient() || self.is_over() => return Err(error),
                Err(error) => error,
            };
            let hint = match error {
                UploadError::Later { after_millis: millis @ 1.., .. } => Some(Duration::from_millis(u64::from(millis))),
                _ => None,
            };
            let until = Instant::now() + backoff.delay(hint, Duration::ZERO);
            while Instant::now() < until {
                if self.reached_at.elapsed() > self.patience {
                    // What holds for one stream holds for the rest: nobody waits once per stream.
                    self.stopped = true;
                    return Err(error);
                }
                if self.is_over() {
                    return Err(error);
                }
                tokio::time::sleep(PROGRESS_INTERVAL.min(until.saturating_duration_since(Instant::now()))).await;
            }
        }
    }
}
