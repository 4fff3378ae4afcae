//! Pure algorithms over numbers: histograms, uniform samples, grids and buckets. No I/O, no clock, no dice.

mod chart;
mod numpy;
mod sampling;
mod summary;

pub use chart::{bucket, grid};
pub use numpy::array_view as view;
pub use numpy::{histogram, statistics};
pub use sampling::mix::priority;
pub use sampling::reservoir;
pub use summary::aggregate::Aggregate;
pub use summary::point_stats::{NumberStats, PointStats};
pub use summary::{exact_sum, run_summary};
