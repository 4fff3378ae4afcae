//! Damage of every kind with fixed seeds, against an oracle that knows every row: what is read is what was written, what is missing is counted,
//! everything else is answered, and the store goes on (A5).

#![allow(clippy::unwrap_used, reason = "these are tests: a panic is how they speak")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use stepwell_model::{BlobId, Entry, FileVersion, MetricDefinition, RunPath, Step, Value};
use stepwell_store::conformance::compact_all;
use stepwell_store::conformance::observation::{observe, row_text};
use stepwell_store::conformance::stream::{TestStream, path, row};
use stepwell_store::{AppendOutcome, LabelChoice, RowQuery, RunInfo, StepRange, Store};
use stepwell_store_sqlite::{CompactionPolicy, FILE_NAME, OnDamage, OpenError, Settings, SqliteStore, check, repair};
use tempfile::TempDir;

const PAGE: usize = 8_192;
const RUNS: u8 = 4;

fn eager() -> Settings {
    Settings { compaction: CompactionPolicy::EAGER, ..Settings::default() }
}

/// An empty folder, in memory where that can be had: syncing is not what is tried here.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// Numbers that are the same in every run of the test.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

fn run_path(run: u8) -> RunPath {
    RunPath { run: format!("r{run}"), ..path() }
}

fn stream_of(run: u8) -> TestStream {
    TestStream::new(run + 1).with(|opening| opening.run = format!("r{run}"))
}

fn logged(run: u8, step: Step) -> Entry {
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

fn statements(run: u8) -> Vec<Entry> {
    let set = (0..40).map(|at| (format!("key {at}"), Value::Str(format!("config {at} of run {run}")))).collect();
    let file = FileVersion { path: format!("file {run}"), blob: BlobId([run; 32]), size: u64::from(run) };
    let definition = MetricDefinition { name: "a".into(), summary: vec!["max".into()], ..MetricDefinition::default() };
    vec![
        Entry::Config { time: 1, set, deleted: vec![] },
        Entry::Summary { time: 2, set: vec![("hand".into(), Value::Int(run.into()))], deleted: vec![], until_logged: false },
        Entry::File { time: 3, file },
        Entry::Metric { time: 4, definition },
    ]
}

/// Everything that is to be known of a run.
#[derive(Debug, Clone, Default, PartialEq)]
struct Known {
    /// By step: time and cells, by key.
    rows: BTreeMap<Step, BTreeMap<String, String>>,
    said: BTreeSet<String>,
}

fn read(store: &SqliteStore, path: &RunPath) -> Option<(RunInfo, Known)> {
    let info = store.run(path, 0).ok()?;
    let mut known = Known::default();
    let query = RowQuery { keys: vec![], label: LabelChoice::All, steps: StepRange::ALL };
    store
        .rows(path, &query, &mut |_, rows| {
            for row in rows {
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
fn write(directory: &Path, close: bool) -> Vec<TestStream> {
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
type Damage<'d> = dyn FnMut(&mut Random, &mut Vec<u8>, &mut Vec<u8>) + 'd;

/// What a kind of damage came to.
#[derive(Debug, Default)]
struct Tally {
    trials: u32,
    with_loss: u32,
    missing: u64,
    most_missing: u64,
    said: u64,
    unsaid: u32,
    gone_runs: u32,
}

struct Original {
    file: Vec<u8>,
    log: Vec<u8>,
    known: Vec<Known>,
    streams: Vec<TestStream>,
    seen: Vec<(String, String)>,
}

impl Original {
    fn new(close: bool) -> Self {
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
    fn trial(&self, context: &str, file: &[u8], log: &[u8], tally: &mut Tally) {
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
    fn goes_on(&self, store: &SqliteStore, context: &str) {
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

fn put(directory: &Path, file: &[u8], log: &[u8]) {
    fs::write(directory.join(FILE_NAME), file).unwrap();
    fs::write(directory.join(format!("{FILE_NAME}.lock")), "").unwrap();
    if !log.is_empty() {
        fs::write(directory.join(format!("{FILE_NAME}-wal")), log).unwrap();
    }
}

/// The page, from 0, on which a table begins.
fn page_of(file: &[u8], table: &str) -> usize {
    let directory = folder();
    put(directory.path(), file, &[]);
    let database = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    let root: u32 = database.query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?1", [table], |row| row.get(0)).unwrap();
    root as usize - 1
}

/// All answers of the store, losses and versions apart.
fn seen(store: &SqliteStore) -> Vec<(String, String)> {
    let paths: Vec<RunPath> = (0..2).map(run_path).collect();
    observe(store, &paths, &["a", "text"], &[StepRange { first: 100, last: 250 }], 0)
}

#[test]
fn damage_costs_what_is_damaged_and_is_said() {
    let closed = Original::new(true);
    let open = Original::new(false);
    let pages = closed.file.len() / PAGE;
    let mut table: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut random = Random(1);
    let mut trial = |kind: &'static str, original: &Original, damage: &mut Damage<'_>| {
        let (mut file, mut log) = (original.file.clone(), original.log.clone());
        damage(&mut random, &mut file, &mut log);
        let tally = table.entry(kind).or_default();
        original.trial(&format!("{kind} {}", tally.trials), &file, &log, tally);
    };
    for _ in 0..110 {
        trial("a flipped bit", &closed, &mut |random, file, _| {
            let at = random.below(file.len());
            file[at] ^= 1 << random.below(8);
        });
    }
    for page in 0..pages {
        trial("a zeroed page", &closed, &mut |_, file, _| file[page * PAGE..][..PAGE].fill(0));
    }
    for _ in 0..40 {
        trial("a page of garbage", &closed, &mut |random, file, _| {
            let page = random.below(pages);
            file[page * PAGE..][..PAGE].iter_mut().for_each(|byte| *byte = random.next() as u8);
        });
    }
    for _ in 0..20 {
        trial("a page in place of another", &closed, &mut |random, file, _| {
            let (from, to) = (random.below(pages), random.below(pages));
            file.copy_within(from * PAGE..(from + 1) * PAGE, to * PAGE);
        });
    }
    for at in 0..30 {
        trial("a file cut off", &closed, &mut |random, file, _| {
            let len = match at {
                0..5 => [0, 1, 50, 100, PAGE][at],
                _ => 1 + random.below(file.len() - 1),
            };
            file.truncate(len);
        });
    }
    let counts = page_of(&closed.file, "streams");
    for at in 0..16 {
        trial("cut off among the counts", &closed, &mut |_, file, _| file.truncate(counts * PAGE + at * PAGE / 16));
    }
    for _ in 0..40 {
        trial("a flipped bit of the log", &open, &mut |random, _, log| {
            let at = random.below(log.len());
            log[at] ^= 1 << random.below(8);
        });
    }
    for _ in 0..30 {
        trial("zeros in the log", &open, &mut |random, _, log| {
            let at = random.below(log.len() - PAGE);
            log[at..at + 4_096].fill(0);
        });
    }
    for _ in 0..20 {
        trial("file and log", &open, &mut |random, file, log| {
            let at = random.below(log.len());
            log[at] ^= 1 << random.below(8);
            let at = random.below(file.len());
            file[at] ^= 1 << random.below(8);
        });
    }
    let mut trials = 0;
    table.iter().for_each(|(kind, tally)| println!("{kind}: {tally:?}"));
    for (kind, tally) in &table {
        trials += tally.trials;
        // The last transaction of a log may be one that a power cut tore: it is left out, and that is said where nobody asks.
        let last = if kind.contains("log") { 2 } else { 0 };
        assert!(tally.unsaid <= last, "{kind}: {tally:?}");
    }
    assert!(trials >= 300, "{trials}");
    assert_eq!(table["a flipped bit"].gone_runs + table["a zeroed page"].gone_runs + table["a page of garbage"].gone_runs, 0);
    // One row of `others` or `columns` at the most; a block has 450 rows.
    assert!(table["a flipped bit"].most_missing <= 450, "{table:?}");
}

#[test]
fn a_check_names_every_damaged_page_and_a_repair_ends_it() {
    let original = Original::new(true);
    let directory = folder();
    put(directory.path(), &original.file, &[]);
    let sound = check(directory.path()).unwrap();
    assert!(sound.problems.is_empty(), "{:?}", sound.problems);
    assert_eq!(sound.durable.len(), usize::from(RUNS));
    assert!(repair(directory.path()).unwrap().is_empty());
    assert_eq!(fs::read(directory.path().join(FILE_NAME)).unwrap(), original.file, "a sound store stays as it is");
    let mut noticed = 0;
    for page in 0..original.file.len() / PAGE {
        let mut file = original.file.clone();
        file[page * PAGE + 1234] ^= 4;
        put(directory.path(), &file, &[]);
        let found = check(directory.path()).unwrap().problems;
        noticed += usize::from(!found.is_empty());
        assert!(found.is_empty() || found[0].contains(&format!("page {}", page + 1)), "{page}: {found:?}");
        assert_eq!(fs::read(directory.path().join(FILE_NAME)).unwrap(), file, "a check changes nothing");
        if page % 9 == 0 {
            repair(directory.path()).unwrap();
            assert!(check(directory.path()).unwrap().problems.is_empty(), "{page}");
        }
    }
    // The others are free.
    assert!(noticed * 3 > original.file.len() / PAGE, "{noticed}");
}

#[test]
fn a_page_that_no_query_reads_is_mended_when_the_store_is_opened() {
    let original = Original::new(true);
    for page in 0..original.file.len() / PAGE {
        let directory = folder();
        let mut file = original.file.clone();
        file[page * PAGE..][..PAGE].fill(0);
        put(directory.path(), &file, &[]);
        drop(SqliteStore::open_with(directory.path(), eager()).unwrap());
        let checked = check(directory.path()).unwrap();
        assert!(checked.problems.is_empty(), "page {}: {:?}", page + 1, checked.problems);
    }
}

#[test]
fn pages_behind_the_first_ones_are_looked_at_in_turns() {
    let directory = folder();
    let store = SqliteStore::open_with(directory.path(), eager()).unwrap();
    let mut stream = stream_of(0);
    store.open_stream(stream.id, &stream.opening).unwrap();
    let mut random = Random(1);
    for step in 0..40 {
        let bytes = (0..1 << 20).map(|_| random.next() as u8).collect();
        let frame = stream.frame(&[row(step, &[("b", Value::Bin(bytes))])]);
        store.append(&[frame]).unwrap();
    }
    compact_all(&store);
    drop(store);
    let store = SqliteStore::open_with(directory.path(), eager()).unwrap();
    let mut turns = 1;
    while store.look_through().unwrap() {
        turns += 1;
    }
    assert!(turns > 1 && store.recoveries().unwrap().is_empty(), "{turns}");
    drop(store);
    let path = directory.path().join(FILE_NAME);
    let mut file = fs::read(&path).unwrap();
    let first = file.len() / PAGE * 3 / 4;
    (first..file.len() / PAGE).for_each(|page| file[page * PAGE + 4_000] ^= 1);
    fs::write(&path, &file).unwrap();
    let store = SqliteStore::open_with(directory.path(), eager()).unwrap();
    assert!(store.recoveries().unwrap().is_empty(), "it is not read to its end before it is open");
    while store.look_through().unwrap() {}
    assert_eq!(store.recoveries().unwrap().len(), 1);
    let checked = check(directory.path()).unwrap();
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    assert!(store.run(&run_path(0), 0).unwrap().loss.lost_rows > 0);
}

#[test]
fn the_damaged_file_is_kept_beside_the_new_one_if_anything_is_lost() {
    let original = Original::new(true);
    let directory = folder();
    let cut = &original.file[..original.file.len() / 2];
    put(directory.path(), cut, &[]);
    let refused = SqliteStore::open_with(directory.path(), Settings { on_damage: OnDamage::Refuse, ..eager() });
    assert!(matches!(refused, Err(OpenError::Damaged { .. })));
    let store = SqliteStore::open_with(directory.path(), eager()).unwrap();
    assert_eq!(store.recoveries().unwrap().len(), 1);
    let names = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let kept: Vec<String> = names.filter(|name| name.starts_with("store.sqlite.damaged-")).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(fs::read(directory.path().join(&kept[0])).unwrap(), cut);
}

#[test]
fn damage_under_a_living_store_is_met_by_one_and_mended_for_all() {
    let directory = folder();
    drop(write(directory.path(), true));
    let stores = [(); 2].map(|()| SqliteStore::open_with(directory.path(), eager()).unwrap());
    let mut streams: Vec<TestStream> = (0..RUNS).map(stream_of).collect();
    let before = read(&stores[0], &run_path(0)).unwrap().1;
    let path = directory.path().join(FILE_NAME);
    let mut file = fs::read(&path).unwrap();
    for page in 1..file.len() / PAGE {
        file[page * PAGE + 4_000] ^= 1;
    }
    fs::write(&path, &file).unwrap();
    for (store, run) in stores.iter().cycle().zip((0..RUNS).chain(0..RUNS)) {
        let stream = &mut streams[usize::from(run)];
        let durable = store.open_stream(stream.id, &stream.opening).unwrap();
        assert!(durable >= 4 + 600, "{durable}");
        stream.next = durable + 1;
        let frame = stream.numbers("a", &[(20_000 + i64::from(run), 1.0)]);
        assert_eq!(store.append(&[frame]), Ok(vec![AppendOutcome::Durable(durable + 1)]));
    }
    for store in &stores {
        let (info, known) = read(store, &run_path(0)).unwrap();
        let missing = before.rows.iter().filter(|(step, cells)| known.rows.get(step) != Some(cells)).count() as u64;
        assert!(known.rows.contains_key(&20_000) && missing <= info.loss.lost_rows, "{missing} {}", info.loss.lost_rows);
    }
}
