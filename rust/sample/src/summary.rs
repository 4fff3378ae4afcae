//! Exact sums of numbers, and the summary of a run that is made of them.

pub mod aggregate;
pub mod exact_sum;
pub mod run_summary;
