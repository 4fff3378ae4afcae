//! Puts the last value of a step metric into rows that lack it, as `define_metric` asks.
//!
//! Works on merged rows, in the order in which they are framed: a row gets the value that was framed last
//! before it. As long as no metric is defined with a step metric, a row passes with one comparison. A step
//! metric that is logged within a nested dict is not put into other rows.

use super::merge::MergedRow;
use super::shapes::Shapes;
use rustc_hash::FxHashMap;
use stepwell_codec::msgpack::{Reader, all_leaves};
use stepwell_model::{MetricDefinition, Metrics, flatten, limits};

/// The step metrics of a shape's rows, which are named by their places in the list.
#[derive(Clone)]
struct Plan {
    /// Cells that are step metrics, with those.
    given: Vec<(usize, usize)>,
    /// Those that the cells ask for, if none is a nested dict.
    missing: Vec<usize>,
}

/// A step metric with its last value: its key and its msgpack.
struct StepMetric {
    name: String,
    last: Option<(u32, Vec<u8>)>,
}

/// The definitions so far, and the last values of their step metrics.
#[derive(Default)]
pub(crate) struct StepSync {
    metrics: Metrics,
    step_metrics: Vec<StepMetric>,
    plans: FxHashMap<u32, Plan>,
    values: Vec<u8>,
}

impl StepSync {
    /// Takes in what `define_metric` said.
    pub(crate) fn define(&mut self, definition: &MetricDefinition) {
        self.metrics.define(definition);
        let names: Vec<&str> = self.metrics.iter().filter_map(MetricDefinition::synced_step_metric).collect();
        let mut known: Vec<StepMetric> = Vec::new();
        for name in names {
            if !known.iter().any(|metric| metric.name == name) {
                let last = self.step_metrics.iter_mut().find(|metric| metric.name == name).and_then(|metric| metric.last.take());
                known.push(StepMetric { name: name.to_owned(), last });
            }
        }
        self.step_metrics = known;
        self.plans.clear();
    }

    /// Returns whether no row can lack anything.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.step_metrics.is_empty()
    }

    /// The row, with what it lacks.
    pub(crate) fn complete<'r>(&'r mut self, shapes: &mut Shapes, row: MergedRow<'r>) -> MergedRow<'r> {
        let keys = shapes.keys_of(row.shape);
        if !self.plans.contains_key(&row.shape) {
            let names: Vec<&str> = keys.iter().map(|key| shapes.name_of(*key)).collect();
            self.plans.insert(row.shape, self.plan(&names));
        }
        let Some(plan) = self.plans.get(&row.shape) else { return row };
        for &(cell, metric) in &plan.given {
            if let Some(value) = cell_at(row.values, cell) {
                self.step_metrics[metric].last = Some((keys[cell], value.to_vec()));
            }
        }
        let of_leaves;
        let missing = if all_leaves(row.values, keys.len()) {
            &plan.missing
        } else {
            of_leaves = self.missing_of_leaves(shapes, &row);
            &of_leaves
        };
        self.values.clear();
        self.values.extend_from_slice(row.values);
        let mut with = Vec::new();
        for (key, value) in missing.iter().filter_map(|metric| self.step_metrics[*metric].last.as_ref()) {
            if self.values.len() + value.len() <= limits::ROW_VALUES_BYTES {
                self.values.extend_from_slice(value);
                with.push(*key);
            }
        }
        if with.is_empty() {
            return row;
        }
        let shape = shapes.intern(&[keys, &with].concat());
        MergedRow { shape, values: &self.values, ..row }
    }

    fn plan(&self, names: &[&str]) -> Plan {
        let position = |metric: &StepMetric| names.iter().position(|name| *name == metric.name);
        let given = (0..).zip(&self.step_metrics).filter_map(|(metric, each)| Some((position(each)?, metric))).collect();
        Plan { given, missing: self.missing(names) }
    }

    /// The step metrics that these flat keys ask for and that are not among them.
    fn missing(&self, names: &[&str]) -> Vec<usize> {
        let mut missing = Vec::new();
        for name in names {
            let wanted = self.metrics.find(name).and_then(MetricDefinition::synced_step_metric).filter(|wanted| !names.contains(wanted));
            let metric = wanted.and_then(|wanted| self.step_metrics.iter().position(|metric| metric.name == wanted));
            missing.extend(metric.filter(|metric| !missing.contains(metric)));
        }
        missing
    }

    /// As [`missing`](Self::missing), of a row with nested dicts.
    fn missing_of_leaves(&self, shapes: &Shapes, row: &MergedRow<'_>) -> Vec<usize> {
        let (mut names, mut reader) = (Vec::new(), Reader::new(row.values));
        for key in shapes.keys_of(row.shape) {
            let Ok(value) = reader.value() else { return Vec::new() };
            flatten(shapes.name_of(*key), &value, &mut |path, _| names.push(path.to_owned()));
        }
        self.missing(&names.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// The msgpack of a value of a row.
fn cell_at(row: &[u8], cell: usize) -> Option<&[u8]> {
    let mut reader = Reader::new(row);
    (0..cell).try_for_each(|_| reader.skip()).ok()?;
    let start = reader.rest();
    reader.skip().ok()?;
    Some(&start[..start.len() - reader.rest().len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_codec::msgpack;
    use stepwell_model::Value;

    const KEYS: [&str; 4] = ["epoch", "val/acc", "loss", "outer"];

    /// Rows by key and value, completed one after the other.
    struct Rows {
        shapes: Shapes,
        sync: StepSync,
    }

    impl Rows {
        fn new() -> Self {
            let mut shapes = Shapes::default();
            KEYS.iter().for_each(|name| shapes.define_key(name));
            Self { shapes, sync: StepSync::default() }
        }

        fn define(&mut self, name: &str, step_metric: Option<&str>, step_sync: Option<bool>) {
            let step_metric = step_metric.map(str::to_owned);
            self.sync.define(&MetricDefinition { name: name.into(), step_metric, step_sync, ..MetricDefinition::default() });
        }

        fn row(&mut self, cells: &[(&str, Value)]) -> Vec<(String, Value)> {
            let keys: Vec<u32> = cells.iter().map(|(name, _)| KEYS.iter().position(|key| key == name).unwrap() as u32).collect();
            let values: Vec<u8> = cells.iter().flat_map(|(_, value)| msgpack::to_bytes(value)).collect();
            let row = MergedRow { shape: self.shapes.intern(&keys), step: 0, time: 0, calls: 1, values: &values };
            let row = self.sync.complete(&mut self.shapes, row);
            let mut reader = Reader::new(row.values);
            let names = self.shapes.keys_of(row.shape).iter().map(|key| self.shapes.name_of(*key).to_owned());
            names.map(|name| (name, reader.value().unwrap())).collect()
        }
    }

    fn cells(cells: &[(&str, Value)]) -> Vec<(String, Value)> {
        cells.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    #[test]
    fn a_row_gets_the_last_value_of_the_step_metric_it_lacks() {
        let mut rows = Rows::new();
        let (int, float) = (Value::Int, Value::Float);
        let nested = |name: &str, value: i64| Value::Map(vec![(name.into(), Value::Int(value))]);
        let acc = ("val/acc", float(0.5));
        rows.row(&[("epoch", int(0))]);
        assert_eq!(rows.row(std::slice::from_ref(&acc)), cells(std::slice::from_ref(&acc)), "nothing is defined");
        rows.define("val/*", Some("epoch"), None);
        assert_eq!(rows.row(std::slice::from_ref(&acc)), cells(std::slice::from_ref(&acc)), "no value was seen");
        rows.row(&[("loss", float(1.0)), ("epoch", int(3))]);
        assert_eq!(rows.row(std::slice::from_ref(&acc)), cells(&[acc.clone(), ("epoch", int(3))]));
        assert_eq!(rows.row(&[("loss", float(1.0))]), cells(&[("loss", float(1.0))]), "it asks for nothing");
        assert_eq!(rows.row(&[acc.clone(), ("epoch", int(4))]), cells(&[acc.clone(), ("epoch", int(4))]), "it has one");
        assert_eq!(rows.row(&[("loss", Value::Nil), acc.clone()]), cells(&[("loss", Value::Nil), acc.clone(), ("epoch", int(4))]));
        rows.define("outer.*", Some("epoch"), None);
        assert_eq!(rows.row(&[("outer", nested("x", 1))]), cells(&[("outer", nested("x", 1)), ("epoch", int(4))]));
        rows.define("outer.*", Some("outer.step"), None);
        assert_eq!(rows.row(&[("outer", nested("step", 7))]), cells(&[("outer", nested("step", 7))]));
        assert_eq!(rows.row(&[("outer", nested("x", 1))]), cells(&[("outer", nested("x", 1))]), "it came within a dict");
        rows.define("val/*", None, Some(false));
        assert_eq!(rows.row(std::slice::from_ref(&acc)), cells(std::slice::from_ref(&acc)), "it is not to be synced");
    }
}
