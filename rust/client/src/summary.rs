//! The summary of a run while it runs: last values, aggregates that `define_metric` asks for, and a sketch of
//! every series.

mod columns;
mod histories;
mod last_values;
mod preview;

pub(crate) use last_values::LastValues;
