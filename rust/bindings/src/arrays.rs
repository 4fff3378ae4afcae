//! Arrays of numpy and what has its memory: borrowed, binned, and summed up.

pub(crate) mod binning;
pub(crate) mod buffer;
pub(crate) mod statistics;

use pyo3::prelude::*;

/// The array, or a copy of it in native byte order.
pub(crate) fn native<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let dtype = array.getattr("dtype")?;
    if dtype.getattr("isnative")?.extract()? {
        return Ok(array.clone());
    }
    array.call_method1("astype", (dtype.call_method1("newbyteorder", ("=",))?,))
}
