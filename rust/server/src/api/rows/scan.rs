//! Scan of every row of a run, in step order.

use super::batch::{SendError, SendRows};
use std::ops::ControlFlow;
use stepwell_model::{RunPath, Step, wall_time};
use stepwell_store::{LabelChoice, RowQuery, StepRange, Store};

/// A scan that is asked for.
pub(crate) struct Scan {
    /// Path of the run.
    pub(crate) path: RunPath,
    /// Keys; none means all.
    pub(crate) keys: Vec<String>,
    /// Label, or all of them one after the other.
    pub(crate) label: LabelChoice,
    /// Lowest step, included.
    pub(crate) min_step: Option<Step>,
    /// Highest step, not included.
    pub(crate) max_step: Option<Step>,
}

impl Scan {
    /// The steps; `None` where there are none between the bounds.
    fn steps(&self) -> Option<StepRange> {
        let first = self.min_step.unwrap_or(Step::MIN);
        // Below the lowest integer there is nothing.
        let last = self.max_step.map_or(Some(Step::MAX), |step| step.checked_sub(1)).filter(|&last| last >= first)?;
        Some(StepRange { first, last })
    }

    /// Sends the rows.
    pub(super) fn send(self, store: &dyn Store, send: &mut SendRows<'_>) -> Result<(), SendError> {
        // An unknown run is an error, a run without such rows is not.
        store.run(&self.path, wall_time())?;
        let Some(steps) = self.steps() else { return Ok(()) };
        let query = RowQuery { keys: self.keys, label: self.label, steps };
        let mut gone = Ok(());
        store.rows(&self.path, &query, &mut |label, batch| {
            gone = send(label, batch);
            if gone.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(gone?)
    }
}
