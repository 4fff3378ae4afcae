//! Readers for Python: values and batches of rows, and the spools and stores of a directory.

pub(crate) mod batch;
pub(crate) mod decode;
pub(crate) mod spools;
pub(crate) mod stores;
