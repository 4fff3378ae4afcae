//! `Writer`: one stream for Python. `log` is the hot path; everything else may take its time, with the GIL released.

pub(crate) mod attach;
mod columns;
mod refusal;
mod report;
mod row;
mod shape;

use crate::content::Content;
use crate::read::decode;
use crate::{encode, facts, fork};
use attach::Files;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use report::{FinishReport, WriterStatus};
use row::{LimitError, RowScratch};
use shape::Shapes;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use stepwell_client::{FlushLevel, OnFull, PushError, Steps, WriterOptions};
use stepwell_codec::msgpack;
use stepwell_lock::Mutex;
use stepwell_model::{Entry, FileVersion, MetricDefinition, Opening, RunInfoUpdate, RunPath, Step, TimeMicros, Value, defaults, limits};

/// How long a blocked `log` waits before it lets Python look at signals.
pub(crate) const BLOCKED_SLICE: Duration = Duration::from_millis(50);

/// Why files found no room.
const STUCK: &str = "the disk took no more files";

/// What changes from row to row. Locked only where no Python code can run, so it is never waited for with the GIL in another's hands.
pub(crate) struct State {
    pub(crate) steps: Steps,
    pub(crate) shapes: Shapes,
}

/// One stream: takes rows on the calling thread and brings them to disk and to the server on its own threads.
#[pyclass(frozen, module = "stepwell._native")]
pub(crate) struct Writer {
    pub(crate) client: stepwell_client::Writer,
    pub(crate) state: Mutex<State>,
    pub(crate) on_full: OnFull,
    pub(crate) strict_steps: bool,
    /// Whether what is logged later takes the place of summary values set by hand.
    summary_follows_log: bool,
    generation: u32,
    start: TimeMicros,
    /// Tells the user something; nobody is told where there is none.
    warn: Option<Py<PyAny>>,
    /// Values whose keys were above the limit, and whether the user knows; whether they know of rows that cannot be stored.
    refused_values: AtomicU64,
    told_of_keys: AtomicBool,
    told_of_rows: AtomicBool,
}

/// Seconds since 1970, in microseconds.
fn micros(seconds: f64) -> TimeMicros {
    (seconds * 1e6).round() as TimeMicros
}

#[inline]
pub(crate) fn now() -> TimeMicros {
    // A clock before 1970 gives 0: wrong, but no reason to lose the row.
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_micros() as TimeMicros)
}

fn step_of(step: &Bound<'_, PyAny>) -> PyResult<Step> {
    // SAFETY: `step` is bound. Floats have no index, so 1.0 is refused as 1.5 is.
    let index = unsafe { Bound::from_owned_ptr_or_err(step.py(), ffi::PyNumber_Index(step.as_ptr())) }.map_err(|_| {
        let kind = step.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string());
        PyTypeError::new_err(format!("step must be an integer, got {kind}; nothing of this call was kept"))
    })?;
    index.extract().map_err(|_| PyValueError::new_err("step must fit 64 bits; nothing of this call was kept"))
}

fn pairs(values: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Value)>> {
    let mut bytes = Vec::new();
    let dict = match values.cast::<PyDict>() {
        Ok(dict) => dict.clone(),
        Err(_) => values.py().get_type::<PyDict>().call1((values,))?.cast_into::<PyDict>()?,
    };
    let mut pairs = Vec::with_capacity(dict.len());
    for (key, value) in dict.copy()?.iter() {
        let key = key.cast::<PyString>().map_err(|_| PyTypeError::new_err("keys must be str"))?;
        let key = encode::key_text(key)?.into_owned();
        bytes.clear();
        encode::any(&mut bytes, &key, &value)?;
        let value = msgpack::from_bytes(&bytes).map_err(|error| PyRuntimeError::new_err(format!("{key:?}: {error}")))?;
        pairs.push((key, value));
    }
    Ok(pairs)
}

/// The package's own error for a call after the end of the run.
pub(crate) fn finished() -> PyErr {
    const WORDS: &str = "the run is finished; nothing of this call was kept. Call stepwell.init() to begin another run";
    Python::attach(|py| match py.import("stepwell.errors").and_then(|errors| errors.getattr("Error")?.call1((WORDS,))) {
        Ok(error) => PyErr::from_value(error),
        Err(_) => PyRuntimeError::new_err(WORDS),
    })
}

impl Writer {
    /// Encodes a row and hands it over.
    fn write(&self, data: &Bound<'_, PyAny>, step: Option<Step>, commit: Option<bool>, time: TimeMicros) -> PyResult<()> {
        let mut scratch = RowScratch::take();
        // What keeps the keys alive is `data` itself or what `encode` returns.
        let result = scratch.encode(data, self.client.files()).and_then(|other| match other {
            None => self.push(data.py(), &scratch, step, commit, time),
            Some(mut other) => {
                let files = std::mem::take(&mut other.files);
                self.with_files(data.py(), files, || self.push(data.py(), &scratch, step, commit, time))
            }
        });
        scratch.give_back();
        result
    }

    /// As [`write`](Self::write), but a row that cannot be stored is no error unless `on_full` says so.
    fn write_or_refuse(&self, data: &Bound<'_, PyAny>, step: Option<Step>, commit: Option<bool>, time: TimeMicros) -> PyResult<()> {
        match self.write(data, step, commit, time) {
            Err(error) if self.on_full != OnFull::Raise && error.is_instance_of::<LimitError>(data.py()) => {
                self.refuse(data.py(), &error, step, commit)
            }
            other => other,
        }
    }

    fn check_process(&self) -> PyResult<()> {
        if self.generation == fork::generation() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err("this writer belongs to the parent process; use the run of this process (stepwell.run) instead"))
    }

    fn push_statement(&self, py: Python<'_>, entry: Entry) -> PyResult<()> {
        self.check_process()?;
        py.detach(|| self.client.queue().push_entry(entry)).map_err(Self::refused)
    }

    /// Pushes what refers to files, and hands them over if that succeeds. Room for them is made before.
    fn with_files(&self, py: Python<'_>, files: Files, push: impl FnOnce() -> PyResult<()>) -> PyResult<()> {
        if files.is_empty() {
            return push();
        }
        let pool = self.client.files();
        let room = attach::reserve(py, pool, self.on_full, &files)?;
        push()?;
        match room {
            Some(room) => room.submit(files),
            None => pool.lose(files.len(), STUCK),
        }
        Ok(())
    }

    /// Pushes a statement of keys and values.
    fn push_pairs(&self, values: &Bound<'_, PyAny>, entry: impl FnOnce(Vec<(String, Value)>) -> Entry) -> PyResult<()> {
        self.check_process()?;
        let (pairs, files) = attach::collect(self.client.files(), || pairs(values))?;
        self.with_files(values.py(), files, || self.push_statement(values.py(), entry(pairs)))
    }

    fn push(&self, py: Python<'_>, scratch: &RowScratch, step: Option<Step>, commit: Option<bool>, time: TimeMicros) -> PyResult<()> {
        let queue = self.client.queue();
        loop {
            {
                let state = &mut *self.state.lock();
                let placed = state.steps.place(step, commit);
                if placed.regress && self.strict_steps {
                    let (step, current) = (placed.step, state.steps.current);
                    return Err(PyValueError::new_err(format!(
                        "step {step} lies before the current step {current} and strict_steps is set; nothing of this call was kept"
                    )));
                }
                let shape = match state.shapes.last(&scratch.keys) {
                    Some(shape) => shape,
                    // SAFETY: the GIL is held, and the caller of `push` keeps the keys alive.
                    None => match unsafe { state.shapes.find(py, &scratch.keys, queue) }? {
                        Some(shape) => shape,
                        None => break,
                    },
                };
                match queue.push_row(placed.step, time, placed.commit, shape, &scratch.values) {
                    Ok(()) => {
                        state.steps = placed.next;
                        return Ok(());
                    }
                    Err(PushError::Full) if self.on_full == OnFull::Block => {}
                    Err(error) => return Err(Self::refused(error)),
                }
            }
            let bytes = scratch.values.len();
            py.detach(|| queue.wait_for_room(bytes, BLOCKED_SLICE));
            py.check_signals()?;
        }
        self.push_allowed(py, scratch, step, commit, time)
    }
}

#[pymethods]
impl Writer {
    #[new]
    #[pyo3(signature = (*, directory, entity, project, run, label, rank, primary, attempt, runtime_offset, host, destination, start_step,
        on_full, strict_steps, queue_bytes, spool_bytes, start_time=None, summary_follows_log=false, max_keys=defaults::MAX_KEYS, silent=false, warn=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call from the package; a struct would repeat them")]
    fn new(
        py: Python<'_>,
        directory: &str,
        entity: &str,
        project: &str,
        run: &str,
        label: String,
        rank: Option<u32>,
        primary: bool,
        attempt: u64,
        runtime_offset: f64,
        host: String,
        destination: String,
        start_step: Step,
        on_full: &str,
        strict_steps: bool,
        queue_bytes: usize,
        spool_bytes: u64,
        start_time: Option<f64>,
        summary_follows_log: bool,
        max_keys: usize,
        silent: bool,
        warn: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let path = RunPath::new(entity, project, run).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let on_full = match on_full {
            "sample" => OnFull::Sample,
            "block" => OnFull::Block,
            "raise" => OnFull::Raise,
            other => return Err(PyValueError::new_err(format!("on_full is {other:?}, expected \"sample\", \"block\" or \"raise\""))),
        };
        let start = start_time.map_or_else(now, micros);
        let opening = Opening {
            path,
            label,
            rank,
            primary,
            attempt,
            time: start,
            runtime_offset: (runtime_offset * 1e6) as TimeMicros,
            host,
            pid: std::process::id(),
            destination,
            version: env!("CARGO_PKG_VERSION").into(),
        };
        let started = py.detach(|| {
            let mut options = WriterOptions::new(Path::new(directory).join("spool"), opening).map_err(|error| error.to_string())?;
            options.on_full = on_full;
            options.queue_bytes = queue_bytes;
            options.spool_bytes = spool_bytes;
            options.nested_keys = max_keys;
            options.silent = silent;
            stepwell_client::Writer::start(options).map_err(|error| error.to_string())
        });
        let client = started.map_err(PyOSError::new_err)?;
        let state = Mutex::new(State { steps: Steps { current: start_step }, shapes: Shapes::new(max_keys) });
        Ok(Self {
            client,
            state,
            on_full,
            strict_steps,
            summary_follows_log,
            generation: fork::generation(),
            start,
            warn: warn.filter(|_| !silent),
            refused_values: AtomicU64::new(0),
            told_of_keys: AtomicBool::new(false),
            told_of_rows: AtomicBool::new(false),
        })
    }

    #[getter]
    fn stream(&self) -> String {
        self.client.stream().to_string()
    }

    #[getter]
    fn step(&self) -> Step {
        self.state.lock().steps.current
    }

    #[getter]
    fn start_time(&self) -> f64 {
        self.start as f64 / 1e6
    }

    #[pyo3(signature = (data, step=None, commit=None, sync=None))]
    fn log(
        &self,
        data: &Bound<'_, PyAny>,
        step: Option<&Bound<'_, PyAny>>,
        commit: Option<&Bound<'_, PyAny>>,
        sync: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        // What wandb once took; nothing here ever waits.
        let _ = sync;
        self.check_process()?;
        let time = now();
        let step = step.map(step_of).transpose()?;
        let commit = commit.map(PyAnyMethods::is_truthy).transpose()?;
        self.write_or_refuse(data, step, commit, time)
    }

    /// Writes a row that was logged elsewhere, `time` seconds since 1970. One that cannot be stored is an error: who imports it knows where it stands.
    fn log_at(&self, data: &Bound<'_, PyAny>, step: &Bound<'_, PyAny>, time: f64) -> PyResult<()> {
        self.check_process()?;
        self.write(data, Some(step_of(step)?), Some(true), micros(time))
    }

    #[pyo3(signature = (values, deleted=Vec::new()))]
    fn set_config(&self, values: &Bound<'_, PyAny>, deleted: Vec<String>) -> PyResult<()> {
        self.push_pairs(values, |set| Entry::Config { time: now(), set, deleted })
    }

    #[pyo3(signature = (values, deleted=Vec::new()))]
    fn set_summary(&self, values: &Bound<'_, PyAny>, deleted: Vec<String>) -> PyResult<()> {
        self.push_pairs(values, |set| Entry::Summary { time: now(), set, deleted, until_logged: self.summary_follows_log })
    }

    #[pyo3(signature = (name, step_metric=None, step_sync=None, hidden=None, summary=Vec::new(), goal=None, overwrite=false))]
    #[expect(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "the parameters of define_metric, as Python hands them over"
    )]
    fn define_metric(
        &self,
        py: Python<'_>,
        name: String,
        step_metric: Option<String>,
        step_sync: Option<bool>,
        hidden: Option<bool>,
        summary: Vec<String>,
        goal: Option<String>,
        overwrite: bool,
    ) -> PyResult<()> {
        let summary = summary.iter().map(|kind| facts::named("summary", kind)).collect::<PyResult<_>>()?;
        let goal = goal.map(|goal| facts::named("goal", &goal)).transpose()?;
        let definition = MetricDefinition { name, step_metric, step_sync, hidden, summary, goal, overwrite };
        self.push_statement(py, Entry::Metric { time: now(), definition })
    }

    #[pyo3(signature = (name=None, notes=None, tags=None, group=None, job_type=None))]
    fn set_info(
        &self,
        py: Python<'_>,
        name: Option<String>,
        notes: Option<String>,
        tags: Option<Vec<String>>,
        group: Option<String>,
        job_type: Option<String>,
    ) -> PyResult<()> {
        self.push_statement(py, Entry::Info { time: now(), info: RunInfoUpdate { name, notes, tags, group, job_type } })
    }

    #[pyo3(signature = (columns, steps=None))]
    fn log_columns(&self, columns: &Bound<'_, PyDict>, steps: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.check_process()?;
        columns::log(self, columns, steps)
    }

    /// Stores a content as a file of the run, under a path that a later one may have as well.
    fn put_file(&self, py: Python<'_>, path: String, content: &Bound<'_, Content>) -> PyResult<()> {
        self.check_process()?;
        if !FileVersion::is_path(&path) {
            return Err(PyValueError::new_err(format!(
                "the path is {path:?}, expected one relative to the run, with / and without empty parts, . and .., at most {} bytes long; nothing was kept",
                limits::FILE_PATH_BYTES
            )));
        }
        let pool = self.client.files();
        let file = [(path, Arc::clone(&content.get().bytes))];
        let room = attach::reserve(py, pool, self.on_full, &file)?;
        let [(path, content)] = file;
        match room {
            Some(room) => room.submit_by_hand(path, content),
            None => pool.lose(1, STUCK),
        }
        Ok(())
    }

    /// What is stored of a value under `key`, its files handed over.
    fn convert<'py>(&self, key: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.check_process()?;
        let (bytes, files) = attach::collect(self.client.files(), || {
            let mut bytes = Vec::new();
            encode::any(&mut bytes, key, value).map(|()| bytes)
        })?;
        self.with_files(value.py(), files, || Ok(()))?;
        let value_of = msgpack::from_bytes(&bytes).map_err(|error| PyRuntimeError::new_err(format!("{key:?}: {error}")))?;
        decode::object(value.py(), &value_of)
    }

    /// What was logged for the current step so far.
    fn collected<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.check_process()?;
        let step = self.state.lock().steps.current;
        let values = py.detach(|| self.client.collected(step));
        decode::dict(py, &values)
    }

    fn preview<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.check_process()?;
        let dict = PyDict::new(py);
        for (key, points) in py.detach(|| self.client.preview()) {
            dict.set_item(key, points)?;
        }
        Ok(dict)
    }

    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.check_process()?;
        let values = py.detach(|| self.client.summary());
        decode::dict(py, &values)
    }

    fn flush(&self, py: Python<'_>, level: &str, timeout: f64) -> PyResult<bool> {
        self.check_process()?;
        let level = match level {
            "spooled" => FlushLevel::Spooled,
            "synced" => FlushLevel::Synced,
            "acked" => FlushLevel::Acked,
            other => return Err(PyValueError::new_err(format!("level is {other:?}, expected \"spooled\", \"synced\" or \"acked\""))),
        };
        Ok(py.detach(|| self.client.flush(level, seconds(timeout))))
    }

    fn status(&self, py: Python<'_>) -> PyResult<WriterStatus> {
        self.check_process()?;
        let status = py.detach(|| self.client.status());
        Ok(WriterStatus {
            accepted: status.accepted,
            spooled: status.spooled,
            acked: status.acked,
            queued_bytes: status.queued_bytes,
            sampled_rows: status.sampled_rows,
            lost_rows: status.lost_rows,
            rejected_rows: status.rejected_rows,
            refused_values: self.refused_values.load(Ordering::Relaxed),
            waiting_files: status.waiting_files,
            lost_files: status.lost_files,
            connection: status.connection,
        })
    }

    fn finish(&self, py: Python<'_>, exit_code: i32, timeout: f64) -> PyResult<FinishReport> {
        self.check_process()?;
        let report = py.detach(|| self.client.finish(exit_code, seconds(timeout)));
        Ok(FinishReport {
            complete: report.complete,
            rows: report.rows,
            sampled_rows: report.sampled_rows,
            lost_rows: report.lost_rows,
            rejected_rows: report.rejected_rows,
            refused_rows: report.refused_rows,
            refused_values: self.refused_values.load(Ordering::Relaxed),
            is_there: report.is_there,
            unsent_rows: report.unsent_rows,
            files: report.files,
            unsent_files: report.unsent_files,
            lost_files: report.lost_files,
            message: report.message,
        })
    }
}

/// A wait in seconds; never negative, and no longer than a year.
fn seconds(timeout: f64) -> Duration {
    Duration::try_from_secs_f64(timeout.clamp(0.0, 31_536_000.0)).unwrap_or_default()
}
