//! A store of several runs that is known row by row, and trials of damage on copies of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use stepwell_model::{BlobId, Entry, FileVersion, MetricDefinition, RunPath, Step, Value};
use stepwell_store::conformance::compact_all;
use stepwell_store::conformance::observation::{observe, row_text};
use stepwell_store::conformance::stream::{TestStream, path, row};
use stepwell_store::{AppendOutcome, LabelChoice, RowQuery, RunInfo, StepRange, Store};
use stepwell_store_sqlite::{CompactionPolicy, FILE_NAME, Settings, SqliteStore};
use tempfile::TempDir;

pub(crate) const PAGE: usize = 8_192;
pub(crate) const RUNS: u8 = 4;

pub(crate) fn eager() -> Settings {
    Settings { compaction: CompactionPolicy::EAGER, ..Settings::default() }
}

/// An empty folder, in memory where that can be had: syncing is not what is tried here.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// Numbers that are the same in every run of the test.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

pub(crate) fn run_path(run: u8) -> RunPath {
    RunPath { run: format!("r{run}"), ..path() }
}

pub(crate) fn stream_of(run: u8) -> TestStream {
    TestStream::new(run + 1).with(|opening| opening.path.run = format!("r{run}"))
}

pub(crate) fn logged(run: u8, step: Step) -> Entry {
    let mut random = Random(u64::from(run) << 32 | step as u64);
    let mut noise = || Value::Float((random.next() >> 11) as f64 / 1e9);
    let mut cells = vec![("a", noise()), ("b", noise()), ("i", Value::Int(step))];
    if step % 3 == 0 {
        cells.push(("text", Value::Str(format!("run {run}, row {step}"))));
    }
    if step % 7 == 0 {
        cells.push(("list", Value::List(vec![Value::Int(step), Value::Bool(true)])));
    }
    if step % 5 == 0 {
        cells.push(("c", noise()));
    }
    row(step, &cells)
}

pub(crate) fn statements(run: u8) -> Vec<Entry> {
    let set = (0..40).map(|at| (format!("key {at}"), Value::Str(format!("config {at} of run {run}")))).collect();
    let file = FileVersion { path: format!("file {run}"), blob: BlobId([run; 32]), size: u64::from(run) };
    let definition = MetricDefinition { name: "a".into(), summary: vec![stepwell_model::SummaryKind::Max], ..MetricDefinition::default() };
    vec![
        Entry::Config { time: 1, set, deleted: vec![] },
        Entry::Summary { time: 2, set: vec![("hand".into(), Value::Int(run.into()))], deleted: vec![], until_logged: false },
        Entry::File { time: 3, file },
        Entry::Metric { time: 4, definition },
    ]
}

/// Everything that is to be known of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Known {
    /// By step: time and cells, by key.
    pub(crate) rows: BTreeMap<Step, BTreeMap<String, String>>,
    pub(crate) said: BTreeSet<String>,
}

pub(crate) fn read(store: &SqliteStore, path: &RunPath) -> Option<(RunInfo, Known)> {
    let info = store.run(path, 0).ok()?;
    let mut known = Known::default();
    let query = RowQuery { keys: vec![], label: LabelChoice::All, steps: StepRange::ALL };
    store
        .rows(path, &query, &mut |_, batch| {
            for row in batch.rows() {
                let cell = |(key, value): &(String, Value)| (key.clone(), format!("{value:?}"));
                let mut cells: BTreeMap<String, String> = row.cells.iter().map(cell).collect();
                cells.insert("time".into(), row.time.to_string());
                assert!(known.rows.insert(row.step, cells).is_none(), "{}: there twice", row_text(&row));
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    known.said.extend(info.config.iter().map(|(key, value)| format!("config {key} = {value:?}")));
    known.said.extend(info.summary.iter().filter(|(key, _)| key == "hand").map(|(_, value)| format!("hand = {value:?}")));
    known.said.extend(info.metrics.iter().map(|metric| format!("{metric:?}")));
    known.said.extend(store.files(path).unwrap().iter().map(|file| format!("{file:?}")));
    // Single series say the same as rows.
    for key in ["a", "c"] {
        for (_, points) in store.points(path, key, &LabelChoice::All, StepRange::ALL).unwrap() {
            for (step, value) in points.steps.iter().zip(points.values.iter()) {
                let cell = known.rows.get(step).and_then(|row| row.get(key));
                assert_eq!(cell, Some(&format!("{:?}", Value::Float(value.to_f64()))), "{key} at {step}");
            }
        }
    }
    store.values(path, "text", None, &LabelChoice::All, StepRange::ALL, 9).unwrap();
    store.keys("local", "p", &[]).unwrap();
    // Asked again: damage is counted once it is met.
    Some((store.run(path, 0).unwrap(), known))
}

/// A store of several runs with blocks, cells that are no numbers, and a journal.
pub(crate) fn write(directory: &Path, close: bool) -> Vec<TestStream> {
    let store = SqliteStore::open_with(directory, eager()).unwrap();
    let mut streams: Vec<TestStream> = (0..RUNS).map(stream_of).collect();
    for (run, stream) in (0..).zip(&mut streams) {
        store.open_stream(stream.id, &stream.opening).unwrap();
        let frame = stream.frame(&statements(run));
        store.append(&[frame]).unwrap();
    }
    for part in 0..4 {
        for (run, stream) in (0..).zip(&mut streams) {
            let entries: Vec<Entry> = (part * 150..(part + 1) * 150).map(|step| logged(run, step)).collect();
            let frame = stream.frame(&entries);
            store.append(&[frame]).unwrap();
        }
        if part < 3 {
            compact_all(&store);
        }
    }
    if !close {
        std::mem::forget(store);
    }
    streams
}

/// Changes the file and its log.
pub(crate) type Damage<'d> = dyn FnMut(&mut Random, &mut Vec<u8>, &mut Vec<u8>) + 'd;

/// Outcome of a kind of damage.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) trials: u32,
    pub(crate) with_loss: u32,
    pub(crate) missing: u64,
    pub(crate) most_missing: u64,
    pub(crate) said: u64,
    pub(crate) unsaid: u32,
    pub(crate) gone_runs: u32,
}

pub(crate) struct Original {
    pub(crate) file: Vec<u8>,
    pub(crate) log: Vec<u8>,
    pub(crate) known: Vec<Known>,
    pub(crate) streams: Vec<TestStream>,
    pub(crate) seen: Vec<(String, String)>,
}

impl Original {
    pub(crate) fn new(close: bool) -> Self {
        let directory = folder();
        let streams = write(directory.path(), close);
        let file = fs::read(directory.path().join(FILE_NAME)).unwrap();
        let log = fs::read(directory.path().join(format!("{FILE_NAME}-wal"))).unwrap_or_default();
        assert_eq!(log.is_empty(), close);
        let copy = folder();
        put(copy.path(), &file, &log);
        let store = SqliteStore::open_with(copy.path(), eager()).unwrap();
        let known = (0..RUNS).map(|run| read(&store, &run_path(run)).unwrap().1).collect();
        Self { file, log, known, streams, seen: seen(&store) }
    }

    /// Damages a copy, reads all of it, writes on, and adds to the tally what that came to.
    pub(crate) fn trial(&self, context: &str, file: &[u8], log: &[u8], tally: &mut Tally) {
        let directory = folder();
        put(directory.path(), file, log);
        let store = SqliteStore::open_with(directory.path(), eager()).unwrap_or_else(|error| panic!("{context}: {error}"));
        let (mut missing, mut said, mut gone) = (0, 0, 0);
        for (run, whole) in (0..RUNS).zip(&self.known) {
            let Some((info, known)) = read(&store, &run_path(run)) else {
                tally.gone_runs += 1;
                missing += whole.rows.len() as u64;
                gone += 1;
                continue;
            };
            let mut of_run = 0;
            for (step, cells) in &known.rows {
                let right = whole.rows.get(step).unwrap_or_else(|| panic!("{context}: run {run} has a row {step} of its own"));
                for (key, value) in cells {
                    assert_eq!(right.get(key), Some(value), "{context}: run {run}, {key} at {step}");
                }
                of_run += u64::from(cells.len() < right.len());
            }
            of_run += (whole.rows.len() - known.rows.len()) as u64;
            assert!(known.said.is_subset(&whole.said), "{context}: {:?}", known.said.difference(&whole.said));
            let settings = (whole.said.len() - known.said.len()) as u64;
            assert!(known.rows.len() as u64 >= info.rows, "{context}");
            missing += of_run + settings;
            said += info.loss.lost_rows;
            // Where both copies of a count are lost, nothing says how much there was.
            let unknown = format!("how many rows and settings of run r{run} are lost is not known");
            let uncounted = info.loss.lost_rows > 0 && store.recoveries().unwrap().iter().any(|report| report.contains(&unknown));
            if of_run + settings > info.loss.lost_rows && !uncounted {
                tally.unsaid += 1;
                eprintln!("{context}: run {run} lacks {of_run} rows and {settings} settings, and says {}", info.loss.lost_rows);
            }
        }
        let reports = store.recoveries().unwrap();
        // What no run says must be said of the store.
        if gone > 0 && reports.is_empty() {
            tally.unsaid += 1;
            eprintln!("{context}: {gone} runs are gone without a word");
        }
        if missing == 0 && gone == 0 {
            // Everything that is derived is as before, too.
            if said == 0 && tally.trials.is_multiple_of(8) {
                for (before, after) in self.seen.iter().zip(&seen(&store)) {
                    assert_eq!(before, after, "{context}");
                }
            }
        }
        self.goes_on(&store, context);
        drop(store);
        let reopened = SqliteStore::open_with(directory.path(), eager()).unwrap();
        assert_eq!(reopened.recoveries().unwrap(), reports, "{context}");
        tally.trials += 1;
        tally.with_loss += u32::from(missing > 0);
        tally.missing += missing;
        tally.most_missing = tally.most_missing.max(missing);
        tally.said += said;
    }

    /// Every stream goes on at the number that the store wants, and what comes then is there.
    pub(crate) fn goes_on(&self, store: &SqliteStore, context: &str) {
        for stream in &self.streams {
            let mut stream = stream.clone();
            let durable = store.open_stream(stream.id, &stream.opening).unwrap();
            assert!(durable < stream.next, "{context}: {durable}");
            stream.next = durable + 1;
            let frame = stream.frame(&[row(10_000, &[("a", Value::Float(1.5))]), row(10_001, &[("a", Value::Float(2.5))])]);
            assert_eq!(store.append(&[frame]), Ok(vec![AppendOutcome::Durable(durable + 2)]), "{context}");
        }
        compact_all(store);
        for run in 0..RUNS {
            let points = store.points(&run_path(run), "a", &LabelChoice::Primary, StepRange { first: 10_000, last: 10_009 }).unwrap();
            assert_eq!(points[0].1.steps, [10_000, 10_001], "{context}");
        }
    }
}

pub(crate) fn put(directory: &Path, file: &[u8], log: &[u8]) {
    fs::write(directory.join(FILE_NAME), file).unwrap();
    fs::write(directory.join(format!("{FILE_NAME}.lock")), "").unwrap();
    if !log.is_empty() {
        fs::write(directory.join(format!("{FILE_NAME}-wal")), log).unwrap();
    }
}

/// The page, from 0, on which a table begins.
pub(crate) fn page_of(file: &[u8], table: &str) -> usize {
    let directory = folder();
    put(directory.path(), file, &[]);
    let database = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    let root: u32 = database.query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?1", [table], |row| row.get(0)).unwrap();
    root as usize - 1
}

/// All answers of the store, losses and versions apart.
pub(crate) fn seen(store: &SqliteStore) -> Vec<(String, String)> {
    let paths: Vec<RunPath> = (0..2).map(run_path).collect();
    observe(store, &paths, &["a", "text"], &[StepRange { first: 100, last: 250 }], 0)
}
