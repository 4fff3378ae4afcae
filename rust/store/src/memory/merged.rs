//! The rows of a run, merged: (label, step) → key → value of the highest priority.

use crate::merge::{Priority, Stamp};
use crate::query::{KeyInfo, LabelChoice, SeriesPoints, StepRange, StoredValue};
use crate::row::{self, Clock, RUNTIME, STEP, TIMESTAMP, flat_cells, is_automatic};
use crate::run::{RowFacts, StreamFacts};
use crate::summary::Wanted;
use std::collections::{BTreeMap, BTreeSet};
use stepwell_codec::column::Number;
use stepwell_model::{EntryNumber, Kind, Row, Step, TimeMicros, Value};
use stepwell_sample::Aggregate;
use stepwell_sample::run_summary::History;

/// All rows of a run.
#[derive(Debug, Default)]
pub(super) struct MergedRows {
    labels: BTreeMap<String, BTreeMap<Step, MergedRow>>,
    runtime_micros: TimeMicros,
}

#[derive(Debug)]
struct MergedRow {
    priority: Priority,
    clock: Clock,
    sampled: bool,
    cells: BTreeMap<String, Cell>,
}

#[derive(Debug)]
struct Cell {
    priority: Priority,
    time: TimeMicros,
    value: Value,
}

/// When an entry said it.
fn stamp(priority: Priority, time: TimeMicros) -> Stamp {
    Stamp { time, stream: priority.stream, entry: priority.entry }
}

impl MergedRow {
    fn value(&self, key: &str) -> Option<&Value> {
        self.cells.get(key).map(|cell| &cell.value)
    }

    fn logged(&self, key: &str) -> Option<f64> {
        self.value(key).and_then(Value::as_f64)
    }

    fn timestamp(&self) -> f64 {
        self.clock.timestamp(self.logged(TIMESTAMP))
    }

    fn runtime(&self) -> f64 {
        self.clock.runtime(self.logged(TIMESTAMP), self.logged(RUNTIME))
    }

    fn number(&self, step: Step, key: &str) -> Option<Number> {
        match key {
            STEP => Some(Number::Int(step)),
            TIMESTAMP => Some(Number::Float(self.timestamp())),
            RUNTIME => Some(Number::Float(self.runtime())),
            _ => self.value(key)?.as_number(),
        }
    }
}

impl MergedRows {
    /// Merges a row of a stream: later entries win key by key, the row's clock is that of the highest
    /// priority.
    pub(super) fn merge(&mut self, stream: &StreamFacts, entry: EntryNumber, row: &Row) {
        let priority = Priority { attempt: stream.opening.attempt, stream: stream.id, entry };
        let clock = Clock { time: row.time, zero: row::runtime_zero(&stream.opening) };
        self.runtime_micros = self.runtime_micros.max(clock.time.saturating_sub(clock.zero));
        let rows = self.labels.entry(stream.opening.label.clone()).or_default();
        let merged = rows.entry(row.step).or_insert_with(|| MergedRow { priority, clock, sampled: row.sampled, cells: BTreeMap::new() });
        if priority >= merged.priority {
            (merged.priority, merged.clock, merged.sampled) = (priority, clock, row.sampled);
        }
        for (key, value) in flat_cells(&row.cells) {
            match merged.cells.get(&key) {
                Some(higher) if higher.priority > priority => {}
                _ => {
                    merged.cells.insert(key, Cell { priority, time: row.time, value });
                }
            }
        }
    }

    /// The labels that `choice` means, of `labels` in their order; `has` says whether a label has what is
    /// asked for.
    pub(super) fn choose<'a>(&self, labels: &'a [String], choice: &'a LabelChoice, has: impl Fn(&str) -> bool) -> Vec<&'a str> {
        let labels = labels.iter().map(String::as_str);
        match choice {
            LabelChoice::Primary => labels.filter(|label| has(label)).take(1).collect(),
            LabelChoice::Is(label) => vec![label],
            LabelChoice::All => labels.filter(|label| has(label)).collect(),
        }
    }

    fn within(&self, label: &str, steps: StepRange) -> impl Iterator<Item = (Step, &MergedRow)> {
        let rows = self.labels.get(label).filter(|_| steps.first <= steps.last);
        rows.into_iter().flat_map(move |rows| rows.range(steps.first..=steps.last)).map(|(&step, row)| (step, row))
    }

    /// The numbers of a key.
    pub(super) fn points(&self, label: &str, key: &str, steps: StepRange) -> SeriesPoints {
        let mut points = SeriesPoints::default();
        for (step, row) in self.within(label, steps) {
            if let Some(number) = row.number(step, key) {
                points.steps.push(step);
                points.values.push(number);
            }
        }
        points
    }

    /// Values under a key that are no numbers.
    pub(super) fn values(&self, label: &str, key: &str, kind: Option<&Kind>, steps: StepRange) -> Vec<StoredValue> {
        let wanted = |value: &&Value| value.kind() != Kind::Number && kind.is_none_or(|kind| value.kind() == *kind);
        self.within(label, steps)
            .filter_map(|(step, row)| Some(StoredValue { step, value: row.value(key).filter(wanted)?.clone() }))
            .collect()
    }

    /// Rows with at least one of `keys`; with any cells, or none, if no key is named.
    pub(super) fn rows(&self, label: &str, keys: &BTreeSet<&str>, steps: StepRange) -> Vec<Row> {
        let mut rows = Vec::new();
        for (step, row) in self.within(label, steps) {
            let wanted = |key: &str| !is_automatic(key) && (keys.is_empty() || keys.contains(key));
            let cells = row.cells.iter().filter(|(key, _)| wanted(key));
            let mut cells: Vec<_> = cells.map(|(key, cell)| (key.clone(), cell.value.clone())).collect();
            if cells.is_empty() && !keys.is_empty() {
                continue;
            }
            let at = cells.partition_point(|(key, _)| key.as_str() < RUNTIME);
            cells.insert(at, (RUNTIME.to_owned(), Value::Float(row.runtime())));
            rows.push(Row { step, time: row.clock.row_time(row.logged(TIMESTAMP)), sampled: row.sampled, cells });
        }
        rows
    }

    /// Facts of the rows; `labels` in their order.
    pub(super) fn facts<'a>(&self, labels: impl Iterator<Item = &'a str>, wanted: &Wanted) -> RowFacts {
        let mut facts = RowFacts { runtime_seconds: self.runtime_micros as f64 / 1e6, ..RowFacts::default() };
        for rows in labels.filter_map(|label| self.labels.get(label)) {
            let mut found = RowFacts::default();
            for (&step, row) in rows {
                facts.rows += 1;
                facts.last_step = facts.last_step.max(Some(step));
                for (key, cell) in &row.cells {
                    found.last_values.insert(key.clone(), cell.value.clone());
                    found.stamps.insert(key.clone(), stamp(cell.priority, cell.time));
                    let history = History { first: cell.value.clone(), numbers: Aggregate::default() };
                    let history = found.histories.entry(key.clone()).or_insert(history);
                    cell.value.as_number().into_iter().for_each(|number| history.numbers.add(number));
                }
                let automatic =
                    [(STEP, Value::Int(step)), (TIMESTAMP, Value::Float(row.timestamp())), (RUNTIME, Value::Float(row.runtime()))];
                for (key, value) in automatic {
                    found.last_values.insert(key.to_owned(), value);
                    found.stamps.insert(key.to_owned(), stamp(row.priority, row.clock.time));
                }
            }
            for (key, value) in found.last_values {
                if facts.last_values.contains_key(&key) {
                    continue;
                }
                let (history, stamp) = (found.histories.remove(&key), found.stamps.remove(&key));
                facts.histories.extend(history.filter(|_| wanted.history(&key)).map(|history| (key.clone(), history)));
                facts.stamps.extend(stamp.filter(|_| wanted.stamp(&key)).map(|stamp| (key.clone(), stamp)));
                facts.last_values.insert(key, value);
            }
        }
        facts
    }

    /// Counts the run's keys into `keys`.
    pub(super) fn add_keys(&self, keys: &mut BTreeMap<String, KeyInfo>) {
        let mut own = BTreeSet::new();
        for (&step, row) in self.labels.values().flatten() {
            for (key, Cell { value, .. }) in row.cells.iter().filter(|(key, _)| !is_automatic(key)) {
                own.insert(key.as_str());
                let info = keys.entry(key.clone()).or_insert_with(|| KeyInfo {
                    key: key.clone(),
                    kinds: Vec::new(),
                    runs: 0,
                    points: 0,
                    first_step: step,
                    last_step: step,
                });
                let kind = value.kind();
                if let Err(at) = info.kinds.binary_search(&kind) {
                    info.kinds.insert(at, kind);
                }
                info.points += 1;
                info.first_step = info.first_step.min(step);
                info.last_step = info.last_step.max(step);
            }
        }
        for key in own {
            if let Some(info) = keys.get_mut(key) {
                info.runs += 1;
            }
        }
    }
}
