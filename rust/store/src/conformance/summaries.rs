//! Summaries of metrics: the chosen kinds, over long series, restarts and labels, beside values set by hand.

use super::history::Dice;
use super::observation::value_text;
use super::stream::{TestStream, path, row};
use super::{Subject, compact_all};
use crate::Store;
use std::collections::BTreeMap;
use stepwell_model::{Entry, MetricDefinition, Row, Step, Value};

fn summary(store: &dyn Store) -> BTreeMap<String, Value> {
    store.run(&path(), 0).unwrap().summary.into_iter().filter(|(key, _)| !key.starts_with('_')).collect()
}

fn texts(summary: &BTreeMap<String, Value>) -> Vec<String> {
    summary.iter().map(|(key, value)| format!("{key} = {}", value_text(value))).collect()
}

fn metric(time: i64, name: &str, summary: &[&str], goal: Option<&str>) -> Entry {
    let summary = summary.iter().map(|kind| kind.parse().unwrap()).collect();
    let goal = goal.map(|goal| goal.parse().unwrap());
    let definition = MetricDefinition { name: name.into(), summary, goal, ..MetricDefinition::default() };
    Entry::Metric { time, definition }
}

/// A definition holds for rows before and after it; the exact name goes before a glob, and what is no number
/// has no extremes.
pub fn a_metric_is_summed_up_as_it_was_defined(subject: &Subject<'_>) {
    let store = (subject.create)();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    let (float, text) = (Value::Float, |text: &str| Value::Str(text.into()));
    let nested = |value: i64| Value::Map(vec![("acc".into(), Value::Int(value))]);
    let cells = |step: Step, acc: f64, loss: f64, name: &str| {
        let cells = [("acc", float(acc)), ("loss", float(loss)), ("name", text(name)), ("val", nested(step)), ("nan", float(f64::NAN))];
        row(step, &cells)
    };
    let frame = stream.frame(&[
        cells(3, 0.5, 0.25, "c"),
        cells(1, 0.9, f64::NAN, "a"),
        metric(1, "*", &["copy"], None),
        metric(2, "acc", &["max", "last"], None),
        metric(3, "loss", &["best", "mean", "min", "first"], Some("minimize")),
        metric(4, "val.*", &["min", "best"], Some("maximize")),
        metric(5, "n*", &["first", "max"], None),
        metric(6, "hidden", &["none"], None),
        row(4, &[("hidden", Value::Int(1)), ("acc", float(0.75)), ("loss", float(0.5))]),
    ]);
    store.append(&[frame]).unwrap();
    for _ in 0..2 {
        let expected = BTreeMap::from([
            ("acc.last".to_owned(), float(0.75)),
            ("acc.max".to_owned(), float(0.9)),
            ("loss.best".to_owned(), float(0.25)),
            ("loss.first".to_owned(), float(f64::NAN)),
            ("loss.mean".to_owned(), float(0.375)),
            ("loss.min".to_owned(), float(0.25)),
            ("name.first".to_owned(), text("a")),
            ("nan.first".to_owned(), float(f64::NAN)),
            ("nan.max".to_owned(), float(f64::NAN)),
            ("val.acc.best".to_owned(), Value::Int(3)),
            ("val.acc.min".to_owned(), Value::Int(1)),
        ]);
        assert_eq!(texts(&summary(&*store)), texts(&expected));
        compact_all(&*store);
    }
}

/// A value that was set by hand to stand until the key is logged gives way to the row that is logged later,
/// by time, and to no other.
pub fn what_is_logged_later_takes_the_place_of_some_values_set_by_hand(subject: &Subject<'_>) {
    let store = (subject.create)();
    let (mut one, mut two) = (TestStream::new(1), TestStream::new(2).with(|opening| opening.attempt = 1));
    store.open_stream(one.id, &one.opening).unwrap();
    store.open_stream(two.id, &two.opening).unwrap();
    let hand = |time, key: &str, value: Option<i64>, until_logged| Entry::Summary {
        time,
        set: value.map(|value| (key.to_owned(), Value::Int(value))).into_iter().collect(),
        deleted: if value.is_none() { vec![key.to_owned()] } else { Vec::new() },
        until_logged,
    };
    let at = |step, time, cells: &[(&str, Value)]| {
        let cells = cells.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        Entry::Row(Row { step, time, sampled: false, cells })
    };
    let logged = |value: i64| ["a", "b", "c", "d", "e"].map(|key| (key, Value::Int(value)));
    let frame = one.frame(&[
        metric(0, "e", &["max"], None),
        at(5, 10, &logged(1)),
        hand(20, "a", Some(7), true),
        hand(20, "b", Some(7), false),
        hand(20, "c", None, true),
        hand(20, "d", Some(7), true),
        hand(20, "e", Some(7), true),
        hand(20, "only", Some(7), true),
        // A row at an earlier step is not the last one, whenever it was logged.
        at(4, 40, &[("d", Value::Int(3))]),
    ]);
    store.append(&[frame]).unwrap();
    let expect = |expected: &[(&str, i64)]| {
        for _ in 0..2 {
            let expected = expected.iter().map(|(key, value)| ((*key).to_owned(), Value::Int(*value))).collect();
            assert_eq!(summary(&*store), expected);
            compact_all(&*store);
        }
    };
    expect(&[("a", 7), ("b", 7), ("d", 7), ("e", 7), ("only", 7)]);
    // The row of another stream, beside one of the same step that has other keys and is later still.
    let frame = two.frame(&[at(6, 30, &logged(2)[..3]), at(6, 50, &[("d", Value::Str("x".into())), ("e", Value::Int(2))])]);
    store.append(&[frame]).unwrap();
    store.append(&[one.frame(&[hand(35, "a", Some(8), true), hand(45, "d", Some(9), true)])]).unwrap();
    let before = summary(&*store);
    assert_eq!(before.get("d"), Some(&Value::Str("x".into())));
    store.append(&[one.frame(&[hand(60, "d", None, false)])]).unwrap();
    expect(&[("a", 8), ("b", 7), ("c", 2), ("e.max", 2), ("only", 7)]);
}

/// Long series in several streams of one or two labels, steps going back at restarts, with NaN, integers and
/// text among the numbers: every kind is what the merged points themselves say, before, between and after
/// compaction.
pub fn every_kind_is_what_the_points_say(subject: &Subject<'_>, seed: u64) {
    let mut dice = Dice::new(seed);
    let mut store = (subject.create)();
    // By label, then step: attempt, entry number and value of the winner.
    let mut points: BTreeMap<String, BTreeMap<Step, Value>> = BTreeMap::new();
    let kinds = ["min", "max", "mean", "first", "last", "best"];
    let goal = if dice.once_in(2) { "maximize" } else { "minimize" };
    let mut step: Step = 0;
    for attempt in 0..2 + dice.below(3) {
        let label = if dice.once_in(3) { "z" } else { "" };
        let mut stream = TestStream::new(attempt as u8).with(|opening| (opening.attempt, opening.label) = (attempt as u64, label.into()));
        store.open_stream(stream.id, &stream.opening).unwrap();
        let of_label = points.entry(label.to_owned()).or_default();
        step -= dice.below(400) as Step;
        for _ in 0..1 + dice.below(4) {
            let mut entries = Vec::new();
            if dice.once_in(3) {
                entries.push(metric(1, "a", &kinds, Some(goal)));
            }
            for _ in 0..dice.below(900) {
                step += if dice.once_in(400) { -20 } else { 1 + dice.below(2) as Step };
                let value = match dice.below(1_000) {
                    0 => Value::Float(f64::NAN),
                    1 if seed.is_multiple_of(3) => Value::Str("x".into()),
                    2..100 => Value::Int(dice.below(100_000) as i64 - 50_000),
                    _ => Value::Float((dice.below(1 << 30) as f64 - f64::from(1 << 29)) / 8.0),
                };
                entries.push(row(step, &[("a", value.clone())]));
                of_label.insert(step, value);
            }
            if !entries.is_empty() {
                store.append(&[stream.frame(&entries)]).unwrap();
            }
            match dice.below(4) {
                0 => compact_all(&*store),
                1 => drop(store.compact().unwrap()),
                2 => store = (subject.reopen)(store),
                _ => {}
            }
        }
        store.append(&[stream.frame(&[metric(2, "a", &kinds, Some(goal))])]).unwrap();
        let first_label = points.iter().find(|(_, points)| !points.is_empty());
        let expected = first_label.map(|(_, points)| oracle(points, goal)).unwrap_or_default();
        assert_eq!(texts(&summary(&*store)), texts(&expected), "seed {seed}");
    }
    compact_all(&*store);
    let expected = points.iter().find(|(_, points)| !points.is_empty()).map(|(_, points)| oracle(points, goal)).unwrap_or_default();
    assert_eq!(texts(&summary(&*store)), texts(&expected), "seed {seed}, compacted");
}

/// The kinds by the letter. All floats are eighths of integers below 2^31, so that plain sums of them are
/// exact.
fn oracle(points: &BTreeMap<Step, Value>, goal: &str) -> BTreeMap<String, Value> {
    let numbers = || points.values().filter(|value| value.as_f64().is_some_and(|value| !value.is_nan()));
    let less = |one: &&Value, other: &&Value| one.as_f64().partial_cmp(&other.as_f64()).unwrap();
    // Of equal ones the first: `min_by` keeps that, `max_by` of the reversed order does, too.
    let (min, max) = (numbers().min_by(less), numbers().rev().max_by(less));
    let has_numbers = points.values().any(|value| value.as_f64().is_some());
    let or_nan = |value: Option<&Value>| value.cloned().or(has_numbers.then_some(Value::Float(f64::NAN)));
    let mean = match numbers().count() {
        0 => or_nan(None),
        count => Some(Value::Float(numbers().filter_map(Value::as_f64).sum::<f64>() / count as f64)),
    };
    let best = if goal == "maximize" { max } else { min };
    let all = [
        ("a.min", or_nan(min)),
        ("a.max", or_nan(max)),
        ("a.mean", mean),
        ("a.best", or_nan(best)),
        ("a.first", points.values().next().cloned()),
        ("a.last", points.values().next_back().cloned()),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
