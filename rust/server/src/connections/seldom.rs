//! Events that whoever runs the server should read, some of them at most once in a while.

use std::fmt;
use std::time::{Duration, Instant};
use stepwell_lock::Mutex;

/// How often the same thing is said, at most.
const SELDOM: Duration = Duration::from_secs(10);

/// Says that something went wrong which no reply can carry.
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    tracing::warn!("{message}");
}

/// A warning that would come with every connection or request of a flood: it is said once in 10 s.
#[derive(Default)]
pub(crate) struct Seldom {
    said: Mutex<Option<Instant>>,
}

impl Seldom {
    /// Says it, unless it was said a moment ago.
    pub(crate) fn say(&self, message: fmt::Arguments<'_>) {
        let mut said = self.said.lock();
        if said.is_none_or(|said| said.elapsed() >= SELDOM) {
            *said = Some(Instant::now());
            drop(said);
            warn(message);
        }
    }
}
