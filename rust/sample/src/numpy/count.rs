//! Counting values into the bins of a plan.

use crate::numpy::edges::{Bin, Plan, Rule};
use crate::numpy::finite_range::{Element, Extent};
use crate::numpy::vector::{Vectorised, widest};
use stepwell_model::limits::HISTOGRAM_BINS;

/// Slots of a table: the next power of two above the edges, so that a mask keeps every index inside.
const SLOTS: usize = (HISTOGRAM_BINS + 1).next_power_of_two();
/// Tables side by side: equal neighbours then add to different addresses and do not wait for each other's
/// stores.
const TABLES: usize = 8;
/// Values whose positions are computed at once: they and their positions stay in the first-level cache.
const BLOCK: usize = 256;
/// A table with a cache line to spare: at multiples of 4 KiB a load would be taken to alias the stores to
/// other tables.
type Table = [u32; SLOTS + 16];
/// Values counted before 32-bit tables are emptied.
const FLUSH: usize = 1 << 31;

/// A type that numpy bins in `B`, and the float in which positions are computed.
pub(crate) trait Cast<B>: Element {
    /// `astype(B)`.
    fn cast(self) -> B;
}

macro_rules! casts {
    ($to:ty; $($from:ty),*) => {$(
        impl Cast<$to> for $from {
            #[inline(always)]
            fn cast(self) -> $to {
                self as $to
            }
        }
    )*};
}

casts!(f32; f32);
casts!(f64; f32, f64, i64, i32, i16, u64, u32, u16);

/// A float that vectors can compute with.
pub(crate) trait Lane: Bin {
    /// The integer below a number in `0..=HISTOGRAM_BINS`; NaN and anything outside go to the nearer end.
    fn floor_index(self, bins: Self) -> u32;
    /// The number of an index.
    fn from_index(index: u32) -> Self;
}

macro_rules! lanes {
    ($($type:ty),*) => {$(
        impl Lane for $type {
            #[inline(always)]
            fn floor_index(self, bins: Self) -> u32 {
                let position = if self > 0.0 { self } else { 0.0 };
                let position = if position < bins { position } else { bins };
                // SAFETY: it is from 0 to `bins`, which callers keep at HISTOGRAM_BINS or less.
                unsafe { position.to_int_unchecked::<i32>() as u32 }
            }

            #[inline(always)]
            fn from_index(index: u32) -> Self {
                index as i32 as $type
            }
        }
    )*};
}

lanes!(f32, f64);

/// Adds `values` to `counts`, one per bin.
///
/// Values that are not finite are counted somewhere, too; [`forget`] takes them out again where the rule is
/// `Nearest`.
pub(crate) fn count<T: Cast<B>, B: Lane>(values: &[T], plan: &Plan<B>, counts: &mut [u64]) {
    if plan.rule != Rule::Nearest {
        for value in values.iter().filter(|value| value.wide().is_finite()) {
            counts[locate(plan, value.cast())] += 1;
        }
        return;
    }
    let mut edges = [plan.edges[0]; SLOTS];
    edges[..plan.edges.len()].copy_from_slice(&plan.edges);
    let bins = B::round(plan.bins() as f64);
    let scale = bins / (plan.edges[plan.bins()] - plan.edges[0]);
    let first = edges[0];
    // Nothing lies below the first edge: values close to it are safe, and `-inf` goes where NaN goes.
    edges[0] = B::round(f64::NEG_INFINITY);
    let slack = B::round(plan.slack);
    for part in values.chunks(FLUSH) {
        let mut tables = [[0; SLOTS + 16]; TABLES];
        widest(Nearest { values: part, edges: &edges, first, bins, scale, slack, tables: &mut tables });
        for table in &tables {
            // A maximum is nearest to the last edge, which belongs to the last bin.
            counts[plan.bins() - 1] += u64::from(table[plan.bins()]);
            for (count, &more) in counts.iter_mut().zip(table) {
                *count += u64::from(more);
            }
        }
    }
}

/// Takes out what is not finite: [`count`] puts NaN and `-inf` into the first bin and `+inf` into the last.
pub(crate) fn forget<T, B: Bin>(extent: &Extent<T>, plan: &Plan<B>, counts: &mut [u64]) {
    if plan.rule == Rule::Nearest {
        let last = counts.len() - 1;
        counts[0] = counts[0].saturating_sub(extent.nan + extent.neg_inf);
        counts[last] = counts[last].saturating_sub(extent.pos_inf);
    }
}

/// The bin of one finite value, by any rule.
pub(crate) fn locate<B: Bin>(plan: &Plan<B>, value: B) -> usize {
    let (edges, last) = (&plan.edges, plan.bins() - 1);
    if plan.rule != Rule::Guess {
        return edges.partition_point(|&edge| edge <= value).saturating_sub(1).min(last);
    }
    let position = (value - edges[0]) / plan.range * B::round(plan.bins() as f64);
    // Beyond 2^53 the exact range of integers may be less than that of their doubles: there numpy may fail
    // with an IndexError.
    let mut index = (position.wide() as usize).min(last);
    if value < edges[index] {
        index = index.saturating_sub(1);
    }
    if value >= edges[index + 1] && index != last {
        index += 1;
    }
    index
}

/// Counting from the nearest edge.
///
/// A value at least `slack` bins away from the nearest edge is surely on the side that its position says. In
/// a block with no value closer than that, the floor of the position is the bin. In any other block every
/// value is compared with the edge that is nearest to it: the edges alone decide.
struct Nearest<'a, T, B> {
    values: &'a [T],
    edges: &'a [B; SLOTS],
    first: B,
    bins: B,
    scale: B,
    slack: B,
    tables: &'a mut [Table; TABLES],
}

impl<T: Cast<B>, B: Lane> Vectorised for Nearest<'_, T, B> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { values, edges, first, bins, scale, slack, tables } = self;
        let half = B::round(0.5);
        let high = B::round(1.0) - slack;
        let mut indices = [0u32; BLOCK];
        let (blocks, rest) = values.as_chunks::<BLOCK>();
        for block in blocks {
            let mut near = false;
            for (index, value) in indices.iter_mut().zip(block) {
                let position = (value.cast() - first) * scale;
                let floor = position.floor_index(bins);
                let fraction = position - B::from_index(floor);
                *index = floor;
                near |= !(((fraction > slack) | (floor == 0)) & (fraction < high));
            }
            if near {
                // A loop of its own: next to the counting below, reads of edges would wait for stores to
                // tables.
                for (index, value) in indices.iter_mut().zip(block) {
                    let nearest = ((value.cast() - first) * scale + half).floor_index(bins);
                    let below = value.cast() < edges[nearest as usize % SLOTS];
                    *index = nearest.wrapping_sub(u32::from(below));
                }
            }
            for index in indices.as_chunks::<TABLES>().0 {
                for i in 0..TABLES {
                    tables[i][index[i] as usize % SLOTS] += 1;
                }
            }
        }
        for value in rest {
            let nearest = ((value.cast() - first) * scale + half).floor_index(bins) as usize % SLOTS;
            let bin = nearest.wrapping_sub(usize::from(value.cast() < edges[nearest]));
            tables[0][bin % SLOTS] += 1;
        }
    }
}
