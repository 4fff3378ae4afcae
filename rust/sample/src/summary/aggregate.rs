//! Count, exact sum and extremes of the numbers of a series: the same however they are split into chunks.

use crate::summary::exact_sum::ExactSum;
use std::cmp::Ordering;
use stepwell_model::Number;

/// Count, sum and extremes of numbers that came in step order. NaN counts and is left out of the rest, unless there is nothing else.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    count: u64,
    numbers: u64,
    sum: ExactSum,
    /// Of equal ones the first.
    extremes: Option<(Number, Number)>,
}

impl Tally {
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

    /// Adds the numbers of another tally, which came after these.
    pub fn merge(&mut self, later: &Self) {
        self.count += later.count;
        self.numbers += later.numbers;
        self.sum.merge(&later.sum);
        if let Some((min, max)) = later.extremes {
            self.stretch(min, max);
        }
    }

    /// A tally from what is stored of one: see [`count`](Self::count), [`numbers`](Self::numbers), [`extremes`](Self::extremes) and
    /// [`terms`](Self::terms).
    pub fn from_parts(count: u64, numbers: u64, extremes: Option<(Number, Number)>, terms: impl IntoIterator<Item = f64>) -> Self {
        Self { count, numbers, sum: terms.into_iter().collect(), extremes }
    }

    /// How many, NaN included.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many are not NaN.
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

impl FromIterator<Number> for Tally {
    fn from_iter<I: IntoIterator<Item = Number>>(numbers: I) -> Self {
        let mut tally = Self::default();
        numbers.into_iter().for_each(|number| tally.add(number));
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(numbers: &[Number]) -> Tally {
        numbers.iter().copied().collect()
    }

    #[test]
    fn nan_is_left_out_unless_there_is_nothing_else() {
        let (int, float) = (Number::Int, Number::Float);
        let mixed = tally(&[float(f64::NAN), int(3), float(0.5), float(f64::NAN)]);
        assert_eq!((mixed.min(), mixed.max(), mixed.mean()), (Some(float(0.5)), Some(int(3)), Some(1.75)));
        assert_eq!((mixed.count(), mixed.numbers()), (4, 2));
        let nothing = tally(&[float(f64::NAN)]);
        assert!(nothing.min().is_some_and(Number::is_nan) && nothing.max().is_some_and(Number::is_nan));
        assert!(nothing.mean().is_some_and(f64::is_nan));
        assert_eq!((tally(&[]).min(), tally(&[]).max(), tally(&[]).mean()), (None, None, None));
    }

    #[test]
    fn integers_stay_integers_and_of_equal_ones_the_first_stays() {
        let (int, float) = (Number::Int, Number::Float);
        let numbers = [int(i64::MAX), int(i64::MAX - 1), float(-1.0), int(-1)];
        for cut in 0..=numbers.len() {
            let (one, two) = numbers.split_at(cut);
            let mut merged = tally(one);
            merged.merge(&tally(two));
            assert_eq!((merged.min(), merged.max()), (Some(float(-1.0)), Some(int(i64::MAX))));
            let stored = Tally::from_parts(merged.count(), merged.numbers(), merged.extremes(), merged.terms());
            assert_eq!((stored.mean(), stored.min(), stored.count()), (merged.mean(), merged.min(), 4));
        }
    }
}
