//! Uniform samples of the steps of a run.

pub(crate) mod mix;
pub mod reservoir;
