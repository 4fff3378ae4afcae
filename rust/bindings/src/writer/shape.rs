//! From the keys of a dict to the number of its shape: pointers first, text second.
//!
//! Consecutive rows nearly always have the same keys in the same order as the very same str objects, so the
//! pointers of the last row are compared first; then a table of pointers; then the text of each key. Cached
//! pointers hold a reference, so that no other str can get the same address; the table is emptied when it has
//! grown large, which costs speed and nothing else.

use crate::encode;
use crate::errors::LimitError;
use pyo3::exceptions::PyValueError;
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

/// Bytes of the names of one row's keys that a frame is sure to hold.
const NAMES_BYTES: usize = 8 << 20;

/// Shapes and keys that were seen.
#[derive(Default)]
pub(crate) struct Shapes {
    /// Keys that there may be.
    max_keys: usize,
    last: (Pointers, u32),
    cached: FxHashMap<Box<[usize]>, Cached>,
    cached_keys: usize,
    keys: FxHashMap<Box<str>, u32>,
    shapes: FxHashMap<Box<[u32]>, u32>,
    /// Shapes of one key, by that key; [`NO_SHAPE`]: none yet. A run with very many keys may have them one by
    /// one.
    single: Vec<u32>,
}

/// A key that is no shape of its own.
const NO_SHAPE: u32 = u32::MAX;

// SAFETY: the raw pointers are compared, never followed; what they point to is kept alive by `Cached`.
unsafe impl Send for Shapes {}

impl Shapes {
    /// No shapes yet, and room for so many keys.
    pub(crate) fn new(max_keys: usize) -> Self {
        Self { max_keys, ..Self::default() }
    }

    /// Keys that there may be.
    pub(crate) fn max_keys(&self) -> usize {
        self.max_keys
    }

    /// The shape of the last row, if these are its keys.
    #[inline]
    pub(crate) fn last(&self, keys: &Pointers) -> Option<u32> {
        (self.last.0 == *keys && !keys.is_empty()).then_some(self.last.1)
    }

    /// The shape of these keys; new keys and shapes are told to the queue. `None` if there are more new ones
    /// than there may be. Runs no Python code but what frees dropped strs.
    ///
    /// # Safety
    /// The GIL is held and every pointer is a live object.
    pub(crate) unsafe fn find(&mut self, py: Python<'_>, keys: &Pointers, queue: &Queue) -> PyResult<Option<u32>> {
        let addresses: Box<[usize]> = keys.iter().map(|key| key.addr()).collect();
        if let Some(cached) = self.cached.get(&addresses) {
            self.last = (keys.clone(), cached.shape);
            return Ok(Some(cached.shape));
        }
        let mut ids = Vec::with_capacity(keys.len());
        for &key in keys {
            // SAFETY: the caller vouches for the pointer.
            let key = unsafe { Bound::from_borrowed_ptr(py, key) };
            match self.key(&key, queue)? {
                Some(id) => ids.push(id),
                None => return Ok(None),
            }
        }
        let names: usize = if keys.len() > NAMES_BYTES / limits::KEY_BYTES { self.names_bytes(py, keys) } else { 0 };
        if names > NAMES_BYTES {
            return Err(LimitError::new_err(format!(
                "the names of the row's {} keys have {names} bytes, at most {NAMES_BYTES} fit; nothing of this call was kept",
                keys.len()
            )));
        }
        let known = self.known(&ids);
        let shape = known.unwrap_or_else(|| self.define(&ids, queue));
        if known.is_none() {
            // Keys that are seen once are not worth keeping alive, which the addresses in `last` and `cached`
            // ask for.
            return Ok(Some(shape));
        }
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
        Ok(Some(shape))
    }

    fn known(&self, ids: &[u32]) -> Option<u32> {
        match ids {
            [key] => self.single.get(*key as usize).copied().filter(|&shape| shape != NO_SHAPE),
            _ => self.shapes.get(ids).copied(),
        }
    }

    fn define(&mut self, ids: &[u32], queue: &Queue) -> u32 {
        let shape = queue.define_shape(ids);
        if let [key] = ids {
            let key = *key as usize;
            self.single.resize(self.single.len().max(key + 1), NO_SHAPE);
            self.single[key] = shape;
        } else {
            self.shapes.insert(ids.into(), shape);
        }
        shape
    }

    fn names_bytes(&self, py: Python<'_>, keys: &Pointers) -> usize {
        // SAFETY: as in `find`, which was given the pointers and has seen that they are strs.
        let bytes = |key: &*mut ffi::PyObject| unsafe { encode::utf8(Bound::from_borrowed_ptr(py, *key).as_ptr()) }.map_or(0, str::len);
        keys.iter().map(bytes).sum()
    }

    /// One truth value per key: it is known, or there is room for it.
    ///
    /// # Safety
    /// As for [`find`](Self::find).
    pub(crate) unsafe fn allowed(&mut self, py: Python<'_>, keys: &Pointers, queue: &Queue) -> PyResult<Vec<bool>> {
        // SAFETY: the caller vouches for the pointers.
        keys.iter().map(|&key| Ok(self.key(&unsafe { Bound::from_borrowed_ptr(py, key) }, queue)?.is_some())).collect()
    }

    fn key(&mut self, key: &Bound<'_, PyAny>, queue: &Queue) -> PyResult<Option<u32>> {
        let name = &*encode::key_text(encode::key(key)?)?;
        if let Some(&id) = self.keys.get(name) {
            return Ok(Some(id));
        }
        if name.len() > limits::KEY_BYTES {
            let start: String = name.chars().take(40).collect();
            let limit = limits::KEY_BYTES;
            return Err(PyValueError::new_err(format!(
                "the key {start:?}… is {} bytes long, at most {limit} are allowed; nothing of this call was kept",
                name.len()
            )));
        }
        if self.keys.len() >= self.max_keys {
            return Ok(None);
        }
        let id = queue.define_key(name);
        self.keys.insert(name.into(), id);
        Ok(Some(id))
    }
}
