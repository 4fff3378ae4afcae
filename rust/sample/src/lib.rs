//! Pure algorithms over numbers: histograms, uniform samples, grids and buckets. No I/O, no clock, no dice.

pub mod bucket;
mod count;
mod edges;
pub mod exact_sum;
mod extent;
pub mod extremes;
pub mod grid;
mod half;
pub mod histogram;
mod mix;
pub mod reservoir;
pub mod run_summary;
pub mod statistics;
pub mod summary;
pub mod tally;
mod vector;
pub mod view;

pub use mix::priority;
