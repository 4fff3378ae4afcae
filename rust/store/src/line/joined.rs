//! The points of a series joined with its x axis, label by label, and what a line makes of them.

use crate::line::{LineForm, steps_within};
use crate::query::SeriesPoints;
use std::borrow::Cow;
use stepwell_model::Step;
use stepwell_sample::bucket::Buckets;
use stepwell_sample::grid::{Grid, Scale};

/// x of the points of one label.
#[derive(Debug)]
pub(super) enum Xs {
    /// Rising steps.
    Steps(Vec<Step>),
    /// Finite numbers in the order of steps.
    Numbers(Vec<f64>),
}

/// The points of one label, in the order of steps.
#[derive(Debug)]
pub(super) struct LabelPoints {
    pub(super) label: String,
    /// Their x.
    pub(super) xs: Xs,
    /// Their values; as many.
    pub(super) ys: Vec<f64>,
}

/// The numbers of an x axis at rising steps.
#[derive(Debug, Default)]
pub(super) struct Axis {
    steps: Vec<Step>,
    xs: Vec<f64>,
}

impl Axis {
    pub(super) fn new(points: SeriesPoints) -> Self {
        Self { steps: points.steps, xs: points.values.into_f64() }
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        64 + 16 * self.xs.len()
    }
}

impl LabelPoints {
    /// Points whose x is their step.
    pub(super) fn by_step(label: String, points: SeriesPoints) -> Self {
        Self { label, xs: Xs::Steps(points.steps), ys: points.values.into_f64() }
    }

    /// Points whose x is their value.
    pub(super) fn by_value(label: String, points: SeriesPoints) -> Self {
        let mut ys = points.values.into_f64();
        ys.retain(|y| y.is_finite());
        Self { label, xs: Xs::Numbers(ys.clone()), ys }
    }

    /// The points whose step has a finite x.
    pub(super) fn by_axis(label: String, points: SeriesPoints, axis: &Axis) -> Self {
        let values = points.values.into_f64();
        if points.steps == axis.steps && axis.xs.iter().all(|x| x.is_finite()) {
            return Self { label, xs: Xs::Numbers(axis.xs.clone()), ys: values };
        }
        let (mut xs, mut ys) = (Vec::with_capacity(values.len()), Vec::with_capacity(values.len()));
        let mut at = 0;
        for (&step, &value) in points.steps.iter().zip(&values) {
            while axis.steps.get(at).is_some_and(|&other| other < step) {
                at += 1;
            }
            if axis.steps.get(at) == Some(&step) && axis.xs[at].is_finite() {
                xs.push(axis.xs[at]);
                ys.push(value);
            }
        }
        Self { label, xs: Xs::Numbers(xs), ys }
    }

    /// Lowest and highest x, or positive x.
    pub(super) fn extent(&self, positive: bool) -> Option<(f64, f64)> {
        match &self.xs {
            Xs::Steps(steps) => {
                let steps = &steps[if positive { steps.partition_point(|&step| step <= 0) } else { 0 }..];
                Some((*steps.first()? as f64, *steps.last()? as f64))
            }
            Xs::Numbers(xs) => {
                let wanted = xs.iter().filter(|&&x| !positive || x > 0.0);
                wanted.map(|&x| (x, x)).reduce(|(low, high), (x, _)| (low.min(x), high.max(x)))
            }
        }
    }

    /// About how much memory they take.
    pub(super) fn bytes(&self) -> usize {
        64 + 16 * self.ys.len()
    }
}

/// The points of a label within a window.
pub(super) struct Part<'a> {
    pub(super) label: &'a str,
    xs: PartXs<'a>,
    ys: Cow<'a, [f64]>,
}

enum PartXs<'a> {
    Steps(&'a [Step]),
    Numbers(Cow<'a, [f64]>),
}

impl<'a> Part<'a> {
    /// Those on an axis of this scale.
    pub(super) fn new(points: &'a LabelPoints, (from, to): (f64, f64), scale: Scale) -> Self {
        let positive = scale == Scale::Log2;
        let (xs, ys) = match &points.xs {
            Xs::Steps(steps) => {
                let range = steps_within((if positive { from.max(1.0) } else { from }, to));
                let start = steps.partition_point(|&step| step < range.first);
                let end = steps.partition_point(|&step| step <= range.last).max(start);
                (PartXs::Steps(&steps[start..end]), Cow::Borrowed(&points.ys[start..end]))
            }
            Xs::Numbers(xs) => {
                let within = |&x: &f64| from <= x && x <= to && (!positive || x > 0.0);
                if xs.iter().all(within) {
                    (PartXs::Numbers(Cow::Borrowed(xs)), Cow::Borrowed(&points.ys[..]))
                } else {
                    let pairs = xs.iter().copied().zip(points.ys.iter().copied());
                    let (xs, ys): (Vec<f64>, Vec<f64>) = pairs.filter(|(x, _)| within(x)).unzip();
                    (PartXs::Numbers(Cow::Owned(xs)), Cow::Owned(ys))
                }
            }
        };
        Self { label: &points.label, xs, ys }
    }

    pub(super) fn len(&self) -> usize {
        self.ys.len()
    }

    /// The points by rising x.
    pub(super) fn points(&self) -> LineForm {
        match &self.xs {
            PartXs::Steps(steps) => LineForm::Points { x: steps.iter().map(|&step| step as f64).collect(), y: self.ys.to_vec() },
            PartXs::Numbers(xs) => {
                let mut points: Vec<(f64, f64)> = xs.iter().copied().zip(self.ys.iter().copied()).collect();
                // Points of one x stay in the order of their steps.
                points.sort_by(|one, other| one.0.total_cmp(&other.0));
                let (x, y) = points.into_iter().unzip();
                LineForm::Points { x, y }
            }
        }
    }

    /// The buckets of the points.
    pub(super) fn buckets(&self, grid: &Grid) -> LineForm {
        let mut buckets = Buckets::new(*grid);
        match &self.xs {
            PartXs::Steps(steps) => buckets.extend_steps(steps, &self.ys),
            PartXs::Numbers(xs) => buckets.extend(xs, &self.ys),
        }
        LineForm::Buckets(buckets)
    }
}
