//! Refusals: rows and values that cannot be stored are counted, with one warning, and end no training.

use super::Writer;
use super::row::RowScratch;
use crate::encode::fallback;
use crate::errors::{LimitError, Raise};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::atomic::Ordering;
use stepwell_client::{OnFull, Refusal};
use stepwell_codec::msgpack;
use stepwell_model::{Step, TimeMicros};

impl Writer {
    /// True if what cannot be stored is counted; false if it is an error.
    #[cold]
    pub(super) fn may_refuse(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.on_full != OnFull::Raise && !fallback::is_strict(py)?)
    }

    /// Takes note of a row that cannot be stored, which is no reason to end a training.
    #[cold]
    pub(super) fn refuse(&self, py: Python<'_>, error: &PyErr, step: Option<Step>, commit: Option<bool>) -> PyResult<()> {
        {
            let state = &mut *self.state.lock();
            let placed = state.steps.place(step, commit);
            self.client.queue().refuse_row(Refusal::TooLarge).map_err(Raise::raise)?;
            state.steps = placed.next;
        }
        if !self.warned_of_rows.swap(true, Ordering::Relaxed) {
            self.warn_user(
                py,
                &format!("a row is refused and counted as lost: {}. Further ones are counted without a word", error.value(py)),
            );
        }
        Ok(())
    }

    /// Takes note of values whose keys are above the limit.
    #[cold]
    pub(super) fn refuse_values(&self, py: Python<'_>, values: u64) -> PyResult<()> {
        if fallback::is_strict(py)? {
            let most = self.state.lock().shapes.max_keys();
            return Err(LimitError::new_err(format!(
                "the run has {most} different keys, as many as max_keys allows; nothing of this call was kept, because of the setting `strict`"
            )));
        }
        self.refused_values.fetch_add(values, Ordering::Relaxed);
        if !self.warned_of_keys.swap(true, Ordering::Relaxed) {
            let most = self.state.lock().shapes.max_keys();
            self.warn_user(
                py,
                &format!(
                    "the run has {most} different keys, as many as max_keys allows: values under further keys are refused and counted"
                ),
            );
        }
        Ok(())
    }

    fn warn_user(&self, py: Python<'_>, words: &str) {
        if let Some(warn) = &self.warn
            && let Err(error) = warn.call1(py, (words,))
        {
            error.write_unraisable(py, None);
        }
    }

    /// Pushes what of a row is within the limit of keys.
    #[cold]
    pub(super) fn push_allowed(
        &self,
        py: Python<'_>,
        scratch: &RowScratch,
        step: Option<Step>,
        commit: Option<bool>,
        time: TimeMicros,
    ) -> PyResult<()> {
        // SAFETY: the GIL is held, and the caller of `push` keeps the keys alive.
        let allowed = unsafe { self.state.lock().shapes.allowed(py, &scratch.keys, self.client.queue()) }?;
        let (mut rest, mut reader) = (RowScratch::default(), msgpack::Reader::new(&scratch.values));
        for (key, allowed) in scratch.keys.iter().zip(&allowed) {
            let before = reader.rest();
            reader.skip().map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
            if *allowed {
                rest.keys.push(*key);
                rest.values.extend_from_slice(&before[..before.len() - reader.rest().len()]);
            }
        }
        self.refuse_values(py, (allowed.len() - rest.keys.len()) as u64)?;
        if !rest.keys.is_empty() {
            return self.push(py, &rest, step, commit, time);
        }
        let state = &mut *self.state.lock();
        let placed = state.steps.place(step, commit);
        self.client.queue().refuse_row(Refusal::Keys).map_err(Raise::raise)?;
        state.steps = placed.next;
        Ok(())
    }
}
