//! Values to Python objects.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyList, PyString};
use stepwell_model::Value;
use stepwell_model::value::EXT_WTF8;

/// The Python object of a value: what was encoded, but for tuples (lists) and types that have a simpler form.
pub(crate) fn object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Nil => py.None().into_bound(py),
        Value::Bool(value) => value.into_pyobject(py)?.to_owned().into_any(),
        Value::Int(value) => value.into_pyobject(py)?.into_any(),
        Value::Float(value) => PyFloat::new(py, *value).into_any(),
        Value::Str(text) => PyString::new(py, text).into_any(),
        Value::Ext(EXT_WTF8, bytes) => PyBytes::new(py, bytes).call_method1("decode", ("utf-8", "surrogatepass"))?,
        Value::Bin(bytes) | Value::Ext(_, bytes) => PyBytes::new(py, bytes).into_any(),
        Value::List(values) => {
            let list = PyList::empty(py);
            for value in values {
                list.append(object(py, value)?)?;
            }
            list.into_any()
        }
        Value::Map(pairs) => dict(py, pairs)?.into_any(),
    })
}

/// The dict of keys and values.
pub(crate) fn dict<'py>(py: Python<'py>, pairs: &[(String, Value)]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in pairs {
        dict.set_item(key, object(py, value)?)?;
    }
    Ok(dict)
}

/// Encodes a value as `log` does.
#[pyfunction]
pub(crate) fn encode<'py>(py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let mut out = Vec::new();
    crate::encode::any(&mut out, "value", value)?;
    Ok(PyBytes::new(py, &out))
}
