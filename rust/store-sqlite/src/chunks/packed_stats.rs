//! Packed statistics of pieces: of those of a column, or of whole chunks, so that a long series is summed up,
//! and drawn in wide buckets, without being read.
//!
//! ```text
//! stats := flags: u8, width: u8, irregular?, nans?, ends: u8 per piece, kinds?, words, sums
//!          flags: 1 all integers, 2 both sorts of numbers, 4 steps at no regular distance, 8 some are NaN, 16 sums of more than two terms
//! irregular := pieces: varint, (rows: varint, steps since the piece before: zigzag varint, steps to its last: varint) per piece
//! nans  := numbers that are not NaN: varint per piece
//! ends  := 1 the least number is the first, 2 the last; 4 the greatest one is the first, 8 the last
//! kinds := bits per piece: 1 the first is an integer, 2 the last, 4 the least, 8 the greatest
//! words := the first number of each piece, the last of each, the least and the greatest where `ends` says neither
//! sums  := (first term, second term) of each piece, then count: varint and f64 LE … of the others, if there are any
//! word  := what differs from the word before of the same sort: leading zero bytes << 4 | bytes, and these bytes LE
//! ```
//!
//! The terms of a sum add up to it exactly; NaN in the first stands for infinities of both signs.

use crate::chunks::pieces::{self, PieceSteps};
use crate::chunks::stats::Piece;
use crate::db::error::damaged;
use stepwell_codec::column::Number;
use stepwell_model::Step;
use stepwell_store::StoreError;

const INTEGERS: u8 = 1;
const MIXED: u8 = 2;
const IRREGULAR: u8 = 4;
const HAS_NAN: u8 = 8;
const MORE_TERMS: u8 = 16;

/// Pieces that are believed.
const MOST_PIECES: u64 = 1 << 16;

/// Packs the pieces of a column; those of steps that have one distance everywhere with the width by which they
/// were cut, which is all that it takes to know them.
pub(crate) fn pack(pieces: &[Piece], regular_width: Option<u32>) -> Vec<u8> {
    let mut out = Packer::default();
    out.pieces(pieces, regular_width, pieces.first().map_or(0, |piece| piece.steps.first));
    out.bytes
}

/// Packs chunks as a whole, which may overlap.
pub(crate) fn pack_into(out: &mut Packer, wholes: &[Piece]) {
    out.pieces(wholes, None, 0);
}

impl Packer {
    fn pieces(&mut self, pieces: &[Piece], regular_width: Option<u32>, start: Step) {
        let all_kinds = pieces.iter().map(kinds);
        let mut flags = match all_kinds.clone().reduce(|one, other| one & other).zip(all_kinds.reduce(|one, other| one | other)) {
            Some((15, 15)) => INTEGERS,
            Some((_, 0)) | None => 0,
            Some(_) => MIXED,
        };
        let is_regular = regular_width.is_some();
        let has_nan = pieces.iter().any(|piece| piece.numbers != piece.steps.rows);
        let has_more = pieces.iter().any(|piece| !piece.more_terms.is_empty());
        flags |= if is_regular { 0 } else { IRREGULAR } | if has_nan { HAS_NAN } else { 0 } | if has_more { MORE_TERMS } else { 0 };
        self.bytes.extend_from_slice(&[flags, regular_width.unwrap_or(0) as u8]);
        if !is_regular {
            self.varint(pieces.len() as u64);
            let mut before = start;
            for Piece { steps, .. } in pieces {
                self.varint(steps.rows.into());
                self.signed(steps.first.wrapping_sub(before));
                self.varint(steps.last.abs_diff(steps.first));
                before = steps.last;
            }
        }
        if has_nan {
            pieces.iter().for_each(|piece| self.varint(piece.numbers.into()));
        }
        let ends: Vec<u8> = pieces.iter().map(ends).collect();
        self.bytes.extend_from_slice(&ends);
        if flags & MIXED != 0 {
            self.bytes.extend(pieces.iter().map(kinds));
        }
        self.words(pieces.iter().map(|piece| bits(piece.first)));
        self.words(pieces.iter().map(|piece| bits(piece.last)));
        let kept = |neither: u8, of: fn((Number, Number)) -> Number| {
            let without = pieces.iter().zip(&ends).filter(move |(_, ends)| *ends & neither == 0);
            without.filter_map(move |(piece, _)| piece.extremes.map(|extremes| bits(of(extremes))))
        };
        self.words(kept(3, |(min, _)| min));
        self.words(kept(12, |(_, max)| max));
        self.words(pieces.iter().map(|piece| piece.terms.0.to_bits()));
        self.words(pieces.iter().map(|piece| piece.terms.1.to_bits()));
        if has_more {
            for piece in pieces {
                self.varint(piece.more_terms.len() as u64);
                piece.more_terms.iter().for_each(|term| self.bytes.extend_from_slice(&term.to_le_bytes()));
            }
        }
    }
}

fn bits(number: Number) -> u64 {
    match number {
        Number::Float(value) => value.to_bits(),
        Number::Int(value) => value as u64,
    }
}

fn is_integer(number: Number) -> u8 {
    u8::from(matches!(number, Number::Int(_)))
}

fn is_same(one: Number, other: Number) -> bool {
    is_integer(one) == is_integer(other) && bits(one) == bits(other)
}

fn ends(piece: &Piece) -> u8 {
    let Some((min, max)) = piece.extremes else { return 0 };
    let end = |number: Number| if is_same(number, piece.first) { 1 } else { u8::from(is_same(number, piece.last)) * 2 };
    end(min) | end(max) << 2
}

fn kinds(piece: &Piece) -> u8 {
    let (min, max) = piece.extremes.unwrap_or((piece.first, piece.first));
    is_integer(piece.first) | is_integer(piece.last) << 1 | is_integer(min) << 2 | is_integer(max) << 3
}

/// Reads the statistics of the pieces of a column with so many rows and these steps; or of chunks of which
/// the first one begins at `first`.
pub(crate) fn unpack(bytes: &[u8], first: Step, last: Step, count: u32) -> Result<Vec<Piece>, StoreError> {
    let mut rest = Unpacker { bytes };
    let cut_off = || damaged("statistics of a chunk that are cut off");
    let [flags, width] = *rest.array::<2>().ok_or_else(cut_off)?;
    let steps: Vec<PieceSteps> = if flags & IRREGULAR != 0 {
        let pieces = rest.varint().filter(|pieces| *pieces <= MOST_PIECES).ok_or_else(cut_off)?;
        let mut before = first;
        (0..pieces)
            .map(|_| {
                let rows = rest.varint()? as u32;
                let first = before.wrapping_add(rest.signed()?);
                before = first.wrapping_add_unsigned(rest.varint()?);
                Some(PieceSteps { rows, first, last: before })
            })
            .collect::<Option<_>>()
            .ok_or_else(cut_off)?
    } else {
        let stride = last.abs_diff(first) / u64::from(count.max(2) - 1);
        pieces::regular(first, stride, count, u32::from(width.min(62))).collect()
    };
    let pieces = steps.len();
    let numbers: Vec<u32> = if flags & HAS_NAN != 0 {
        (0..pieces).map(|_| rest.varint().map(|numbers| numbers as u32)).collect::<Option<_>>().ok_or_else(cut_off)?
    } else {
        steps.iter().map(|piece| piece.rows).collect()
    };
    let ends = rest.slice(pieces).ok_or_else(cut_off)?;
    let kinds = if flags & MIXED != 0 { Some(rest.slice(pieces).ok_or_else(cut_off)?) } else { None };
    let number = |at: usize, place: u8, bits: u64| {
        let integer = kinds.map_or(flags & INTEGERS != 0, |kinds| kinds[at] >> place & 1 == 1);
        if integer { Number::Int(bits as i64) } else { Number::Float(f64::from_bits(bits)) }
    };
    let mut words = |wanted: &mut dyn FnMut(usize) -> bool| -> Option<Vec<u64>> {
        let mut before = 0;
        (0..pieces).map(|at| if wanted(at) { rest.word(&mut before) } else { Some(0) }).collect()
    };
    let mut all = |_: usize| true;
    let firsts = words(&mut all).ok_or_else(cut_off)?;
    let lasts = words(&mut all).ok_or_else(cut_off)?;
    let least = words(&mut |at| numbers[at] > 0 && ends[at] & 3 == 0).ok_or_else(cut_off)?;
    let greatest = words(&mut |at| numbers[at] > 0 && ends[at] & 12 == 0).ok_or_else(cut_off)?;
    let sums = words(&mut all).ok_or_else(cut_off)?;
    let rests = words(&mut all).ok_or_else(cut_off)?;
    let mut found = Vec::with_capacity(pieces);
    for (at, &steps) in steps.iter().enumerate() {
        let (first, last) = (number(at, 0, firsts[at]), number(at, 1, lasts[at]));
        let extreme = |ends: u8, place: u8, word: u64| match ends & 3 {
            0 => number(at, place, word),
            1 => first,
            _ => last,
        };
        let extremes = (numbers[at] > 0).then(|| (extreme(ends[at], 2, least[at]), extreme(ends[at] >> 2, 3, greatest[at])));
        let terms = (f64::from_bits(sums[at]), f64::from_bits(rests[at]));
        found.push(Piece { steps, first, last, numbers: numbers[at], extremes, terms, more_terms: Vec::new() });
    }
    if flags & MORE_TERMS != 0 {
        for piece in &mut found {
            let terms = rest.varint().filter(|terms| *terms <= 64).ok_or_else(cut_off)?;
            let terms = (0..terms).map(|_| rest.array().map(|term| f64::from_le_bytes(*term)));
            piece.more_terms = terms.collect::<Option<_>>().ok_or_else(cut_off)?;
        }
    }
    Ok(found)
}

/// Bytes being written.
#[derive(Default)]
pub(crate) struct Packer {
    pub(crate) bytes: Vec<u8>,
}

impl Packer {
    pub(crate) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    pub(crate) fn signed(&mut self, value: i64) {
        self.varint((value << 1 ^ value >> 63) as u64);
    }

    fn words(&mut self, words: impl Iterator<Item = u64>) {
        let mut before = 0;
        for word in words {
            let change = word ^ before;
            before = word;
            let leading = change.leading_zeros() / 8;
            let trailing = if change == 0 { 0 } else { change.trailing_zeros() / 8 };
            let bytes = 8 - leading - trailing;
            self.bytes.push((leading << 4 | bytes) as u8);
            self.bytes.extend_from_slice(&(change >> (8 * trailing)).to_le_bytes()[..bytes as usize]);
        }
    }
}

/// Bytes being read.
pub(crate) struct Unpacker<'b> {
    pub(crate) bytes: &'b [u8],
}

impl<'b> Unpacker<'b> {
    fn array<const N: usize>(&mut self) -> Option<&'b [u8; N]> {
        let (head, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(head)
    }

    pub(crate) fn slice(&mut self, len: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.bytes.split_at_checked(len)?;
        self.bytes = rest;
        Some(head)
    }

    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = *self.array()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        self.varint().map(|value| (value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn word(&mut self, before: &mut u64) -> Option<u64> {
        let [head] = *self.array()?;
        let (leading, bytes) = (u32::from(head >> 4), u32::from(head & 15));
        let trailing = 8u32.checked_sub(leading + bytes)?;
        let mut word = [0; 8];
        word[..bytes as usize].copy_from_slice(self.slice(bytes as usize)?);
        if bytes > 0 {
            *before ^= u64::from_le_bytes(word) << (8 * trailing);
        }
        Some(*before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunks::stats;
    use stepwell_codec::column::Numbers;
    use stepwell_sample::{Aggregate, PointStats};

    #[test]
    fn statistics_of_every_sort_of_column_read_back_and_add_up() {
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e300, 1e-300, f64::MAX, 0.1];
        type Column = fn(usize) -> Number;
        let columns: [(&str, Column); 8] = [
            ("smooth", |at| Number::Float((at as f64 / 1e3).cos())),
            ("noise", |at| Number::Float(f64::from_bits(stepwell_sample::priority(1, at as i64) >> 2))),
            ("counted", |at| Number::Int(at as i64 - 700)),
            ("wide", |at| Number::Int(i64::MAX - at as i64 * 3)),
            ("mixed", |at| if at % 3 == 0 { Number::Int(at as i64) } else { Number::Float(0.5) }),
            ("nan", |at| if at % 700 == 0 { Number::Float(f64::NAN) } else { Number::Float(0.1) }),
            ("nothing", |_| Number::Float(f64::NAN)),
            ("equal", |at| if at % 2 == 0 { Number::Float(-0.0) } else { Number::Float(0.0) }),
        ];
        let irregular: Vec<Step> = (0..3_000)
            .map(|at| at * at / 7 - 40)
            .scan(i64::MIN, |before, step| {
                *before = step.max(before.saturating_add(1));
                Some(*before)
            })
            .collect();
        for steps in [(0..4_096).collect(), (0..300).map(|at| at * 10 - 5).collect(), irregular] {
            let width = pieces::width(&steps, 4_096);
            for (name, column) in columns {
                let mut numbers: Vec<Number> = (0..steps.len()).map(column).collect();
                for with_odd in [false, true] {
                    if with_odd {
                        numbers.iter_mut().zip(odd).for_each(|(number, odd)| *number = Number::Float(odd));
                    }
                    let column: Numbers = numbers.iter().copied().collect();
                    let packed = pack(&stats::of_column(&steps, &column, width, 4_096), pieces::stride(&steps).map(|_| width));
                    let read = unpack(&packed, steps[0], steps[steps.len() - 1], steps.len() as u32).unwrap();
                    let mut at = 0;
                    for piece in &read {
                        let part = &numbers[at..at + piece.steps.rows as usize];
                        assert_eq!((piece.steps.first, piece.steps.last), (steps[at], steps[at + part.len() - 1]), "{name}");
                        at += part.len();
                        let (expected, found): (Aggregate, _) = (part.iter().copied().collect(), piece.aggregate());
                        let facts =
                            |all: &Aggregate| format!("{:?} {:?} {:?} {} {}", all.min(), all.max(), all.mean(), all.count(), all.numbers());
                        assert_eq!(facts(&found), facts(&expected), "{name}");
                        let doubles: Vec<f64> = part.iter().map(|number| number.to_f64()).collect();
                        let (expected, found) = (PointStats::of(&doubles), piece.points());
                        let facts = |stats: &PointStats| {
                            format!("{} {} {} {} {} {}", stats.count, stats.numbers, stats.min(), stats.max(), stats.first(), stats.last())
                        };
                        assert_eq!(facts(&found), facts(&expected), "{name}");
                        let (found, expected) = (found.mean(), expected.mean());
                        assert!(
                            found == expected
                                || (found - expected).abs() <= expected.abs() * f64::EPSILON
                                || found.is_nan() && expected.is_nan(),
                            "{name}: {found} {expected}"
                        );
                    }
                    assert_eq!(at, steps.len(), "{name}");
                    (0..packed.len()).for_each(|len| drop(unpack(&packed[..len], steps[0], steps[steps.len() - 1], steps.len() as u32)));
                }
            }
        }
    }
}
