//! Sample of a run's rows, the same each time.
//!
//! Of the rows that hold one of the keys it takes those whose steps have the lowest hash, a [`Reservoir`]
//! that depends on the set of steps alone, and adds the first row, the last one, and of each key the rows of
//! its lowest and highest number (the earliest of equals; NaN is neither). One pass over the rows; memory
//! grows with the sample and the number of keys.

use super::batch::{BatchSender, SendError};
use crate::error::ServiceError;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use stepwell_model::{Row, RunPath, Step, wall_time};
use stepwell_sample::reservoir::Reservoir;
use stepwell_store::{LabelChoice, RowQuery, StepRange, Store};

/// Rows that one request may ask for.
const MOST_SAMPLES: u32 = 1_000_000;

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
    pub(super) fn send(self, store: &dyn Store, sender: &mut BatchSender) -> Result<(), SendError> {
        store.run(&self.path, wall_time())?;
        let query = RowQuery { keys: self.keys, label: self.label, steps: StepRange::ALL };
        let (mut chosen, mut label) = (Chosen::new(self.samples as usize), String::new());
        store.rows(&self.path, &query, &mut |of, rows| {
            of.clone_into(&mut label);
            rows.into_iter().for_each(|row| chosen.offer(row));
            ControlFlow::Continue(())
        })?;
        for row in chosen.rows().values() {
            sender.row(&label, row)?;
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
    extremes: FxHashMap<String, (Extreme, Extreme)>,
}

impl Chosen {
    fn new(capacity: usize) -> Self {
        Self { even: Reservoir::new(0, capacity), first: None, last: None, extremes: FxHashMap::default() }
    }

    fn offer(&mut self, row: Row) {
        let row = Arc::new(row);
        self.first.get_or_insert_with(|| Arc::clone(&row));
        self.last = Some(Arc::clone(&row));
        for (key, value) in &row.cells {
            let Some(number) = value.as_f64().filter(|number| !number.is_nan()) else { continue };
            match self.extremes.get_mut(key) {
                None => {
                    let extreme = || (number, Arc::clone(&row));
                    self.extremes.insert(key.clone(), (extreme(), extreme()));
                }
                Some((low, high)) => {
                    if number < low.0 {
                        *low = (number, Arc::clone(&row));
                    }
                    if number > high.0 {
                        *high = (number, Arc::clone(&row));
                    }
                }
            }
        }
        self.even.offer(row.step, row);
    }

    fn rows(self) -> BTreeMap<Step, Arc<Row>> {
        let extremes = self.extremes.into_values().flat_map(|(low, high)| [low.1, high.1]);
        let ends = self.first.into_iter().chain(self.last);
        self.even.into_points().into_values().chain(extremes).chain(ends).map(|row| (row.step, row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_model::Value;

    fn sampled(steps: impl IntoIterator<Item = Step>, capacity: usize) -> Vec<Step> {
        let mut chosen = Chosen::new(capacity);
        for step in steps {
            let value = if step == 500 { -1.0 } else { step as f64 % 100.0 };
            chosen.offer(Row { step, time: 0, sampled: false, cells: vec![("loss".into(), Value::Float(value))] });
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
