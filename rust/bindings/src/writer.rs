//! `Writer`: one stream for Python. `log` is the hot path; everything else may take its time, with the GIL
//! released.

mod arguments;
pub(crate) mod attach;
mod columns;
mod refusal;
mod report;
mod row;
mod shape;

use crate::content::Content;
use crate::enter::{Process, enter};
use crate::errors::{LimitError, Raise};
use crate::read::{decode, spools};
use crate::{encode, facts};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};
use row::RowScratch;
use shape::Shapes;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use stepwell_client::{OnFull, PushError, Steps, Writer as Client, WriterOptions};
use stepwell_lock::Mutex;
use stepwell_model::{
    Entry, FileVersion, MetricDefinition, Opening, RunInfoUpdate, RunPath, Step, TimeMicros, defaults, limits, wall_time,
};

/// Time that a blocked `log` waits before it lets Python look at signals.
pub(crate) const BLOCKED_SLICE: Duration = Duration::from_millis(50);

/// State that changes from row to row. Locked only where no Python code can run, so it is never waited for
/// with the GIL in another's hands.
pub(crate) struct State {
    pub(crate) steps: Steps,
    pub(crate) shapes: Shapes,
}

/// One stream: takes rows on the calling thread and brings them to disk and to the server on its own threads.
#[pyclass(frozen, module = "stepwell._native")]
pub(crate) struct Writer {
    pub(crate) client: Client,
    pub(crate) state: Mutex<State>,
    pub(crate) on_full: OnFull,
    pub(crate) strict_steps: bool,
    /// True if what is logged later takes the place of summary values set by hand.
    summary_follows_log: bool,
    process: Process,
    start: TimeMicros,
    /// Called with warnings for the user; without it there are none.
    warn: Option<Py<PyAny>>,
    /// Values whose keys were above the limit.
    refused_values: AtomicU64,
    /// Warnings that were given: of keys above the limit, of rows that cannot be stored.
    warned_of_keys: AtomicBool,
    warned_of_rows: AtomicBool,
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
            Err(error) if error.is_instance_of::<LimitError>(data.py()) && self.may_refuse(data.py())? => {
                self.refuse(data.py(), &error, step, commit)
            }
            other => other,
        }
    }

    /// Does `work` with the GIL released, if this is the process that the writer belongs to.
    fn enter<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&Client) -> T + Send) -> PyResult<T> {
        self.process.check()?;
        Ok(py.detach(|| work(&self.client)))
    }

    fn push_statement(&self, py: Python<'_>, entry: Entry) -> PyResult<()> {
        self.enter(py, |client| client.queue().push_entry(entry))?.map_err(Raise::raise)
    }

    /// Does the work of a call. Where nothing is kept, nothing that was given is wrong.
    #[inline]
    fn lenient<T>(&self, py: Python<'_>, work: impl FnOnce() -> PyResult<T>, otherwise: impl FnOnce() -> T) -> PyResult<T> {
        match work() {
            Err(error) if self.client.discards() && error.is_instance_of::<PyException>(py) => Ok(otherwise()),
            other => other,
        }
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
                    Err(error) => return Err(error.raise()),
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
        on_full, strict_steps, queue_bytes, spool_bytes, start_time=None, summary_follows_log=false, max_keys=defaults::MAX_KEYS, silent=false, warn=None, discard=false))]
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
        discard: bool,
    ) -> PyResult<Self> {
        let path = RunPath::new(entity, project, run).map_err(Raise::raise)?;
        let on_full = arguments::on_full(on_full)?;
        let start = start_time.map_or_else(wall_time, arguments::time);
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
        let mut options = WriterOptions::new(Path::new(directory).join("spool"), opening).map_err(Raise::raise)?;
        options.on_full = on_full;
        options.queue_bytes = queue_bytes;
        options.spool_bytes = spool_bytes;
        options.nested_keys = max_keys;
        options.silent = silent;
        let client = enter(py, || {
            if discard {
                return Client::start_discarding(&options);
            }
            stepwell_client::add_to_index(&spools::index(Path::new(directory)), &options);
            Client::start(options)
        })?;
        let state = Mutex::new(State { steps: Steps { current: start_step }, shapes: Shapes::new(max_keys) });
        Ok(Self {
            client,
            state,
            on_full,
            strict_steps,
            summary_follows_log,
            process: Process::current(),
            start,
            warn: warn.filter(|_| !silent && !discard),
            refused_values: AtomicU64::new(0),
            warned_of_keys: AtomicBool::new(false),
            warned_of_rows: AtomicBool::new(false),
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
        self.process.check()?;
        let time = wall_time();
        let write = || {
            let step = step.map(arguments::step).transpose()?;
            let commit = commit.map(PyAnyMethods::is_truthy).transpose()?;
            self.write_or_refuse(data, step, commit, time)
        };
        self.lenient(data.py(), write, || ())
    }

    /// Writes a row that was logged elsewhere, `time` seconds since 1970. One that cannot be stored is an
    /// error: who imports it knows where it stands.
    fn log_at(&self, data: &Bound<'_, PyAny>, step: &Bound<'_, PyAny>, time: f64) -> PyResult<()> {
        self.process.check()?;
        self.write(data, Some(arguments::step(step)?), Some(true), arguments::time(time))
    }

    #[pyo3(signature = (values, deleted=Vec::new()))]
    fn set_config(&self, values: &Bound<'_, PyAny>, deleted: Vec<String>) -> PyResult<()> {
        self.push_pairs(values, |set| Entry::Config { time: wall_time(), set, deleted })
    }

    #[pyo3(signature = (values, deleted=Vec::new()))]
    fn set_summary(&self, values: &Bound<'_, PyAny>, deleted: Vec<String>) -> PyResult<()> {
        self.push_pairs(values, |set| Entry::Summary { time: wall_time(), set, deleted, until_logged: self.summary_follows_log })
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
        self.push_statement(py, Entry::Metric { time: wall_time(), definition })
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
        self.push_statement(py, Entry::Info { time: wall_time(), info: RunInfoUpdate { name, notes, tags, group, job_type } })
    }

    #[pyo3(signature = (columns, steps=None))]
    fn log_columns(&self, columns: &Bound<'_, PyDict>, steps: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.process.check()?;
        self.lenient(columns.py(), || columns::log(self, columns, steps), || ())
    }

    /// Stores a content as a file of the run, under a path that a later one may have as well.
    fn put_file(&self, py: Python<'_>, path: String, content: &Bound<'_, Content>) -> PyResult<()> {
        self.process.check()?;
        if self.client.discards() {
            return Ok(());
        }
        if !FileVersion::is_path(&path) {
            return Err(PyValueError::new_err(format!(
                "the path is {path:?}, expected one relative to the run, with / and without empty parts, . and .., at most {} bytes long; nothing was kept",
                limits::FILE_PATH_BYTES
            )));
        }
        self.put(py, path, Arc::clone(&content.get().bytes))
    }

    /// The stored form of a value under `key`, its files handed over.
    fn convert<'py>(&self, key: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.process.check()?;
        let convert = || {
            let (stored, files) = attach::collect(self.client.files(), || encode::value(key, value))?;
            self.with_files(value.py(), files, || Ok(()))?;
            decode::object(value.py(), &stored)
        };
        self.lenient(value.py(), convert, || value.clone())
    }

    /// The values that were logged for the current step so far.
    fn collected<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.process.check()?;
        let step = self.step();
        decode::dict(py, &py.detach(|| self.client.collected(step)))
    }

    fn preview<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.enter(py, Client::preview)?.into_py_dict(py)
    }

    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        decode::dict(py, &self.enter(py, Client::summary)?)
    }

    fn flush(&self, py: Python<'_>, level: &str, timeout: f64) -> PyResult<bool> {
        let (level, timeout) = (arguments::flush_level(level)?, arguments::wait(timeout));
        self.enter(py, |client| client.flush(level, timeout))
    }

    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        report::status(py, self.enter(py, Client::status)?, self.refused_values.load(Ordering::Relaxed))
    }

    fn finish<'py>(&self, py: Python<'py>, exit_code: i32, timeout: f64) -> PyResult<Bound<'py, PyDict>> {
        let report = self.enter(py, |client| client.finish(exit_code, arguments::wait(timeout)))?;
        report::finish(py, report, self.refused_values.load(Ordering::Relaxed))
    }
}
