//! Values that only Python knows: the converter that the package sets, and conversions by calling a method.

use crate::errors::type_name;
use pyo3::exceptions::{PyRuntimeWarning, PyTypeError};
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

static CONVERT: Mutex<Option<Py<PyAny>>> = Mutex::new(None);
static WARNED: AtomicBool = AtomicBool::new(false);

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

/// Warns once per process that an integer did not fit.
pub(crate) fn warn_once(py: Python<'_>, key: &str) -> PyResult<()> {
    if WARNED.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let text = format!("stepwell: {key:?} has an integer beyond 64 bits; it is stored as the nearest float (said once)");
    let text = std::ffi::CString::new(text.replace('\0', "\\0"))?;
    PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &text, 1)
}
