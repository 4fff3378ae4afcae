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
