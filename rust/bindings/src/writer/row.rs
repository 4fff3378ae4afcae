//! One call of `log`: a dict to the keys and msgpack values of a row. The hottest path of the package.
//!
//! Floor and result, 10 floats per call, are kept in benches/README.md.

use super::attach::{self, Files};
use super::shape::Pointers;
use crate::encode::{self, Plain};
use crate::errors::{LimitError, type_name};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::cell::Cell;
use std::sync::Arc;
use stepwell_client::FilePool;
use stepwell_codec::FrameEncoder;
use stepwell_codec::msgpack::{DOUBLE_BYTES, Reader, longest_path};
use stepwell_model::limits;

/// Bytes that a row's frame needs besides its values, generously.
const FRAME_BYTES: usize = 64 << 10;
/// Bytes of values that fit a frame even if they do not compress.
const SURE_BYTES: usize = limits::FRAME_COMPRESSED_BYTES - FRAME_BYTES;

/// A row under way. Its buffers are used again by the next call on the same thread.
#[derive(Default)]
pub(crate) struct RowScratch {
    /// Addresses of the keys, alive as long as the dict (or the copy in [`Other`]) is.
    pub(crate) keys: Pointers,
    /// msgpack of the values.
    pub(crate) values: Vec<u8>,
}

/// The keys and files of a row of more than plain values, until it is pushed.
pub(crate) struct Other<'py> {
    /// Keeps the keys alive.
    _copy: Bound<'py, PyDict>,
    /// Files that its values refer to.
    pub(crate) files: Files,
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
            SCRATCH.with(|kept| kept.set(Some(self)));
        }
    }

    /// Encodes the dict. Returns `None` if its values are plain.
    #[inline]
    pub(crate) fn encode<'py>(&mut self, data: &Bound<'py, PyAny>, pool: &Arc<FilePool>) -> PyResult<Option<Other<'py>>> {
        let dict = data.as_ptr();
        // SAFETY: `data` is bound, so the GIL is held; `plain` runs no Python code, so the dict cannot change
        // while it is walked and the borrowed keys and values stay alive.
        unsafe {
            if ffi::PyDict_CheckExact(dict) != 0 {
                let mut position = 0;
                let mut key = std::ptr::null_mut();
                let mut value = std::ptr::null_mut();
                let mut all_plain = true;
                // Room for as many floats as there are keys, so that the buffer does not grow under way.
                let len = ffi::PyDict_Size(dict) as usize;
                self.keys.reserve(len);
                self.values.reserve(len * DOUBLE_BYTES);
                while ffi::PyDict_Next(dict, &raw mut position, &raw mut key, &raw mut value) != 0 {
                    self.keys.push(key);
                    if encode::plain(&mut self.values, value) == Plain::No {
                        all_plain = false;
                        break;
                    }
                }
                if all_plain {
                    return self.check_size(data.py()).map(|()| None);
                }
            }
        }
        let (copy, files) = attach::collect(pool, || self.encode_any(data))?;
        Ok(Some(Other { _copy: copy, files }))
    }

    /// Encodes a mapping with values of any type. Python code may run meanwhile, so it works on a copy that
    /// nobody else has.
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
                return Err(PyTypeError::new_err(format!(
                    "log() takes a dict of keys and values, got {}; nothing of this call was kept",
                    type_name(data)
                )));
            }
            py.get_type::<PyDict>().call1((data,))?.cast_into::<PyDict>()?
        };
        for (key, value) in copy.iter() {
            let name = encode::key(&key)?;
            self.keys.push(name.as_ptr());
            let name = encode::key_text(name)?;
            let begin = self.values.len();
            encode::any(&mut self.values, &name, &value)?;
            check_paths(&name, &self.values[begin..])?;
        }
        self.check_size(py)?;
        Ok(copy)
    }

    #[inline]
    fn check_size(&self, py: Python<'_>) -> PyResult<()> {
        if self.values.len() <= SURE_BYTES { Ok(()) } else { self.check_large(py) }
    }

    /// Refuses a large row that does not fit a frame.
    #[cold]
    fn check_large(&self, py: Python<'_>) -> PyResult<()> {
        let bytes = self.values.len();
        let problem = if bytes > limits::ROW_VALUES_BYTES {
            format!("at most {} fit", limits::ROW_VALUES_BYTES)
        } else {
            let mut frame = Vec::new();
            let packed = FrameEncoder::new().and_then(|mut encoder| encoder.encode(1, 1, &self.values, &mut frame));
            if packed.is_ok() && frame.len() <= SURE_BYTES {
                return Ok(());
            }
            format!("and does not compress to {SURE_BYTES}")
        };
        let (mut largest, mut reader) = ((0, 0), Reader::new(&self.values));
        for index in 0..self.keys.len() {
            let before = reader.rest().len();
            if reader.skip().is_err() {
                break;
            }
            largest = largest.max((before - reader.rest().len(), index));
        }
        // SAFETY: the GIL is held, and whoever called keeps the keys alive.
        let key = self.keys.get(largest.1).map(|key| unsafe { Bound::from_borrowed_ptr(py, *key) }.to_string()).unwrap_or_default();
        let words =
            format!("the row has {bytes} bytes of values, {} of them under {key:?}, {problem}; nothing of this call was kept", largest.0);
        Err(LimitError::new_err(words))
    }
}

/// Refuses nested dicts whose leaves would have longer keys than a key may be: their paths are keys wherever
/// rows are read.
fn check_paths(key: &str, value: &[u8]) -> PyResult<()> {
    let longest = longest_path(&mut Reader::new(value), key.len()).map_err(|error| PyRuntimeError::new_err(format!("{key:?}: {error}")))?;
    if longest <= limits::KEY_BYTES || longest == key.len() {
        return Ok(());
    }
    let (start, limit): (String, _) = (key.chars().take(40).collect(), limits::KEY_BYTES);
    Err(PyValueError::new_err(format!(
        "the dict under {start:?} has a path of {longest} bytes, at most {limit} are allowed for a key; nothing of this call was kept"
    )))
}
