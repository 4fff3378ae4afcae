//! `ScanRows`: every row of a run in step order.

use super::batch::{BatchSender, SendError};
use super::{label_choice, run_path};
use crate::error::ServiceError;
use std::ops::ControlFlow;
use stepwell_model::{RunPath, Step};
use stepwell_proto::v1;
use stepwell_store::{RowQuery, StepRange, Store};

/// What is to be scanned.
pub(super) struct Scan {
    path: RunPath,
    query: Option<RowQuery>,
}

impl TryFrom<v1::ScanRowsRequest> for Scan {
    type Error = ServiceError;

    fn try_from(request: v1::ScanRowsRequest) -> Result<Self, ServiceError> {
        let first = request.min_step.unwrap_or(Step::MIN);
        // The highest step of the request is not included; below the lowest integer there is nothing.
        let last = request.max_step.map_or(Some(Step::MAX), |step| step.checked_sub(1)).filter(|&last| last >= first);
        let query = last.map(|last| RowQuery {
            keys: request.keys,
            label: label_choice(request.label.as_deref()),
            steps: StepRange { first, last },
        });
        Ok(Self { path: run_path(request.path)?, query })
    }
}

impl Scan {
    /// Sends the rows.
    pub(super) fn send(&self, store: &dyn Store, sender: &mut BatchSender) -> Result<(), SendError> {
        // An unknown run is an error, a run without such rows is not.
        store.run(&self.path, crate::clock::now())?;
        let Some(query) = &self.query else { return Ok(()) };
        let mut gone = Ok(());
        store.rows(&self.path, query, &mut |label, rows| {
            for row in &rows {
                gone = sender.row(label, row);
                if gone.is_err() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        Ok(gone?)
    }
}
