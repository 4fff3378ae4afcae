//! Statistics and exact sums of numbers, and the summary of a run that is made of them.

pub(crate) mod aggregate;
pub mod exact_sum;
pub(crate) mod point_stats;
pub mod run_summary;
