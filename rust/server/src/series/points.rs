//! The points of a series joined with its x axis, label by label.

use super::STEP;
use stepwell_model::{RunPath, Step};
use stepwell_store::{LabelChoice, PointsReader, SeriesPoints, StepRange, StoreError};

/// Name of a series.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SeriesName {
    /// The run.
    pub(crate) path: RunPath,
    /// The key.
    pub(crate) key: String,
    /// The label.
    pub(crate) label: LabelChoice,
}

/// x of the points of one label.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Xs {
    /// Rising steps.
    Steps(Vec<Step>),
    /// Finite numbers in the order of steps.
    Numbers(Vec<f64>),
}

/// The points of one label, in the order of steps.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LabelPoints {
    /// Their x.
    pub(super) xs: Xs,
    /// Their values; as many.
    pub(super) ys: Vec<f64>,
}

/// The points of a series: one part per label that has any.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Points {
    pub(super) labels: Vec<LabelPoints>,
}

/// The steps whose numbers are within a window.
pub(super) fn steps_within((from, to): (f64, f64)) -> StepRange {
    // `as` saturates, which is what a window beyond all steps means.
    StepRange { first: from.ceil() as Step, last: to.floor() as Step }
}

impl Points {
    /// Reads the points at `steps`, and for an x that is not the step those of the x axis, of the same label,
    /// at the same steps.
    pub(super) fn read(reader: &mut PointsReader<'_>, series: &SeriesName, x: &str, steps: StepRange) -> Result<Self, StoreError> {
        if steps.first > steps.last {
            return Ok(Self::default());
        }
        let mut labels = Vec::new();
        for (label, points) in reader(&series.path, &series.key, &series.label, steps)? {
            let joined = if x == STEP {
                LabelPoints { ys: points.values.to_f64(), xs: Xs::Steps(points.steps) }
            } else if x == series.key {
                join(&points, &points)
            } else {
                let axis = reader(&series.path, x, &LabelChoice::Is(label), steps)?;
                axis.first().map_or_else(|| join(&points, &SeriesPoints::default()), |(_, axis)| join(&points, axis))
            };
            if !joined.ys.is_empty() {
                labels.push(joined);
            }
        }
        Ok(Self { labels })
    }

    /// Lowest and highest x, or positive x.
    pub(super) fn extent(&self, positive: bool) -> Option<(f64, f64)> {
        let mut extent: Option<(f64, f64)> = None;
        let mut widen = |x: f64| extent = Some(extent.map_or((x, x), |(low, high)| (low.min(x), high.max(x))));
        for label in &self.labels {
            match &label.xs {
                Xs::Steps(steps) => {
                    let from = if positive { steps.partition_point(|&step| step <= 0) } else { 0 };
                    let ends = steps.get(from).into_iter().chain(steps[from..].last());
                    ends.for_each(|&step| widen(step as f64));
                }
                Xs::Numbers(xs) => xs.iter().filter(|&&x| !positive || x > 0.0).for_each(|&x| widen(x)),
            }
        }
        extent
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.labels.iter().map(|label| 64 + 16 * label.ys.len()).sum::<usize>() + 64
    }
}

/// The points whose step has a finite x.
fn join(points: &SeriesPoints, axis: &SeriesPoints) -> LabelPoints {
    let (values, axis_values) = (points.values.to_f64(), axis.values.to_f64());
    let (mut xs, mut ys) = (Vec::with_capacity(values.len()), Vec::with_capacity(values.len()));
    let mut at = 0;
    for (&step, &value) in points.steps.iter().zip(&values) {
        while axis.steps.get(at).is_some_and(|&other| other < step) {
            at += 1;
        }
        if axis.steps.get(at) == Some(&step) && axis_values[at].is_finite() {
            xs.push(axis_values[at]);
            ys.push(value);
        }
    }
    LabelPoints { xs: Xs::Numbers(xs), ys }
}
