//! Failures of the file, the disk or the directory under the embedded store.

use std::fs;
use std::path::Path;
use stepwell_model::{BlobId, Entry, FileVersion, Value};
use stepwell_store::conformance::compact_all;
use stepwell_store::conformance::observation::points_text;
use stepwell_store::conformance::stream::{TestStream, path};
use stepwell_store::{AppendOutcome, LabelChoice, StepRange, Store};
use stepwell_store_sqlite::{CompactionPolicy, FILE_NAME, OpenError, Settings, SqliteStore};

fn eager() -> Settings {
    Settings { compaction: CompactionPolicy::EAGER, ..Settings::default() }
}

#[test]
fn what_is_no_store_of_ours_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(FILE_NAME);
    fs::write(&file, "not a database, but longer than the header of one: ".repeat(100)).unwrap();
    let before = fs::read(&file).unwrap();
    let Err(error) = SqliteStore::open(directory.path()) else { panic!("it opened") };
    assert!(matches!(error, OpenError::Damaged { .. }) && error.to_string().contains(FILE_NAME), "{error}");
    assert_eq!(fs::read(&file).unwrap(), before);

    fs::remove_file(&file).unwrap();
    let foreign = rusqlite::Connection::open(&file).unwrap();
    foreign.execute_batch("CREATE TABLE cats (name TEXT)").unwrap();
    drop(foreign);
    let Err(error) = SqliteStore::open(directory.path()) else { panic!("it opened") };
    assert!(error.to_string().contains("another program"), "{error}");
}

#[test]
fn a_newer_schema_is_left_to_newer_programs() {
    let directory = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(directory.path()).unwrap());
    let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    // Left in the log: SQLite by itself would put a page without a seal into the file.
    std::mem::forget(connection);
    let Err(error) = SqliteStore::open(directory.path()) else { panic!("it opened") };
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[test]
fn a_store_of_version_1_is_brought_up_to_date_with_all_it_holds() {
    let directory = tempfile::tempdir().unwrap();
    let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(include_str!("../schema_1.sql")).unwrap();
    connection.execute_batch(include_str!("../rows_1.sql")).unwrap();
    connection.pragma_update(None, "application_id", 0x5357_5331).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    drop(connection);
    let mut stream = TestStream::new(1);
    stream.next = 8;
    for round in 0..2 {
        let store = SqliteStore::open_with(directory.path(), eager()).unwrap();
        assert_eq!(store.open_stream(stream.id, &stream.opening), Ok(stream.next - 1));
        let points = store.points(&path(), "a", &LabelChoice::Primary, StepRange::ALL).unwrap();
        assert_eq!(points_text(&points[0].1), "0=3.5/400c000000000000 1=NaN/7ff8000000000000 2=2i 3=1.25/3ff4000000000000 ");
        let summary = store.run(&path(), 0).unwrap().summary;
        let value = |key: &str| summary.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        // Of 3.5, NaN and 2 in a chunk without a tally, and 1.25.
        assert_eq!((value("a.max"), value("a.mean")), (Some(&Value::Float(3.5)), Some(&Value::Float(2.25))));
        assert_eq!(store.files(&path()).unwrap().len(), round);
        let file = FileVersion { path: format!("{round}"), blob: BlobId([round as u8; 32]), size: 0 };
        let frame = stream.frame(&[Entry::File { time: 0, file }]);
        store.append(&[frame]).unwrap();
        compact_all(&store);
    }
}

#[test]
fn a_directory_that_is_a_file_cannot_be_used() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let Err(error) = SqliteStore::open(&path) else { panic!("it opened") };
        assert!(matches!(error, OpenError::Unusable { .. }), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let inner = directory.path().join("store");
    let store = SqliteStore::open(&inner).unwrap();
    let stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    for entry in fs::read_dir(&inner).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn several_stores_on_one_directory_agree() {
    let directory = tempfile::tempdir().unwrap();
    let stores: Vec<SqliteStore> = (0..3).map(|_| SqliteStore::open_with(directory.path(), eager()).unwrap()).collect();
    let mut stream = TestStream::new(1);
    for part in 0..30 {
        let store = &stores[part % 3];
        assert_eq!(store.open_stream(stream.id, &stream.opening), Ok(part as u64));
        let frame = stream.numbers("a", &[(part as i64, 1.0)]);
        assert_eq!(store.append(std::slice::from_ref(&frame)), Ok(vec![AppendOutcome::Durable(part as u64 + 1)]));
        assert_eq!(stores[(part + 1) % 3].append(&[frame]), Ok(vec![AppendOutcome::Durable(part as u64 + 1)]));
        if part % 4 == 0 {
            stores[(part + 2) % 3].compact().unwrap();
        }
        for store in &stores {
            let points = store.points(&path(), "a", &LabelChoice::Primary, StepRange::ALL).unwrap();
            assert_eq!(points[0].1.steps.len(), part + 1);
            assert_eq!(store.run(&path(), 0).unwrap().rows, part as u64 + 1);
        }
    }
}

#[test]
fn writers_and_readers_in_many_threads_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let stores = [(); 2].map(|()| SqliteStore::open_with(directory.path(), eager()).unwrap());
    std::thread::scope(|scope| {
        for id in 0..4_u8 {
            let store = &stores[usize::from(id) % 2];
            scope.spawn(move || {
                let mut stream = TestStream::new(id).with(|opening| opening.label = id.to_string());
                store.open_stream(stream.id, &stream.opening).unwrap();
                for step in 0..25 {
                    let frame = stream.numbers("a", &[(step, f64::from(id))]);
                    assert_eq!(store.append(&[frame]), Ok(vec![AppendOutcome::Durable(step as u64 + 1)]));
                    let label = LabelChoice::Is(id.to_string());
                    let points = store.points(&path(), "a", &label, StepRange::ALL).unwrap();
                    assert_eq!(points[0].1.steps.len(), step as usize + 1);
                }
            });
        }
        scope.spawn(|| {
            (0..40).for_each(|_| {
                let _ = stores[0].compact().unwrap();
            });
        });
    });
    let info = stores[1].run(&path(), 0).unwrap();
    assert_eq!((info.rows, info.labels.len()), (100, 4));
}
