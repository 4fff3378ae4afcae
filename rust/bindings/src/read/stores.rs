//! Stores of a directory, checked and repaired for `stepwell verify`.

use crate::enter::enter;
use crate::fill::fill;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::Path;
use stepwell_store_sqlite::Check;

/// Checks the store in a directory without changing it: what is wrong, what earlier damage has cost, and how
/// far each stream is stored.
#[pyfunction]
pub(crate) fn check_store<'py>(py: Python<'py>, directory: &str) -> PyResult<Bound<'py, PyDict>> {
    let Check { problems, losses, durable, .. } = enter(py, || stepwell_store_sqlite::check(Path::new(directory)))?;
    let durable: Vec<(String, u64)> = durable.iter().map(|(stream, number)| (stream.to_string(), *number)).collect();
    fill!(PyDict::new(py); problems, losses, durable)
}

/// Makes a damaged store anew of what can be read of it. Returns what is missing since.
#[pyfunction]
pub(crate) fn repair_store(py: Python<'_>, directory: &str) -> PyResult<Vec<String>> {
    enter(py, || stepwell_store_sqlite::repair(Path::new(directory)))
}
