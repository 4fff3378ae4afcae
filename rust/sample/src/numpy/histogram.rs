//! Histograms of whole arrays, equal to `np.histogram` to the count.
//!
//! Edges have the bits, and counts the values, that `np.histogram(a[np.isfinite(a)], bins)` of numpy 2.4
//! returns for the same type: float32 and float16 edges are computed in their own precision, integers in
//! float64, a bool is a uint8. What differs:
//!
//! - NaN and infinities are left out and counted. Numpy raises.
//! - Where numpy raises ("Too many bins for data range", or an `IndexError` for integers beyond 2^53) or its
//!   edges overflow to infinity, the edges are computed in float64; where that is not enough, the range grows
//!   by four units in the last place per bin and to each side, and overflow is avoided by halving. Such edges
//!   rise strictly, are finite and cover the data, and they alone decide the counts.
//! - A last edge of zero is `+0.0`.
//!
//! # How
//! One pass finds the range, a second counts. A position, `(x - first) * bins / range`, is a guess; the
//! nearest edge is compared only in blocks where some position is too close to a whole number to be trusted,
//! so exactness comes from the edges. Counts go to eight tables in turn. Bins of a few units in the last
//! place, where numpy does not always obey its own edges, are counted one by one with numpy's operations.
//! Bytes and halves are counted by value first. Slices of more than 4,000,000 elements are shared with one
//! more thread.
//!
//! # How fast
//! Milliseconds, 64 bins, sums of four uniform numbers; two shared cores of an AMD EPYC (Zen 5), AVX2, numpy
//! 2.4.6; best of 60 calls (of 8 for 1e8) within the same minutes. The floor is one pass for float32 and
//! `a.min(), a.max()` for the others. `cargo bench -p stepwell-sample` measures the first column but for
//! int32, and the floor for float32.
//!
//! | | here | floor: min + max pass | `np.histogram` |
//! |---|---:|---:|---:|
//! | 1e6 float32 | 0.42 | 0.09 | 4.3 |
//! | … half of them zero | 0.45 | 0.09 | 4.9 |
//! | … with NaN | 0.53 | 0.09 | 4.5 |
//! | … all on edges | 0.77 | 0.09 | 4.1 |
//! | 1e6 float64 | 0.77 | 0.18 | 5.3 |
//! | 1e6 int64 | 0.94 | 0.14 | 5.7 |
//! | 1e6 int32 | 0.79 | 0.07 | 4.8 |
//! | 1e6 float16 | 0.42 | | 42 |
//! | 1e6 uint8 | 0.25 | 0.02 | 4.7 |
//! | 1e8 float32, two threads | 53 | 28 | 432 |

use crate::numpy::array_view::{Elements, View};
use crate::numpy::count::{Cast, Lane, count, forget, locate};
use crate::numpy::edges::{Bin, Plan, empty, widen};
use crate::numpy::finite_range::{Element, Extent};
use crate::numpy::half::Half;
use stepwell_model::Histogram;
use stepwell_model::limits::HISTOGRAM_BINS;

/// Elements above which a second thread pays for itself: about a millisecond of work.
const PARALLEL: usize = 4_000_000;
/// Halves above which counting all 65,536 values first is quicker.
const TALLY: usize = 16_384;

/// A histogram of the finite values of an array, and what it leaves out.
#[derive(Debug, Clone, PartialEq)]
pub struct Binned {
    /// Edges and counts of the finite values.
    pub histogram: Histogram,
    /// Count of values that are finite: the sum of the counts.
    pub finite: u64,
    /// Count of values that are NaN.
    pub nan: u64,
    /// Count of values that are `+inf`.
    pub pos_inf: u64,
    /// Count of values that are `-inf`.
    pub neg_inf: u64,
    /// The smallest finite value, if there is one; integers beyond 2^53 are rounded.
    pub min: Option<f64>,
    /// The largest finite value.
    pub max: Option<f64>,
}

/// Reason why there is no histogram.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HistogramError {
    /// The number of bins is out of bounds.
    #[error("a histogram has 1 to {HISTOGRAM_BINS} bins, not {0}: choose another number of bins")]
    Bins(usize),
}

/// The histogram of all elements of `view` with equal bins over the range of the finite ones.
///
/// # Errors
/// [`HistogramError::Bins`] unless `bins` is from 1 to [`HISTOGRAM_BINS`].
pub fn histogram(view: &View<'_>, bins: usize) -> Result<Binned, HistogramError> {
    if !(1..=HISTOGRAM_BINS).contains(&bins) {
        return Err(HistogramError::Bins(bins));
    }
    Ok(match view {
        View::F64(elements) => array::<_, f64>(elements, bins),
        View::F32(elements) => array::<_, f32>(elements, bins),
        View::I64(elements) => array::<_, f64>(elements, bins),
        View::I32(elements) => array::<_, f64>(elements, bins),
        View::I16(elements) => array::<_, f64>(elements, bins),
        View::U64(elements) => array::<_, f64>(elements, bins),
        View::U32(elements) => array::<_, f64>(elements, bins),
        View::U16(elements) => array::<_, f64>(elements, bins),
        View::F16(elements) => halves(elements, bins),
        View::I8(elements) => bytes(elements, bins, |value| value as u8, |byte| f64::from(byte as i8)),
        View::U8(elements) => bytes(elements, bins, |value| value, f64::from),
        View::Bool(elements) => bytes(elements, bins, |value| u8::from(value != 0), f64::from),
    })
}

/// Numbers that numpy bins in `B`.
fn array<T: Cast<B> + Cast<f64>, B: Lane>(elements: &Elements<'_, T>, bins: usize) -> Binned {
    let extent = reduce(elements, Extent::EMPTY, &|values, extent| *extent = extent.and(Extent::of(values)), Extent::and);
    let left_out = extent.nan + extent.pos_inf + extent.neg_inf;
    let finite = elements.len() as u64 - left_out;
    if finite == 0 {
        return Binned::new(empty::<B>(bins), vec![0; bins], None, &extent);
    }
    let (first, last) = widen::<B>(extent.min.cast(), extent.max.cast());
    let range = if T::FLOAT || extent.min == extent.max { last - first } else { B::round(extent.max.range(extent.min)) };
    let (edges, counts) = match Plan::numpy(first, last, range, bins) {
        Some(plan) => fill(elements, &extent, &plan),
        None => fill(elements, &extent, &Plan::wide(extent.min.wide(), extent.max.wide(), bins)),
    };
    Binned::new(edges, counts, Some((extent.min.wide(), extent.max.wide())), &extent)
}

/// Edges and counts by a plan.
fn fill<T: Cast<B>, B: Lane>(elements: &Elements<'_, T>, extent: &Extent<T>, plan: &Plan<B>) -> (Vec<f64>, Vec<u64>) {
    let sum = |mut one: Vec<u64>, other: Vec<u64>| {
        one.iter_mut().zip(other).for_each(|(one, other)| *one += other);
        one
    };
    let mut counts = reduce(elements, vec![0; plan.bins()], &|values, counts| count(values, plan, counts), sum);
    forget(extent, plan, &mut counts);
    (plan.edges.iter().map(|edge| edge.wide()).collect(), counts)
}

/// Folds all elements into `start`, with a second thread for long slices.
fn reduce<T: Element, S: Clone + Send>(
    elements: &Elements<'_, T>,
    start: S,
    step: &(impl Fn(&[T], &mut S) + Sync),
    join: impl Fn(S, S) -> S,
) -> S {
    let mut state = start.clone();
    match elements {
        Elements::Slice(values) if values.len() > PARALLEL => {
            let (left, right) = values.split_at(values.len() / 2);
            std::thread::scope(|scope| {
                let mut other = start;
                let work = move || {
                    step(right, &mut other);
                    other
                };
                let helper = std::thread::Builder::new().name("sw-histogram".into()).spawn_scoped(scope, work);
                step(left, &mut state);
                match helper.map(std::thread::ScopedJoinHandle::join) {
                    Ok(Ok(other)) => join(state, other),
                    Ok(Err(panic)) => std::panic::resume_unwind(panic),
                    // No thread to be had: the caller's does it all.
                    Err(_) => {
                        step(right, &mut state);
                        state
                    }
                }
            })
        }
        _ => {
            elements.for_each_slice(|values| step(values, &mut state));
            state
        }
    }
}

/// One-byte integers: counted by value, then each value binned once.
fn bytes<T: Copy>(elements: &Elements<'_, T>, bins: usize, byte: impl Fn(T) -> u8, number: impl Fn(u8) -> f64) -> Binned {
    // Several tables, so that equal neighbours don't wait for each other's stores; a cache line apart from
    // multiples of 4 KiB.
    let mut tables = [[0u64; 256 + 8]; 8];
    elements.for_each_slice(|values| {
        let (groups, rest) = values.as_chunks::<8>();
        for group in groups {
            for (table, &value) in tables.iter_mut().zip(group) {
                table[usize::from(byte(value))] += 1;
            }
        }
        for &value in rest {
            tables[0][usize::from(byte(value))] += 1;
        }
    });
    let total = |byte: u8| tables.iter().map(|table| table[usize::from(byte)]).sum();
    let tally: Vec<(f64, u64)> = (0..=255).map(|byte| (number(byte), total(byte))).filter(|&(_, times)| times > 0).collect();
    tallied(&tally, bins, &Extent::<f64>::EMPTY)
}

/// Half-precision floats: long arrays are counted by value first, as there are only 65,536.
fn halves(elements: &Elements<'_, u16>, bins: usize) -> Binned {
    let mut tally: Vec<(Half, u64)> = Vec::new();
    if elements.len() < TALLY {
        elements.for_each_slice(|values| tally.extend(values.iter().map(|&bits| (Half::from_bits(bits), 1))));
    } else {
        let mut table = vec![0u64; 1 << 16];
        elements.for_each_slice(|values| values.iter().for_each(|&bits| table[usize::from(bits)] += 1));
        let seen = (0..=u16::MAX).zip(table).filter(|&(_, times)| times > 0);
        tally.extend(seen.map(|(bits, times)| (Half::from_bits(bits), times)));
    }
    let mut extent = Extent::<f64>::EMPTY;
    tally.retain(|&(Half(value), times)| {
        extent.nan += if value.is_nan() { times } else { 0 };
        extent.pos_inf += if value == f64::INFINITY { times } else { 0 };
        extent.neg_inf += if value == f64::NEG_INFINITY { times } else { 0 };
        value.is_finite()
    });
    tallied(&tally, bins, &extent)
}

/// The histogram of finite values that occur so many times each; `left_out` counts the others.
fn tallied<B: Bin>(tally: &[(B, u64)], bins: usize, left_out: &Extent<f64>) -> Binned {
    let Some(&(start, _)) = tally.first() else {
        return Binned::new(empty::<B>(bins), vec![0; bins], None, left_out);
    };
    let (mut min, mut max) = (start, start);
    for &(value, _) in tally {
        min = if value < min { value } else { min };
        max = if value > max { value } else { max };
    }
    let mut counts = vec![0; bins];
    let (first, last) = widen(min, max);
    let edges = if let Some(plan) = Plan::numpy(first, last, last - first, bins) {
        tally.iter().for_each(|&(value, times)| counts[locate(&plan, value)] += times);
        plan.edges.into_iter().map(B::wide).collect()
    } else {
        let plan = Plan::wide(min.wide(), max.wide(), bins);
        tally.iter().for_each(|&(value, times)| counts[locate(&plan, value.wide())] += times);
        plan.edges
    };
    Binned::new(edges, counts, Some((min.wide(), max.wide())), left_out)
}

impl Binned {
    fn new<T>(edges: Vec<f64>, counts: Vec<u64>, range: Option<(f64, f64)>, left_out: &Extent<T>) -> Self {
        Self {
            finite: counts.iter().sum(),
            histogram: Histogram { edges, counts },
            nan: left_out.nan,
            pos_inf: left_out.pos_inf,
            neg_inf: left_out.neg_inf,
            min: range.map(|(min, _)| min),
            max: range.map(|(_, max)| max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64], bins: usize) -> Binned {
        histogram(&View::F64(values.into()), bins).unwrap()
    }

    #[test]
    fn a_constant_array_gets_numpys_widened_range() {
        let binned = of(&[3.0; 5], 2);
        assert_eq!(binned.histogram, Histogram { edges: vec![2.5, 3.0, 3.5], counts: vec![0, 5] });
        assert_eq!((binned.min, binned.max, binned.finite), (Some(3.0), Some(3.0), 5));
    }

    #[test]
    fn an_array_without_finite_values_gets_numpys_empty_range() {
        for values in [&[][..], &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]] {
            let binned = of(values, 2);
            assert_eq!(binned.histogram, Histogram { edges: vec![0.0, 0.5, 1.0], counts: vec![0, 0] });
            assert_eq!((binned.min, binned.max, binned.finite), (None, None, 0));
        }
    }

    #[test]
    fn what_is_not_finite_is_counted_and_not_binned() {
        let mut values: Vec<f64> = (0..5000).map(f64::from).collect();
        let plain = of(&values, 64);
        values.splice(700..700, [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -f64::NAN]);
        values.extend([f64::NEG_INFINITY; 3]);
        assert_eq!(of(&values, 64), Binned { nan: 2, pos_inf: 1, neg_inf: 4, ..plain });
    }

    #[test]
    fn two_threads_count_what_one_does() {
        let values: Vec<f32> = (0..PARALLEL as u32 + 77).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32).collect();
        let whole = histogram(&View::F32(values.as_slice().into()), 64).unwrap();
        assert_eq!(whole.finite, values.len() as u64);
        let odd: Vec<f32> = values.iter().flat_map(|&value| [value, f32::NAN]).collect();
        // SAFETY: every other element of `odd`: an array with gaps, which one thread reads.
        let gaps = unsafe { Elements::strided(odd.as_ptr(), &[values.len()], &[8]) }.unwrap();
        assert_eq!(histogram(&View::F32(gaps), 64).unwrap(), whole);
    }

    #[test]
    fn ranges_that_numpy_refuses_are_binned_all_the_same() {
        let huge = of(&[-f64::MAX, -1.0, 0.0, f64::MAX], 4);
        assert_eq!(huge.histogram.counts, [1, 1, 1, 1]);
        let large = of(&[1e300; 7], 64);
        assert_eq!(large.finite, 7);
        let float = histogram(&View::F32((&[1e8f32; 9][..]).into()), 2).unwrap();
        assert_eq!(float.histogram, Histogram { edges: vec![99_999_999.5, 1e8, 100_000_000.5], counts: vec![0, 9] });
    }

    #[test]
    fn the_number_of_bins_is_bounded() {
        for bins in [0, 513, usize::MAX] {
            assert_eq!(histogram(&View::F64((&[1.0][..]).into()), bins), Err(HistogramError::Bins(bins)));
        }
    }
}
