//! Spools of a directory: listing them, and sending them to a server.

use crate::enter::enter;
use crate::errors::Raise;
use pyo3::prelude::*;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use stepwell_client::{FoundStream, SyncOptions, SyncedStream};
use stepwell_lock::Mutex;
use stepwell_model::{Opening, RunPath, StreamId};
use stepwell_spool::OsDisk;

/// Time in which a sync tries to reach its server at first.
const PATIENCE: Duration = Duration::from_secs(10);

/// A stream found in a directory.
#[derive(IntoPyObject)]
pub(crate) struct SpooledStream {
    stream: String,
    entity: String,
    project: String,
    run: String,
    label: String,
    attempt: u64,
    destination: String,
    first: u64,
    last: u64,
    acked: u64,
    bytes: u64,
    live: bool,
    rejected: u64,
    lost: u64,
    kept: bool,
    complete: bool,
    files: u64,
    damage: String,
}

impl From<SyncedStream> for SpooledStream {
    fn from(stream: SyncedStream) -> Self {
        let Opening { path, label, attempt, destination, .. } = stream.opening.unwrap_or_default();
        let summary = stream.summary;
        Self {
            stream: summary.stream.to_string(),
            entity: path.entity,
            project: path.project,
            run: path.run,
            label,
            attempt,
            destination,
            first: summary.first,
            last: summary.last,
            acked: summary.acked,
            bytes: summary.bytes,
            live: stream.live,
            rejected: stream.rejected,
            lost: stream.lost,
            kept: stream.kept,
            complete: stream.complete,
            files: stream.files,
            damage: summary.damage,
        }
    }
}

/// The run that a stream of a directory belongs to; empty where `is_known` is false.
#[derive(IntoPyObject)]
pub(crate) struct SpoolOpening {
    stream: String,
    is_known: bool,
    live: bool,
    entity: String,
    project: String,
    run: String,
    label: String,
    attempt: u64,
    destination: String,
}

impl From<FoundStream> for SpoolOpening {
    fn from(FoundStream { stream, opening, live }: FoundStream) -> Self {
        let is_known = opening.is_some();
        let Opening { path, label, attempt, destination, .. } = opening.unwrap_or_default();
        let RunPath { entity, project, run } = path;
        Self { stream: stream.to_string(), is_known, live, entity, project, run, label, attempt, destination }
    }
}

/// The reports of what was found.
fn reports<F, R: From<F>>(found: Vec<F>) -> Vec<R> {
    found.into_iter().map(R::from).collect()
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
pub(crate) fn spooled_streams(py: Python<'_>, directory: &str) -> PyResult<Vec<SpooledStream>> {
    enter(py, || stepwell_client::spooled_streams(Arc::new(OsDisk), &root(directory))).map(reports)
}

/// The runs of a directory's streams, as their first segments name them.
#[pyfunction]
pub(crate) fn spool_openings(py: Python<'_>, directory: &str) -> PyResult<Vec<SpoolOpening>> {
    enter(py, || stepwell_client::openings(Arc::new(OsDisk), &root(directory), &index(Path::new(directory)))).map(reports)
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
) -> PyResult<Vec<SpooledStream>> {
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
        None => sent.map(reports),
    }
}
