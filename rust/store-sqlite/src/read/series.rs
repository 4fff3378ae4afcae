//! Series: points, values that are not numbers, and the uniform view of a key.

use crate::db::error::{damaged, store_error};
use crate::read::sorted_run::{Merged, Ranks, merge};
use crate::read::view::{RunView, ValueAt, ValuePlace, hiding_runs};
use stepwell_codec::column::{Number, Numbers};
use stepwell_codec::msgpack;
use stepwell_model::{Kind, Step, TimeMicros, Value};
use stepwell_store::row::{Clock, RUNTIME, STEP, TIMESTAMP, runtime_zero};
use stepwell_store::{LabelChoice, SeriesPoints, StepRange, StoreError, StoredValue};

impl RunView<'_> {
    /// The numbers of a key and label, merged. Automatic keys included.
    pub(crate) fn label_points(&self, label: &str, name: &str, steps: StepRange) -> Result<SeriesPoints, StoreError> {
        match name {
            STEP => {
                let rows = self.clocks(label, steps)?;
                let values = Numbers::Int(rows.points.steps.clone());
                Ok(SeriesPoints { values, ..rows.points })
            }
            TIMESTAMP | RUNTIME => self.automatic_points(label, name, steps),
            _ => self.logged_points(label, name, steps),
        }
    }

    /// The numbers that were logged under a key, merged.
    pub(crate) fn logged_points(&self, label: &str, name: &str, steps: StepRange) -> Result<SeriesPoints, StoreError> {
        let key = self.key(name)?;
        let mut sorted_runs = self.number_runs(label, name, key, steps)?;
        if sorted_runs.is_empty() {
            return Ok(SeriesPoints::default());
        }
        sorted_runs.extend(hiding_runs(&self.label_values(label, name, key, steps)?));
        Ok(merge(self.connection, sorted_runs, steps, Ranks::Drop)?.points)
    }

    /// The times of a label's rows as integers, with the ranks of their streams.
    fn clocks(&self, label: &str, steps: StepRange) -> Result<Merged, StoreError> {
        merge(self.connection, self.time_runs(label, steps)?, steps, Ranks::Keep)
    }

    fn automatic_points(&self, label: &str, name: &str, steps: StepRange) -> Result<SeriesPoints, StoreError> {
        let rows = self.clocks(label, steps)?;
        let timestamps = self.logged_points(label, TIMESTAMP, steps)?;
        let runtimes = if name == RUNTIME { self.logged_points(label, RUNTIME, steps)? } else { SeriesPoints::default() };
        let (mut timestamps, mut runtimes) = (ByStep::new(&timestamps), ByStep::new(&runtimes));
        let zeros: Vec<TimeMicros> = self.streams.iter().map(|stream| runtime_zero(&stream.facts.opening)).collect();
        let times: &[i64] = match &rows.points.values {
            Numbers::Int(times) => times,
            _ => &[],
        };
        let mut values = Vec::with_capacity(times.len());
        for ((&step, &time), &rank) in rows.points.steps.iter().zip(times).zip(&rows.ranks) {
            let clock = Clock { time, zero: zeros[rank as usize] };
            let timestamp = timestamps.at(step);
            values.push(if name == RUNTIME { clock.runtime(timestamp, runtimes.at(step)) } else { clock.timestamp(timestamp) });
        }
        Ok(SeriesPoints { values: Numbers::Float(values), ..rows.points })
    }

    /// See [`stepwell_store::Store::points`].
    pub(crate) fn points(&self, name: &str, choice: &LabelChoice, steps: StepRange) -> Result<Vec<(String, SeriesPoints)>, StoreError> {
        let mut series = Vec::new();
        for label in self.choose(choice, |label| self.has_numbers(label, name))? {
            let points = self.label_points(&label, name, steps)?;
            if !points.steps.is_empty() {
                series.push((label, points));
            }
        }
        Ok(series)
    }

    /// Whether a label has numbers of a key, automatic keys included.
    pub(crate) fn has_numbers(&self, label: &str, name: &str) -> Result<bool, StoreError> {
        if matches!(name, STEP | TIMESTAMP | RUNTIME) {
            return Ok(!self.time_runs(label, StepRange::ALL)?.is_empty());
        }
        let key = self.key(name)?;
        let any = self.any_numbers(label, name, key)?;
        let hidden = any && !self.label_values(label, name, key, StepRange::ALL)?.is_empty();
        Ok(any && (!hidden || !self.logged_points(label, name, StepRange::ALL)?.steps.is_empty()))
    }

    /// See [`stepwell_store::Store::values`].
    pub(crate) fn values(
        &self,
        name: &str,
        kind: Option<&Kind>,
        choice: &LabelChoice,
        steps: StepRange,
        limit: usize,
    ) -> Result<(u64, Vec<StoredValue>), StoreError> {
        let has = |label: &str| Ok(!self.winning_values(label, name, kind, StepRange::ALL)?.is_empty());
        let mut all: Vec<ValueAt> = Vec::new();
        for label in self.choose(choice, has)? {
            all.extend(self.winning_values(&label, name, kind, steps)?);
        }
        // Stable: of several labels the values come label by label for each step.
        all.sort_by_key(|other| other.step);
        let total = all.len();
        let newest = &all[total.saturating_sub(limit)..];
        let values = newest.iter().map(|other| Ok(StoredValue { step: other.step, value: self.read_value(&other.place)? }));
        Ok((total as u64, values.collect::<Result<_, StoreError>>()?))
    }

    /// The cells of a key that are not numbers and that no other cell has replaced, by step.
    fn winning_values(&self, label: &str, name: &str, kind: Option<&Kind>, steps: StepRange) -> Result<Vec<ValueAt>, StoreError> {
        let key = self.key(name)?;
        let mut values = self.label_values(label, name, key, steps)?;
        values.sort_by_key(|other| (other.step, other.rank, other.entry));
        let mut winning: Vec<ValueAt> = Vec::with_capacity(values.len());
        for other in values {
            match winning.last_mut() {
                Some(last) if last.step == other.step => *last = other,
                _ => winning.push(other),
            }
        }
        // A number of higher priority hides the cell: such a step is left when the numbers are merged with
        // these cells.
        if !winning.is_empty() {
            let sorted_runs = self.number_runs(label, name, key, steps)?;
            if !sorted_runs.is_empty() {
                let sorted_runs = sorted_runs.into_iter().chain(hiding_runs(&winning)).collect();
                let numbers = merge(self.connection, sorted_runs, steps, Ranks::Drop)?.points.steps;
                winning.retain(|other| numbers.binary_search(&other.step).is_err());
            }
        }
        winning.retain(|other| kind.is_none_or(|kind| other.kind == *kind));
        Ok(winning)
    }

    /// Reads the value of a cell.
    pub(crate) fn read_value(&self, place: &ValuePlace) -> Result<Value, StoreError> {
        match place {
            ValuePlace::Frame(frame, at) => Ok(frame.values[*at].value.clone()),
            ValuePlace::Stored(id) => {
                let mut select = self.connection.prepare_cached("SELECT value FROM others WHERE id = ?1").map_err(store_error)?;
                let bytes: Vec<u8> = select.query_row([id], |row| row.get(0)).map_err(store_error)?;
                msgpack::from_bytes(&bytes).map_err(damaged)
            }
        }
    }

    /// All cells of a key and label that are not numbers and that no other cell has replaced, by step.
    pub(crate) fn winning(&self, label: &str, name: &str) -> Result<Vec<ValueAt>, StoreError> {
        self.winning_values(label, name, None, StepRange::ALL)
    }
}

/// Looks up numbers at rising steps.
struct ByStep<'p> {
    points: &'p SeriesPoints,
    next: usize,
}

impl<'p> ByStep<'p> {
    fn new(points: &'p SeriesPoints) -> Self {
        Self { points, next: 0 }
    }

    fn at(&mut self, step: Step) -> Option<f64> {
        while self.points.steps.get(self.next).is_some_and(|next| *next < step) {
            self.next += 1;
        }
        (self.points.steps.get(self.next) == Some(&step)).then(|| self.points.values.get(self.next)).map(Number::to_f64)
    }
}
