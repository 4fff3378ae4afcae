//! Cutting of rising steps: into chunks, and each chunk into pieces, at multiples of a power of two of steps.
//!
//! A piece of rows whose steps are regularly `s` apart spans the largest power of two of steps in which no
//! more than a quarter of a chunk's rows fit, and a full chunk is four of them, aligned at multiples of four.
//! The buckets of a chart are powers of two as well, so edges of wide buckets are edges of pieces. Rows
//! without a regular distance are cut where they are many enough.

use std::ops::Range;
use stepwell_model::Step;

/// Pieces of a chunk.
const PIECES: usize = 4;
/// Pieces that a chunk has at most: a full one of regular steps that begins anywhere has nine.
const MOST_PIECES: usize = 10;
/// Distances that the typical one is chosen from.
const DISTANCES: usize = 63;
/// Log2 of the widest piece: chunks of four still have both ends among the steps.
const WIDEST: u32 = 60;

/// Log2 of the steps of a piece, for rows in chunks of `capacity`.
pub(crate) fn width(steps: &[Step], capacity: usize) -> u32 {
    (u128::from(typical_distance(steps)) * (capacity / PIECES).max(1) as u128).ilog2().min(WIDEST)
}

fn typical_distance(steps: &[Step]) -> u64 {
    let apart = steps.len().saturating_sub(1);
    let every = apart.div_ceil(DISTANCES).max(1);
    let mut distances: Vec<u64> = (0..apart).step_by(every).map(|at| steps[at + 1].abs_diff(steps[at])).collect();
    distances.sort_unstable();
    distances.get(distances.len() / 2).copied().unwrap_or(1).max(1)
}

/// The distance of the steps if it is the same everywhere.
pub(crate) fn stride(steps: &[Step]) -> Option<u64> {
    let (&[first, second], _) = steps.split_first_chunk::<2>()?;
    let stride = second.abs_diff(first);
    steps.windows(2).all(|pair| pair[1].abs_diff(pair[0]) == stride).then_some(stride)
}

/// Whether later rows are merged with those of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Growth {
    /// It is complete: it has half its capacity or more, and ends where a chunk ends or is full.
    Ended,
    /// It takes in more.
    Open,
}

/// Where the rows are cut into chunks of `capacity` at most.
pub(crate) fn chunks(steps: &[Step], capacity: usize) -> Vec<(Range<usize>, Growth)> {
    let mut cuts = Vec::new();
    let mut from = 0;
    while from < steps.len() {
        let (to, growth) = match complete(&steps[from..], capacity) {
            Some(rows) => (from + rows, Growth::Ended),
            None => (steps.len(), Growth::Open),
        };
        cuts.push((from..to, growth));
        from = to;
    }
    cuts
}

/// Growth of a chunk, by its own rows alone.
pub(crate) fn growth(steps: &[Step], capacity: usize) -> Growth {
    if complete(steps, capacity) == Some(steps.len()) { Growth::Ended } else { Growth::Open }
}

/// The number of rows that make the first chunk, if it is complete: up to the last multiple of four pieces; or
/// of fewer, where one of four would be out of reach, so that the chunks after it come to such a multiple.
fn complete(steps: &[Step], capacity: usize) -> Option<usize> {
    let most = steps.len().min(capacity);
    let rows = &steps[..most];
    let (&last, distance, width) = (rows.last()?, typical_distance(rows), width(rows, capacity));
    // That of the row after them, or of the one that is to be expected.
    let next = steps.get(most).copied().unwrap_or_else(|| last.saturating_add_unsigned(distance));
    for exponent in (width..=width + PIECES.ilog2()).rev() {
        let multiple = last >> exponent;
        let before = if next >> exponent == multiple { rows.partition_point(|step| step >> exponent < multiple) } else { most };
        if before >= capacity.div_ceil(2) {
            return Some(before);
        }
        let to_come = (((i128::from(multiple) + 1) << exponent) - 1 - i128::from(last)) / i128::from(distance);
        if most as i128 + to_come <= capacity as i128 {
            break;
        }
    }
    (most == capacity).then_some(most)
}

/// Rows of a piece and the steps that it begins and ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PieceSteps {
    pub(crate) rows: u32,
    pub(crate) first: Step,
    pub(crate) last: Step,
}

/// The pieces of a chunk.
pub(crate) fn pieces(steps: &[Step], width: u32, capacity: usize) -> Vec<PieceSteps> {
    let piece = |steps: &[Step]| {
        let (first, last) = (steps.first().copied().unwrap_or(0), steps.last().copied().unwrap_or(0));
        PieceSteps { rows: steps.len() as u32, first, last }
    };
    let pieces: Vec<PieceSteps> = steps.chunk_by(|one, next| one >> width == next >> width).take(MOST_PIECES + 1).map(piece).collect();
    if pieces.len() <= MOST_PIECES { pieces } else { steps.chunks((capacity / PIECES).max(1)).map(piece).collect() }
}

/// The pieces of a chunk whose `count` steps from `first` on are `stride` apart; as [`pieces`] cuts them.
pub(crate) fn regular(first: Step, stride: u64, count: u32, width: u32) -> impl Iterator<Item = PieceSteps> {
    let mut at = 0u64;
    std::iter::from_fn(move || {
        let rest = u64::from(count) - at;
        if rest == 0 {
            return None;
        }
        let start = i128::from(first) + i128::from(at) * i128::from(stride);
        // Rows until the next multiple of the width.
        let room = (((start >> width) + 1) << width) - start;
        let rows = (room as u128).div_ceil(u128::from(stride.max(1))).min(u128::from(rest)) as u64;
        at += rows;
        let last = start + i128::from(rows - 1) * i128::from(stride);
        Some(PieceSteps { rows: rows as u32, first: start as Step, last: last as Step })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(steps: &[Step], capacity: usize) -> Vec<usize> {
        chunks(steps, capacity).into_iter().map(|(rows, _)| rows.len()).collect()
    }

    #[test]
    fn regular_rows_are_cut_at_multiples_of_a_power_of_two() {
        let every = |stride: i64, from: i64, count: i64| (0..count).map(|at| from + at * stride).collect::<Vec<_>>();
        assert_eq!(lengths(&every(1, 0, 10_000), 4_096), [4_096, 4_096, 1_808]);
        assert_eq!(lengths(&every(1, 1, 10_000), 4_096), [4_095, 4_096, 1_809]);
        // Too few rows before the first multiple, and too many before the second one.
        assert_eq!(lengths(&every(1, 4_000, 5_000), 4_096), [2_144, 2_048, 808]);
        // 1,024 rows span 10,240 steps, of which 8,192 are a piece.
        assert_eq!(lengths(&every(10, 0, 10_000), 4_096), [3_277, 3_277, 3_277, 169]);
        let has_ended = |steps: &[Step]| growth(steps, 4_096) == Growth::Ended;
        assert!(has_ended(&every(1, 0, 4_096)) && has_ended(&every(1, 2_000, 2_096)));
        assert!(!has_ended(&every(1, 0, 4_095)) && !has_ended(&every(1, 4_000, 96)));
        assert_eq!(lengths(&[], 4_096), [0; 0]);
    }

    #[test]
    fn rows_in_clusters_make_no_small_chunks() {
        let steps: Vec<Step> = (0..100).flat_map(|cluster| (0..100).map(move |at| cluster * 1_000_000 + at)).collect();
        let all = lengths(&steps, 4_096);
        assert!(all.len() <= 5 && all[..all.len() - 1].iter().all(|rows| *rows >= 2_048), "{all:?}");
        assert_eq!(all.iter().sum::<usize>(), steps.len());
    }

    #[test]
    fn pieces_of_regular_rows_are_known_without_their_steps() {
        for (first, stride, count) in
            [(0, 1, 4_096), (7, 3, 2_000), (i64::MIN, 1 << 50, 4_096), (i64::MAX - 299, 1, 300), (-5_000, 10, 300)]
        {
            let steps: Vec<Step> = (0..count).map(|at| first + at * stride).collect();
            let width = width(&steps, 4_096);
            let known: Vec<PieceSteps> = regular(first, stride as u64, count as u32, width).collect();
            assert_eq!(known, pieces(&steps, width, 4_096));
            assert_eq!(super::stride(&steps), Some(stride as u64));
            assert!(known.iter().all(|piece| piece.rows <= 1_024) || stride > 1 << 49);
        }
    }
}
