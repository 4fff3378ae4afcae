//! Values that only Python knows: the converter that the package sets, and conversions by calling a method.

use crate::errors::type_name;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::sync::{Mutex, PoisonError};

static CONVERT: Mutex<Option<Py<PyAny>>> = Mutex::new(None);

/// Sets the function `convert(key, value)` that turns a value of an unknown type into one that is known, or
/// raises TypeError.
#[pyfunction]
pub(crate) fn set_fallback(convert: Py<PyAny>) {
    *CONVERT.lock().unwrap_or_else(PoisonError::into_inner) = Some(convert);
}

/// Asks the package's converter. The lock is not held while Python runs.
pub(crate) fn convert<'py>(key: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let convert = CONVERT.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|convert| convert.clone_ref(py));
    match convert {
        Some(convert) => Ok(convert.call1(py, (key, value))?.into_bound(py)),
        None => Err(PyTypeError::new_err(format!(
            "{key:?} has a value of type {}, which cannot be logged; nothing of this call was kept",
            type_name(value)
        ))),
    }
}

/// The Python scalar of a numpy scalar; numpy's `item()` gives types without one (longdouble) back unchanged.
pub(crate) fn item<'py>(key: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let item = value.call_method0("item")?;
    if item.get_type().is(value.get_type()) { convert(key, value) } else { Ok(item) }
}

/// The name of a key of a nested dict that is no text and no plain scalar.
pub(crate) fn name<'py>(key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    key.py().import("stepwell.settings.naming")?.call_method1("key_name", (key,))
}

/// True with the setting `strict`: what cannot be kept as given is an error then.
pub(crate) fn is_strict(py: Python<'_>) -> PyResult<bool> {
    strictness(py)?.call_method0("is_strict")?.extract()
}

/// Says once per process that an integer did not fit.
pub(crate) fn tell_of_integer(py: Python<'_>, key: &str) -> PyResult<()> {
    let words = (key, "has an integer beyond 64 bits", "it is stored as the nearest float");
    strictness(py)?.call_method1("tell", words).map(drop)
}

fn strictness(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import("stepwell.settings.strictness")
}
