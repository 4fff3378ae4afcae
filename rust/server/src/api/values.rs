//! Values that are no numbers: histograms over a run, and the newest of any others.

use super::{label_choice, run_path};
use crate::error::ServiceError;
use crate::state::context::Context;
use serde::Deserialize;
use stepwell_model::{Histogram, Kind, Step};
use stepwell_store::{LabelChoice, StepRange, StoredValue};

/// Histograms in an answer if the question says nothing, and at most: the pixels of a wide screen.
const COLUMNS: usize = 200;
const MOST_COLUMNS: usize = 4_096;
/// Values in an answer if the question says nothing, and at most.
const VALUES: usize = 100;
const MOST_VALUES: usize = 10_000;

/// Histograms that are asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct HistogramsQuery {
    /// Owner.
    pub(crate) entity: String,
    /// Project.
    pub(crate) project: String,
    /// Id of the run.
    pub(crate) run: String,
    /// Key.
    pub(crate) key: String,
    /// Label; none: the primary one.
    pub(crate) label: Option<String>,
    /// At most so many, evenly over the run.
    pub(crate) columns: Option<usize>,
}

/// Histograms over a run.
#[derive(Debug, PartialEq)]
pub(crate) struct Histograms {
    /// Their number.
    pub(crate) points: u64,
    /// Some of them, by rising step.
    pub(crate) chosen: Vec<(Step, Histogram)>,
}

/// Some histograms of a key.
pub(crate) fn histograms(context: &Context, query: &HistogramsQuery) -> Result<Histograms, ServiceError> {
    let columns = query.columns.unwrap_or(COLUMNS);
    if !(1..=MOST_COLUMNS).contains(&columns) {
        return Err(ServiceError::invalid(format!("`columns` must be 1 to {MOST_COLUMNS}, not {columns}")));
    }
    let path = run_path(&query.entity, &query.project, &query.run)?;
    let label = one_label(query.label.as_deref())?;
    let kind = Kind::Object("histogram".into());
    let (points, values) = context.store.values(&path, &query.key, Some(&kind), &label, StepRange::ALL, usize::MAX)?;
    let chosen = evenly(values.len(), columns).filter_map(|index| {
        let stored = &values[index];
        Some((stored.step, Histogram::from_value(&stored.value)?))
    });
    Ok(Histograms { points, chosen: chosen.collect() })
}

/// Values that are asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct ValuesQuery {
    /// Owner.
    pub(crate) entity: String,
    /// Project.
    pub(crate) project: String,
    /// Id of the run.
    pub(crate) run: String,
    /// Key.
    pub(crate) key: String,
    /// Label; none: the primary one.
    pub(crate) label: Option<String>,
    /// At most so many.
    pub(crate) limit: Option<usize>,
}

/// The newest values of a key.
pub(crate) struct Values {
    /// Their number.
    pub(crate) points: u64,
    /// The newest, by rising step.
    pub(crate) values: Vec<StoredValue>,
}

/// The newest values of a key that are no numbers.
pub(crate) fn newest(context: &Context, query: &ValuesQuery) -> Result<Values, ServiceError> {
    let path = run_path(&query.entity, &query.project, &query.run)?;
    let label = one_label(query.label.as_deref())?;
    let limit = query.limit.unwrap_or(VALUES).min(MOST_VALUES);
    let (points, values) = context.store.values(&path, &query.key, None, &label, StepRange::ALL, limit)?;
    Ok(Values { points, values })
}

fn one_label(label: Option<&str>) -> Result<LabelChoice, ServiceError> {
    match label_choice(label) {
        LabelChoice::All => Err(ServiceError::invalid("`label` must name one label; only series can be taken together with `*`")),
        one => Ok(one),
    }
}

/// At most `most` indices below `len`, evenly spread, the first and last included.
fn evenly(len: usize, most: usize) -> impl Iterator<Item = usize> {
    let count = len.min(most);
    // One column alone shows the latest.
    (0..count).map(move |i| if count == 1 { len - 1 } else { i * (len - 1) / (count - 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_spread_evenly_with_both_ends() {
        assert_eq!(evenly(10, 4).collect::<Vec<_>>(), [0, 3, 6, 9]);
        assert_eq!(evenly(3, 10).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(evenly(5, 1).collect::<Vec<_>>(), [4]);
        assert_eq!(evenly(0, 5).count(), 0);
    }
}
