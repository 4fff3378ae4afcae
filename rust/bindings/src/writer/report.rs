//! Reports of a writer as Python gets them: dicts, described in `_native.pyi`.

use pyo3::prelude::*;

/// Where the rows of a writer are; see [`stepwell_client::Status`].
#[derive(IntoPyObject)]
pub(crate) struct WriterStatus {
    pub(super) accepted: u64,
    pub(super) spooled: u64,
    pub(super) acked: u64,
    pub(super) queued_bytes: usize,
    pub(super) sampled_rows: u64,
    pub(super) lost_rows: u64,
    pub(super) rejected_rows: u64,
    pub(super) refused_values: u64,
    pub(super) waiting_files: u64,
    pub(super) lost_files: u64,
    pub(super) connection: String,
}

/// What `finish` left behind; see [`stepwell_client::FinishReport`].
#[derive(IntoPyObject)]
pub(crate) struct FinishReport {
    pub(super) complete: bool,
    pub(super) rows: u64,
    pub(super) sampled_rows: u64,
    pub(super) lost_rows: u64,
    pub(super) rejected_rows: u64,
    pub(super) refused_rows: u64,
    pub(super) refused_values: u64,
    pub(super) is_there: bool,
    pub(super) unsent_rows: u64,
    pub(super) files: u64,
    pub(super) unsent_files: u64,
    pub(super) lost_files: u64,
    pub(super) message: String,
}
