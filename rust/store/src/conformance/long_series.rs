//! Promises about series of very many points, and of steps at both ends of what there is.

use super::observation::{points_text, row_text};
use super::reading::{PRIMARY, all_rows, at_every_stage, points, rows, text};
use super::stream::{TestStream, path, row};
use super::{Subject, compact_all};
use crate::{MemoryStore, RowQuery, StepRange, Store};
use stepwell_model::{Entry, Value};

/// Series of many chunks, written in several shapes and with steps that fall back, read as the model reads
/// them.
pub fn long_series_stay_whole(subject: &Subject<'_>) {
    let (store, model) = ((subject.create)(), MemoryStore::new());
    let mut stream = TestStream::new(1);
    for store in [&*store, &model as &dyn Store] {
        store.open_stream(stream.id, &stream.opening).unwrap();
    }
    for part in 0..24_i64 {
        // The eighth part begins 3,000 steps back, as a run that resumes from a checkpoint does.
        let from = if part < 8 { part * 1000 } else { (part - 3) * 1000 };
        let rows: Vec<Entry> = (from..from + 1000)
            .map(|step| {
                let (a, b) = (("a", Value::Float((step * part) as f64 / 7.0)), ("b", Value::Int(step)));
                if step % 10 == 0 { row(step, &[a, b, ("eval", Value::Float(0.5))]) } else { row(step, &[a, b]) }
            })
            .collect();
        let frame = stream.frame(&rows);
        store.append(std::slice::from_ref(&frame)).unwrap();
        model.append(&[frame]).unwrap();
        if part % 5 != 0 {
            compact_all(&*store);
        }
    }
    at_every_stage(subject, store, |store| {
        for key in ["a", "b", "eval", "_step", "_runtime"] {
            for window in [StepRange::ALL, StepRange { first: 4000, last: 8200 }, StepRange { first: 12_345, last: 12_345 }] {
                let (found, expected) = (points(store, key, &PRIMARY, window), points(&model, key, &PRIMARY, window));
                assert!(points_text(&found) == points_text(&expected), "{key} {window:?}");
            }
        }
        assert_eq!(store.keys("local", "p", &[]), model.keys("local", "p", &[]));
        assert_eq!(store.run(&path(), 0), model.run(&path(), 0));
        let text = |store: &dyn Store| all_rows(store).iter().map(row_text).collect::<Vec<_>>();
        assert!(text(store) == text(&model));
    });
}

/// Rows so wide that a scan comes in many batches, of shapes that take turns, some written again by a later
/// life of the writer, are those of the model: whatever keys are asked for, no matter where a batch ends.
pub fn wide_rows_stay_whole_from_batch_to_batch(subject: &Subject<'_>) {
    const KEYS: i64 = 600;
    let (store, model) = ((subject.create)(), MemoryStore::new());
    let mut streams = [TestStream::new(1), TestStream::new(2).with(|opening| opening.attempt = 1)];
    for store in [&*store, &model as &dyn Store] {
        streams.iter().for_each(|stream| assert_eq!(store.open_stream(stream.id, &stream.opening), Ok(0)));
    }
    let names: Vec<String> = (0..KEYS).map(|key| format!("m/{key:03}")).collect();
    // The second life begins a bit before the end of the first one, and every third of its steps is another.
    for (life, from, to, stride) in [(0, 0, 900, 1), (1, 800, 1_100, 3), (0, 900, 1_000, 1)] {
        for first in (from..to).step_by(100) {
            let rows: Vec<Entry> = (first..first + 100)
                .step_by(stride)
                .map(|step| {
                    let number =
                        |key: i64| if key % 7 == 0 { Value::Int(step * key) } else { Value::Float((step * KEYS + key) as f64 / 3.0) };
                    let wide = (0..KEYS).filter(|key| step % 5 != 0 || key % 2 == 0).map(|key| (&*names[key as usize], number(key)));
                    let mut cells: Vec<(&str, Value)> = wide.collect();
                    match step % 100 {
                        50 => cells[3].1 = text("a text among numbers"),
                        60 => cells = vec![("m/eval", Value::Float(step as f64)), ("m/names", text(&step.to_string()))],
                        70 => cells = Vec::new(),
                        _ => {}
                    }
                    row(step, &cells)
                })
                .collect();
            let frame = streams[life].frame(&rows);
            store.append(std::slice::from_ref(&frame)).unwrap();
            model.append(&[frame]).unwrap();
        }
        if life == 0 {
            compact_all(&*store);
        }
    }
    let query = |keys: &[&str], steps| RowQuery { keys: keys.iter().map(|key| (*key).to_owned()).collect(), label: PRIMARY, steps };
    let some = StepRange { first: 155, last: 860 };
    let questions = [
        query(&[], StepRange::ALL),
        query(&["m/000", "m/001"], some),
        query(&["m/003"], StepRange::ALL),
        query(&["m/eval"], StepRange::ALL),
        query(&["m/names", "m/599"], some),
        query(&["none"], StepRange::ALL),
    ];
    let text = |store: &dyn Store, query: &RowQuery| rows(store, query).iter().map(row_text).collect::<String>();
    let expected = questions.each_ref().map(|query| text(&model, query));
    at_every_stage(subject, store, |store| {
        for (query, expected) in questions.iter().zip(&expected) {
            assert!(text(store, query) == *expected, "{:?} {:?}", query.keys, query.steps);
        }
    });
}

/// F1: steps have all 64 bits, and nothing counts on one before or after.
pub fn the_least_and_the_greatest_step_are_steps_like_any_other(subject: &Subject<'_>) {
    let steps = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    let store = (subject.create)();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    for step in steps {
        let frame = stream.frame(&[row(step, &[("a", Value::Float(step as f64)), ("t", text(&step.to_string()))])]);
        store.append(&[frame]).unwrap();
        // Some in chunks, some in the journal.
        if step == 0 {
            compact_all(&*store);
        }
    }
    at_every_stage(subject, store, |store| {
        assert_eq!(points(store, "a", &PRIMARY, StepRange::ALL).steps, steps);
        assert_eq!(points(store, "_step", &PRIMARY, StepRange::ALL).steps, steps);
        assert_eq!(all_rows(store).iter().map(|row| row.step).collect::<Vec<_>>(), steps);
        for step in steps {
            let at = StepRange { first: step, last: step };
            assert_eq!(points(store, "a", &PRIMARY, at).steps, [step]);
            assert_eq!(rows(store, &RowQuery { keys: vec!["t".into()], label: PRIMARY, steps: at }).len(), 1);
            let (count, values) = store.values(&path(), "t", None, &PRIMARY, at, 9).unwrap();
            assert_eq!((count, &values[0].value), (1, &text(&step.to_string())));
        }
        let info = store.run(&path(), 0).unwrap();
        assert_eq!((info.rows, info.last_step), (7, Some(i64::MAX)));
        let key = &store.keys("local", "p", &[]).unwrap()[0];
        assert_eq!((key.first_step, key.last_step, key.points), (i64::MIN, i64::MAX, 7));
    });
}
