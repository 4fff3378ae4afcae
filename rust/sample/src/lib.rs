//! Pure algorithms over numbers: histograms, uniform samples, grids and buckets. No I/O, no clock, no dice.

mod chart;
mod numpy;
mod sampling;
mod summary;

pub use chart::{bucket, bucket_stats, grid};
pub use numpy::array_view as view;
pub use numpy::{histogram, statistics};
pub use sampling::mix::priority;
pub use sampling::reservoir;
pub use summary::aggregate as tally;
pub use summary::{exact_sum, run_summary};
