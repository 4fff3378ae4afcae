//! Arguments of a writer's methods, as Python gives them.

use crate::encode;
use crate::errors::type_name;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::time::Duration;
use stepwell_client::{FlushLevel, OnFull};
use stepwell_model::{Step, TimeMicros, Value};

/// A step; floats are none.
#[inline]
pub(super) fn step(step: &Bound<'_, PyAny>) -> PyResult<Step> {
    // SAFETY: `step` is bound. Floats have no index, so 1.0 is refused as 1.5 is.
    let index = unsafe { Bound::from_owned_ptr_or_err(step.py(), ffi::PyNumber_Index(step.as_ptr())) }
        .map_err(|_| PyTypeError::new_err(format!("step must be an integer, got {}; nothing of this call was kept", type_name(step))))?;
    index.extract().map_err(|_| PyValueError::new_err("step must fit 64 bits; nothing of this call was kept"))
}

/// The keys and values of a mapping.
pub(super) fn pairs(values: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Value)>> {
    let copy = match values.cast::<PyDict>() {
        Ok(dict) => dict.copy()?,
        Err(_) => values.py().get_type::<PyDict>().call1((values,))?.cast_into()?,
    };
    let pair = |(key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let key = encode::key_text(encode::key(&key)?)?.into_owned();
        let value = encode::value(&key, &value)?;
        Ok((key, value))
    };
    copy.iter().map(pair).collect()
}

/// Seconds since 1970, in microseconds.
pub(super) fn time(seconds: f64) -> TimeMicros {
    (seconds * 1e6).round() as TimeMicros
}

/// A wait in seconds; never negative, and no longer than a year.
pub(super) fn wait(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.clamp(0.0, 31_536_000.0)).unwrap_or_default()
}

/// A policy for a full queue.
pub(super) fn on_full(name: &str) -> PyResult<OnFull> {
    match name {
        "sample" => Ok(OnFull::Sample),
        "block" => Ok(OnFull::Block),
        "raise" => Ok(OnFull::Raise),
        other => Err(PyValueError::new_err(format!("on_full is {other:?}, expected \"sample\", \"block\" or \"raise\""))),
    }
}

/// A level of `flush`.
pub(super) fn flush_level(name: &str) -> PyResult<FlushLevel> {
    match name {
        "spooled" => Ok(FlushLevel::Spooled),
        "synced" => Ok(FlushLevel::Synced),
        "acked" => Ok(FlushLevel::Acked),
        other => Err(PyValueError::new_err(format!("level is {other:?}, expected \"spooled\", \"synced\" or \"acked\""))),
    }
}
