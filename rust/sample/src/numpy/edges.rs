//! Bin edges over a range, computed operation by operation as `np.histogram` and `np.linspace` compute them.

use crate::numpy::half::Half;
use std::ops::{Add, Div, Mul, Sub};

/// A float in which numpy computes edges: its `bin_type`.
pub(crate) trait Bin:
    Copy + PartialOrd + Send + Sync + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// Distance from one to the next number.
    const EPSILON: f64;
    /// The smallest normal number.
    const MIN_POSITIVE: f64;

    /// The nearest number of this type.
    fn round(value: f64) -> Self;
    /// The same number as a double.
    fn wide(self) -> f64;
}

impl Bin for f64 {
    const EPSILON: f64 = f64::EPSILON;
    const MIN_POSITIVE: f64 = f64::MIN_POSITIVE;

    #[inline(always)]
    fn round(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }
}

impl Bin for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;
    const MIN_POSITIVE: f64 = f32::MIN_POSITIVE as f64;

    #[inline(always)]
    fn round(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }
}

impl Bin for Half {
    const EPSILON: f64 = 1.0 / 1024.0;
    const MIN_POSITIVE: f64 = 1.0 / 16384.0;

    fn round(value: f64) -> Self {
        Self::round(value)
    }

    fn wide(self) -> f64 {
        self.0
    }
}

/// Rule that puts a value into a bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// By the edges, found from the nearest one: bins are wide enough that numpy's own way gives the same.
    Nearest,
    /// By numpy's guess and its correction by at most one bin: for bins of a few units in the last place,
    /// where numpy does not always obey its own edges.
    Guess,
    /// By the edges, found by bisection: for ranges that numpy refuses.
    Bisect,
}

/// Equal bins over a range, and the rule that fills them.
#[derive(Debug, Clone)]
pub(crate) struct Plan<B> {
    /// `bins + 1` strictly rising edges.
    pub(crate) edges: Vec<B>,
    /// Divisor of numpy: the exact range.
    pub(crate) range: B,
    /// Rule by which values are assigned.
    pub(crate) rule: Rule,
    /// The part of a bin's width by which an edge and a quickly computed position may be off together.
    pub(crate) slack: f64,
}

impl<B: Bin> Plan<B> {
    /// Numpy's plan, or `None` where numpy raises ("Too many bins for data range") or overflows.
    ///
    /// `range` is `last - first`, except for integers, whose difference numpy takes before it converts.
    pub(crate) fn numpy(first: B, last: B, range: B, bins: usize) -> Option<Self> {
        let delta = last - first;
        if !delta.wide().is_finite() {
            return None;
        }
        let edges = linspace(first, last, bins);
        if edges.windows(2).any(|pair| pair[0] >= pair[1]) {
            return None;
        }
        let width = delta.wide() / bins as f64;
        let unit = first.wide().abs().max(last.wide().abs()) * B::EPSILON;
        // With u = EPSILON / 2: an edge is off by half a unit in the last place of the largest one and by 3 u
        // of the range (step, its multiple, the sum), a position by 4 u of it (difference, range, scale,
        // product).
        let slack = unit / width + bins as f64 * B::EPSILON * 4.0;
        // Tiny steps are subnormal and lose their relative precision; 2^12 above that limit they have what is
        // counted on here.
        let rule = if slack <= 0.125 && width >= B::MIN_POSITIVE * 4096.0 { Rule::Nearest } else { Rule::Guess };
        Some(Self { edges, range, rule, slack })
    }

    /// The number of bins.
    pub(crate) fn bins(&self) -> usize {
        self.edges.len() - 1
    }
}

impl Plan<f64> {
    /// The plan of data that numpy bins in a narrower type but cannot: the same in doubles, or failing that
    /// an own one.
    pub(crate) fn wide(min: f64, max: f64, bins: usize) -> Self {
        let (first, last) = widen(min, max);
        Self::numpy(first, last, last - first, bins).unwrap_or_else(|| Self::beyond_numpy(first, last, bins))
    }

    /// Edges where even doubles are too coarse or overflow: the range grows by four units in the last place
    /// per bin, and positions are computed on halved numbers.
    fn beyond_numpy(first: f64, last: f64, bins: usize) -> Self {
        let (mut low, mut high) = (first / 2.0, last / 2.0);
        let unit = (low.abs().max(high.abs()) * f64::EPSILON).max(f64::from_bits(1));
        let least = 4.0 * unit * bins as f64;
        let too_narrow = high - low < least;
        if too_narrow {
            low = (low - least).max(-f64::MAX / 2.0);
            high = (high + least).min(f64::MAX / 2.0);
        }
        let mut edges: Vec<f64> = (0..=bins).map(|i| (low + (high - low) * (i as f64 / bins as f64)) * 2.0).collect();
        // Halving may have cost a subnormal its last bit, and the last sum half a unit.
        (edges[0], edges[bins]) = if too_narrow { (low * 2.0, high * 2.0) } else { (first, last) };
        Self { edges, range: high - low, rule: Rule::Bisect, slack: 0.0 }
    }
}

/// The range of constant data is half a unit to both sides; any other range stays.
pub(crate) fn widen<B: Bin>(min: B, max: B) -> (B, B) {
    if min == max { (min - B::round(0.5), max + B::round(0.5)) } else { (min, max) }
}

/// `np.linspace(first, last, bins + 1)` in the type of its arguments. A last edge of zero has a positive
/// sign.
fn linspace<B: Bin>(first: B, last: B, bins: usize) -> Vec<B> {
    let delta = last - first;
    let count = B::round(bins as f64);
    let step = delta / count;
    let position = |i: usize| {
        let i = B::round(i as f64);
        // numpy's way out when the step underflows
        if step == B::round(0.0) { i / count * delta } else { i * step }
    };
    let mut edges: Vec<B> = (0..bins).map(|i| position(i) + first).collect();
    edges.push(last + B::round(0.0));
    edges
}

/// The edges of an empty array: 0 to 1, computed in doubles and then rounded to the type.
pub(crate) fn empty<B: Bin>(bins: usize) -> Vec<f64> {
    linspace(0.0, 1.0, bins).into_iter().map(|edge| B::round(edge).wide()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rising(edges: &[f64]) -> bool {
        edges.iter().all(|edge| edge.is_finite()) && edges.windows(2).all(|pair| pair[0] < pair[1])
    }

    #[test]
    fn ranges_that_numpy_refuses_get_rising_edges_that_cover_them() {
        let next = |value: f64| f64::from_bits(value.to_bits() + 1);
        let cases = [
            (1e300, 1e300),
            (1e300, next(1e300)),
            (-f64::MAX, f64::MAX),
            (f64::MAX, f64::MAX),
            (-f64::MAX, -f64::MAX),
            (0.0, f64::from_bits(1)),
            (f64::from_bits(7), f64::from_bits(9)),
            (-f64::MAX, 0.5 * f64::MAX),
            (1.0, next(1.0)),
        ];
        for (min, max) in cases {
            for bins in [1, 2, 3, 64, 512] {
                let plan = Plan::wide(min, max, bins);
                assert_eq!(plan.bins(), bins);
                assert!(rising(&plan.edges), "{min} {max} {bins}: {:?}", plan.edges);
                assert!(plan.edges[0] <= min && max <= plan.edges[bins], "{min} {max} {bins}");
            }
        }
    }

    #[test]
    fn wide_bins_are_filled_by_their_edges() {
        assert_eq!(Plan::<f32>::numpy(-1.0, 1.0, 2.0, 64).map(|plan| plan.rule), Some(Rule::Nearest));
        assert_eq!(Plan::<f32>::numpy(1e6, 1e6 + 64.0, 64.0, 512).map(|plan| plan.rule), Some(Rule::Guess));
        assert!(Plan::<f32>::numpy(1e8, 1e8, 0.0, 64).is_none());
        assert!(Plan::<f32>::numpy(-3e38, 3e38, f32::INFINITY, 64).is_none());
    }
}
