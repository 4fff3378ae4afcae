//! Warnings that would come with every connection or request of a flood: each is logged once in ten seconds.

use std::fmt;
use std::time::{Duration, Instant};
use stepwell_lock::Mutex;
use tracing::warn;

/// Interval at which the same warning is logged, at most.
const SELDOM: Duration = Duration::from_secs(10);

/// A warning, and when it was logged last.
#[derive(Default)]
pub(crate) struct Seldom {
    logged: Mutex<Option<Instant>>,
}

impl Seldom {
    /// Logs it, unless it was logged a moment ago.
    pub(crate) fn warn(&self, message: fmt::Arguments<'_>) {
        let mut logged = self.logged.lock();
        if logged.is_none_or(|logged| logged.elapsed() >= SELDOM) {
            *logged = Some(Instant::now());
            drop(logged);
            warn!("{message}");
        }
    }
}
