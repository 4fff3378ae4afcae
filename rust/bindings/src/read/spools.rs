//! Spools of a directory: listing them, and sending them to a server.

use crate::enter::enter;
use crate::errors::Raise;
use crate::fill::fill;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use stepwell_client::{FoundStream, SyncOptions, SyncedStream};
use stepwell_lock::Mutex;
use stepwell_model::{Opening, RunPath, StreamId};
use stepwell_spool::{OsDisk, StreamSummary};

/// Time in which a sync tries to reach its server at first.
const PATIENCE: Duration = Duration::from_secs(10);

/// The run that a stream of a directory belongs to; empty names where that is not known.
fn whose(py: Python<'_>, stream: StreamId, opening: Option<Opening>) -> PyResult<Bound<'_, PyDict>> {
    let Opening { path: RunPath { entity, project, run }, label, attempt, destination, .. } = opening.unwrap_or_default();
    fill!(PyDict::new(py); stream = stream.to_string(), entity, project, run, label, attempt, destination)
}

/// What was found of streams, as Python gets it.
fn reports(py: Python<'_>, found: Vec<SyncedStream>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let report = |SyncedStream { summary, opening, live, rejected, lost, kept, complete, files, .. }| {
        let StreamSummary { stream, first, last, acked, bytes, damage, .. } = summary;
        fill!(whose(py, stream, opening)?; first, last, acked, bytes, live, rejected, lost, kept, complete, files, damage)
    };
    found.into_iter().map(report).collect()
}

fn root(directory: &str) -> std::path::PathBuf {
    Path::new(directory).join("spool")
}

/// The index of the streams of a directory.
pub(crate) fn index(directory: &Path) -> std::path::PathBuf {
    directory.join("manifest").join("streams")
}

/// The streams that lie in a directory.
#[pyfunction]
pub(crate) fn spooled_streams<'py>(py: Python<'py>, directory: &str) -> PyResult<Vec<Bound<'py, PyDict>>> {
    reports(py, enter(py, || stepwell_client::spooled_streams(Arc::new(OsDisk), &root(directory)))?)
}

/// The runs of a directory's streams, as their first segments name them.
#[pyfunction]
pub(crate) fn spool_openings<'py>(py: Python<'py>, directory: &str) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let found = enter(py, || stepwell_client::openings(Arc::new(OsDisk), &root(directory), &index(Path::new(directory))))?;
    let report = |FoundStream { stream, opening, live }| {
        let is_known = opening.is_some();
        fill!(whose(py, stream, opening)?; is_known, live)
    };
    found.into_iter().map(report).collect()
}

/// The greatest attempt of a label of a run among the streams of a directory.
#[pyfunction]
pub(crate) fn greatest_attempt(
    py: Python<'_>,
    directory: &str,
    entity: &str,
    project: &str,
    run: &str,
    label: &str,
) -> PyResult<Option<u64>> {
    let index = index(Path::new(directory));
    enter(py, || stepwell_client::greatest_attempt(Arc::new(OsDisk), &root(directory), &index, [entity, project, run, label]))
}

/// Sends what a server does not have yet. `progress(sent, total, files_sent, files_total)` is called now and
/// then; an exception of its, or Ctrl-C, ends the sync.
#[pyfunction]
#[pyo3(signature = (directory, url, streams=None, progress=None, timeout=None))]
pub(crate) fn sync<'py>(
    py: Python<'py>,
    directory: &str,
    url: String,
    streams: Option<Vec<String>>,
    progress: Option<&Bound<'py, PyAny>>,
    timeout: Option<f64>,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let streams =
        streams.map(|ids| ids.iter().map(|id| id.parse::<StreamId>()).collect::<Result<Vec<_>, _>>()).transpose().map_err(Raise::raise)?;
    let timeout = timeout.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default());
    let options = SyncOptions { url, streams, token: String::new(), timeout, patience: PATIENCE, disk: Arc::new(OsDisk) };
    let progress = progress.map(|progress| progress.clone().unbind());
    let raised = Mutex::new(None);
    let sent = enter(py, || {
        stepwell_client::sync(&root(directory), &options, &mut |now| {
            // This is the calling thread, which came from Python and only lent the GIL away.
            let called = Python::attach(|py| {
                py.check_signals()?;
                progress
                    .as_ref()
                    .map_or(Ok(()), |progress| progress.call1(py, (now.sent, now.total, now.files_sent, now.files_total)).map(drop))
            });
            called.map_err(|error| *raised.lock() = Some(error)).is_ok()
        })
    });
    match raised.into_inner() {
        Some(error) => Err(error),
        None => reports(py, sent?),
    }
}
