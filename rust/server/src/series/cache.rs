//! Cache of extents and lines.
//!
//! Keys hold the version of the run, so what is stale is never found; it goes as it is no longer used.

use super::Line;
use std::sync::Arc;
use stepwell_store::{ByteLru, SeriesName};

/// Bytes that the cache holds.
const CACHE_BYTES: usize = 64 << 20;
/// Cost of an entry beside its data: key, map and order.
const OVERHEAD_BYTES: usize = 256;

/// A value of the cache.
#[derive(Debug, Clone)]
pub(super) enum Cached {
    /// Lowest and highest x of a series.
    Extent(Option<(f64, f64)>),
    /// A finished line.
    Line(Arc<Line>),
}

impl Cached {
    fn bytes(&self) -> usize {
        OVERHEAD_BYTES
            + match self {
                Self::Extent(_) => 0,
                Self::Line(line) => line.bytes(),
            }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
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
        self.0.put(key, cached, bytes);
    }
}
