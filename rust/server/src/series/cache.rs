//! LRU cache of points, extents and lines, bounded in bytes.
//!
//! Keys hold the version of the run, so what is stale is never found; it goes as it is no longer used.

use super::{Line, SeriesName, points::Points};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;
use stepwell_lock::Mutex;

/// Bytes that the cache holds.
const CACHE_BYTES: usize = 64 << 20;
/// A single entry that is larger is not kept: it would push out everything else.
const ENTRY_BYTES: usize = CACHE_BYTES / 4;
/// What an entry costs beside its data: key, map and order.
const OVERHEAD_BYTES: usize = 256;

/// What is kept.
#[derive(Debug, Clone)]
pub(super) enum Cached {
    /// All points of a series.
    Points(Arc<Points>),
    /// Lowest and highest x of a series.
    Extent(Option<(f64, f64)>),
    /// A finished line.
    Line(Arc<Line>),
}

impl Cached {
    fn bytes(&self) -> usize {
        OVERHEAD_BYTES
            + match self {
                Self::Points(points) => points.bytes(),
                Self::Extent(_) => 0,
                Self::Line(line) => line.bytes(),
            }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Points,
    Extent { positive: bool },
    Line { from: u64, to: u64, buckets: usize, log_x: bool },
}

/// Under what it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CacheKey {
    series: SeriesName,
    x: String,
    version: u64,
    what: What,
}

impl CacheKey {
    /// All points of a series.
    pub(super) fn points(series: &SeriesName, x: &str, version: u64) -> Self {
        Self { series: series.clone(), x: x.to_owned(), version, what: What::Points }
    }

    /// The extent of a series.
    pub(super) fn extent(series: &SeriesName, x: &str, version: u64, positive: bool) -> Self {
        Self { series: series.clone(), x: x.to_owned(), version, what: What::Extent { positive } }
    }

    /// A line: window and number of buckets determine the grid.
    pub(super) fn line(series: &SeriesName, x: &str, version: u64, window: (f64, f64), buckets: usize, log_x: bool) -> Self {
        let what = What::Line { from: window.0.to_bits(), to: window.1.to_bits(), buckets, log_x };
        Self { series: series.clone(), x: x.to_owned(), version, what }
    }
}

#[derive(Default)]
struct State {
    entries: FxHashMap<CacheKey, (Cached, u64)>,
    order: BTreeMap<u64, CacheKey>,
    tick: u64,
    bytes: usize,
}

/// The cache.
#[derive(Default)]
pub(super) struct Cache {
    state: Mutex<State>,
}

impl Cache {
    /// What is kept under the key.
    pub(super) fn get(&self, key: &CacheKey) -> Option<Cached> {
        let mut state = self.state.lock();
        state.tick += 1;
        let tick = state.tick;
        let (cached, used) = state.entries.get_mut(key)?;
        let (cached, used) = (cached.clone(), std::mem::replace(used, tick));
        if let Some(key) = state.order.remove(&used) {
            state.order.insert(tick, key);
        }
        Some(cached)
    }

    /// Keeps it, and lets go of others for it.
    pub(super) fn put(&self, key: CacheKey, cached: Cached) {
        let bytes = cached.bytes();
        if bytes > ENTRY_BYTES {
            return;
        }
        let mut state = self.state.lock();
        state.tick += 1;
        let tick = state.tick;
        if let Some((old, used)) = state.entries.insert(key.clone(), (cached, tick)) {
            state.bytes -= old.bytes();
            state.order.remove(&used);
        }
        state.order.insert(tick, key);
        state.bytes += bytes;
        while state.bytes > CACHE_BYTES {
            let Some((_, oldest)) = state.order.pop_first() else { break };
            if let Some((old, _)) = state.entries.remove(&oldest) {
                state.bytes -= old.bytes();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_model::RunPath;
    use stepwell_store::LabelChoice;

    fn key(run: usize) -> CacheKey {
        let path = RunPath { entity: "e".into(), project: "p".into(), run: run.to_string() };
        CacheKey::points(&SeriesName { path, key: "k".into(), label: LabelChoice::Primary }, "_step", 1)
    }

    fn points(count: usize) -> Cached {
        let label = super::super::points::LabelPoints { xs: super::super::points::Xs::Numbers(vec![0.0; count]), ys: vec![0.0; count] };
        Cached::Points(Arc::new(Points { labels: vec![label] }))
    }

    #[test]
    fn the_least_recently_used_goes_first_and_the_bytes_stay_bounded() {
        let cache = Cache::default();
        for run in 0..100 {
            cache.put(key(run), points(1 << 16));
            assert!(cache.get(&key(0)).is_some(), "in use at {run}");
            assert!(cache.state.lock().bytes <= CACHE_BYTES);
        }
        assert!(cache.get(&key(99)).is_some());
        assert!(cache.get(&key(1)).is_none());
        cache.put(key(1), points(2 << 20));
        assert!(cache.get(&key(1)).is_none(), "too large to keep");
    }
}
