//! What the embedded store does when the file, the disk or the directory fails it.

#![allow(clippy::unwrap_used, reason = "these are tests: a panic is how they speak")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use stepwell_model::{BlobId, Entry, FileVersion, MetricDefinition, RunPath, Value};
use stepwell_store::conformance::compact_all;
use stepwell_store::conformance::observation::points_text;
use stepwell_store::conformance::stream::{TestStream, path, row};
use stepwell_store::{AppendOutcome, LabelChoice, StepRange, Store, StoreError};
use stepwell_store_sqlite::{CompactionPolicy, FILE_NAME, OpenError, Settings, SqliteStore};

fn eager() -> Settings {
    Settings { compaction: CompactionPolicy::EAGER, ..Settings::default() }
}

/// Rows whose numbers don't compress, so that they fill pages.
fn noisy(stream: &mut TestStream, rows: i64) -> stepwell_store::StreamFrame {
    let mut state = stream.next;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Value::Float((state >> 11) as f64 / 1e9)
    };
    let entries: Vec<Entry> = (0..rows).map(|step| row(step, &[("a", noise()), ("b", noise()), ("c", noise())])).collect();
    stream.frame(&entries)
}

/// A store with some chunks and some journal, closed.
fn written(directory: &Path) -> TestStream {
    let store = SqliteStore::open_with(directory, eager()).unwrap();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    let definition = MetricDefinition { name: "*".into(), summary: vec!["mean".into(), "first".into()], ..MetricDefinition::default() };
    let frame = stream.frame(&[Entry::Metric { time: 0, definition }]);
    store.append(&[frame]).unwrap();
    for _ in 0..5 {
        let frame = noisy(&mut stream, 3000);
        store.append(&[frame]).unwrap();
        compact_all(&store);
    }
    let frame = noisy(&mut stream, 3000);
    store.append(&[frame]).unwrap();
    stream
}

/// Asks all that touches every page; the numbers read, or the first error.
fn read_all(store: &SqliteStore) -> Result<HashSet<String>, StoreError> {
    let summary = store.run(&path(), 0)?.summary;
    store.keys("local", "p", &[])?;
    let mut numbers: HashSet<String> = summary.iter().map(|(key, value)| format!("{key} = {value:?}")).collect();
    for key in ["a", "b", "c", "_timestamp"] {
        for (_, points) in store.points(&path(), key, &LabelChoice::All, StepRange::ALL)? {
            numbers.extend(points_text(&points).split(' ').map(|point| format!("{key} {point}")));
        }
    }
    Ok(numbers)
}

#[test]
fn damaged_bytes_are_an_error_that_says_so_and_never_a_panic() {
    let directory = tempfile::tempdir().unwrap();
    written(directory.path());
    let file = directory.path().join(FILE_NAME);
    let expected = read_all(&SqliteStore::open(directory.path()).unwrap()).unwrap();
    let sound = fs::read(&file).unwrap();
    let mut noticed = 0;
    for at in (0..sound.len()).step_by(sound.len() / 60) {
        let mut bytes = sound.clone();
        let end = (at + 700).min(bytes.len());
        bytes[at..end].iter_mut().for_each(|byte| *byte ^= 0x5a);
        fs::write(&file, &bytes).unwrap();
        match SqliteStore::open(directory.path()) {
            Err(error) => {
                noticed += 1;
                assert!(error.to_string().contains(FILE_NAME), "{error}");
            }
            Ok(store) => match read_all(&store) {
                Ok(numbers) => assert!(numbers.is_subset(&expected), "a wrong number came of damage at {at}"),
                Err(StoreError::Damaged(_)) => noticed += 1,
                // The names of projects and runs have no checksum: under another name there is another run.
                Err(StoreError::NotFound(_)) => {}
                Err(other) => panic!("{at}: {other}"),
            },
        }
    }
    // About half of the file is free: the journal that was compacted.
    assert!(noticed > 20, "{noticed}");
}

#[test]
fn a_damaged_frame_of_the_journal_is_set_aside_and_counted_and_everything_else_goes_on() {
    for reads_first in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open_with(directory.path(), eager()).unwrap();
        let mut one = TestStream::new(1);
        let mut two = TestStream::new(2).with(|opening| opening.run = "other".into());
        let other = RunPath { run: "other".into(), ..path() };
        for stream in [&one, &two] {
            store.open_stream(stream.id, &stream.opening).unwrap();
        }
        let config = Entry::Config { time: 0, set: vec![("lr".into(), Value::Int(1))], deleted: vec![] };
        let numbers = |step: i64| row(step, &[("a", Value::Float(step as f64))]);
        let frames = [
            one.frame(&[numbers(0), numbers(1)]),
            one.frame(&[numbers(2), config, numbers(3), numbers(4)]),
            one.frame(&[numbers(5)]),
            two.frame(&[numbers(0)]),
        ];
        store.append(&frames).unwrap();
        let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
        let mut damaged = frames[1].bytes.to_vec();
        let middle = damaged.len() - 9;
        damaged[middle] ^= 1;
        connection.execute("UPDATE journal SET frame = ?1 WHERE id = 2", [&damaged]).unwrap();

        let before = store.changed("local", "p", 0).unwrap().version;
        let told = if reads_first { store.run(&path(), 0).map(drop) } else { (0..9).try_for_each(|_| store.compact().map(drop)) };
        let Err(StoreError::Damaged(told)) = told else { panic!("{told:?}") };
        assert!(told.contains("entries 3 to 6 of stream 01010101") && told.contains("3 rows are lost"), "{told}");
        compact_all(&store);
        assert_eq!(store.changed("local", "p", before).unwrap().runs, ["r"]);
        let info = store.run(&path(), 0).unwrap();
        assert_eq!((info.rows, info.loss.lost_rows, info.config.len()), (3, 3, 1));
        assert_eq!(points_text(&store.points(&path(), "a", &LabelChoice::Primary, StepRange::ALL).unwrap()[0].1).matches('=').count(), 3);
        assert_eq!((store.run(&other, 0).unwrap().rows, store.run(&other, 0).unwrap().loss.lost_rows), (1, 0));
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM journal"), 0, "all the others are in chunks");
        let kept: Vec<u8> = connection.query_row("SELECT frame FROM damaged_frames", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, damaged);
        // The stream goes on where it was.
        assert_eq!(store.append(&[one.frame(&[numbers(6)])]), Ok(vec![AppendOutcome::Durable(8)]));
        assert_eq!(store.run(&path(), 0).unwrap().rows, 4);
        store.delete_run(&path()).unwrap();
        compact_all(&store);
        assert_eq!(count("SELECT count(*) FROM damaged_frames"), 0);
    }
}

#[test]
fn a_file_that_was_cut_off_is_damaged() {
    let directory = tempfile::tempdir().unwrap();
    written(directory.path());
    let file = directory.path().join(FILE_NAME);
    let sound = fs::read(&file).unwrap();
    for len in [100, 5_000, sound.len() / 2, sound.len() - 8_192] {
        fs::write(&file, &sound[..len]).unwrap();
        let read = match SqliteStore::open(directory.path()) {
            Err(OpenError::Damaged { .. }) => continue,
            Err(other) => panic!("{other}"),
            Ok(store) => read_all(&store),
        };
        assert!(matches!(read, Err(StoreError::Damaged(_))), "{len}: {read:?}");
    }
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
    drop(connection);
    let Err(error) = SqliteStore::open(directory.path()) else { panic!("it opened") };
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[test]
fn a_store_of_version_1_is_brought_up_to_date_with_all_it_holds() {
    let directory = tempfile::tempdir().unwrap();
    let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(include_str!("schema_1.sql")).unwrap();
    connection.execute_batch(include_str!("rows_1.sql")).unwrap();
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
