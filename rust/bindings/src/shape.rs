//! From the keys of a dict to the number of its shape: pointers first, text second.
//!
//! Consecutive rows nearly always have the same keys in the same order as the very same str objects, so the pointers of the last row
//! are compared first; then a table of pointers; then the text of each key. Cached pointers hold a reference, so that no other str can
//! get the same address; the table is emptied when it has grown large, which costs speed and nothing else.

use crate::encode;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;
use rustc_hash::FxHashMap;
use stepwell_client::Queue;
use stepwell_model::limits;

/// The addresses of a dict's keys in order.
pub(crate) type Pointers = Vec<*mut ffi::PyObject>;

/// Keys in cached shapes above which the cache starts anew: about 8 MiB with the strs they keep alive.
const CACHED_KEYS: usize = 1 << 16;

/// A shape under the addresses of its keys.
struct Cached {
    shape: u32,
    /// Keeps the keys alive, and with them their addresses.
    _keys: Vec<Py<PyString>>,
}

/// Shapes and keys that were seen.
#[derive(Default)]
pub(crate) struct Shapes {
    last: (Pointers, u32),
    cached: FxHashMap<Box<[usize]>, Cached>,
    cached_keys: usize,
    keys: FxHashMap<Box<str>, u32>,
    shapes: FxHashMap<Box<[u32]>, u32>,
}

// SAFETY: the raw pointers are compared, never followed; what they point to is kept alive by `Cached`.
unsafe impl Send for Shapes {}

impl Shapes {
    /// The shape of the last row, if these are its keys.
    #[inline]
    pub(crate) fn last(&self, keys: &Pointers) -> Option<u32> {
        (self.last.0 == *keys && !keys.is_empty()).then_some(self.last.1)
    }

    /// The shape of these keys; new keys and shapes are told to the queue. Runs no Python code but what frees dropped strs.
    ///
    /// # Safety
    /// The GIL is held and every pointer is a live object.
    pub(crate) unsafe fn find(&mut self, py: Python<'_>, keys: &Pointers, queue: &Queue) -> PyResult<u32> {
        let addresses: Box<[usize]> = keys.iter().map(|key| key.addr()).collect();
        if let Some(cached) = self.cached.get(&addresses) {
            self.last = (keys.clone(), cached.shape);
            return Ok(cached.shape);
        }
        let mut ids = Vec::with_capacity(keys.len());
        for &key in keys {
            // SAFETY: the caller vouches for the pointer.
            let key = unsafe { Bound::from_borrowed_ptr(py, key) };
            ids.push(self.key(&key, queue)?);
        }
        let shape = match self.shapes.get(&ids[..]) {
            Some(&shape) => shape,
            None => {
                let shape = queue.define_shape(&ids);
                self.shapes.insert(ids.into(), shape);
                shape
            }
        };
        if self.cached_keys + keys.len() > CACHED_KEYS {
            self.last.0.clear();
            self.cached.clear();
            self.cached_keys = 0;
        }
        // SAFETY: as above; `key` checked that they are strs.
        let kept =
            keys.iter().map(|&key| unsafe { Bound::from_borrowed_ptr(py, key).cast_into_unchecked::<PyString>().unbind() }).collect();
        self.cached_keys += keys.len();
        self.cached.insert(addresses, Cached { shape, _keys: kept });
        self.last = (keys.clone(), shape);
        Ok(shape)
    }

    fn key(&mut self, key: &Bound<'_, PyAny>, queue: &Queue) -> PyResult<u32> {
        let Ok(text) = key.cast::<PyString>() else {
            let kind = key.get_type().name()?;
            return Err(PyTypeError::new_err(format!("keys must be str, got {kind} ({}); nothing of this call was kept", key.repr()?)));
        };
        let name = &*encode::key_text(text)?;
        if let Some(&id) = self.keys.get(name) {
            return Ok(id);
        }
        if name.len() > limits::KEY_BYTES {
            let start: String = name.chars().take(40).collect();
            let limit = limits::KEY_BYTES;
            return Err(PyValueError::new_err(format!(
                "the key {start:?}… is {} bytes long, at most {limit} are allowed; nothing of this call was kept",
                name.len()
            )));
        }
        let id = queue.define_key(name);
        self.keys.insert(name.into(), id);
        Ok(id)
    }
}
