//! Uniform samples of the steps of a run.

pub mod extremes;
pub(crate) mod mix;
pub mod reservoir;
