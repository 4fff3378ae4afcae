//! Spools of a directory: listing them, and sending them to a server.

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use stepwell_client::{FoundStream, SyncOptions, SyncedStream};
use stepwell_lock::Mutex;
use stepwell_model::StreamId;
use stepwell_spool::OsDisk;

/// How long a sync tries to reach its server at first.
const PATIENCE: Duration = Duration::from_secs(10);

fn list<'py>(py: Python<'py>, streams: &[SyncedStream]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for stream in streams {
        let opening = stream.opening.clone().unwrap_or_default();
        let summary = &stream.summary;
        let dict = PyDict::new(py);
        dict.set_item("stream", summary.stream.to_string())?;
        dict.set_item("entity", opening.path.entity)?;
        dict.set_item("project", opening.path.project)?;
        dict.set_item("run", opening.path.run)?;
        dict.set_item("label", opening.label)?;
        dict.set_item("attempt", opening.attempt)?;
        dict.set_item("destination", opening.destination)?;
        dict.set_item("first", summary.first)?;
        dict.set_item("last", summary.last)?;
        dict.set_item("acked", summary.acked)?;
        dict.set_item("bytes", summary.bytes)?;
        dict.set_item("live", stream.live)?;
        dict.set_item("rejected", stream.rejected)?;
        dict.set_item("lost", stream.lost)?;
        dict.set_item("kept", stream.kept)?;
        dict.set_item("complete", stream.complete)?;
        dict.set_item("files", stream.files)?;
        dict.set_item("damage", &summary.damage)?;
        list.append(dict)?;
    }
    Ok(list)
}

fn root(directory: &str) -> std::path::PathBuf {
    Path::new(directory).join("spool")
}

/// The streams that lie in a directory.
#[pyfunction]
pub(crate) fn spooled_streams<'py>(py: Python<'py>, directory: &str) -> PyResult<Bound<'py, PyList>> {
    let streams = py.detach(|| stepwell_client::spooled_streams(Arc::new(OsDisk), &root(directory)));
    list(py, &streams.map_err(|error| PyOSError::new_err(error.to_string()))?)
}

/// Whose the streams of a directory are, by what their first segments say; `None` where that cannot be read.
#[pyfunction]
pub(crate) fn spool_openings<'py>(py: Python<'py>, directory: &str) -> PyResult<Bound<'py, PyList>> {
    let found = py.detach(|| stepwell_client::openings(Arc::new(OsDisk), &root(directory)));
    let list = PyList::empty(py);
    for FoundStream { stream, opening, live } in found.map_err(|error| PyOSError::new_err(error.to_string()))? {
        let dict = PyDict::new(py);
        dict.set_item("stream", stream.to_string())?;
        dict.set_item("is_known", opening.is_some())?;
        dict.set_item("live", live)?;
        let opening = opening.unwrap_or_default();
        dict.set_item("entity", opening.path.entity)?;
        dict.set_item("project", opening.path.project)?;
        dict.set_item("run", opening.path.run)?;
        dict.set_item("label", opening.label)?;
        dict.set_item("attempt", opening.attempt)?;
        dict.set_item("destination", opening.destination)?;
        list.append(dict)?;
    }
    Ok(list)
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
    let index = Path::new(directory).join("manifest").join("streams");
    let found = py.detach(|| stepwell_client::greatest_attempt(Arc::new(OsDisk), &root(directory), &index, [entity, project, run, label]));
    found.map_err(|error| PyOSError::new_err(error.to_string()))
}

/// Sends what a server does not have yet. `progress(sent, total, files_sent, files_total)` is called now and then; an exception of its, or Ctrl-C, ends the sync.
#[pyfunction]
#[pyo3(signature = (directory, url, streams=None, progress=None, timeout=None))]
pub(crate) fn sync<'py>(
    py: Python<'py>,
    directory: &str,
    url: String,
    streams: Option<Vec<String>>,
    progress: Option<&Bound<'py, PyAny>>,
    timeout: Option<f64>,
) -> PyResult<Bound<'py, PyList>> {
    let streams = streams
        .map(|ids| ids.iter().map(|id| id.parse::<StreamId>()).collect::<Result<Vec<_>, _>>())
        .transpose()
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    let timeout = timeout.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default());
    let options = SyncOptions { url, streams, token: String::new(), timeout, patience: PATIENCE, disk: Arc::new(OsDisk) };
    let progress = progress.map(|progress| progress.clone().unbind());
    let raised = Mutex::new(None);
    let result = py.detach(|| {
        stepwell_client::sync(&root(directory), &options, &mut |now| {
            // This is the calling thread, which came from Python and only lent the GIL away.
            let told = Python::attach(|py| {
                py.check_signals()?;
                progress
                    .as_ref()
                    .map_or(Ok(()), |progress| progress.call1(py, (now.sent, now.total, now.files_sent, now.files_total)).map(drop))
            });
            told.map_err(|error| *raised.lock() = Some(error)).is_ok()
        })
    });
    match raised.into_inner() {
        Some(error) => Err(error),
        None => list(py, &result.map_err(|error| PyOSError::new_err(error.to_string()))?),
    }
}
