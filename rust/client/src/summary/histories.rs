//! Aggregates of the values of every key, row by row, for the kinds of summary that ask for more than the
//! last value.
//!
//! A key with such a definition has an exact history. As a definition may come after the rows, every shape
//! keeps [`Columns`] of the rows before it, which are cheap; of them the mean may be wrong in its last digit.
//! The number at a key's greatest step waits until a greater step comes, so that a value that replaces it is
//! not counted beside it. A number at a smaller step counts at once: should it replace one there, both count,
//! here and until the run is read back.

use super::columns::Columns;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use stepwell_codec::msgpack::{self, Reader, ValueRef};
use stepwell_model::{Number, Step, Value};
use stepwell_sample::Aggregate;
use stepwell_sample::run_summary::History;

/// The history of a key.
#[derive(Debug, Clone, Default)]
struct KeyHistory {
    /// The number at the greatest step that has one.
    waiting: Option<(Step, Number)>,
    numbers: Aggregate,
    /// The value at the lowest step.
    first: Option<(Step, Value)>,
}

impl KeyHistory {
    #[inline]
    fn observe_number(&mut self, step: Step, number: Number) {
        match self.waiting {
            Some((at, _)) if step < at => self.numbers.add(number),
            Some((at, known)) => {
                if step > at {
                    self.numbers.add(known);
                }
                self.waiting = Some((step, number));
            }
            None => self.waiting = Some((step, number)),
        }
        if self.first.as_ref().is_none_or(|(first, _)| step <= *first) {
            self.first = Some((step, number.into()));
        }
    }

    fn observe_other(&mut self, step: Step, value: &Value) {
        self.waiting = self.waiting.filter(|(at, _)| *at != step);
        if self.first.as_ref().is_none_or(|(first, _)| step <= *first) {
            self.first = Some((step, value.clone()));
        }
    }

    #[inline]
    fn observe_ref(&mut self, step: Step, value: &ValueRef<'_>) {
        match value {
            ValueRef::Float(value) => self.observe_number(step, Number::Float(*value)),
            ValueRef::Int(value) => self.observe_number(step, Number::Int(*value)),
            ValueRef::Other(_) => self.observe_other(step, &to_value(value)),
        }
    }

    fn observe(&mut self, step: Step, value: &Value) {
        match value.as_number() {
            Some(number) => self.observe_number(step, number),
            None => self.observe_other(step, value),
        }
    }

    /// Adds the history of the same key in other rows.
    fn merge(&mut self, other: Self) {
        self.numbers.merge(&other.numbers);
        other.waiting.into_iter().for_each(|(_, number)| self.numbers.add(number));
        if let Some((step, value)) = other.first
            && self.first.as_ref().is_none_or(|(first, _)| step < *first)
        {
            self.first = Some((step, value));
        }
    }
}

/// The state of the rows of a shape.
struct ShapeHistory {
    keys: Arc<[u32]>,
    /// All rows but the one at the greatest step.
    columns: Columns,
    /// The row at the lowest step.
    first: Option<(Step, Vec<u8>)>,
    /// Columns of keys with an exact history.
    exact: Vec<(usize, u32)>,
}

impl ShapeHistory {
    fn of(keys: &Arc<[u32]>, first: Option<(Step, &[u8])>) -> Self {
        let first = first.map(|(step, row)| (step, row.to_vec()));
        Self { columns: Columns::new(keys.len()), keys: Arc::clone(keys), first, exact: Vec::new() }
    }
}

/// The histories of all keys.
#[derive(Default)]
pub(crate) struct Histories {
    /// A shape of one row has none, unless one of its keys has an exact history: the row is the last one,
    /// which the caller keeps.
    shapes: Vec<Option<Box<ShapeHistory>>>,
    /// By id of the key.
    exact: FxHashMap<u32, KeyHistory>,
    /// Of what came in rows that were taken apart: by path, leaves of nested dicts among them.
    leaves: FxHashMap<String, KeyHistory>,
}

impl Histories {
    pub(crate) fn define_shape(&mut self, keys: &Arc<[u32]>) {
        let known = (0..).zip(keys.iter()).filter(|(_, key)| self.exact.contains_key(key));
        let exact: Vec<_> = known.map(|(column, key)| (column, *key)).collect();
        self.shapes.push((!exact.is_empty()).then(|| Box::new(ShapeHistory { exact, ..ShapeHistory::of(keys, None) })));
    }

    /// Sees a row without nested dicts; `last` is the row of the shape at the greatest step so far.
    #[inline]
    pub(crate) fn observe(&mut self, shape: u32, keys: &Arc<[u32]>, step: Step, values: &[u8], last: Option<(Step, &[u8])>) {
        let shape = match (self.shapes.get_mut(shape as usize), last) {
            (Some(Some(shape)), _) => shape,
            // The one row so far is the first and the last.
            (Some(slot), Some(_)) => slot.insert(Box::new(ShapeHistory::of(keys, last))),
            _ => return,
        };
        match last {
            Some((at, row)) if at < step => shape.columns.add(row),
            Some((at, _)) if at > step => shape.columns.add(values),
            _ => {}
        }
        if shape.first.as_ref().is_none_or(|(first, _)| step <= *first) {
            shape.first = Some((step, values.to_vec()));
        }
        for (column, key) in &shape.exact {
            if let (Some(history), Some(value)) = (self.exact.get_mut(key), value_at(values, shape.keys.len(), *column)) {
                history.observe_ref(step, &value);
            }
        }
    }

    /// Sees a leaf of a row that is taken apart.
    pub(crate) fn observe_leaf(&mut self, path: &str, step: Step, leaf: &Value) {
        match self.leaves.get_mut(path) {
            Some(history) => history.observe(step, leaf),
            None => self.leaves.entry(path.to_owned()).or_default().observe(step, leaf),
        }
    }

    /// Keeps an exact history of a key from here on. `lasts` has for each shape its keys, its row at the
    /// greatest step and when that came.
    pub(crate) fn keep<'a>(&mut self, key: u32, lasts: impl Iterator<Item = (&'a Arc<[u32]>, Option<(Step, u64, &'a [u8])>)>) {
        let mut history = KeyHistory::default();
        let mut ends: Vec<(Step, u64, Value)> = Vec::new();
        for (shape, (keys, last)) in self.shapes.iter_mut().zip(lasts) {
            let Some(column) = keys.iter().position(|known| *known == key) else { continue };
            let first = last.map(|(step, _, row)| (step, row));
            let shape = shape.get_or_insert_with(|| Box::new(ShapeHistory::of(keys, first)));
            shape.exact.retain(|(_, known)| *known != key);
            shape.exact.push((column, key));
            let value = |row: &[u8]| value_at(row, shape.keys.len(), column).map(|value| to_value(&value));
            let first = shape.first.as_ref().and_then(|(step, row)| Some((*step, value(row)?)));
            history.merge(KeyHistory { waiting: None, numbers: shape.columns.aggregate(column), first });
            ends.extend(last.and_then(|(step, order, row)| Some((step, order, value(row)?))));
        }
        // Of the shapes' rows at one step the later one has replaced the others.
        ends.sort_by_key(|(step, order, _)| (*step, *order));
        ends.iter().for_each(|(step, _, value)| history.observe(*step, value));
        self.exact.insert(key, history);
    }

    /// Returns whether the key has an exact history.
    pub(crate) fn keeps(&self, key: u32) -> bool {
        self.exact.contains_key(&key)
    }

    /// The history of `path`; `key` is the key of that name, if there is one. It must be kept.
    pub(crate) fn of(&self, path: &str, key: Option<u32>) -> Option<History> {
        let mut all = key.and_then(|key| self.exact.get(&key)).cloned().unwrap_or_default();
        self.leaves.get(path).cloned().into_iter().for_each(|leaf| all.merge(leaf));
        let KeyHistory { waiting, mut numbers, first } = all;
        waiting.into_iter().for_each(|(_, number)| numbers.add(number));
        first.map(|(_, first)| History { first, numbers })
    }
}

fn to_value(value: &ValueRef<'_>) -> Value {
    match value {
        ValueRef::Float(value) => Value::Float(*value),
        ValueRef::Int(value) => Value::Int(*value),
        // The row was checked when it was seen.
        ValueRef::Other(bytes) => msgpack::from_bytes(bytes).unwrap_or(Value::Nil),
    }
}

/// The value in a column of a row.
fn value_at(row: &[u8], columns: usize, column: usize) -> Option<ValueRef<'_>> {
    if msgpack::all_doubles(row, columns) {
        return Reader::new(&row[msgpack::DOUBLE_BYTES * column..]).value_ref().ok();
    }
    let mut reader = Reader::new(row);
    (0..column).try_for_each(|_| reader.skip()).ok()?;
    reader.value_ref().ok()
}

#[cfg(test)]
mod tests {
    use crate::summary::LastValues;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use stepwell_codec::msgpack;
    use stepwell_model::{Entry, MetricDefinition, Step, Value};

    const KINDS: [&str; 6] = ["min", "max", "mean", "first", "last", "best"];

    fn define(name: &str, kinds: &[&str]) -> Entry {
        let (name, summary) = (name.into(), kinds.iter().map(|kind| kind.parse().unwrap()).collect());
        Entry::Metric { time: 0, definition: MetricDefinition { name, summary, ..MetricDefinition::default() } }
    }

    /// Keys `a`, `b`, and shapes (a), (b), (a, b).
    fn last_values() -> LastValues {
        let mut last = LastValues::default();
        ["a", "b"].iter().for_each(|name| last.define_key(name));
        [&[0][..], &[1], &[0, 1]].iter().for_each(|keys| last.define_shape((*keys).into()));
        last
    }

    fn observe(last: &mut LastValues, shape: u32, step: Step, values: &[Value]) {
        last.observe(shape, step, &values.iter().flat_map(msgpack::to_bytes).collect::<Vec<_>>());
    }

    fn summary(last: &LastValues) -> BTreeMap<String, String> {
        last.summary().into_iter().map(|(name, value)| (name, format!("{value:?}"))).collect()
    }

    /// The kinds of values by step, by the letter. Numbers are multiples of 1/8, so that plain sums
    /// of them are exact.
    fn oracle(name: &str, points: &BTreeMap<Step, Value>) -> BTreeMap<String, String> {
        let (Some(first), Some(last)) = (points.values().next(), points.values().next_back()) else { return BTreeMap::new() };
        let mut all = vec![("first", first.clone()), ("last", last.clone())];
        let any = points.values().any(|value| value.as_f64().is_some());
        let numbers: Vec<&Value> = points.values().filter(|value| value.as_f64().is_some_and(|value| !value.is_nan())).collect();
        let less = |one: &&&Value, other: &&&Value| one.as_f64().partial_cmp(&other.as_f64()).unwrap();
        let nan = any.then_some(Value::Float(f64::NAN));
        let min = numbers.iter().min_by(less).map(|value| (**value).clone()).or(nan.clone());
        let max = numbers.iter().rev().max_by(less).map(|value| (**value).clone()).or(nan.clone());
        let sum: f64 = numbers.iter().filter_map(|value| value.as_f64()).sum();
        let mean = if numbers.is_empty() { nan } else { Some(Value::Float(sum / numbers.len() as f64)) };
        for (kind, value) in [("min", min.clone()), ("best", min), ("max", max), ("mean", mean)] {
            all.extend(value.map(|value| (kind, value)));
        }
        all.into_iter().map(|(kind, value)| (format!("{name}.{kind}"), format!("{value:?}"))).collect()
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            8 => (-4000i32..4000).prop_map(|eighths| Value::Float(f64::from(eighths) / 8.0)),
            1 => Just(Value::Float(f64::NAN)),
            1 => Just(Value::Str("x".into())),
        ]
    }

    proptest! {
        #[test]
        fn every_kind_is_what_the_values_say_whenever_it_was_defined(
            rows in proptest::collection::vec((0u32..3, 0..3i64, value(), value()), 0..60),
            defined in 0usize..60,
        ) {
            let (mut last, mut step) = (last_values(), 0);
            let mut points: [BTreeMap<Step, Value>; 2] = Default::default();
            for (at, (shape, forward, one, two)) in rows.iter().enumerate() {
                if at == defined {
                    last.observe_entry(&define("*", &KINDS));
                }
                // A step that comes again has its keys in the same shape; before the definition it replaces
                // nothing of other shapes.
                step += if at > defined { *forward } else { 1 };
                let (values, keys) = match shape {
                    0 => (vec![one.clone()], vec![0]),
                    1 => (vec![one.clone()], vec![1]),
                    _ => (vec![one.clone(), two.clone()], vec![0, 1]),
                };
                observe(&mut last, *shape, step, &values);
                for (key, value) in keys.into_iter().zip(values) {
                    points[key].insert(step, value);
                }
            }
            if defined >= rows.len() {
                last.observe_entry(&define("*", &KINDS));
            }
            let mut expected = oracle("a", &points[0]);
            expected.extend(oracle("b", &points[1]));
            prop_assert_eq!(summary(&last), expected);
        }
    }

    #[test]
    fn integers_and_leaves_of_dicts_are_summed_up_too() {
        let mut last = last_values();
        let nested = |value: f64| Value::Map(vec![("x".into(), Value::Float(value))]);
        observe(&mut last, 2, 1, &[Value::Int(3), nested(1.5)]);
        observe(&mut last, 0, 2, &[Value::Int(5)]);
        last.observe_entry(&define("a", &["max", "mean"]));
        last.observe_entry(&define("b.x", &["min", "max"]));
        observe(&mut last, 2, 3, &[Value::Int(4), nested(0.5)]);
        // A smaller step counts, and is not the last.
        observe(&mut last, 0, 0, &[Value::Int(8)]);
        let expected = [("a.max", "Int(8)"), ("a.mean", "Float(5.0)"), ("b.x.max", "Float(1.5)"), ("b.x.min", "Float(0.5)")];
        assert_eq!(summary(&last), expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn a_value_set_by_hand_stands_until_it_is_set_again_or_until_it_is_logged() {
        let set = |name: &str, value: Option<i64>, until_logged| Entry::Summary {
            time: 0,
            set: value.map(|value| (name.to_owned(), Value::Int(value))).into_iter().collect(),
            deleted: if value.is_none() { vec![name.to_owned()] } else { Vec::new() },
            until_logged,
        };
        for until_logged in [false, true] {
            let mut last = last_values();
            observe(&mut last, 2, 0, &[Value::Int(1), Value::Int(1)]);
            last.observe_entry(&define("b", &["max"]));
            last.observe_entry(&set("a", Some(7), until_logged));
            last.observe_entry(&set("b.max", Some(7), until_logged));
            last.observe_entry(&set("c", Some(7), until_logged));
            let text = |values: &[(&str, i64)]| values.iter().map(|(name, value)| ((*name).to_owned(), format!("Int({value})"))).collect();
            let set_by_hand: BTreeMap<String, String> = text(&[("a", 7), ("b.max", 7), ("c", 7)]);
            assert_eq!(summary(&last), set_by_hand);
            observe(&mut last, 2, 1, &[Value::Int(2), Value::Int(2)]);
            assert_eq!(summary(&last), if until_logged { text(&[("a", 2), ("b.max", 2), ("c", 7)]) } else { set_by_hand });
            last.observe_entry(&set("a", None, until_logged));
            assert_eq!(summary(&last).get("a"), None);
            observe(&mut last, 0, 2, &[Value::Int(3)]);
            assert_eq!(summary(&last).contains_key("a"), until_logged);
        }
    }
}
