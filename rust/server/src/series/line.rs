//! A line of a chart: the buckets of a series, or its points where there are few.

use super::points::steps_within;
use super::points::{LabelPoints, Points, Xs};
use rustc_hash::FxHasher;
use std::hash::Hasher;
use stepwell_sample::bucket::{Bucket, Buckets, merge_labels};
use stepwell_sample::grid::{Grid, Scale};

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

    /// The points within the window: themselves, if they are of one label and no more than twice the buckets;
    /// else on the grid.
    pub(super) fn new(points: &Points, grid: &Grid, window: (f64, f64), buckets: usize, version: u64) -> Self {
        let positive = grid.scale() == Scale::Log2;
        let parts: Vec<Part<'_>> = points.labels.iter().map(|label| Part::new(label, window, positive)).collect();
        let parts: Vec<Part<'_>> = parts.into_iter().filter(|part| part.len() > 0).collect();
        let count: usize = parts.iter().map(Part::len).sum();
        match &parts[..] {
            [] => Self::empty(version),
            [one] if count <= 2 * buckets => Self::of(true, count as u64, version, one.exact()),
            [one] => Self::of(false, count as u64, version, columns(one.buckets(grid).iter())),
            many => {
                let labels: Vec<Buckets> = many.iter().map(|part| part.buckets(grid)).collect();
                let merged = merge_labels(&labels).unwrap_or_default();
                Self::of(false, count as u64, version, columns(merged.into_iter()))
            }
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

/// The points of a label within the window.
enum Part<'a> {
    /// A range of them.
    Steps { steps: &'a [i64], ys: &'a [f64] },
    /// A selection.
    Numbers { xs: Vec<f64>, ys: Vec<f64> },
}

impl<'a> Part<'a> {
    fn new(label: &'a LabelPoints, (from, to): (f64, f64), positive: bool) -> Self {
        match &label.xs {
            Xs::Steps(steps) => {
                let range = steps_within((if positive { from.max(1.0) } else { from }, to));
                let start = steps.partition_point(|&step| step < range.first);
                let end = steps.partition_point(|&step| step <= range.last).max(start);
                Self::Steps { steps: &steps[start..end], ys: &label.ys[start..end] }
            }
            Xs::Numbers(xs) => {
                let within = |&(x, _): &(f64, f64)| from <= x && x <= to && (!positive || x > 0.0);
                let (xs, ys) = xs.iter().copied().zip(label.ys.iter().copied()).filter(within).unzip();
                Self::Numbers { xs, ys }
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Steps { ys, .. } => ys.len(),
            Self::Numbers { ys, .. } => ys.len(),
        }
    }

    fn exact(&self) -> Columns {
        match self {
            Self::Steps { steps, ys } => {
                Columns { x: steps.iter().map(|&step| step as f64).collect(), mean: ys.to_vec(), ..Columns::default() }
            }
            Self::Numbers { xs, ys } => {
                let mut points: Vec<(f64, f64)> = xs.iter().copied().zip(ys.iter().copied()).collect();
                // Points of one x stay in the order of their steps.
                points.sort_by(|one, other| one.0.total_cmp(&other.0));
                let (x, mean) = points.into_iter().unzip();
                Columns { x, mean, ..Columns::default() }
            }
        }
    }

    fn buckets(&self, grid: &Grid) -> Buckets {
        let mut buckets = Buckets::new(*grid);
        match self {
            Self::Steps { steps, ys } => {
                buckets.extend_steps(steps, ys);
            }
            Self::Numbers { xs, ys } => buckets.extend(xs, ys),
        }
        buckets
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
