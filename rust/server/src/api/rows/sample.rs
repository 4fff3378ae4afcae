//! Sample of a run's rows, the same each time.
//!
//! Of the rows that hold one of the keys it takes those whose steps have the lowest hash, a [`Reservoir`]
//! that depends on the set of steps alone, and adds the first row, the last one, and of each key the rows of
//! its lowest and highest number (the earliest of equals; NaN is neither). One pass over the rows; memory
//! grows with the sample and the number of keys.

use super::batch::{SendError, SendRows};
use crate::error::ServiceError;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use stepwell_model::{Row, RunPath, Step, wall_time};
use stepwell_sample::reservoir::Reservoir;
use stepwell_store::row::{Cells, RowColumn};
use stepwell_store::{LabelChoice, RowBatch, RowQuery, StepRange, Store};

/// Rows that one request may ask for.
const MOST_SAMPLES: u32 = 1_000_000;
/// Rows of a sample that are sent together.
const SENT_ROWS: usize = 1 << 14;

/// A sample that is asked for.
pub(crate) struct Sample {
    /// Path of the run.
    pub(crate) path: RunPath,
    /// Keys; none means all.
    pub(crate) keys: Vec<String>,
    /// Label: one, not all.
    pub(crate) label: LabelChoice,
    /// Rows that are wanted, besides first, last and extremes.
    pub(crate) samples: u32,
}

impl Sample {
    /// Checks it before anything is read.
    pub(super) fn check(&self) -> Result<(), ServiceError> {
        if self.samples == 0 || self.samples > MOST_SAMPLES {
            return Err(ServiceError::invalid(format!("`samples` must be 1 to {MOST_SAMPLES}, not {}", self.samples)));
        }
        if self.label == LabelChoice::All {
            return Err(ServiceError::invalid("`label` must name one label: rows of several labels are sampled one label at a time"));
        }
        Ok(())
    }

    /// Sends the rows in step order.
    pub(super) fn send(self, store: &dyn Store, send: &mut SendRows<'_>) -> Result<(), SendError> {
        store.run(&self.path, wall_time())?;
        let query = RowQuery { keys: self.keys, label: self.label, steps: StepRange::ALL };
        let (mut chosen, mut label) = (Chosen::new(self.samples as usize), String::new());
        store.rows(&self.path, &query, &mut |of, batch| {
            of.clone_into(&mut label);
            chosen.offer(&batch);
            ControlFlow::Continue(())
        })?;
        let rows: Vec<Arc<Row>> = chosen.rows().into_values().collect();
        for rows in rows.chunks(SENT_ROWS) {
            send(&label, RowBatch::from_rows(rows.iter().map(|row| &**row)))?;
        }
        Ok(())
    }
}

/// A number and the row it stands in.
type Extreme = (f64, Arc<Row>);

/// The rows chosen so far.
struct Chosen {
    even: Reservoir<Arc<Row>>,
    first: Option<Arc<Row>>,
    last: Option<Arc<Row>>,
    extremes: FxHashMap<Arc<str>, (Extreme, Extreme)>,
}

impl Chosen {
    fn new(capacity: usize) -> Self {
        Self { even: Reservoir::new(0, capacity), first: None, last: None, extremes: FxHashMap::default() }
    }

    /// Looks through rows that come after all before; makes only those of them that it keeps.
    fn offer(&mut self, batch: &RowBatch) {
        let mut made: FxHashMap<usize, Arc<Row>> = FxHashMap::default();
        let mut row = |at: usize| Arc::clone(made.entry(at).or_insert_with(|| Arc::new(batch.row(at))));
        let Some(last) = batch.len().checked_sub(1) else { return };
        self.first.get_or_insert_with(|| row(0));
        self.last = Some(row(last));
        for (at, &step) in batch.steps.iter().enumerate() {
            if self.even.wants(step) {
                self.even.offer(step, row(at));
            }
        }
        for column in &batch.columns {
            let Some([low, high]) = extremes(column) else { continue };
            let (low, high) = ((low.0, row(low.1)), (high.0, row(high.1)));
            match self.extremes.get_mut(&column.key) {
                None => {
                    self.extremes.insert(Arc::clone(&column.key), (low, high));
                }
                Some(known) => {
                    // A key has several columns where its numbers are integers and doubles.
                    if low.0 < known.0.0 || (low.0 == known.0.0 && low.1.step < known.0.1.step) {
                        known.0 = low;
                    }
                    if high.0 > known.1.0 || (high.0 == known.1.0 && high.1.step < known.1.1.step) {
                        known.1 = high;
                    }
                }
            }
        }
    }

    fn rows(self) -> BTreeMap<Step, Arc<Row>> {
        let extremes = self.extremes.into_values().flat_map(|(low, high)| [low.1, high.1]);
        let ends = self.first.into_iter().chain(self.last);
        self.even.into_points().into_values().chain(extremes).chain(ends).map(|row| (row.step, row)).collect()
    }
}

/// The lowest and the highest number of a column, each with its row; `None` without numbers.
fn extremes(column: &RowColumn) -> Option<[(f64, usize); 2]> {
    let at = match &column.cells {
        Cells::Ints(cells) => ends(cells.iter().map(|&cell| cell as f64)),
        Cells::Floats(cells) => ends(cells.iter().copied()),
        Cells::Values(_) => None,
    };
    let row = |place: usize| column.rows.as_ref().map_or(place, |rows| rows[place] as usize);
    at.map(|ends| ends.map(|(number, place)| (number, row(place))))
}

/// The lowest and the highest number and their places, the first of equals.
fn ends(numbers: impl Iterator<Item = f64>) -> Option<[(f64, usize); 2]> {
    let mut numbers = numbers.zip(0..).filter(|(number, _)| !number.is_nan());
    let first = numbers.next()?;
    Some(
        numbers
            .fold([first, first], |[low, high], next| [if next.0 < low.0 { next } else { low }, if next.0 > high.0 { next } else { high }]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_model::Value;

    fn sampled(steps: impl IntoIterator<Item = Step>, capacity: usize) -> Vec<Step> {
        let mut chosen = Chosen::new(capacity);
        for step in steps {
            let value = if step == 500 { -1.0 } else { step as f64 % 100.0 };
            let row = Row { step, time: 0, sampled: false, cells: vec![("loss".into(), Value::Float(value))] };
            chosen.offer(&RowBatch::from_rows([&row]));
        }
        chosen.rows().into_keys().collect()
    }

    #[test]
    fn first_last_lowest_and_highest_are_always_there() {
        let steps = sampled(0..1_000, 10);
        assert!([0, 999, 500, 99].iter().all(|step| steps.contains(step)), "{steps:?}");
        assert!(steps.len() <= 14);
    }

    #[test]
    fn the_sample_is_even_and_a_smaller_one_is_part_of_a_larger() {
        let (small, large) = (sampled(0..10_000, 100), sampled(0..10_000, 1_000));
        assert!(small.iter().all(|step| large.contains(step)));
        for tenth in 0..10 {
            let count = large.iter().filter(|&&step| step / 1_000 == tenth).count();
            assert!((65..=135).contains(&count), "tenth {tenth}: {count}");
        }
    }
}
