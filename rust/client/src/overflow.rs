//! What is kept of rows that found no room.

use stepwell_model::{Step, TimeMicros};

/// Samples the rows that a full queue could not take.
pub(crate) struct Sampler {
    pub(crate) rows: u64,
}

impl Sampler {
    pub(crate) fn new() -> Self {
        Self { rows: 0 }
    }

    pub(crate) fn add(&mut self, _shape: u32, _keys: &[u32], _step: Step, _time: TimeMicros, _values: &[u8]) {
        self.rows += 1;
    }
}
