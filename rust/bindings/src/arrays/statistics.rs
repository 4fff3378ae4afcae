//! `array_statistics(array)`: what the summary says of an array or a tensor.

use crate::encode::array::Memory;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use stepwell_model::Value;
use stepwell_sample::statistics::PERCENTILES;

/// Returns `min`, `max`, `mean`, `var`, `std` and the percentiles `5%` … `95%` of a numpy array of real
/// numbers, computed with the GIL released. NaN are left out; `nan` says how many, where there are some.
/// Extremes of integers are integers.
#[pyfunction]
pub(crate) fn array_statistics<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let py = array.py();
    let dtype = array.getattr("dtype")?;
    if !matches!(dtype.getattr("kind")?.extract::<&str>()?, "b" | "i" | "u" | "f") {
        return Err(PyTypeError::new_err(format!("an array of {dtype} has no statistics, expected real numbers")));
    }
    let found = Memory::of(array)?.statistics(py)?;
    let answer = PyDict::new(py);
    for (name, extreme) in [("min", found.min), ("max", found.max)] {
        match extreme {
            Value::Int(value) => answer.set_item(name, value)?,
            Value::Float(value) => answer.set_item(name, value)?,
            _ => {}
        }
    }
    for (name, value) in [("mean", found.mean), ("var", found.var), ("std", found.std)] {
        answer.set_item(name, value)?;
    }
    for (percent, value) in PERCENTILES.into_iter().zip(found.percentiles) {
        answer.set_item(format!("{percent}%"), value)?;
    }
    if found.nan > 0 {
        answer.set_item("nan", found.nan)?;
    }
    Ok(answer)
}
