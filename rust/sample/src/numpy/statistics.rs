//! Statistics of whole arrays: extremes, moments and percentiles, as numpy defines them.
//!
//! Equal to `np.nanmin`, `nanmax`, `nanmean`, `nanvar`, `nanstd` and `nanpercentile` (linear interpolation)
//! of the array in float64, but for rounding: sums are compensated, so that they are at least as exact as
//! numpy's pairwise ones, and a mean does not overflow. Infinities are values.
//!
//! Types of 8 and 16 bits are counted by value. Others are copied, and the copy is partitioned around the
//! ranks that are asked for (selection, not a sort): linear in the number of elements.

use crate::numpy::array_view::{Elements, View};
use crate::numpy::finite_range::Element;
use crate::numpy::half::Half;
use std::cmp::Ordering;
use stepwell_model::Value;

/// The percentiles of [`Statistics::percentiles`].
pub const PERCENTILES: [u8; 7] = [5, 10, 25, 50, 75, 90, 95];
/// By which values are scaled where their sum is beyond doubles: more than any array has elements.
const SCALE: f64 = 1.0 / (1u128 << 64) as f64;

/// Statistics of an array.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// How many elements are not NaN.
    pub numbers: u64,
    /// Count of NaN; all else is said of the others, and is NaN if there are none.
    pub nan: u64,
    /// The smallest number: an integer of an array of integers.
    pub min: Value,
    /// The largest number.
    pub max: Value,
    /// The mean.
    pub mean: f64,
    /// The variance of the whole (`ddof=0`).
    pub var: f64,
    /// Its root.
    pub std: f64,
    /// The values below which so many percent lie ([`PERCENTILES`]), interpolated between neighbours.
    pub percentiles: [f64; 7],
}

/// The statistics of all elements of `view`.
pub fn statistics(view: &View<'_>) -> Statistics {
    match view {
        View::F64(elements) => selected(elements, Value::Float),
        View::F32(elements) => selected(elements, |value| Value::Float(value.into())),
        View::I64(elements) => selected(elements, Value::Int),
        View::I32(elements) => selected(elements, |value| Value::Int(value.into())),
        View::U32(elements) => selected(elements, |value| Value::Int(value.into())),
        View::U64(elements) => selected(elements, |value| i64::try_from(value).map_or(Value::Float(value as f64), Value::Int)),
        View::F16(elements) => tallied(elements, |bits| bits, |bits| Half::from_bits(bits).0, Value::Float),
        View::I16(elements) => tallied(elements, |value| value as u16, |bits| f64::from(bits as i16), integer),
        View::U16(elements) => tallied(elements, |value| value, f64::from, integer),
        View::I8(elements) => tallied(elements, |value| u16::from(value as u8), |bits| f64::from(bits as u8 as i8), integer),
        View::U8(elements) => tallied(elements, u16::from, f64::from, integer),
        View::Bool(elements) => tallied(elements, |value| u16::from(value != 0), f64::from, integer),
    }
}

fn integer(value: f64) -> Value {
    Value::Int(value as i64)
}

/// By selection in a copy.
fn selected<T: Element>(elements: &Elements<'_, T>, exact: impl Fn(T) -> Value) -> Statistics {
    let mut values = Vec::with_capacity(elements.len());
    elements.for_each_slice(|slice| values.extend(slice.iter().copied().filter(|value| !value.is_nan())));
    let nan = (elements.len() - values.len()) as u64;
    let Some(&first) = values.first() else { return nothing(nan) };
    let (mut min, mut max) = (first, first);
    for &value in &values {
        min = if value < min { value } else { min };
        max = if value > max { value } else { max };
    }
    let (mean, var) = moments(values.iter().map(|value| (value.wide(), 1.0)), values.len() as f64, min.wide(), max.wide());
    let mut ranks: Vec<usize> = PERCENTILES.iter().flat_map(|&percent| Place::of(percent, values.len()).ranks()).collect();
    ranks.sort_unstable();
    ranks.dedup();
    partition(&mut values, 0, &ranks);
    let percentiles = PERCENTILES.map(|percent| Place::of(percent, values.len()).value(|rank| values[rank].wide()));
    Statistics { numbers: values.len() as u64, nan, min: exact(min), max: exact(max), mean, var, std: var.sqrt(), percentiles }
}

/// By counting each of the 65,536 values that there can be.
fn tallied<T: Copy>(
    elements: &Elements<'_, T>,
    bits: impl Fn(T) -> u16,
    number: impl Fn(u16) -> f64,
    exact: impl Fn(f64) -> Value,
) -> Statistics {
    let mut table = vec![0u64; 1 << 16];
    elements.for_each_slice(|slice| slice.iter().for_each(|&value| table[usize::from(bits(value))] += 1));
    let mut tally: Vec<(f64, u64)> =
        (0..=u16::MAX).zip(table).filter(|&(_, times)| times > 0).map(|(bits, times)| (number(bits), times)).collect();
    let nan = tally.iter().filter(|(value, _)| value.is_nan()).map(|(_, times)| times).sum();
    tally.retain(|(value, _)| !value.is_nan());
    tally.sort_unstable_by(|(one, _), (other, _)| one.total_cmp(other));
    let (Some(&(min, _)), Some(&(max, _))) = (tally.first(), tally.last()) else { return nothing(nan) };
    let numbers: u64 = tally.iter().map(|(_, times)| times).sum();
    let (mean, var) = moments(tally.iter().map(|&(value, times)| (value, times as f64)), numbers as f64, min, max);
    let at = |rank: usize| {
        let mut seen = 0;
        let found = tally.iter().find(|(_, times)| {
            seen += times;
            seen > rank as u64
        });
        found.map_or(max, |&(value, _)| value)
    };
    let percentiles = PERCENTILES.map(|percent| Place::of(percent, numbers as usize).value(at));
    Statistics { numbers, nan, min: exact(min), max: exact(max), mean, var, std: var.sqrt(), percentiles }
}

/// The statistics of no numbers.
fn nothing(nan: u64) -> Statistics {
    let none = Value::Float(f64::NAN);
    Statistics { numbers: 0, nan, min: none.clone(), max: none, mean: f64::NAN, var: f64::NAN, std: f64::NAN, percentiles: [f64::NAN; 7] }
}

/// Mean and variance of values that occur so many times each, in two passes.
fn moments(tally: impl Iterator<Item = (f64, f64)> + Clone, numbers: f64, min: f64, max: f64) -> (f64, f64) {
    let mut mean = total(tally.clone().map(|(value, times)| value * times)) / numbers;
    if !mean.is_finite() && min.is_finite() && max.is_finite() {
        mean = total(tally.clone().map(|(value, times)| value * SCALE * times)) / numbers / SCALE;
    }
    // Rounding must not give equal values a variance.
    mean = mean.clamp(min, max);
    let var = total(tally.map(|(value, times)| (value - mean) * (value - mean) * times)) / numbers;
    (mean, var)
}

/// A sum, compensated as by Kahan, Babuška and Neumaier.
fn total(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut compensation) = (0.0, 0.0);
    for value in values {
        let next: f64 = sum + value;
        let part = next - sum;
        compensation += (sum - (next - part)) + (value - part);
        sum = next;
    }
    // A sum that has left the finite numbers has no finite error.
    if f64::is_finite(compensation) { sum + compensation } else { sum }
}

/// Position of a percentile among sorted values.
struct Place {
    rank: usize,
    last: usize,
    fraction: f64,
}

impl Place {
    fn of(percent: u8, numbers: usize) -> Self {
        let last = numbers - 1;
        let place = f64::from(percent) / 100.0 * last as f64;
        Self { rank: place.floor() as usize, last, fraction: place.fract() }
    }

    /// The ranks between which it lies.
    fn ranks(&self) -> [usize; 2] {
        [self.rank, self.last.min(self.rank + 1)]
    }

    /// The value there, `at` saying which value has a rank.
    fn value(&self, at: impl Fn(usize) -> f64) -> f64 {
        let [low, high] = self.ranks().map(at);
        if low == high || self.fraction == 0.0 {
            return low;
        }
        let range = high - low;
        match self.fraction {
            // Huge numbers of both signs.
            part if !range.is_finite() => low * (1.0 - part) + high * part,
            part if part < 0.5 => low + range * part,
            part => high - range * (1.0 - part),
        }
    }
}

/// Moves what has one of these ranks (rising, counted from `offset`) to its place in the sorted order.
fn partition<T: PartialOrd>(values: &mut [T], offset: usize, ranks: &[usize]) {
    let Some(&rank) = ranks.get(ranks.len() / 2) else { return };
    let compare = |one: &T, other: &T| one.partial_cmp(other).unwrap_or(Ordering::Equal);
    let (below, _, above) = values.select_nth_unstable_by(rank - offset, compare);
    partition(below, offset, &ranks[..ranks.len() / 2]);
    partition(above, rank + 1, &ranks[ranks.len() / 2 + 1..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> Statistics {
        statistics(&View::F64(values.into()))
    }

    #[test]
    fn percentiles_lie_between_neighbours_as_numpys_do() {
        let values: Vec<f64> = (0..40).rev().map(f64::from).collect();
        let found = of(&values);
        // np.percentile(np.arange(40.0), [5, 10, 25, 50, 75, 90, 95])
        assert_eq!(found.percentiles, [1.9500000000000002, 3.9000000000000004, 9.75, 19.5, 29.25, 35.1, 37.05]);
        assert_eq!((found.mean, found.var), (19.5, 133.25));
        assert_eq!((found.min, found.max), (Value::Float(0.0), Value::Float(39.0)));
    }

    #[test]
    fn selection_finds_what_sorting_finds() {
        for length in [1usize, 2, 3, 7, 33, 1000] {
            let mut values: Vec<f64> = (0..length as u64).map(|i| (i.wrapping_mul(2_654_435_761) % 1_013) as f64 - 500.0).collect();
            let found = of(&values);
            values.sort_unstable_by(f64::total_cmp);
            assert_eq!(found.percentiles, PERCENTILES.map(|percent| Place::of(percent, length).value(|rank| values[rank])), "{length}");
        }
    }

    #[test]
    fn narrow_types_are_counted_and_agree_with_wide_ones() {
        let bytes: Vec<u8> = (0..5000u32).map(|i| (i * 7 % 251) as u8).collect();
        let signed: Vec<i16> = bytes.iter().map(|&byte| i16::from(byte) - 100).collect();
        let wide: Vec<i64> = signed.iter().map(|&value| value.into()).collect();
        assert_eq!(statistics(&View::I16(signed.as_slice().into())), statistics(&View::I64(wide.as_slice().into())));
        let found = statistics(&View::U8(bytes.as_slice().into()));
        assert_eq!((found.min, found.max, found.numbers), (Value::Int(0), Value::Int(250), 5000));
        let truths = statistics(&View::Bool((&[0, 1, 255, 0][..]).into()));
        assert_eq!((truths.mean, truths.max), (0.5, Value::Int(1)));
    }

    #[test]
    fn nan_is_counted_and_left_out() {
        let found = of(&[f64::NAN, 1.0, f64::NAN, 3.0]);
        assert_eq!((found.nan, found.numbers, found.mean, found.var), (2, 2, 2.0, 1.0));
        let none = of(&[f64::NAN; 3]);
        assert_eq!((none.nan, none.numbers), (3, 0));
        assert!(none.mean.is_nan() && none.percentiles.iter().all(|value| value.is_nan()));
        assert!(of(&[]).std.is_nan());
    }

    #[test]
    fn infinities_are_values() {
        let found = of(&[1.0, 2.0, f64::INFINITY]);
        assert_eq!((found.max, found.mean), (Value::Float(f64::INFINITY), f64::INFINITY));
        assert!(found.var.is_nan());
        assert_eq!(found.percentiles[3], 2.0);
        assert_eq!(of(&[f64::INFINITY; 4]).percentiles, [f64::INFINITY; 7]);
    }

    #[test]
    fn equal_values_have_no_variance_and_huge_ones_a_mean() {
        let found = of(&[0.1; 1000]);
        assert_eq!((found.mean, found.var), (0.1, 0.0));
        let huge = of(&[f64::MAX, f64::MAX, f64::MAX]);
        assert_eq!((huge.mean, huge.percentiles[3]), (f64::MAX, f64::MAX));
        let both = of(&[-f64::MAX, f64::MAX]);
        assert_eq!((both.mean, both.percentiles[3]), (0.0, 0.0));
    }

    #[test]
    fn a_small_spread_around_a_large_mean_keeps_its_digits() {
        let values: Vec<f64> = (0..1000).map(|i| 1e9 + f64::from(i % 2)).collect();
        assert_eq!((of(&values).mean, of(&values).var), (1e9 + 0.5, 0.25));
    }

    #[test]
    fn integers_beyond_doubles_keep_their_extremes() {
        let found = statistics(&View::I64((&[i64::MIN, 0, i64::MAX][..]).into()));
        assert_eq!((found.min, found.max), (Value::Int(i64::MIN), Value::Int(i64::MAX)));
        let unsigned = statistics(&View::U64((&[7, u64::MAX][..]).into()));
        assert_eq!((unsigned.min, unsigned.max), (Value::Int(7), Value::Float(u64::MAX as f64)));
    }
}
