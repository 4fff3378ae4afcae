//! The range of an array in one vectorised pass: smallest and largest finite value, and how many are not
//! finite.

use crate::numpy::vector::{Vectorised, widest};

/// Values reduced side by side: enough vectors to hide the latency of a minimum.
const LANES: usize = 64;

/// A type that can be compared, added to an extent and binned.
pub(crate) trait Element: Copy + PartialOrd + Send + Sync {
    /// Above every finite value.
    const TOP: Self;
    /// Below every finite value.
    const BOTTOM: Self;
    /// Whether there are NaN and infinities. Without them `TOP` and `BOTTOM` are values like any other.
    const FLOAT: bool;

    /// Whether it is NaN.
    fn is_nan(self) -> bool;
    /// The nearest double.
    fn wide(self) -> f64;
    /// The difference to a lesser value: exact before it becomes a double for integers, as numpy takes it.
    fn range(self, min: Self) -> f64;
}

macro_rules! is_nan {
    ($value:expr) => {
        $value.is_nan()
    };
}

macro_rules! never {
    ($value:expr) => {
        false
    };
}

macro_rules! elements {
    ($top:ident, $bottom:ident, $float:literal, $exact:ty, $nan:ident; $($type:ty),*) => {$(
        impl Element for $type {
            const TOP: Self = <$type>::$top;
            const BOTTOM: Self = <$type>::$bottom;
            const FLOAT: bool = $float;

            #[inline(always)]
            fn is_nan(self) -> bool {
                $nan!(self)
            }

            #[inline(always)]
            #[allow(clippy::cast_lossless, reason = "i64 and u64 have no From")]
            fn wide(self) -> f64 {
                self as f64
            }

            #[allow(clippy::cast_lossless, reason = "f64 is among the types")]
            fn range(self, min: Self) -> f64 {
                (self as $exact - min as $exact) as f64
            }
        }
    )*};
}

elements!(INFINITY, NEG_INFINITY, true, f64, is_nan; f32, f64);
elements!(MAX, MIN, false, i128, never; i64, i32, i16, u64, u32, u16);

/// Finding of one pass over an array.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Extent<T> {
    /// The smallest finite value; above `max` if there is none.
    pub(crate) min: T,
    /// The largest finite value.
    pub(crate) max: T,
    /// Count of NaN.
    pub(crate) nan: u64,
    /// Count of `+inf`.
    pub(crate) pos_inf: u64,
    /// Count of `-inf`.
    pub(crate) neg_inf: u64,
}

impl<T: Element> Extent<T> {
    /// The extent of nothing.
    pub(crate) const EMPTY: Self = Self { min: T::TOP, max: T::BOTTOM, nan: 0, pos_inf: 0, neg_inf: 0 };

    /// The extent of both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            min: lesser(other.min, self.min),
            max: greater(other.max, self.max),
            nan: self.nan + other.nan,
            pos_inf: self.pos_inf + other.pos_inf,
            neg_inf: self.neg_inf + other.neg_inf,
        }
    }

    /// The extent of `values`.
    pub(crate) fn of(values: &[T]) -> Self {
        let (min, max, any_nan) = widest(Quick(values));
        let any_infinite = T::FLOAT && (min == T::BOTTOM || max == T::TOP);
        if any_nan || any_infinite {
            return values.chunks(1 << 30).map(|part| widest(Careful(part))).fold(Self::EMPTY, Self::and);
        }
        Self { min, max, ..Self::EMPTY }
    }
}

/// `value` if it is less; NaN is not.
#[inline(always)]
fn lesser<T: PartialOrd>(value: T, than: T) -> T {
    if value < than { value } else { than }
}

/// `value` if it is greater; NaN is not.
#[inline(always)]
fn greater<T: PartialOrd>(value: T, than: T) -> T {
    if value > than { value } else { than }
}

/// Smallest and largest value but NaN, and whether one was NaN.
struct Quick<'a, T>(&'a [T]);

impl<T: Element> Vectorised for Quick<'_, T> {
    type Output = (T, T, bool);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let mut min = [T::TOP; LANES];
        let mut max = [T::BOTTOM; LANES];
        let mut any_nan = false;
        let (blocks, rest) = self.0.as_chunks::<LANES>();
        for block in blocks {
            let mut nan = false;
            for i in 0..LANES {
                min[i] = lesser(block[i], min[i]);
                max[i] = greater(block[i], max[i]);
                nan |= block[i].is_nan();
            }
            any_nan |= nan;
        }
        for &value in rest {
            min[0] = lesser(value, min[0]);
            max[0] = greater(value, max[0]);
            any_nan |= value.is_nan();
        }
        let min = min.into_iter().fold(T::TOP, |least, value| lesser(value, least));
        let max = max.into_iter().fold(T::BOTTOM, |most, value| greater(value, most));
        (min, max, any_nan)
    }
}

/// The extent of at most 2^32 floats of which some are not finite.
struct Careful<'a, T>(&'a [T]);

impl<T: Element> Vectorised for Careful<'_, T> {
    type Output = Extent<T>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let mut min = [T::TOP; LANES];
        let mut max = [T::BOTTOM; LANES];
        let (mut nan, mut pos_inf, mut neg_inf) = ([0u32; LANES], [0u32; LANES], [0u32; LANES]);
        let (blocks, rest) = self.0.as_chunks::<LANES>();
        let mut add = |i: usize, value: T| {
            let (top, bottom) = (value == T::TOP, value == T::BOTTOM);
            nan[i] += u32::from(value.is_nan());
            pos_inf[i] += u32::from(top);
            neg_inf[i] += u32::from(bottom);
            min[i] = lesser(if bottom { T::TOP } else { value }, min[i]);
            max[i] = greater(if top { T::BOTTOM } else { value }, max[i]);
        };
        for block in blocks {
            for (i, &value) in block.iter().enumerate() {
                add(i, value);
            }
        }
        rest.iter().for_each(|&value| add(0, value));
        let sum = |lanes: [u32; LANES]| lanes.into_iter().map(u64::from).sum();
        let min = min.into_iter().fold(T::TOP, |least, value| lesser(value, least));
        let max = max.into_iter().fold(T::BOTTOM, |most, value| greater(value, most));
        Extent { min, max, nan: sum(nan), pos_inf: sum(pos_inf), neg_inf: sum(neg_inf) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_counted_and_left_out() {
        let mut values: Vec<f32> = (0..1000).map(|i| (i as f32 - 400.0) * 0.5).collect();
        assert_eq!(Extent::of(&values), Extent { min: -200.0, max: 299.5, ..Extent::EMPTY });
        values[7] = f32::NAN;
        values[100] = f32::INFINITY;
        values[999] = f32::NEG_INFINITY;
        values[998] = -f32::NAN;
        assert_eq!(Extent::of(&values), Extent { min: -200.0, max: 298.5, nan: 2, pos_inf: 1, neg_inf: 1 });
    }

    #[test]
    fn nothing_finite_leaves_an_empty_range() {
        let extent = Extent::of(&[f64::NAN, f64::INFINITY]);
        assert!(extent.min > extent.max);
        assert_eq!((extent.nan, extent.pos_inf), (1, 1));
        assert_eq!(Extent::<f64>::of(&[]), Extent::EMPTY);
    }

    #[test]
    fn the_extremes_of_an_integer_type_are_finite() {
        let extent = Extent::of(&[i64::MIN, 0, i64::MAX]);
        assert_eq!(extent, Extent { min: i64::MIN, max: i64::MAX, nan: 0, pos_inf: 0, neg_inf: 0 });
    }
}
