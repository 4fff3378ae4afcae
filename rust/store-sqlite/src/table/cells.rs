//! Cells of runs in memory: 16 bytes for a number, and the names of the keys once for all runs that have the
//! same ones.

use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::sync::Arc;
use stepwell_model::{MetricDefinition, Value};
use stepwell_store::run::field::Field;
use stepwell_store::{Columns, RunInfo};

/// Names of the keys of a project's runs, by number.
#[derive(Default)]
pub(super) struct Keys {
    names: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, u32>,
    /// Lists of keys that runs have, each once.
    lists: FxHashSet<Arc<[u32]>>,
    bytes: usize,
}

/// A run with its cells packed.
pub(super) struct Packed {
    /// All but the cells.
    info: RunInfo,
    config: Cells,
    summary: Cells,
}

/// Cells by the names of their keys.
struct Cells {
    keys: Arc<[u32]>,
    values: Box<[Cell]>,
}

/// The value of a cell.
enum Cell {
    Int(i64),
    Float(f64),
    Other(Box<Value>),
}

impl Keys {
    /// About how many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of a key.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(&known) = self.numbers.get(name) {
            return known;
        }
        let (name, number) = (Arc::<str>::from(name), self.names.len() as u32);
        self.bytes += 80 + name.len();
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    /// Name of a key.
    pub(super) fn name(&self, number: u32) -> Arc<str> {
        Arc::clone(&self.names[number as usize])
    }

    /// The list, once for all that have the same.
    pub(super) fn list(&mut self, list: Vec<u32>) -> Arc<[u32]> {
        if let Some(known) = self.lists.get(list.as_slice()) {
            return Arc::clone(known);
        }
        let list = Arc::<[u32]>::from(list);
        self.bytes += 32 + size_of_val(&*list);
        self.lists.insert(Arc::clone(&list));
        list
    }
}

impl Packed {
    /// Packs a run.
    pub(super) fn new(keys: &mut Keys, mut info: RunInfo) -> Self {
        let (config, summary) = (std::mem::take(&mut info.config), std::mem::take(&mut info.summary));
        Self { info, config: Cells::new(keys, config), summary: Cells::new(keys, summary) }
    }

    /// The run with the cells that are chosen.
    pub(super) fn unpack(&self, keys: &Keys, columns: &Columns) -> RunInfo {
        let config = columns.config.choose(false, |key| self.config.find(keys, key), |stays| self.config.pairs(keys, stays));
        let summary = columns.summary.choose(true, |key| self.summary.find(keys, key), |stays| self.summary.pairs(keys, stays));
        RunInfo { config, summary, ..self.info.clone() }
    }

    /// The definitions of its metrics.
    pub(super) fn metrics(&self) -> &[MetricDefinition] {
        &self.info.metrics
    }

    /// The value of a field that does not hang on the time.
    pub(super) fn value(&self, keys: &Keys, field: &Field) -> Option<Cow<'_, Value>> {
        match field {
            Field::Config(key) => Field::config(key, |key| self.config.find(keys, key)),
            Field::Summary(key) => Field::lookup(key, |key| self.summary.find(keys, key)),
            _ => field.of(&self.info).map(|value| Cow::Owned(value.into_owned())),
        }
    }

    /// About how many bytes its cells take.
    pub(super) fn bytes(&self) -> usize {
        self.config.bytes() + self.summary.bytes()
    }
}

impl Cells {
    fn new(keys: &mut Keys, pairs: Vec<(String, Value)>) -> Self {
        let (numbers, values): (Vec<u32>, Vec<Cell>) = pairs.into_iter().map(|(key, value)| (keys.number(&key), Cell::from(value))).unzip();
        Self { keys: keys.list(numbers), values: values.into() }
    }

    fn find(&self, keys: &Keys, key: &str) -> Option<Cow<'_, Value>> {
        let number = *keys.numbers.get(key)?;
        let at = self.keys.iter().position(|&known| known == number)?;
        Some(self.values[at].value())
    }

    fn pairs(&self, keys: &Keys, stays: &mut dyn FnMut(&str) -> bool) -> Vec<(String, Value)> {
        let named = self.keys.iter().map(|&number| &*keys.names[number as usize]).zip(&self.values);
        named.filter(|(name, _)| stays(name)).map(|(name, cell)| (name.to_owned(), cell.value().into_owned())).collect()
    }

    fn bytes(&self) -> usize {
        size_of_val(&*self.values) + self.values.iter().map(Cell::heap_bytes).sum::<usize>()
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            Value::Int(value) => Self::Int(value),
            Value::Float(value) => Self::Float(value),
            other => Self::Other(Box::new(other)),
        }
    }
}

impl Cell {
    fn value(&self) -> Cow<'_, Value> {
        match self {
            Self::Int(value) => Cow::Owned(Value::Int(*value)),
            Self::Float(value) => Cow::Owned(Value::Float(*value)),
            Self::Other(value) => Cow::Borrowed(value),
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Self::Int(_) | Self::Float(_) => 0,
            Self::Other(value) => size_of::<Value>() + heap_bytes(value),
        }
    }
}

/// About how many bytes a value has on the heap.
fn heap_bytes(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len(),
        Value::Bin(bytes) | Value::Ext(_, bytes) => bytes.len(),
        Value::List(values) => values.iter().map(|value| size_of_val(value) + heap_bytes(value)).sum(),
        Value::Map(pairs) => pairs.iter().map(|(key, value)| 24 + key.len() + size_of_val(value) + heap_bytes(value)).sum(),
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_model::RunPath;
    use stepwell_store::run::{RowFacts, assemble};

    #[test]
    fn a_run_comes_out_as_it_went_in_and_keys_are_kept_once() {
        let mut keys = Keys::default();
        let mut run = |id: &str, lr: Value| {
            let path = RunPath::new("e", "p", id).unwrap();
            let mut info = assemble(path, 0, &[], &Default::default(), RowFacts::default(), 0);
            let inner = Value::Map(vec![("name".into(), Value::Str("adam".into()))]);
            info.config = vec![("lr".into(), lr), ("opt".into(), inner)];
            info.summary = vec![("a.b".into(), Value::Int(i64::MAX)), ("lr".into(), Value::Float(-0.0))];
            (Packed::new(&mut keys, info.clone()), info)
        };
        let (one, first) = run("r", Value::Float(0.1));
        let (two, _) = run("s", Value::Nil);
        assert!(Arc::ptr_eq(&one.config.keys, &two.config.keys));
        assert_eq!(one.unpack(&keys, &Columns::default()), first);
        let some = Columns::named(&["config.opt.name".to_owned(), "summary.lr".to_owned()]).unwrap();
        assert_eq!(one.unpack(&keys, &some), some.cut(first.clone()));
        for field in ["config.lr", "config.opt.name", "config.opt.name.value", "config.x", "summary.a.b", "summary.a", "name"] {
            let field = Field::parse(field).unwrap();
            assert_eq!(one.value(&keys, &field), field.of(&first), "{field:?}");
        }
    }
}
