//! The last value of every key, for reading a run's summary while it runs.
//!
//! Cheap per row: the bytes of each shape's row at the greatest step are kept as they are and looked at when
//! someone asks. Only rows with nested dicts are taken apart at once, because two of them at different steps
//! may both hold last values.

use super::histories::Histories;
use super::preview::Preview;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;
use stepwell_codec::msgpack::{self, Reader};
use stepwell_model::{Entry, Metrics, Step, Value, flatten};
use stepwell_sample::run_summary::{HandSet, History, LoggedKey, combine, needs_history};

/// The row of a shape at the greatest step.
#[derive(Default)]
struct ShapeLast {
    keys: Arc<[u32]>,
    step: Step,
    /// Time at which it came; 0 if none did.
    order: u64,
    values: Vec<u8>,
}

/// The last values. At one step, the later one is the last.
#[derive(Default)]
pub(crate) struct LastValues {
    names: Vec<Box<str>>,
    shapes: Vec<ShapeLast>,
    nested: FxHashMap<String, (u32, Step, u64, Value)>,
    /// Paths in `nested` that are no names of keys, and how many there may be.
    paths: usize,
    most_paths: Option<usize>,
    order: u64,
    preview: Preview,
    histories: Histories,
    metrics: Metrics,
    by_hand: BTreeMap<String, HandSet<u64>>,
}

impl LastValues {
    pub(crate) fn define_key(&mut self, name: &str) {
        let key = self.names.len() as u32;
        if self.needs_history(name) {
            self.histories.keep(key, std::iter::empty());
        }
        self.names.push(name.into());
    }

    pub(crate) fn define_shape(&mut self, keys: Arc<[u32]>) {
        self.preview.define_shape();
        self.histories.define_shape(&keys);
        self.shapes.push(ShapeLast { keys, ..ShapeLast::default() });
    }

    /// No more than so many keys within nested dicts; without this there is no limit.
    pub(crate) fn limit_paths(&mut self, most: usize) {
        self.most_paths = Some(most);
    }

    /// Sees a row of a caller's shape; `false`, and nothing is kept of it, if its nested dicts have more keys
    /// than there may be.
    #[inline]
    pub(crate) fn observe(&mut self, shape: u32, step: Step, values: &[u8]) -> bool {
        let Some(last) = self.shapes.get_mut(shape as usize) else { return true };
        if msgpack::all_leaves(values, last.keys.len()) {
            let before = (last.order > 0).then_some((last.step, &*last.values));
            self.preview.observe(shape, &last.keys, step, values, before);
            self.histories.observe(shape, &last.keys, step, values, before);
            self.order += 1;
            if last.order == 0 || step >= last.step {
                (last.step, last.order) = (step, self.order);
                last.values.clear();
                last.values.extend_from_slice(values);
            }
            true
        } else {
            let keys = Arc::clone(&last.keys);
            let seen = self.observe_nested(&keys, step, values);
            if seen {
                self.preview.observe_alone(shape, &keys, step, values);
            }
            seen
        }
    }

    /// Returns whether the new paths of a row are within the limit. Looked at closely only when they might
    /// not be: each takes a byte at least.
    fn has_room(&self, keys: &[u32], values: &[u8]) -> bool {
        let most = self.most_paths.unwrap_or(usize::MAX);
        if self.paths + values.len() <= most {
            return true;
        }
        let (mut new, mut reader) = (0, Reader::new(values));
        for &key in keys {
            let (Ok(value), Some(name)) = (reader.value(), self.names.get(key as usize)) else { break };
            flatten(name, &value, &mut |path, _| new += usize::from(path.len() != name.len() && !self.nested.contains_key(path)));
        }
        self.paths + new <= most
    }

    /// Sees a row that is taken apart at once; `false` as in [`observe`](Self::observe).
    pub(crate) fn observe_nested(&mut self, keys: &[u32], step: Step, values: &[u8]) -> bool {
        if !self.has_room(keys, values) {
            return false;
        }
        self.order += 1;
        let order = self.order;
        let mut reader = Reader::new(values);
        for &key in keys {
            let (Ok(value), Some(name)) = (reader.value(), self.names.get(key as usize)) else { break };
            flatten(name, &value, &mut |path, leaf| {
                self.histories.observe_leaf(path, step, leaf);
                match self.nested.get_mut(path) {
                    Some(last) if step < last.1 => {}
                    Some(last) => *last = (key, step, order, leaf.clone()),
                    None => {
                        self.paths += usize::from(path.len() != name.len());
                        self.nested.insert(path.to_owned(), (key, step, order, leaf.clone()));
                    }
                }
            });
        }
        true
    }

    fn needs_history(&self, name: &str) -> bool {
        self.metrics.find(name).is_some_and(needs_history)
    }

    /// Sees a statement: definitions of metrics and values set by hand.
    pub(crate) fn observe_entry(&mut self, entry: &Entry) {
        match entry {
            Entry::Metric { definition, .. } => {
                self.metrics.define(definition);
                for (key, name) in (0..).zip(&self.names) {
                    if !self.histories.keeps(key) && self.needs_history(name) {
                        let row = |last: &'_ ShapeLast| (last.order > 0).then_some((last.step, last.order));
                        let lasts =
                            self.shapes.iter().map(|last| (&last.keys, row(last).map(|(step, order)| (step, order, &last.values[..]))));
                        self.histories.keep(key, lasts);
                    }
                }
            }
            Entry::Summary { set, deleted, until_logged, .. } => {
                self.order += 1;
                let set = set.iter().map(|(name, value)| (name, Some(value.clone())));
                for (name, value) in set.chain(deleted.iter().map(|name| (name, None))) {
                    self.by_hand.insert(name.clone(), HandSet { said: self.order, value, until_logged: *until_logged });
                }
            }
            _ => {}
        }
    }

    /// The summary: what stands for every key that was logged, in the order in which keys were defined, and
    /// what was set by hand.
    pub(crate) fn summary(&self) -> Vec<(String, Value)> {
        let ids: FxHashMap<&str, u32> = (0..).zip(&self.names).map(|(key, name)| (&**name, key)).collect();
        let found = self.found();
        let histories: Vec<Option<History>> = found
            .iter()
            .map(|last| self.histories.of(last.name, ids.get(last.name).copied()).filter(|_| self.needs_history(last.name)))
            .collect();
        let logged = found.into_iter().zip(&histories).map(|(last, history)| LoggedKey {
            key: last.name,
            definition: self.metrics.find(last.name),
            last: last.value,
            logged: Some(last.order),
            history: history.as_ref(),
        });
        let (mut summary, mut places) = (Vec::new(), FxHashMap::default());
        combine(logged, &self.by_hand, &mut |name, value| match places.get(&name) {
            Some(&place) => summary[place] = (name, value),
            None => {
                places.insert(name.clone(), summary.len());
                summary.push((name, value));
            }
        });
        summary
    }

    /// Some numbers of every key: see [`Preview::resolve`].
    pub(crate) fn preview(&self) -> Vec<(String, Vec<f64>)> {
        let lasts = self.shapes.iter().map(|last| (&*last.keys, (last.order > 0).then_some((last.step, &*last.values))));
        self.preview.resolve(&self.names, lasts)
    }

    /// The keys whose last value was logged for `step` or a greater one, with it.
    pub(crate) fn resolve_from(&self, step: Step) -> Vec<(String, Value)> {
        let recent = self.found().into_iter().filter(|last| last.step >= step);
        recent.map(|last| (last.name.to_owned(), last.value)).collect()
    }

    /// The last values of all keys.
    fn found(&self) -> Vec<Last<'_>> {
        let mut found: FxHashMap<&str, Last<'_>> = FxHashMap::default();
        for (path, (key, step, order, value)) in &self.nested {
            found.insert(path, Last { name: path, key: *key, step: *step, order: *order, value: value.clone() });
        }
        for last in self.shapes.iter().filter(|last| last.order > 0) {
            let mut reader = Reader::new(&last.values);
            for &key in last.keys.iter() {
                let Some(name) = self.names.get(key as usize) else { break };
                let before = reader.rest();
                if reader.skip().is_err() {
                    break;
                }
                if found.get(&**name).is_some_and(|other| (other.step, other.order) > (last.step, last.order)) {
                    continue;
                }
                if let Ok(value) = msgpack::from_bytes(&before[..before.len() - reader.rest().len()]) {
                    found.insert(name, Last { name, key, step: last.step, order: last.order, value });
                }
            }
        }
        let mut found: Vec<Last<'_>> = found.into_values().collect();
        found.sort_by(|a, b| (a.key, a.name).cmp(&(b.key, b.name)));
        found
    }
}

/// The last value of a key or of a leaf below it.
struct Last<'a> {
    name: &'a str,
    key: u32,
    step: Step,
    order: u64,
    value: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(rows: &[(&[u32], Step, &[Value])]) -> Vec<(String, Value)> {
        let mut last = LastValues::default();
        ["a", "b"].iter().for_each(|name| last.define_key(name));
        let mut shapes: Vec<&[u32]> = Vec::new();
        for (keys, step, values) in rows {
            let shape = shapes.iter().position(|shape| shape == keys).unwrap_or_else(|| {
                shapes.push(keys);
                last.define_shape((*keys).into());
                shapes.len() - 1
            });
            last.observe(shape as u32, *step, &values.iter().flat_map(msgpack::to_bytes).collect::<Vec<_>>());
        }
        last.resolve_from(Step::MIN)
    }

    fn dict(pairs: &[(&str, Value)]) -> Value {
        Value::Map(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    }

    #[test]
    fn the_greatest_step_wins_and_at_one_step_the_later_call() {
        let (int, float) = (Value::Int, Value::Float);
        let rows = [(&[0, 1][..], 5, &[int(1), float(1.0)][..]), (&[1], 5, &[float(2.0)]), (&[0], 4, &[int(9)]), (&[1], 3, &[float(9.0)])];
        assert_eq!(last(&rows), [("a".into(), int(1)), ("b".into(), float(2.0))]);
    }

    #[test]
    fn nested_dicts_are_flattened_and_typed_objects_are_not() {
        let typed = dict(&[("_type", Value::Str("histogram".into())), ("bins", Value::List(vec![]))]);
        let rows = [
            (&[0][..], 0, &[dict(&[("x", Value::Int(1)), ("y", Value::Int(2))])][..]),
            (&[0], 1, &[dict(&[("y", Value::Int(3))])]),
            (&[1], 1, std::slice::from_ref(&typed)),
        ];
        assert_eq!(last(&rows), [("a.x".into(), Value::Int(1)), ("a.y".into(), Value::Int(3)), ("b".into(), typed)]);
    }
}
