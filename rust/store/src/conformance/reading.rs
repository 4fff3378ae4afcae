//! Promises about what is read: every value as it came, merged by priority, before and after compaction.

use super::observation::{points_text, value_text};
use super::stream::{TestStream, path, row};
use super::{Subject, compact_all};
use crate::{LabelChoice, RowBatch, RowQuery, SeriesPoints, StepRange, Store};
use std::ops::ControlFlow;
use stepwell_codec::column::Number;
use stepwell_model::value::EXT_WTF8;
use stepwell_model::{Entry, Histogram, Kind, Row, Value};

pub(super) const PRIMARY: LabelChoice = LabelChoice::Primary;

pub(super) fn text(text: &str) -> Value {
    Value::Str(text.into())
}

pub(super) fn points(store: &dyn Store, key: &str, label: &LabelChoice, steps: StepRange) -> SeriesPoints {
    store.points(&path(), key, label, steps).unwrap().pop().map(|(_, points)| points).unwrap_or_default()
}

pub(super) fn rows(store: &dyn Store, query: &RowQuery) -> Vec<Row> {
    let mut all = Vec::new();
    let mut collect = |_: &str, batch: RowBatch| {
        all.extend(batch.rows());
        ControlFlow::Continue(())
    };
    store.rows(&path(), query, &mut collect).unwrap();
    all
}

pub(super) fn all_rows(store: &dyn Store) -> Vec<Row> {
    rows(store, &RowQuery { keys: vec![], label: PRIMARY, steps: StepRange::ALL })
}

/// Calls `check` on what is in the journal, on what is in chunks, and on what was opened again.
pub(super) fn at_every_stage(subject: &Subject<'_>, mut store: Box<dyn Store>, check: impl Fn(&dyn Store)) {
    check(&*store);
    compact_all(&*store);
    check(&*store);
    store = (subject.reopen)(store);
    check(&*store);
}

/// F1: the table of values. What goes in comes out, every bit.
pub fn every_value_reads_back(subject: &Subject<'_>) {
    let nan = f64::from_bits(0x7ff8_0000_dead_beef);
    let numbers = [
        Value::Float(nan),
        Value::Float(f64::NAN),
        Value::Float(f64::INFINITY),
        Value::Float(f64::NEG_INFINITY),
        Value::Float(-0.0),
        Value::Float(0.0),
        Value::Float(f64::MIN_POSITIVE / 2.0),
        Value::Float(1.0),
        Value::Int(i64::MAX),
        Value::Int(i64::MIN),
        Value::Int(0),
        Value::Int(1 << 53),
    ];
    let others = [
        Value::Nil,
        Value::Bool(true),
        text(""),
        text(&"long ".repeat(100_000)),
        text("ünï\0code\n"),
        Value::List(vec![Value::Int(1), Value::Float(nan), text("x")]),
        Value::List(vec![]),
        Value::Map(vec![]),
        Value::Bin(vec![0, 255]),
        Value::Ext(EXT_WTF8, vec![0xed, 0xa0, 0x80]),
        Histogram { edges: vec![0.0, 0.5, 1.0], counts: vec![3, 4] }.to_value(),
        Value::Map(vec![("_type".into(), text("image")), ("size".into(), Value::Int(3))]),
    ];
    let keys = ["loss", "", "ключ/値", "a.b", "with space", "_step_", "'; DROP TABLE runs; --"];
    let store = (subject.create)();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    let mut entries = vec![Entry::Open(stream.opening.clone())];
    let values: Vec<&Value> = numbers.iter().chain(&others).collect();
    for (step, value) in (0..).zip(&values) {
        let cells: Vec<(&str, Value)> = keys.iter().map(|key| (*key, (*value).clone())).collect();
        entries.push(row(step, &cells));
    }
    let last = values.len() as i64;
    entries.push(row(last, &[]));
    for (step, edge) in [(i64::MAX, 1.0), (i64::MIN, 2.0)] {
        entries.push(row(step, &[("edge", Value::Float(edge))]));
    }
    let frame = stream.frame(&entries);
    store.append(&[frame]).unwrap();
    at_every_stage(subject, store, |store| {
        for key in keys {
            let found = points(store, key, &PRIMARY, StepRange::ALL);
            assert_eq!(found.steps, (0..numbers.len() as i64).collect::<Vec<_>>(), "{key}");
            for (number, value) in found.values.iter().zip(&numbers) {
                assert_eq!(value_text(&number.into()), value_text(value), "{key}");
            }
            let (total, found) = store.values(&path(), key, None, &PRIMARY, StepRange::ALL, 100).unwrap();
            assert_eq!(total, others.len() as u64, "{key}");
            for (found, value) in found.iter().zip(&others) {
                assert_eq!(value_text(&found.value), value_text(value), "{key}");
            }
        }
        let rows = all_rows(store);
        assert_eq!(rows.len(), values.len() + 3);
        for (row, value) in rows[1..].iter().zip(&values) {
            let found: Vec<String> = row.cells.iter().filter(|(key, _)| key != "_runtime").map(|(_, value)| value_text(value)).collect();
            assert_eq!(found, vec![value_text(value); keys.len()], "step {}", row.step);
        }
        let empty = &rows[1 + values.len()];
        assert_eq!((empty.step, empty.cells.len()), (last, 1));
        assert_eq!(points(store, "edge", &PRIMARY, StepRange::ALL).steps, [i64::MIN, i64::MAX]);
    });
}

/// Invariant 3: attempt, then stream id, then entry number; key by key; whatever came first.
pub fn the_higher_priority_wins(subject: &Subject<'_>) {
    let store = (subject.create)();
    let mut low = TestStream::new(9);
    let mut high = TestStream::new(1).with(|opening| opening.attempt = 1);
    let mut higher = TestStream::new(2).with(|opening| opening.attempt = 1);
    for stream in [&low, &high, &higher] {
        store.open_stream(stream.id, &stream.opening).unwrap();
    }
    let number = |value| Value::Float(value);
    let frames = [
        higher.frame(&[row(1, &[("a", number(3.0))])]),
        high.frame(&[row(1, &[("a", number(2.0)), ("b", number(20.0))]), row(1, &[("b", number(21.0))]), row(2, &[("a", number(22.0))])]),
        low.frame(&[row(1, &[("a", number(1.0)), ("c", number(10.0))]), row(3, &[("a", number(13.0))])]),
    ];
    for frame in frames {
        store.append(&[frame]).unwrap();
        compact_all(&*store);
    }
    at_every_stage(subject, store, |store| {
        let found = points(store, "a", &PRIMARY, StepRange::ALL);
        assert_eq!((found.steps, found.values.to_f64()), (vec![1, 2, 3], vec![3.0, 22.0, 13.0]));
        assert_eq!(points(store, "b", &PRIMARY, StepRange::ALL).values.to_f64(), [21.0]);
        let rows = all_rows(store);
        let cells: Vec<_> = rows[0].cells.iter().map(|(key, value)| (key.as_str(), value.as_f64().unwrap())).collect();
        assert_eq!(cells, [("_runtime", 0.001), ("a", 3.0), ("b", 21.0), ("c", 10.0)]);
        assert_eq!(store.run(&path(), 0).unwrap().rows, 3);
    });
}

/// A key may hold numbers at some steps and other kinds at others; at one step the winner's kind counts.
pub fn kinds_under_a_key_are_kept_apart(subject: &Subject<'_>) {
    let store = (subject.create)();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    let cells = [
        (1, Value::Int(1)),
        (2, text("two")),
        (3, Value::Int(3)),
        (3, Value::Bool(true)),
        (4, text("four")),
        (4, Value::Float(4.0)),
        (5, text("five")),
        (5, Value::List(vec![])),
    ];
    for (step, value) in cells {
        let frame = stream.frame(&[row(step, &[("a", value)])]);
        store.append(&[frame]).unwrap();
        if step % 2 == 0 {
            compact_all(&*store);
        }
    }
    at_every_stage(subject, store, |store| {
        assert_eq!(points(store, "a", &PRIMARY, StepRange::ALL).steps, [1, 4]);
        let values = |kind: Option<&Kind>| store.values(&path(), "a", kind, &PRIMARY, StepRange::ALL, 9).unwrap().1;
        assert_eq!(values(None).iter().map(|value| value.step).collect::<Vec<_>>(), [2, 3, 5]);
        assert_eq!(values(Some(&Kind::String)).iter().map(|value| value.step).collect::<Vec<_>>(), [2]);
        assert_eq!(values(Some(&Kind::Number)), []);
        let key = &store.keys("local", "p", &[]).unwrap()[0];
        assert_eq!(key.kinds, [Kind::Number, Kind::Bool, Kind::String, Kind::List]);
        assert_eq!((key.points, key.first_step, key.last_step), (5, 1, 5));
    });
}

/// D2: a row for a step that has passed is merged into it.
pub fn a_smaller_step_is_not_dropped(subject: &Subject<'_>) {
    let store = (subject.create)();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    for frame in [
        stream.numbers("a", &[(10, 1.0), (11, 2.0), (12, 3.0)]),
        stream.numbers("a", &[(5, 4.0), (11, 5.0), (-3, 6.0)]),
        stream.numbers("b", &[(11, 7.0), (0, 8.0)]),
    ] {
        store.append(&[frame]).unwrap();
        compact_all(&*store);
    }
    at_every_stage(subject, store, |store| {
        let found = points(store, "a", &PRIMARY, StepRange::ALL);
        assert_eq!((found.steps, found.values.to_f64()), (vec![-3, 5, 10, 11, 12], vec![6.0, 4.0, 1.0, 5.0, 3.0]));
        let info = store.run(&path(), 0).unwrap();
        assert_eq!((info.rows, info.last_step), (6, Some(12)));
        let steps: Vec<i64> = all_rows(store).iter().map(|row| row.step).collect();
        assert_eq!(steps, [-3, 0, 5, 10, 11, 12]);
    });
}

/// `_step`, `_timestamp` and `_runtime` are keys of every row; a number that was logged under the latter two
/// wins.
pub fn automatic_keys_are_there_and_give_way(subject: &Subject<'_>) {
    let store = (subject.create)();
    let mut stream = TestStream::new(1).with(|opening| (opening.time, opening.runtime_offset) = (1_000_000, 500_000));
    store.open_stream(stream.id, &stream.opening).unwrap();
    let at = |step, time, cells: &[(&str, Value)]| match row(step, cells) {
        Entry::Row(row) => Entry::Row(Row { time, sampled: step == 2, ..row }),
        other => other,
    };
    let frame = stream.frame(&[
        at(1, 2_000_000, &[]),
        at(2, 3_000_000, &[("_timestamp", Value::Int(10)), ("_step", Value::Int(99))]),
        at(3, 4_000_000, &[("_runtime", Value::Float(7.5)), ("_timestamp", text("ignored"))]),
    ]);
    store.append(&[frame]).unwrap();
    at_every_stage(subject, store, |store| {
        let values = |key: &str| points(store, key, &PRIMARY, StepRange::ALL).values.to_f64();
        assert_eq!(values("_step"), [1.0, 2.0, 3.0]);
        assert_eq!(values("_timestamp"), [2.0, 10.0, 4.0]);
        assert_eq!(values("_runtime"), [1.5, 9.5, 7.5]);
        assert!(matches!(points(store, "_step", &PRIMARY, StepRange::ALL).values.get(0), Number::Int(1)));
        assert_eq!(store.keys("local", "p", &[]), Ok(vec![]));
        let rows = all_rows(store);
        assert_eq!(
            rows.iter().map(|row| (row.time, row.sampled)).collect::<Vec<_>>(),
            [(2_000_000, false), (10_000_000, true), (4_000_000, false)]
        );
        assert!(rows.iter().all(|row| row.cells.len() == 1 && row.cells[0].0 == "_runtime"));
        let info = store.run(&path(), 0).unwrap();
        assert_eq!(info.runtime_seconds, 3.5);
        let summary: Vec<_> = info.summary.iter().map(|(key, value)| (key.as_str(), value.as_f64().unwrap())).collect();
        assert_eq!(summary, [("_runtime", 7.5), ("_step", 3.0), ("_timestamp", 4.0)]);
    });
}

/// The primary label is the first by rank that has what is asked for.
pub fn labels_are_chosen(subject: &Subject<'_>) {
    let store = (subject.create)();
    let label = |id: u8, label: &str, rank| TestStream::new(id).with(|opening| (opening.label, opening.rank) = (label.into(), rank));
    let mut streams = [label(1, "x", None), label(2, "1", Some(1)), label(3, "0", Some(0))];
    for stream in &mut streams {
        store.open_stream(stream.id, &stream.opening).unwrap();
        let all = stream.numbers("all", &[(1, f64::from(stream.id.0[0]))]);
        store.append(&[all]).unwrap();
    }
    let frame = streams[0].numbers("some", &[(5, 1.0)]);
    store.append(&[frame]).unwrap();
    let frame = streams[1].numbers("some", &[(6, 2.0)]);
    store.append(&[frame]).unwrap();
    at_every_stage(subject, store, |store| {
        let info = store.run(&path(), 0).unwrap();
        assert_eq!(info.labels.iter().map(|label| label.label.as_str()).collect::<Vec<_>>(), ["0", "1", "x"]);
        let found = |key: &str, choice: &LabelChoice, steps| -> Vec<(String, String)> {
            let series = store.points(&path(), key, choice, steps).unwrap();
            series.iter().map(|(label, points)| (label.clone(), points_text(points))).collect()
        };
        assert_eq!(found("all", &PRIMARY, StepRange::ALL)[0].0, "0");
        assert_eq!(found("some", &PRIMARY, StepRange::ALL)[0].0, "1");
        assert_eq!(found("some", &PRIMARY, StepRange { first: 0, last: 5 }), [], "the primary label does not depend on the window");
        assert_eq!(found("all", &LabelChoice::All, StepRange::ALL).len(), 3);
        assert_eq!(found("some", &LabelChoice::All, StepRange { first: 6, last: 9 }).len(), 1);
        assert_eq!(found("all", &LabelChoice::Is("x".into()), StepRange::ALL)[0].0, "x");
        assert_eq!(found("all", &LabelChoice::Is("y".into()), StepRange::ALL), []);
        let summary = |key: &str| info.summary.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_f64());
        assert_eq!((summary("all"), summary("some"), summary("_step")), (Some(3.0), Some(2.0), Some(1.0)));
        let key = &store.keys("local", "p", &[]).unwrap()[0];
        assert_eq!((key.key.as_str(), key.points, key.runs, info.rows), ("all", 3, 1, 5));
    });
}

/// Windows include both ends; the newest values are kept.
pub fn windows_and_limits_hold(subject: &Subject<'_>) {
    let store = (subject.create)();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    for part in 0..10 {
        let entries: Vec<Entry> =
            (0..10).map(|i| part * 10 + i).map(|step| row(step * 2, &[("n", Value::Int(step)), ("s", text(&step.to_string()))])).collect();
        let frame = stream.frame(&entries);
        store.append(&[frame]).unwrap();
        if part % 3 == 0 {
            compact_all(&*store);
        }
    }
    at_every_stage(subject, store, |store| {
        for (first, last, steps) in
            [(0, 198, 0..100), (1, 3, 1..2), (40, 60, 20..31), (198, i64::MAX, 99..100), (i64::MIN, -1, 0..0), (5, 4, 0..0)]
        {
            let window = StepRange { first, last };
            let expected: Vec<i64> = steps.map(|step| step * 2).collect();
            assert_eq!(points(store, "n", &PRIMARY, window).steps, expected, "{window:?}");
            let (total, values) = store.values(&path(), "s", None, &PRIMARY, window, 3).unwrap();
            assert_eq!(total, expected.len() as u64);
            let newest = &expected[expected.len().saturating_sub(3)..];
            assert_eq!(values.iter().map(|value| value.step).collect::<Vec<_>>(), newest);
            let found = rows(store, &RowQuery { keys: vec![], label: PRIMARY, steps: window });
            assert_eq!(found.iter().map(|row| row.step).collect::<Vec<_>>(), expected);
        }
    });
}

/// Rows come in step order, one label after the other, flat, sorted by key, and only with what was asked for.
pub fn rows_are_filtered_and_in_order(subject: &Subject<'_>) {
    let store = (subject.create)();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    let nested = Value::Map(vec![("y".into(), Value::Int(1)), ("x".into(), text("deep"))]);
    let frame = stream.frame(&[
        row(2, &[("z", Value::Int(2)), ("a", nested)]),
        row(1, &[("z", Value::Int(1))]),
        row(3, &[("a", Value::Map(vec![("y".into(), Value::Float(0.5))]))]),
        row(4, &[]),
    ]);
    store.append(&[frame]).unwrap();
    at_every_stage(subject, store, |store| {
        let asked = |keys: &[&str]| -> Vec<(i64, Vec<String>)> {
            let keys = keys.iter().map(|key| (*key).to_owned()).collect();
            let rows = rows(store, &RowQuery { keys, label: PRIMARY, steps: StepRange::ALL });
            rows.into_iter().map(|row| (row.step, row.cells.into_iter().map(|(key, _)| key).collect())).collect()
        };
        let names = |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
        let all = [
            (1, names(&["_runtime", "z"])),
            (2, names(&["_runtime", "a.x", "a.y", "z"])),
            (3, names(&["_runtime", "a.y"])),
            (4, names(&["_runtime"])),
        ];
        assert_eq!(asked(&[]), all);
        assert_eq!(asked(&["_step", "_timestamp"]), all.clone().map(|(step, keys)| (step, keys)), "automatic keys choose no rows");
        assert_eq!(asked(&["a.y", "_step"]), [(2, names(&["_runtime", "a.y"])), (3, names(&["_runtime", "a.y"]))]);
        assert_eq!(asked(&["a", "nope"]), []);
        let mut batches = 0;
        let query = RowQuery { keys: vec![], label: LabelChoice::All, steps: StepRange::ALL };
        let mut stop = |_: &str, _: RowBatch| {
            batches += 1;
            ControlFlow::Break(())
        };
        store.rows(&path(), &query, &mut stop).unwrap();
        assert_eq!(batches, 1);
    });
}

/// Keys over runs: which kinds, how many runs and points, from where to where.
pub fn keys_are_counted(subject: &Subject<'_>) {
    let store = (subject.create)();
    for (id, run) in [(1, "r"), (2, "s")] {
        let mut stream = TestStream::new(id).with(|opening| opening.path.run = run.into());
        store.open_stream(stream.id, &stream.opening).unwrap();
        let offset = i64::from(id) * 100;
        let frame = stream.frame(&[
            row(offset, &[("both", Value::Int(1)), (run, text("x"))]),
            row(offset + 1, &[("both", Value::Int(2))]),
            row(offset + 1, &[("both", Value::Int(3))]),
        ]);
        store.append(&[frame]).unwrap();
    }
    at_every_stage(subject, store, |store| {
        let keys = |runs: &[&str]| -> Vec<(String, u64, u64, i64, i64)> {
            let runs: Vec<String> = runs.iter().map(|run| (*run).to_owned()).collect();
            let keys = store.keys("local", "p", &runs).unwrap();
            keys.into_iter().map(|key| (key.key, key.runs, key.points, key.first_step, key.last_step)).collect()
        };
        let all = [("both".to_owned(), 2, 4, 100, 201), ("r".to_owned(), 1, 1, 100, 100), ("s".to_owned(), 1, 1, 200, 200)];
        assert_eq!(keys(&[]), all);
        assert_eq!(keys(&["s"]), [("both".to_owned(), 1, 2, 200, 201), all[2].clone()]);
        assert_eq!(keys(&["unknown"]), []);
    });
}
