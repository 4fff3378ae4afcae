//! Count of the bytes that were appended to the store: by it maintenance sees that there is something to
//! compact.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes appended since the start.
#[derive(Default)]
pub(crate) struct AppendedBytes(AtomicU64);

impl AppendedBytes {
    /// Bytes so far.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts more of them.
    pub(crate) fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Tells maintenance that there is something to do although nothing was appended.
    pub(crate) fn nudge(&self) {
        self.add(1);
    }
}
