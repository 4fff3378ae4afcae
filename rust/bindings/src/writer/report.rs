//! Reports of a writer as Python gets them: dicts, described in `_native.pyi`.

use crate::fill::fill;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use stepwell_client::{FinishReport, Status};

/// A status of the client, and the values that the bindings refused.
pub(super) fn status(py: Python<'_>, status: Status, refused_values: u64) -> PyResult<Bound<'_, PyDict>> {
    let Status { accepted, spooled, acked, queued_bytes, sampled_rows, lost_rows, rejected_rows, waiting_files, lost_files, connection } =
        status;
    fill!(PyDict::new(py); accepted, spooled, acked, queued_bytes, sampled_rows, lost_rows, rejected_rows, refused_values, waiting_files,
        lost_files, connection)
}

/// A report of the client, and the values that the bindings refused.
pub(super) fn finish(py: Python<'_>, report: FinishReport, refused_values: u64) -> PyResult<Bound<'_, PyDict>> {
    let FinishReport { complete, rows, sampled_rows, lost_rows, rejected_rows, refused_rows, is_there, .. } = report;
    let FinishReport { unsent_rows, files, unsent_files, lost_files, message, .. } = report;
    fill!(PyDict::new(py); complete, rows, sampled_rows, lost_rows, rejected_rows, refused_rows, refused_values, is_there, unsent_rows,
        files, unsent_files, lost_files, message)
}
