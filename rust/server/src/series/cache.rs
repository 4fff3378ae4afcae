//! Cache of points, extents and lines.
//!
//! Keys hold the version of the run, so what is stale is never found; it goes as it is no longer used.

use super::{Line, SeriesName, points::Points};
use std::sync::Arc;
use stepwell_store::ByteLru;

/// Bytes that the cache holds.
const CACHE_BYTES: usize = 64 << 20;
/// A single entry that is larger is not kept: it would push out everything else.
const ENTRY_BYTES: usize = CACHE_BYTES / 4;
/// Cost of an entry beside its data: key, map and order.
const OVERHEAD_BYTES: usize = 256;

/// A value of the cache.
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

/// The cache.
pub(super) struct Cache(ByteLru<CacheKey, Cached>);

impl Default for Cache {
    fn default() -> Self {
        Self(ByteLru::new(CACHE_BYTES))
    }
}

impl Cache {
    /// Value kept under the key.
    pub(super) fn get(&self, key: &CacheKey) -> Option<Cached> {
        self.0.get(key)
    }

    /// Keeps it, and lets go of others for it.
    pub(super) fn put(&self, key: CacheKey, cached: Cached) {
        let bytes = cached.bytes();
        if bytes <= ENTRY_BYTES {
            self.0.put(key, cached, bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::points::{LabelPoints, Xs};
    use stepwell_model::RunPath;
    use stepwell_store::LabelChoice;

    #[test]
    fn points_that_would_push_out_everything_else_are_not_kept() {
        let path = RunPath { entity: "e".into(), project: "p".into(), run: "r".into() };
        let key = CacheKey::points(&SeriesName { path, key: "k".into(), label: LabelChoice::Primary }, "_step", 1);
        let points = |count: usize| {
            let label = LabelPoints { xs: Xs::Numbers(vec![0.0; count]), ys: vec![0.0; count] };
            Cached::Points(Arc::new(Points { labels: vec![label] }))
        };
        let cache = Cache::default();
        cache.put(key.clone(), points(2 << 20));
        assert!(cache.get(&key).is_none());
        cache.put(key.clone(), points(1 << 16));
        assert!(cache.get(&key).is_some());
    }
}
