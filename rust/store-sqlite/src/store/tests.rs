//! Tables of the store as its upkeep leaves them, and a disk without room under it.

use super::*;
use stepwell_store::conformance::compact_all;
use stepwell_store::conformance::stream::{TestStream, path, row};

fn blobs(stream: &mut TestStream, step: i64) -> stepwell_store::StreamFrame {
    // Bytes that don't compress.
    let bytes = (0..60_000_u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8 ^ step as u8).collect();
    stream.frame(&[row(step, &[("b", stepwell_model::Value::Bin(bytes)), ("n", stepwell_model::Value::Int(step))])])
}

#[test]
fn a_full_disk_refuses_the_append_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let compaction = CompactionPolicy::EAGER;
    let store = SqliteStore::open_with(directory.path(), Settings { compaction, ..Settings::default() }).unwrap();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    let limit = |pages: i64| {
        let writer = store.database.writer().unwrap();
        writer.connection().pragma_update(None, "max_page_count", pages).unwrap();
    };
    let mut accepted = 0;
    let refused = loop {
        // The writer is opened anew after a failure, without the limit: so it is set before each append.
        limit(200);
        let frame = blobs(&mut stream, accepted);
        match store.append(std::slice::from_ref(&frame)) {
            Ok(outcomes) => assert_eq!(outcomes, [AppendOutcome::Durable(accepted as u64 + 1)]),
            Err(error) => {
                assert!(matches!(&error, StoreError::Unavailable(reason) if reason.contains("no room")), "{error}");
                break frame;
            }
        }
        accepted += 1;
    };
    assert!(accepted > 3);
    assert_eq!(store.open_stream(stream.id, &stream.opening), Ok(accepted as u64));
    assert_eq!(store.run(&path(), 0).unwrap().rows, accepted as u64);
    limit(200);
    assert!(matches!(store.compact(), Err(StoreError::Unavailable(_)) | Ok(_)));
    assert_eq!(store.run(&path(), 0).unwrap().rows, accepted as u64);
    // Room again.
    assert_eq!(store.append(&[refused]), Ok(vec![AppendOutcome::Durable(accepted as u64 + 1)]));
    compact_all(&store);
    assert_eq!(store.run(&path(), 0).unwrap().rows, accepted as u64 + 1);
}

#[test]
fn complete_chunks_of_a_long_series_become_a_digest() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open_with(directory.path(), Settings { compaction: CompactionPolicy::EAGER, ..Settings::default() }).unwrap();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    for part in 0..12 {
        let points: Vec<(i64, f64)> = (part * 1_000..(part + 1) * 1_000).map(|step| (step, (step as f64).sqrt())).collect();
        store.append(&[stream.numbers("a", &points)]).unwrap();
        compact_all(&store);
    }
    let count =
        |sql: &str| store.read(|connection| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(store_error)).unwrap();
    // Up to the steps 4,096 and 8,192; what comes after is to grow.
    assert_eq!(count("SELECT sum(points) FROM digests"), 8_192);
    assert_eq!(count("SELECT sum(count) FROM parts"), 12_000 - 8_192);
    assert_eq!(count("SELECT count(*) FROM parts WHERE complete = 1"), 0);
    store.delete_run(&path()).unwrap();
    compact_all(&store);
    for table in ["digests", "parts", "columns", "blocks"] {
        assert_eq!(count(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
}
