//! Reports of a writer as Python gets them: dicts, described in `_native.pyi`.

use pyo3::prelude::*;
use stepwell_client::Status;

/// Places of a writer's rows; see [`Status`].
#[derive(IntoPyObject)]
pub(crate) struct WriterStatus {
    accepted: u64,
    spooled: u64,
    acked: u64,
    queued_bytes: usize,
    sampled_rows: u64,
    lost_rows: u64,
    rejected_rows: u64,
    refused_values: u64,
    waiting_files: u64,
    lost_files: u64,
    connection: String,
}

impl WriterStatus {
    /// A status of the client, and the values that the bindings refused.
    pub(super) fn new(status: Status, refused_values: u64) -> Self {
        let Status {
            accepted,
            spooled,
            acked,
            queued_bytes,
            sampled_rows,
            lost_rows,
            rejected_rows,
            waiting_files,
            lost_files,
            connection,
        } = status;
        Self {
            accepted,
            spooled,
            acked,
            queued_bytes,
            sampled_rows,
            lost_rows,
            rejected_rows,
            waiting_files,
            lost_files,
            connection,
            refused_values,
        }
    }
}

/// The end of a writer; see [`stepwell_client::FinishReport`].
#[derive(IntoPyObject)]
pub(crate) struct FinishReport {
    complete: bool,
    rows: u64,
    sampled_rows: u64,
    lost_rows: u64,
    rejected_rows: u64,
    refused_rows: u64,
    refused_values: u64,
    is_there: bool,
    unsent_rows: u64,
    files: u64,
    unsent_files: u64,
    lost_files: u64,
    message: String,
}

impl FinishReport {
    /// A report of the client, and the values that the bindings refused.
    pub(super) fn new(report: stepwell_client::FinishReport, refused_values: u64) -> Self {
        let stepwell_client::FinishReport {
            complete,
            rows,
            sampled_rows,
            lost_rows,
            rejected_rows,
            refused_rows,
            is_there,
            unsent_rows,
            files,
            unsent_files,
            lost_files,
            message,
        } = report;
        Self {
            complete,
            rows,
            sampled_rows,
            lost_rows,
            rejected_rows,
            refused_rows,
            is_there,
            unsent_rows,
            files,
            unsent_files,
            lost_files,
            message,
            refused_values,
        }
    }
}
