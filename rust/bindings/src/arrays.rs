//! Arrays of numpy and what has its memory: borrowed, binned, and summed up.

pub(crate) mod binning;
pub(crate) mod buffer;
pub(crate) mod statistics;
