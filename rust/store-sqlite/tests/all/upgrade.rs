//! Stores of earlier versions, written by the programs of their time.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use stepwell_model::{RunPath, Value};
use stepwell_store::{LabelChoice, RowQuery, StepRange, Store};
use stepwell_store_sqlite::{CompactionPolicy, FILE_NAME, Settings, SqliteStore, check};

fn data() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/v0_1").join(FILE_NAME)
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
            .rows(&path, &query, &mut |_, rows| {
                for row in rows {
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
    assert_eq!(version.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)), Ok(3));
    // Nothing is left of the way here.
    let names = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name.contains("new") || name.contains("upgraded") || name.contains("damaged")).collect();
    assert!(left.is_empty(), "{left:?}");
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
