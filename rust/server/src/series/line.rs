//! A line of a chart: the buckets of a series, or its points where there are few.

use rustc_hash::FxHasher;
use std::hash::Hasher;
use stepwell_sample::bucket::{Bucket, merge_labels};
use stepwell_store::{LabelLine, LineForm};

/// The columns of a line, all of one length; an exact line has just `x` and `mean`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Columns {
    pub(crate) x: Vec<f64>,
    pub(crate) mean: Vec<f64>,
    pub(crate) min: Vec<f64>,
    pub(crate) max: Vec<f64>,
    pub(crate) first: Vec<f64>,
    pub(crate) last: Vec<f64>,
    pub(crate) count: Vec<u32>,
}

/// A line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// Whether these are the points themselves, by rising x.
    pub(crate) exact: bool,
    /// Points in the window.
    pub(crate) points: u64,
    /// Version of the run that it was read under.
    pub(crate) version: u64,
    /// Columns that are drawn.
    pub(crate) columns: Columns,
    /// Equal for lines that look the same.
    pub(crate) digest: u64,
}

impl Line {
    /// A line without points.
    pub(super) fn empty(version: u64) -> Self {
        Self::of(true, 0, version, Columns::default())
    }

    /// The line of some labels, of which each has points in the window: themselves, if the store says so;
    /// else all labels together on the grid.
    pub(super) fn new(labels: Vec<LabelLine>, version: u64) -> Self {
        let count = labels.iter().map(|label| label.count).sum();
        let mut on_grid = Vec::with_capacity(labels.len());
        for label in labels {
            match label.form {
                LineForm::Points { x, y } => return Self::of(true, count, version, Columns { x, mean: y, ..Columns::default() }),
                LineForm::Buckets(buckets) => on_grid.push(buckets),
            }
        }
        match &on_grid[..] {
            [] => Self::empty(version),
            [one] => Self::of(false, count, version, columns(one.iter())),
            many => Self::of(false, count, version, columns(merge_labels(many).unwrap_or_default().into_iter())),
        }
    }

    fn of(exact: bool, points: u64, version: u64, columns: Columns) -> Self {
        let mut hasher = FxHasher::default();
        hasher.write_u8(u8::from(exact));
        hasher.write_u64(points);
        for column in [&columns.x, &columns.mean, &columns.min, &columns.max, &columns.first, &columns.last] {
            hasher.write_usize(column.len());
            column.iter().for_each(|value| hasher.write_u64(value.to_bits()));
        }
        columns.count.iter().for_each(|&count| hasher.write_u32(count));
        Self { exact, points, version, digest: hasher.finish(), columns }
    }

    /// Number of points or buckets.
    pub(crate) fn len(&self) -> usize {
        self.columns.x.len()
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        128 + self.len() * if self.exact { 16 } else { 52 }
    }
}

fn columns(buckets: impl Iterator<Item = Bucket>) -> Columns {
    let mut columns = Columns::default();
    for bucket in buckets {
        columns.x.push(bucket.x);
        columns.mean.push(bucket.mean);
        columns.min.push(bucket.min);
        columns.max.push(bucket.max);
        columns.first.push(bucket.first);
        columns.last.push(bucket.last);
        columns.count.push(u32::try_from(bucket.count).unwrap_or(u32::MAX));
    }
    columns
}
