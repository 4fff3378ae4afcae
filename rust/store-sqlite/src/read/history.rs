//! Histories and stamps for the summary: all values of a key added up, and when the last one was logged.

use crate::db::error::damaged;
use crate::read::sorted_run::{self, SortedRun};
use crate::read::view::RunView;
use stepwell_codec::column::{Number, Numbers};
use stepwell_model::{EntryNumber, Step, TimeMicros};
use stepwell_sample::run_summary::History;
use stepwell_store::merge::Stamp;
use stepwell_store::{StepRange, StoreError};

impl RunView<'_> {
    /// Aggregate of the values of a key; `None` if there are none.
    pub(crate) fn history(&self, label: &str, name: &str) -> Result<Option<History>, StoreError> {
        let values = self.winning(label, name)?;
        let Some(first_value) = values.first() else {
            let key = self.key(name)?;
            return sorted_run::history(self.connection, self.number_runs(label, name, key, StepRange::ALL)?);
        };
        // Cells that are not numbers may hide numbers, so all are read.
        let numbers = self.logged_points(label, name, StepRange::ALL)?;
        let first = match numbers.steps.first() {
            Some(step) if *step < first_value.step => numbers.values.get(0).into(),
            _ => self.read_value(&first_value.place)?,
        };
        Ok(Some(History { first, numbers: numbers.values.iter().collect() }))
    }

    /// When the value of a key and label at `step` was logged.
    pub(crate) fn stamp(&self, label: &str, name: &str, step: Step) -> Result<Option<Stamp>, StoreError> {
        let at = StepRange { first: step, last: step };
        let key = self.key(name)?;
        let mut winner: Option<(u32, EntryNumber)> = None;
        for sorted_run in within(self.number_runs(label, name, key, at)?, step) {
            let loaded = sorted_run.load(self.connection)?;
            winner = winner.max(loaded.steps.binary_search(&step).ok().map(|at| (sorted_run.rank, loaded.entries[at])));
        }
        let values = self.label_values(label, name, key, at)?;
        let Some((rank, entry)) = winner.max(values.iter().map(|other| (other.rank, other.entry)).max()) else { return Ok(None) };
        for sorted_run in within(self.time_runs(label, at)?, step).filter(|sorted_run| sorted_run.rank == rank) {
            let loaded = sorted_run.load(self.connection)?;
            // Of a stream's rows of one shape and step only the last is kept, and every row is in some row
            // group.
            if let Some(row) = loaded.entries.iter().position(|row| *row == entry) {
                let time = time_at(loaded.numbers.as_ref(), row)?;
                return Ok(Some(Stamp { time, stream: self.streams[rank as usize].facts.id, entry }));
            }
        }
        Err(damaged(format!("there is no row {entry} for a cell of {name:?} at step {step}")))
    }
}

fn within(sorted_runs: Vec<SortedRun>, step: Step) -> impl Iterator<Item = SortedRun> {
    sorted_runs.into_iter().filter(move |sorted_run| sorted_run.first <= step && step <= sorted_run.last)
}

fn time_at(times: Option<&Numbers>, row: usize) -> Result<TimeMicros, StoreError> {
    match times.map(|times| times.get(row)) {
        Some(Number::Int(time)) => Ok(time),
        _ => Err(damaged("a row without a time")),
    }
}
