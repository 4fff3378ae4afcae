//! Aggregate of the numbers of a series: count, exact sum and extremes, the same however they are split into
//! chunks.

use crate::summary::exact_sum::ExactSum;
use crate::summary::point_stats::NumberStats;
use std::cmp::Ordering;
use stepwell_model::Number;

/// Count, sum and extremes of numbers that came in step order. NaN counts and is left out of the rest, unless
/// there is nothing else.
#[derive(Debug, Clone, Default)]
pub struct Aggregate {
    count: u64,
    numbers: u64,
    sum: ExactSum,
    /// Of equal ones the first.
    extremes: Option<(Number, Number)>,
}

impl Aggregate {
    /// Adds a number.
    #[inline]
    pub fn add(&mut self, number: Number) {
        self.count += 1;
        if number.is_nan() {
            return;
        }
        self.numbers += 1;
        self.sum.add(number.to_f64());
        self.stretch(number, number);
    }

    #[inline]
    fn stretch(&mut self, low: Number, high: Number) {
        match &mut self.extremes {
            Some((min, max)) => {
                if low.compare(*min) == Some(Ordering::Less) {
                    *min = low;
                }
                if high.compare(*max) == Some(Ordering::Greater) {
                    *max = high;
                }
            }
            None => self.extremes = Some((low, high)),
        }
    }

    /// Adds the numbers of another aggregate, which came after these.
    pub fn merge(&mut self, later: &Self) {
        self.count += later.count;
        self.numbers += later.numbers;
        self.sum.merge(&later.sum);
        if let Some((min, max)) = later.extremes {
            self.stretch(min, max);
        }
    }

    /// An aggregate from what is stored of one: see [`count`](Self::count), [`numbers`](Self::numbers),
    /// [`extremes`](Self::extremes) and [`terms`](Self::terms).
    pub fn from_parts(count: u64, numbers: u64, extremes: Option<(Number, Number)>, terms: impl IntoIterator<Item = f64>) -> Self {
        Self { count, numbers, sum: terms.into_iter().collect(), extremes }
    }

    /// That of doubles, whose mean may be wrong in its last digit. Extremes are integers where all of the
    /// numbers came as integers.
    pub fn of_stats(stats: &NumberStats, are_integers: bool) -> Self {
        let NumberStats { count, numbers, sum, compensation, .. } = *stats;
        let number = |value: f64| if are_integers { Number::Int(value as i64) } else { Number::Float(value) };
        let extremes = (numbers > 0).then(|| (number(stats.min()), number(stats.max())));
        let terms = match (sum.is_nan(), compensation.is_finite()) {
            // Of infinities of both signs.
            (true, _) => vec![f64::INFINITY, f64::NEG_INFINITY],
            (false, true) => vec![sum, compensation],
            // A sum that has left the finite numbers has no finite error.
            (false, false) => vec![sum],
        };
        Self::from_parts(count, numbers, extremes, terms)
    }

    /// Count, NaN included.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Count of those that are not NaN.
    pub fn numbers(&self) -> u64 {
        self.numbers
    }

    /// The smallest and the largest one; `None` if all are NaN.
    pub fn extremes(&self) -> Option<(Number, Number)> {
        self.extremes
    }

    /// A few doubles with the sum of those that are not NaN.
    pub fn terms(&self) -> Vec<f64> {
        self.sum.terms()
    }

    /// The sum of those that are not NaN.
    pub fn sum(&self) -> &ExactSum {
        &self.sum
    }

    /// The smallest one: NaN if all are, `None` if there is none.
    pub fn min(&self) -> Option<Number> {
        self.or_nan(self.extremes.map(|(min, _)| min))
    }

    /// The largest one, likewise.
    pub fn max(&self) -> Option<Number> {
        self.or_nan(self.extremes.map(|(_, max)| max))
    }

    /// Their mean, likewise; also NaN of infinities of both signs.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| if self.numbers > 0 { self.sum.mean(self.numbers) } else { f64::NAN })
    }

    fn or_nan(&self, number: Option<Number>) -> Option<Number> {
        number.or_else(|| (self.count > 0).then_some(Number::Float(f64::NAN)))
    }
}

impl FromIterator<Number> for Aggregate {
    fn from_iter<I: IntoIterator<Item = Number>>(numbers: I) -> Self {
        let mut aggregate = Self::default();
        numbers.into_iter().for_each(|number| aggregate.add(number));
        aggregate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aggregate(numbers: &[Number]) -> Aggregate {
        numbers.iter().copied().collect()
    }

    #[test]
    fn nan_is_left_out_unless_there_is_nothing_else() {
        let (int, float) = (Number::Int, Number::Float);
        let mixed = aggregate(&[float(f64::NAN), int(3), float(0.5), float(f64::NAN)]);
        assert_eq!((mixed.min(), mixed.max(), mixed.mean()), (Some(float(0.5)), Some(int(3)), Some(1.75)));
        assert_eq!((mixed.count(), mixed.numbers()), (4, 2));
        let nothing = aggregate(&[float(f64::NAN)]);
        assert!(nothing.min().is_some_and(Number::is_nan) && nothing.max().is_some_and(Number::is_nan));
        assert!(nothing.mean().is_some_and(f64::is_nan));
        assert_eq!((aggregate(&[]).min(), aggregate(&[]).max(), aggregate(&[]).mean()), (None, None, None));
    }

    #[test]
    fn integers_stay_integers_and_of_equal_ones_the_first_stays() {
        let (int, float) = (Number::Int, Number::Float);
        let numbers = [int(i64::MAX), int(i64::MAX - 1), float(-1.0), int(-1)];
        for cut in 0..=numbers.len() {
            let (one, two) = numbers.split_at(cut);
            let mut merged = aggregate(one);
            merged.merge(&aggregate(two));
            assert_eq!((merged.min(), merged.max()), (Some(float(-1.0)), Some(int(i64::MAX))));
            let stored = Aggregate::from_parts(merged.count(), merged.numbers(), merged.extremes(), merged.terms());
            assert_eq!((stored.mean(), stored.min(), stored.count()), (merged.mean(), merged.min(), 4));
        }
    }
}
