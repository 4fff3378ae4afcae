//! One call of `log`: a dict to the keys and msgpack values of a row. The hottest path of the package.
//!
//! Floor and result, 10 floats per call, are kept in benches/README.md.

use crate::encode::{self, Plain};
use crate::shape::Pointers;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use std::cell::Cell;
use stepwell_model::limits;

/// Bytes that a row's frame needs besides its values, generously.
const FRAME_BYTES: usize = 64 << 10;
/// Bytes of values above which a row would not fit a frame that does not compress.
const VALUES_BYTES: usize = limits::FRAME_COMPRESSED_BYTES - FRAME_BYTES;

/// Bytes of a float in msgpack.
const FLOAT_BYTES: usize = 9;

/// A row under way. Its buffers are used again by the next call on the same thread.
#[derive(Default)]
pub(crate) struct RowScratch {
    /// Addresses of the keys, alive as long as the dict (or `copy`) is.
    pub(crate) keys: Pointers,
    /// msgpack of the values.
    pub(crate) values: Vec<u8>,
}

thread_local! {
    static SCRATCH: Cell<Option<Box<RowScratch>>> = const { Cell::new(None) };
}

impl RowScratch {
    /// Takes this thread's buffers; a call within a call finds none and makes its own.
    #[inline]
    pub(crate) fn take() -> Box<Self> {
        let mut scratch = SCRATCH.take().unwrap_or_default();
        scratch.keys.clear();
        scratch.values.clear();
        scratch
    }

    /// Gives the buffers back; large ones are freed instead.
    #[inline]
    pub(crate) fn give_back(self: Box<Self>) {
        if self.values.capacity() <= 1 << 20 {
            SCRATCH.set(Some(self));
        }
    }

    /// Encodes the dict. Returns the object that keeps the keys alive when it is not `data` itself.
    pub(crate) fn encode<'py>(&mut self, data: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let dict = data.as_ptr();
        // SAFETY: `data` is bound, so the GIL is held; `plain` runs no Python code, so the dict cannot change while it is walked and
        // the borrowed keys and values stay alive.
        unsafe {
            if ffi::PyDict_CheckExact(dict) != 0 {
                let mut position = 0;
                let mut key = std::ptr::null_mut();
                let mut value = std::ptr::null_mut();
                let mut all_plain = true;
                // Room for as many floats as there are keys, so that the buffer does not grow under way.
                let len = ffi::PyDict_Size(dict) as usize;
                self.keys.reserve(len);
                self.values.reserve(len * FLOAT_BYTES);
                while ffi::PyDict_Next(dict, &raw mut position, &raw mut key, &raw mut value) != 0 {
                    self.keys.push(key);
                    if encode::plain(&mut self.values, value) == Plain::No {
                        all_plain = false;
                        break;
                    }
                }
                if all_plain {
                    return self.check_size().map(|()| None);
                }
            }
        }
        self.encode_any(data).map(Some)
    }

    /// Encodes a mapping with values of any type. Python code may run meanwhile, so it works on a copy that nobody else has.
    #[cold]
    fn encode_any<'py>(&mut self, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        self.keys.clear();
        self.values.clear();
        let py = data.py();
        let copy = if let Ok(dict) = data.cast::<PyDict>() {
            dict.copy()?
        } else {
            let mapping = data.hasattr("keys")? && data.hasattr("__getitem__")?;
            if !mapping {
                let kind = data.get_type().name()?;
                return Err(PyTypeError::new_err(format!(
                    "log() takes a dict of keys and values, got {kind}; nothing of this call was kept"
                )));
            }
            py.get_type::<PyDict>().call1((data,))?.cast_into::<PyDict>()?
        };
        for (key, value) in copy.iter() {
            let Ok(name) = key.cast::<PyString>() else {
                let kind = key.get_type().name()?;
                return Err(PyTypeError::new_err(format!("keys must be str, got {kind}; nothing of this call was kept")));
            };
            self.keys.push(name.as_ptr());
            let name = name.to_string_lossy();
            encode::any(&mut self.values, &name, &value)?;
        }
        self.check_size()?;
        Ok(copy)
    }

    fn check_size(&self) -> PyResult<()> {
        if self.values.len() > VALUES_BYTES {
            let (bytes, limit) = (self.values.len(), VALUES_BYTES);
            return Err(PyValueError::new_err(format!(
                "the row has {bytes} bytes of values, at most {limit} fit; nothing of this call was kept"
            )));
        }
        Ok(())
    }
}
