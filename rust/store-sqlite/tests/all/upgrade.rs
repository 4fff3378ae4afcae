//! Stores of earlier versions, written by the programs of their time.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use stepwell_model::{Entry, MetricDefinition, RunPath, Step, SummaryKind, Value};
use stepwell_store::conformance::observation::{assert_same, observe};
use stepwell_store::conformance::stream::{TestStream, path, row};
use stepwell_store::{LabelChoice, MemoryStore, RowQuery, StepRange, Store};
use stepwell_store_sqlite::{CompactionPolicy, FILE_NAME, Settings, SqliteStore, check};

fn data_of(version: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(version).join(FILE_NAME)
}

fn data() -> std::path::PathBuf {
    data_of("v0_1")
}

/// Writes what `version_3/store.sqlite` holds (see tests/data/README.md): a run of two lives that overlap,
/// long series in two shapes, steps that fall back, values that hide numbers, and rows in the journal.
fn write_history(store: &dyn Store) {
    let mut lives = [0, 1].map(|attempt| TestStream::new(9 - attempt).with(|opening| opening.attempt = attempt.into()));
    let logged = |life: i64, step: Step| {
        let (loss, n) = (1.0 / (1.0 + (step / 8) as f64) + life as f64, Value::Int(step / 100));
        let (loss, n) = (("loss", Value::Float(loss)), ("n", n));
        match step {
            _ if step % 50 == 0 => row(step, &[loss, n, ("eval", Value::Float((step / 500) as f64))]),
            _ if step % 3_001 == 0 => row(step, &[("loss", Value::Float(f64::NAN)), n, ("note", Value::Str(format!("at {step}")))]),
            9_000..9_003 => row(step, &[("loss", Value::Str("hidden".into())), n]),
            _ => row(step, &[loss, n]),
        }
    };
    let definition = MetricDefinition { name: "loss".into(), summary: vec![SummaryKind::Mean, SummaryKind::Min], ..Default::default() };
    for (life, steps) in [(0, 0..6_000), (0, 5_500..10_000), (1, 8_000..13_500)] {
        let stream = &mut lives[life];
        store.open_stream(stream.id, &stream.opening).unwrap();
        let mut entries = vec![Entry::Metric { time: 0, definition: definition.clone() }];
        for step in steps {
            entries.push(logged(life as i64, step));
            if entries.len() == 1_000 {
                store.append(&[stream.frame(&std::mem::take(&mut entries))]).unwrap();
                while store.compact().unwrap() {}
            }
        }
        store.append(&[stream.frame(&entries)]).unwrap();
    }
}

/// Four runs of 200 rows (see tests/data/README.md).
fn assert_all_there(store: &SqliteStore) {
    for run in 0..4_i64 {
        let path = RunPath { entity: "local".into(), project: "old".into(), run: format!("r{run}") };
        let info = store.run(&path, 0).unwrap();
        assert_eq!((info.rows, info.loss.lost_rows, &info.tags[..]), (200, 0, &[format!("t{run}")][..]));
        let config = |key: &str| info.config.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        assert_eq!(config("lr"), Some(Value::Float(0.1 * run as f64)));
        let summary = |key: &str| info.summary.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        assert_eq!(summary("hand"), Some(Value::Str(format!("set {run}"))));
        assert!(summary("x.max").is_some());
        assert_eq!(store.files(&path).unwrap()[0].file.path, "w.txt");
        let query = RowQuery { keys: vec![], label: LabelChoice::Primary, steps: StepRange::ALL };
        let mut next = 0;
        store
            .rows(&path, &query, &mut |_, batch| {
                for row in batch.rows() {
                    let cell = |key: &str| row.cells.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
                    assert_eq!((row.step, cell("i")), (next, Some(Value::Int(next))));
                    assert_eq!(cell("x"), Some(Value::Float((next * 7919 % 1000) as f64 / 7.0 + run as f64)));
                    assert_eq!(cell("flag"), Some(Value::Bool(next % 3 == 0)));
                    assert_eq!(cell("s"), (next % 4 == 0).then(|| Value::Str(format!("row-{next:05}"))));
                    next += 1;
                }
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(next, 200);
    }
}

#[test]
fn a_store_of_0_1_is_brought_up_to_date_with_all_it_holds() {
    let directory = tempfile::tempdir().unwrap();
    fs::copy(data(), directory.path().join(FILE_NAME)).unwrap();
    let settings = Settings { compaction: CompactionPolicy::EAGER, ..Settings::default() };
    for _ in 0..2 {
        let store = SqliteStore::open_with(directory.path(), settings).unwrap();
        assert_all_there(&store);
        while store.compact().unwrap() {}
        assert_all_there(&store);
        drop(store);
        assert_eq!(check(directory.path()).unwrap().problems, [""; 0]);
    }
    let version = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    assert_eq!(version.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)), Ok(4));
    // Nothing is left of the way here.
    let names = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name.contains("new") || name.contains("upgraded") || name.contains("damaged")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_store_of_version_3_is_upgraded_where_it_is_and_answers_as_the_model() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(FILE_NAME);
    fs::copy(data_of("version_3"), &file).unwrap();
    let model = MemoryStore::new();
    write_history(&model);
    let windows = [StepRange { first: 5_400, last: 6_100 }, StepRange { first: 8_990, last: 9_010 }];
    let observe = |store: &dyn Store| observe(store, &[path()], &["loss", "eval", "note", "_step"], &windows, 0);
    let expected = observe(&model);
    let settings = Settings { compaction: CompactionPolicy::EAGER, ..Settings::default() };
    for _ in 0..2 {
        let store = SqliteStore::open_with(directory.path(), settings).unwrap();
        assert_same(&observe(&store), &expected, "upgraded");
        while store.compact().unwrap() {}
        assert_same(&observe(&store), &expected, "compacted");
        drop(store);
        assert_eq!(check(directory.path()).unwrap().problems, [""; 0]);
    }
    let version = rusqlite::Connection::open(&file).unwrap();
    assert_eq!(version.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)), Ok(4));
}

#[test]
fn an_upgrade_that_was_cut_short_is_brought_to_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(FILE_NAME);
    fs::copy(data(), &file).unwrap();
    // Died before the new file was finished, which is not looked at.
    fs::write(directory.path().join("store.sqlite.new"), "half a database").unwrap();
    drop(SqliteStore::open(directory.path()).unwrap());
    let new = fs::read(&file).unwrap();
    // Died once it was: before and after the old one was removed.
    for old_is_there in [true, false] {
        fs::write(directory.path().join("store.sqlite.upgraded"), &new).unwrap();
        fs::remove_file(&file).unwrap();
        if old_is_there {
            fs::copy(data(), &file).unwrap();
        }
        assert_all_there(&SqliteStore::open(directory.path()).unwrap());
    }
}
