//! Points gathered into the buckets of a grid: mean, minimum, maximum, first, last and count of each.

use crate::chart::grid::{Grid, Scale};
use crate::summary::point_stats::PointStats;

/// The buckets of one series on a grid. Points arrive in step order; first and last are by arrival.
#[derive(Debug, Clone, PartialEq)]
pub struct Buckets {
    grid: Grid,
    stats: Vec<PointStats>,
}

/// A bucket that has points, as a chart draws it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Index of the bucket in the grid.
    pub index: usize,
    /// Its x on the chart: the middle of the bucket.
    pub x: f64,
    /// The mean of all numbers; NaN if all values are.
    pub mean: f64,
    /// The smallest number; NaN if all values are.
    pub min: f64,
    /// The largest number; NaN if all values are.
    pub max: f64,
    /// The value that arrived first.
    pub first: f64,
    /// The value that arrived last.
    pub last: f64,
    /// Points, NaN included.
    pub count: u64,
}

impl Buckets {
    /// Empty buckets.
    pub fn new(grid: Grid) -> Self {
        Self { grid, stats: vec![PointStats::EMPTY; grid.len()] }
    }

    /// The grid.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Adds one point; what lies outside of the grid is left out.
    pub fn add(&mut self, x: f64, value: f64) {
        if let Some(i) = self.grid.index(x) {
            self.stats[i].add(value);
        }
    }

    /// Adds points by step; what lies outside of the grid is left out. Quickest if steps rise. The slices are
    /// of one length; what one has more is ignored.
    pub fn extend_steps(&mut self, steps: &[i64], values: &[f64]) {
        if self.grid.scale() != Scale::Steps {
            return steps.iter().zip(values).for_each(|(&step, &value)| self.add(step as f64, value));
        }
        let grid = self.grid;
        self.runs(
            steps,
            values,
            |step| grid.index_of_step(step),
            |i| grid.step_bounds(i),
            |step, &(low, high)| low <= step && step <= high,
        );
    }

    /// Adds points by any number, such as a time or another series; NaN and what lies outside of the grid are
    /// left out. Quickest if `xs` rise. The slices are of one length; what one has more is ignored.
    pub fn extend(&mut self, xs: &[f64], values: &[f64]) {
        let grid = self.grid;
        // A last edge beyond the largest double is that double, and belongs to no other bucket.
        let bounds = |i: usize| (grid.edge(i), if grid.edge(i + 1) == f64::MAX { f64::INFINITY } else { grid.edge(i + 1) });
        self.runs(xs, values, |x| grid.index(x), bounds, |x, &(low, high)| low <= x && x < high);
    }

    /// Adds points run by run: as long as they stay within the bounds of a bucket, only those are looked at.
    fn runs<X: Copy, Bounds>(
        &mut self,
        xs: &[X],
        values: &[f64],
        index: impl Fn(X) -> Option<usize>,
        bounds: impl Fn(usize) -> Bounds,
        within: impl Fn(X, &Bounds) -> bool,
    ) {
        let mut points = xs.iter().copied().zip(values.iter().copied()).peekable();
        while let Some((x, value)) = points.next() {
            let Some(i) = index(x) else { continue };
            let bounds = bounds(i);
            let mut stats = self.stats[i];
            stats.add(value);
            while let Some((_, value)) = points.next_if(|&(x, _)| within(x, &bounds)) {
                stats.add(value);
            }
            self.stats[i] = stats;
        }
    }

    /// Adds the statistics of points that arrived after those of bucket `index`, which is one of the grid.
    pub fn merge(&mut self, index: usize, later: &PointStats) {
        self.stats[index].merge(later);
    }

    /// What each bucket of the grid holds.
    pub fn stats(&self) -> &[PointStats] {
        &self.stats
    }

    /// The buckets that have points.
    pub fn iter(&self) -> impl Iterator<Item = Bucket> {
        let filled = self.stats.iter().enumerate().filter(|(_, stats)| stats.count > 0);
        filled.map(|(index, stats)| Bucket {
            index,
            x: self.grid.middle(index),
            mean: stats.mean(),
            min: stats.min(),
            max: stats.max(),
            first: stats.first(),
            last: stats.last(),
            count: stats.count,
        })
    }
}

/// Several labels as one line: the mean of the labels' means, each label weighing the same however often it
/// logs; minimum and maximum over all of them; the first value of the first label in each bucket and the last
/// of the last; all points counted. Means that are NaN are left out unless there is nothing else.
///
/// Returns `None` unless all labels are on one grid; there is one label at least.
pub fn merge_labels(labels: &[Buckets]) -> Option<Vec<Bucket>> {
    let grid = *labels.first()?.grid();
    if labels.iter().any(|label| label.grid != grid) {
        return None;
    }
    let merged = (0..grid.len()).filter_map(|index| {
        let (mut means, mut all) = (PointStats::EMPTY, PointStats::EMPTY);
        for stats in labels.iter().map(|label| &label.stats[index]).filter(|stats| stats.count > 0) {
            means.add(stats.mean());
            all.merge(stats);
        }
        (all.count > 0).then(|| Bucket {
            index,
            x: grid.middle(index),
            mean: means.mean(),
            min: all.min(),
            max: all.max(),
            first: all.first(),
            last: all.last(),
            count: all.count,
        })
    });
    Some(merged.collect())
}
