//! Statistics of pieces of a column: what a piece comes to for the summary of a run, and for a bucket of a
//! chart.

use crate::chunks::pieces::{self, PieceSteps};
use stepwell_codec::column::{Number, Numbers};
use stepwell_model::Step;
use stepwell_sample::{Aggregate, NumberStats, PointStats};

/// Columns of fewer points are read instead: that is quick, and their statistics would be large beside them.
pub(crate) const FROM_POINTS: usize = 256;

/// A piece of a column in short.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    pub(crate) steps: PieceSteps,
    pub(crate) first: Number,
    pub(crate) last: Number,
    /// Numbers that are not NaN.
    pub(crate) numbers: u32,
    /// The least and the greatest of them.
    pub(crate) extremes: Option<(Number, Number)>,
    /// Their sum, rounded, and what rounding lost.
    pub(crate) terms: (f64, f64),
    /// What the two lack, which is seldom anything.
    pub(crate) more_terms: Vec<f64>,
}

impl Piece {
    fn of(steps: PieceSteps, numbers: &Numbers) -> Self {
        let (first, last) = (numbers.get(0), numbers.get(numbers.len() - 1));
        let exact = match numbers {
            Numbers::Float(values) => exact(values.iter().copied()).map(|(stats, terms)| {
                let extremes = (stats.numbers > 0).then(|| (Number::Float(stats.min()), Number::Float(stats.max())));
                (stats.numbers, extremes, terms)
            }),
            Numbers::Int(values) => exact(values.iter().map(|value| *value as f64)).map(|(stats, terms)| {
                let extremes = values.iter().min().zip(values.iter().max()).map(|(min, max)| (Number::Int(*min), Number::Int(*max)));
                (stats.numbers, extremes, terms)
            }),
            Numbers::Mixed(_) => None,
        };
        if let Some((numbers, extremes, terms)) = exact {
            return Self { steps, first, last, numbers: numbers as u32, extremes, terms, more_terms: Vec::new() };
        }
        Self::of_aggregate(steps, (first, last), &numbers.iter().collect())
    }

    fn of_aggregate(steps: PieceSteps, (first, last): (Number, Number), all: &Aggregate) -> Self {
        let mut sum = all.terms();
        let terms = match sum[..] {
            [f64::INFINITY, f64::NEG_INFINITY, ..] => (f64::NAN, 0.0),
            [infinite, ..] if infinite.is_infinite() => (infinite, 0.0),
            _ => (sum.first().copied().unwrap_or(0.0), sum.get(1).copied().unwrap_or(0.0)),
        };
        let more_terms = if terms.0.is_finite() { sum.split_off(sum.len().min(2)) } else { Vec::new() };
        Self { steps, first, last, numbers: all.numbers() as u32, extremes: all.extremes(), terms, more_terms }
    }

    /// Several pieces, one after the other, as one; `None` of none.
    pub(crate) fn whole(pieces: &[Self]) -> Option<Self> {
        let (first, last) = (pieces.first()?, pieces.last()?);
        let mut all = Aggregate::default();
        pieces.iter().for_each(|piece| all.merge(&piece.aggregate()));
        let rows = pieces.iter().map(|piece| piece.steps.rows).sum();
        let steps = PieceSteps { rows, first: first.steps.first, last: last.steps.last };
        Some(Self::of_aggregate(steps, (first.first, last.last), &all))
    }

    /// Its numbers added up exactly.
    pub(crate) fn aggregate(&self) -> Aggregate {
        let (sum, rest) = self.terms;
        let terms = if sum.is_nan() { [f64::INFINITY, f64::NEG_INFINITY] } else { [sum, rest] };
        Aggregate::from_parts(
            self.steps.rows.into(),
            self.numbers.into(),
            self.extremes,
            terms.into_iter().chain(self.more_terms.iter().copied()),
        )
    }

    /// Its numbers as doubles.
    pub(crate) fn points(&self) -> PointStats {
        let extremes = self.extremes.map(|(min, max)| (min.to_f64(), max.to_f64()));
        let more: f64 = self.more_terms.iter().sum();
        let (sum, rest) = self.terms;
        let (sum, rest) = if more == 0.0 { (sum, rest) } else { (sum + more, rest) };
        let values = NumberStats::from_parts(self.steps.rows.into(), self.numbers.into(), (sum, rest), extremes);
        PointStats::from_parts(values, self.first.to_f64(), self.last.to_f64())
    }
}

/// Statistics of doubles with their exact sum in two terms; `None` if two are not enough.
fn exact(values: impl Iterator<Item = f64>) -> Option<(NumberStats, (f64, f64))> {
    let two_sum = |one: f64, two: f64| {
        let sum = one + two;
        let part = sum - one;
        (sum, (one - (sum - part)) + (two - part))
    };
    let (mut count, mut numbers, mut min, mut max) = (0u64, 0u64, f64::INFINITY, f64::NEG_INFINITY);
    let (mut sum, mut rest, mut lost) = (0.0, 0.0, 0.0);
    for value in values {
        let is_number = !value.is_nan();
        count += 1;
        numbers += u64::from(is_number);
        min = if value < min { value } else { min };
        max = if value > max { value } else { max };
        let error;
        (sum, error) = two_sum(sum, if is_number { value } else { 0.0 });
        let beyond;
        (rest, beyond) = two_sum(rest, error);
        lost += f64::abs(beyond);
    }
    // NaN, of infinities and of what overflows, is not 0 either.
    let terms = two_sum(sum, rest);
    let is_exact = lost == 0.0 && terms.0.is_finite();
    is_exact.then(|| (NumberStats::from_parts(count, numbers, terms, (numbers > 0).then_some((min, max))), terms))
}

/// The pieces of a column whose rows have these steps, in a row group of `capacity`.
pub(crate) fn of_column(steps: &[Step], numbers: &Numbers, width: u32, capacity: usize) -> Vec<Piece> {
    let cuts = pieces::pieces(steps, width, capacity);
    let mut at = 0;
    let piece = |piece: PieceSteps| {
        let rows = at..at + piece.rows as usize;
        at = rows.end;
        let part = match numbers {
            Numbers::Float(values) => Numbers::Float(values[rows].to_vec()),
            Numbers::Int(values) => Numbers::Int(values[rows].to_vec()),
            Numbers::Mixed(values) => values[rows].iter().copied().collect(),
        };
        Piece::of(piece, &part)
    };
    cuts.into_iter().map(piece).collect()
}
