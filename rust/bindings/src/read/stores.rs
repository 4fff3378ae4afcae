//! Stores of a directory, checked and repaired for `stepwell verify`.

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::Path;

/// Checks the store in a directory without changing it: what is wrong, what earlier damage has cost, and how far each stream is stored.
#[pyfunction]
pub(crate) fn check_store<'py>(py: Python<'py>, directory: &str) -> PyResult<Bound<'py, PyDict>> {
    let check = py.detach(|| stepwell_store_sqlite::check(Path::new(directory))).map_err(|error| PyOSError::new_err(error.to_string()))?;
    let durable: Vec<(String, u64)> = check.durable.iter().map(|(stream, number)| (stream.to_string(), *number)).collect();
    let dict = PyDict::new(py);
    dict.set_item("problems", check.problems)?;
    dict.set_item("losses", check.losses)?;
    dict.set_item("durable", durable)?;
    Ok(dict)
}

/// Makes a damaged store anew of what can be read of it. Returns what is missing since.
#[pyfunction]
pub(crate) fn repair_store(py: Python<'_>, directory: &str) -> PyResult<Vec<String>> {
    py.detach(|| stepwell_store_sqlite::repair(Path::new(directory))).map_err(|error| PyOSError::new_err(error.to_string()))
}
