//! The engine over a store in memory: what is cached never changes an answer, and what changes is never
//! stale.

use super::*;
use stepwell_codec::payload::KeyTable;
use stepwell_codec::{FrameEncoder, PayloadBuilder, msgpack};
use stepwell_model::{Entry, Opening, RunPath, StreamId, Value};
use stepwell_store::{LabelChoice, MemoryStore, StreamFrame};

fn append(store: &MemoryStore, first: u64, rows: impl Iterator<Item = (i64, f64)>) {
    let table = KeyTable { keys: vec!["loss".into()], shapes: vec![Box::new([0])] };
    let opening = Opening { path: RunPath::new("e", "p", "r").unwrap(), ..Opening::default() };
    let (mut builder, mut payload, mut bytes) = (PayloadBuilder::new(), Vec::new(), Vec::new());
    if first == 1 {
        builder.statement(&Entry::Open(opening.clone()));
    }
    rows.for_each(|(step, value)| builder.row(&table, 0, step, step * 1_000_000, false, &msgpack::to_bytes(&Value::Float(value))));
    let count = builder.finish(&table, &mut payload);
    let header = FrameEncoder::new().unwrap().encode(first, count, &payload, &mut bytes).unwrap();
    let stream = StreamId([1; 16]);
    store.open_stream(stream, &opening).unwrap();
    let frame = StreamFrame { stream, header, bytes: bytes.into(), statements: (first == 1).then(|| payload.into()), rows: None };
    store.append(&[frame]).unwrap();
}

fn panel(window: (Option<f64>, Option<f64>), buckets: usize) -> Panel {
    let path = RunPath { entity: "e".into(), project: "p".into(), run: "r".into() };
    let series = vec![SeriesName { path, key: "loss".into(), label: LabelChoice::Primary }];
    Panel { id: "p".into(), x: "_step".into(), window, buckets, log_x: false, series }
}

fn read(engine: &SeriesEngine, panel: &Panel) -> Line {
    (*engine.read("e", "p", std::slice::from_ref(panel)).unwrap()[0].lines[0]).clone()
}

#[test]
fn a_cached_answer_is_the_answer() {
    let store = Arc::new(MemoryStore::default());
    append(&store, 1, (0..3_000).map(|step| (step, (step as f64).sin())));
    let warm = SeriesEngine::new(store.clone());
    for panel in [
        panel((None, None), 64),
        panel((Some(100.0), Some(900.0)), 64),
        panel((Some(100.5), Some(100.7)), 64),
        panel((Some(2_900.0), None), 64),
        panel((None, Some(-1.0)), 64),
        panel((Some(1e300), Some(1e301)), 2),
    ] {
        let cold = SeriesEngine::new(store.clone());
        let first = read(&cold, &panel);
        assert_eq!(first, read(&cold, &panel));
        assert_eq!(first, read(&warm, &panel), "{panel:?}");
    }
}

#[test]
fn a_change_is_seen_at_once() {
    let store = Arc::new(MemoryStore::default());
    append(&store, 1, (0..10).map(|step| (step, 0.0)));
    let engine = SeriesEngine::new(store.clone());
    let panel = panel((None, None), 64);
    let before = read(&engine, &panel);
    append(&store, 12, (10..12).map(|step| (step, 1.0)));
    let after = read(&engine, &panel);
    assert_eq!((before.points, after.points), (10, 12));
    assert!(after.version > before.version && after.digest != before.digest);
}

#[test]
fn a_window_without_points_has_none() {
    let engine = SeriesEngine::new(Arc::new(MemoryStore::default()));
    assert_eq!(read(&engine, &panel((None, None), 64)).len(), 0);
    assert_eq!(read(&engine, &panel((Some(0.0), Some(1.0)), 64)).len(), 0);
}
