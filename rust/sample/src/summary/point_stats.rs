//! Count, sum, extremes, first and last value of a group of doubles, kept instead of them: about a nanosecond
//! per value.

use std::ops::Deref;

/// Statistics of the numbers among values, however they are ordered.
///
/// NaN counts, but is left out of sum, minimum and maximum, which are NaN only if there is nothing else.
/// Infinities are values: they are minimum or maximum, and the mean is infinite, or NaN if both signs occur.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberStats {
    /// Values, NaN included.
    pub count: u64,
    /// Values that are not NaN.
    pub numbers: u64,
    /// Their sum, rounded.
    pub sum: f64,
    /// Part of the sum that rounding lost.
    pub(crate) compensation: f64,
    /// The smallest number; `+inf` if there is none.
    min: f64,
    /// The largest number; `-inf` if there is none.
    max: f64,
}

impl NumberStats {
    /// Those of no values.
    pub const EMPTY: Self = Self { count: 0, numbers: 0, sum: 0.0, compensation: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };

    /// Those of so many values, of which `numbers` are not NaN: their sum in two parts, the second of which is
    /// what rounding lost of the first, and their extremes.
    pub fn from_parts(count: u64, numbers: u64, (sum, compensation): (f64, f64), extremes: Option<(f64, f64)>) -> Self {
        let (min, max) = extremes.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
        Self { count, numbers, sum, compensation, min, max }
    }

    /// Adds a value.
    #[inline(always)]
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        let is_number = !value.is_nan();
        self.numbers += u64::from(is_number);
        self.min = if value < self.min { value } else { self.min };
        self.max = if value > self.max { value } else { self.max };
        self.add_to_sum(if is_number { value } else { 0.0 });
    }

    /// Knuth's exact sum of two, compensated as by Kahan, Babuška and Neumaier (Neumaier, ZAMM 54, 1974),
    /// without its branch.
    #[inline(always)]
    fn add_to_sum(&mut self, value: f64) {
        let sum = self.sum + value;
        let part = sum - self.sum;
        self.compensation += (self.sum - (sum - part)) + (value - part);
        self.sum = sum;
    }

    /// Adds what others hold.
    pub fn merge(&mut self, later: &Self) {
        self.count += later.count;
        self.numbers += later.numbers;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        self.add_to_sum(later.sum);
        self.compensation += later.compensation;
    }

    /// The sum with what rounding lost of it.
    pub fn total(&self) -> f64 {
        // A sum that has left the finite numbers has no finite error.
        if self.compensation.is_finite() { self.sum + self.compensation } else { self.sum }
    }

    /// The mean of the numbers, NaN if there are none. Never outside of minimum and maximum, even where the
    /// sum overflows.
    pub fn mean(&self) -> f64 {
        if self.numbers == 0 {
            return f64::NAN;
        }
        let mean = self.total() / self.numbers as f64;
        // NaN, of infinities of both signs, stays; sums of finite numbers that overflowed both ways have no
        // better answer than 0.
        match (mean.is_nan(), self.min.is_finite() && self.max.is_finite()) {
            (true, true) => 0f64.clamp(self.min, self.max),
            (true, false) => mean,
            (false, _) => mean.clamp(self.min, self.max),
        }
    }

    /// The smallest number; NaN if there is none.
    pub fn min(&self) -> f64 {
        if self.numbers == 0 { f64::NAN } else { self.min }
    }

    /// The largest number; NaN if there is none.
    pub fn max(&self) -> f64 {
        if self.numbers == 0 { f64::NAN } else { self.max }
    }
}

/// Statistics of values in order of arrival: those of their numbers, and the first and the last value, which
/// may be NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointStats {
    values: NumberStats,
    first: f64,
    last: f64,
}

impl Deref for PointStats {
    type Target = NumberStats;

    fn deref(&self) -> &NumberStats {
        &self.values
    }
}

impl PointStats {
    /// Those of no points.
    pub const EMPTY: Self = Self { values: NumberStats::EMPTY, first: f64::NAN, last: f64::NAN };

    /// Those of values that are not kept, of which these were the first and the last.
    pub fn from_parts(values: NumberStats, first: f64, last: f64) -> Self {
        Self { values, first, last }
    }

    /// Those of these values.
    pub fn of(values: &[f64]) -> Self {
        let mut stats = Self::EMPTY;
        stats.extend(values);
        stats
    }

    /// Adds a point.
    #[inline(always)]
    pub fn add(&mut self, value: f64) {
        if self.count == 0 {
            self.first = value;
        }
        self.last = value;
        self.values.add(value);
    }

    /// Adds points in order.
    pub fn extend(&mut self, values: &[f64]) {
        let mut stats = *self;
        for &value in values {
            stats.add(value);
        }
        *self = stats;
    }

    /// Adds points that arrived after these.
    pub fn merge(&mut self, later: &Self) {
        if later.count == 0 {
            return;
        }
        if self.count == 0 {
            self.first = later.first;
        }
        self.last = later.last;
        self.values.merge(&later.values);
    }

    /// The value that arrived first; NaN if there is none.
    pub fn first(&self) -> f64 {
        self.first
    }

    /// The value that arrived last; NaN if there is none.
    pub fn last(&self) -> f64 {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_keeps_what_a_plain_sum_loses() {
        assert_eq!(PointStats::of(&[1e16, 1.0, -1e16, 1.0]).mean(), 0.5);
        let tenths = PointStats::of(&[0.1; 1000]);
        assert_eq!((tenths.mean(), tenths.min(), tenths.max()), (0.1, 0.1, 0.1));
    }

    #[test]
    fn nan_counts_but_is_no_number() {
        let stats = PointStats::of(&[f64::NAN, 1.0, 3.0, f64::NAN]);
        assert_eq!((stats.count, stats.numbers, stats.mean(), stats.min(), stats.max()), (4, 2, 2.0, 1.0, 3.0));
        assert!(stats.first().is_nan() && stats.last().is_nan());
        let nothing = PointStats::of(&[f64::NAN]);
        assert!(nothing.mean().is_nan() && nothing.min().is_nan() && nothing.max().is_nan());
        assert_eq!((nothing.count, nothing.numbers), (1, 0));
    }

    #[test]
    fn infinities_are_extremes_and_pull_the_mean_along() {
        let up = PointStats::of(&[1.0, f64::INFINITY, 2.0]);
        assert_eq!((up.mean(), up.min(), up.max(), up.last()), (f64::INFINITY, 1.0, f64::INFINITY, 2.0));
        let both = PointStats::of(&[f64::NEG_INFINITY, f64::INFINITY]);
        assert!(both.mean().is_nan());
        assert_eq!((both.min(), both.max()), (f64::NEG_INFINITY, f64::INFINITY));
    }

    #[test]
    fn a_sum_that_overflows_does_not_leave_the_range() {
        assert_eq!(PointStats::of(&[1e308, 1.5e308, 1.2e308]).mean(), 1.5e308);
        assert_eq!(PointStats::of(&[-1.5e308, -1.5e308, 1e308]).mean(), -1.5e308);
    }

    #[test]
    fn merging_is_adding_in_order() {
        let values = [3.0, f64::NAN, -1.0, 0.5, 8.0, 2.25];
        for cut in 0..=values.len() {
            let mut merged = PointStats::of(&values[..cut]);
            merged.merge(&PointStats::of(&values[cut..]));
            assert_eq!(merged, PointStats::of(&values), "{cut}");
        }
    }
}
