//! Points of a series as buckets of the grid of a chart.

pub mod bucket;
pub mod grid;
