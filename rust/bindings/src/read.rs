//! Readers for Python: values and rows, and the spools and stores of a directory.

pub(crate) mod decode;
pub(crate) mod rows;
pub(crate) mod spools;
pub(crate) mod stores;
