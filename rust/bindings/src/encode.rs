//! Python values to msgpack, on the calling thread under the GIL. Two ways:
//! [`plain`] for scalars (C functions only, no Python code can run), [`any`] for everything else.

pub(crate) mod array;
pub(crate) mod fallback;

use crate::errors::type_name;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use std::borrow::Cow;
use stepwell_codec::msgpack;
use stepwell_model::value::EXT_WTF8;
use stepwell_model::{Value, limits};

/// The outcome of [`plain`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plain {
    /// It is encoded.
    Done,
    /// It is no plain scalar; nothing was written.
    No,
}

/// Encodes a float, int that fits 64 bits, bool, None or clean str. Runs no Python code, so borrowed
/// references stay valid.
///
/// # Safety
/// The GIL is held and `value` is a live object.
#[inline]
pub(crate) unsafe fn plain(out: &mut Vec<u8>, value: *mut ffi::PyObject) -> Plain {
    // SAFETY: the caller holds the GIL and `value` is live; each function is called on an object of the type
    // it was checked for.
    unsafe {
        if ffi::PyFloat_CheckExact(value) != 0 {
            msgpack::write_f64(out, ffi::PyFloat_AsDouble(value));
            return Plain::Done;
        }
        plain_but_float(out, value)
    }
}

/// The rarer half of [`plain`].
///
/// # Safety
/// As for [`plain`].
unsafe fn plain_but_float(out: &mut Vec<u8>, value: *mut ffi::PyObject) -> Plain {
    // SAFETY: as for `plain`.
    unsafe {
        if ffi::PyLong_CheckExact(value) != 0 {
            let mut overflow = 0;
            let number = ffi::PyLong_AsLongLongAndOverflow(value, &raw mut overflow);
            if overflow != 0 {
                return Plain::No;
            }
            msgpack::write_int(out, number);
        } else if value == ffi::Py_None() {
            msgpack::write_nil(out);
        } else if ffi::PyBool_Check(value) != 0 {
            msgpack::write_bool(out, value == ffi::Py_True());
        } else if ffi::PyUnicode_CheckExact(value) != 0 {
            match utf8(value) {
                Some(text) => msgpack::write_str(out, text),
                None => return Plain::No,
            }
        } else if ffi::PyFloat_Check(value) != 0 {
            // numpy.float64 is a float.
            msgpack::write_f64(out, ffi::PyFloat_AsDouble(value));
        } else {
            return Plain::No;
        }
    }
    Plain::Done
}

/// The UTF-8 of a str, or `None` (and no exception) when it has lone surrogates.
///
/// # Safety
/// The GIL is held and `text` is a live str; the result lives as long as it does.
pub(crate) unsafe fn utf8<'a>(text: *mut ffi::PyObject) -> Option<&'a str> {
    // SAFETY: CPython caches the UTF-8 in the str object and keeps it as long as the object; it is valid
    // UTF-8.
    unsafe {
        let mut len = 0;
        let bytes = ffi::PyUnicode_AsUTF8AndSize(text, &raw mut len);
        if bytes.is_null() {
            ffi::PyErr_Clear();
            return None;
        }
        Some(std::str::from_utf8_unchecked(std::slice::from_raw_parts(bytes.cast(), len as usize)))
    }
}

/// The UTF-8 of a key. Lone surrogates, as `os.listdir` gives them for bytes that are no text, become
/// escapes, `\udce9`: keys are UTF-8 everywhere.
pub(crate) fn key_text<'a>(key: &'a Bound<'_, PyString>) -> PyResult<Cow<'a, str>> {
    // SAFETY: `key` is a bound str, and lives as long as the result.
    if let Some(clean) = unsafe { utf8(key.as_ptr()) } {
        return Ok(Cow::Borrowed(clean));
    }
    let bytes: Vec<u8> = key.call_method1("encode", ("utf-8", "backslashreplace"))?.extract()?;
    Ok(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
}

/// A key, which must be a str.
pub(crate) fn key<'a, 'py>(key: &'a Bound<'py, PyAny>) -> PyResult<&'a Bound<'py, PyString>> {
    key.cast()
        .map_err(|_| PyTypeError::new_err(format!("keys must be str, got {} ({key:?}); nothing of this call was kept", type_name(key))))
}

/// The value that is stored of a value.
pub(crate) fn value(key: &str, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    let mut bytes = Vec::new();
    any(&mut bytes, key, value)?;
    msgpack::from_bytes(&bytes).map_err(|error| PyRuntimeError::new_err(format!("{key:?}: {error}")))
}

/// Encodes any value that can be logged, by the table in the documentation of `log`. `key` names it in
/// errors.
pub(crate) fn any(out: &mut Vec<u8>, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    nested(out, key, value, limits::LOGGED_DEPTH)
}

/// The error of a value that nothing could read back.
#[cold]
pub(crate) fn too_deep(key: &str) -> PyErr {
    let levels = limits::LOGGED_DEPTH;
    PyValueError::new_err(format!("{key:?} is nested deeper than {levels} levels, or holds itself; nothing of this call was kept"))
}

fn nested(out: &mut Vec<u8>, key: &str, value: &Bound<'_, PyAny>, depth: usize) -> PyResult<()> {
    // SAFETY: `value` is a bound reference, so the GIL is held and the object lives.
    if unsafe { plain(out, value.as_ptr()) } == Plain::Done {
        return Ok(());
    }
    let deeper = || depth.checked_sub(1).ok_or_else(|| too_deep(key));
    if let Ok(dict) = value.cast::<PyDict>() {
        return map(out, key, &dict.copy()?, deeper()?);
    }
    if let Ok(list) = value.cast::<PyList>() {
        return sequence(out, key, &list.to_tuple(), deeper()?);
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return sequence(out, key, tuple, deeper()?);
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        // Bytes that are text are kept as text; all others as they are.
        match std::str::from_utf8(bytes.as_bytes()) {
            Ok(text) => msgpack::write_str(out, text),
            Err(_) => msgpack::write_bin(out, bytes.as_bytes()),
        }
        return Ok(());
    }
    if let Ok(text) = value.cast::<PyString>() {
        return surrogates(out, text);
    }
    // SAFETY: as above.
    if unsafe { ffi::PyLong_Check(value.as_ptr()) } != 0 {
        return integer(out, key, value);
    }
    if array::is_scalar(value)? {
        return nested(out, key, &array::item(key, value)?, deeper()?);
    }
    if array::is_array(value)? {
        return array::encode(out, key, value, deeper()?);
    }
    nested(out, key, &fallback::convert(key, value)?, deeper()?)
}

fn map(out: &mut Vec<u8>, key: &str, dict: &Bound<'_, PyDict>, depth: usize) -> PyResult<()> {
    msgpack::write_map_len(out, dict.len());
    for (name, value) in dict.iter() {
        // JSON and wandb turn numbers and truth values that name something into text; here all names are.
        let text = match name.cast_into::<PyString>() {
            Ok(text) => text,
            Err(other) => {
                let name = other.into_inner();
                // SAFETY: `name` is a bound reference.
                let scalar = unsafe { plain(&mut Vec::new(), name.as_ptr()) } == Plain::Done;
                if scalar { name.str()? } else { fallback::name(&name)?.cast_into()? }
            }
        };
        msgpack::write_str(out, &key_text(&text)?);
        nested(out, key, &value, depth)?;
    }
    Ok(())
}

fn sequence(out: &mut Vec<u8>, key: &str, values: &Bound<'_, PyTuple>, depth: usize) -> PyResult<()> {
    // A list of media is one value, which the package makes; every other list it gives back as it is.
    if let Ok(first) = values.get_item(0)
        && is_foreign(&first)?
    {
        let converted = fallback::convert(key, values)?;
        if !converted.is(values) {
            return nested(out, key, &converted, depth);
        }
    }
    msgpack::write_array_len(out, values.len());
    values.iter().try_for_each(|value| nested(out, key, &value, depth))
}

/// True if [`nested`] would ask the package what a value is.
fn is_foreign(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let object = value.as_ptr();
    // SAFETY: `value` is a bound reference.
    let known = unsafe {
        object == ffi::Py_None()
            || ffi::PyFloat_Check(object) != 0
            || ffi::PyLong_Check(object) != 0 // and bool
            || ffi::PyUnicode_Check(object) != 0
            || ffi::PyDict_Check(object) != 0
            || ffi::PyList_Check(object) != 0
            || ffi::PyTuple_Check(object) != 0
            || ffi::PyBytes_Check(object) != 0
    };
    Ok(!known && !array::is_scalar(value)? && !array::is_array(value)?)
}

/// A str that is no clean UTF-8 is kept as WTF-8 in an extension, so that it reads back the same.
fn surrogates(out: &mut Vec<u8>, text: &Bound<'_, PyString>) -> PyResult<()> {
    // SAFETY: `text` is a bound str. (A subclass of str comes here too.)
    if let Some(clean) = unsafe { utf8(text.as_ptr()) } {
        msgpack::write_str(out, clean);
        return Ok(());
    }
    let bytes = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
    msgpack::write_ext(out, EXT_WTF8, bytes.cast::<PyBytes>()?.as_bytes());
    Ok(())
}

/// An int beyond 64 bits becomes the nearest float, which is said once. Subclasses of int come here
/// too.
fn integer(out: &mut Vec<u8>, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let mut overflow = 0;
    // SAFETY: `value` is a bound int.
    let number = unsafe { ffi::PyLong_AsLongLongAndOverflow(value.as_ptr(), &raw mut overflow) };
    if overflow == 0 {
        msgpack::write_int(out, number);
        return Ok(());
    }
    fallback::tell_of_integer(value.py(), key)?;
    // SAFETY: as above. Beyond the range of doubles the answer is -1 and an OverflowError.
    let float = unsafe { ffi::PyLong_AsDouble(value.as_ptr()) };
    if PyErr::take(value.py()).is_some() {
        msgpack::write_f64(out, if overflow > 0 { f64::INFINITY } else { f64::NEG_INFINITY });
    } else {
        msgpack::write_f64(out, float);
    }
    Ok(())
}
