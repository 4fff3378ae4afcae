//! Heartbeats on their way to the store: the latest of each stream, written together by maintenance.

use rustc_hash::FxHashMap;
use stepwell_lock::Mutex;
use stepwell_model::{StreamId, TimeMicros};

/// Streams whose heartbeats are kept until the next write; later ones wait for the next heartbeat.
const MOST_STREAMS: usize = 1 << 16;

/// Heartbeats that wait to be written: the latest of each stream.
#[derive(Default)]
pub(crate) struct Heartbeats {
    latest: Mutex<FxHashMap<StreamId, TimeMicros>>,
}

impl Heartbeats {
    /// Notes that a stream's writer lived at `time`. Never blocks for long.
    pub(crate) fn beat(&self, stream: StreamId, time: TimeMicros) {
        let mut latest = self.latest.lock();
        if latest.len() < MOST_STREAMS || latest.contains_key(&stream) {
            let known = latest.entry(stream).or_insert(time);
            *known = time.max(*known);
        }
    }

    /// Takes out what waits, by stream.
    pub(crate) fn take(&self) -> Vec<(StreamId, TimeMicros)> {
        let mut beats: Vec<_> = self.latest.lock().drain().collect();
        beats.sort_unstable();
        beats
    }
}
