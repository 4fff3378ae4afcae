//! Gap frames: frames that stand for entries which a spool has lost.
//!
//! A server and a store take entries in order and without gaps, so what is damaged or missing is stated:
//! every missing number becomes a report of one lost row (what was lost may have been another entry, nobody
//! can tell), and number 1 the opening, which every segment repeats. [`tail`] makes the rest of a frame whose
//! beginning the store has already.

use crate::payload::{EntryRef, KeyTable, PayloadBuilder, PayloadError, PayloadReader};
use crate::{FrameEncoder, FrameError, FrameView, msgpack};
use std::collections::VecDeque;
use stepwell_model::{Entry, EntryNumber, LossReport, Opening, Row, TimeMicros};

/// Entries of one gap frame: some 600 KiB before compression.
const FRAME_ENTRIES: u64 = 10_000;
/// Entries of one gap: far more than a damaged segment holds. A larger one is a number that cannot be true.
const GAP_ENTRIES: u64 = 100_000_000;

/// Gap frames that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GapError {
    /// More entries than can be missing.
    #[error("entries {from} to {to} cannot all be missing in the spool")]
    TooLarge {
        /// First one.
        from: EntryNumber,
        /// Last one.
        to: EntryNumber,
    },
    /// The frame cannot be read or written.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Its payload cannot be read.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl GapError {
    /// True if a newer version may read the frame.
    pub fn is_later(&self) -> bool {
        matches!(self, Self::Frame(FrameError::Later(_)) | Self::Payload(PayloadError::Later(_)))
    }
}

/// Missing entries, made into frames one by one.
#[derive(Debug, Default)]
pub struct GapFrames {
    missing: VecDeque<(EntryNumber, EntryNumber)>,
}

impl GapFrames {
    /// Adds the missing entries `from` to `to`, which follow those added before.
    pub fn add(&mut self, from: EntryNumber, to: EntryNumber) -> Result<(), GapError> {
        if to - from >= GAP_ENTRIES {
            return Err(GapError::TooLarge { from, to });
        }
        self.missing.push_back((from, to));
        Ok(())
    }

    /// Forgets what was added.
    pub fn clear(&mut self) {
        self.missing.clear();
    }

    /// Makes the next frame, and gives it with the number of its last entry.
    pub fn next_frame(&mut self, opening: &Opening, time: TimeMicros) -> Result<Option<(EntryNumber, Vec<u8>)>, GapError> {
        let Some((from, to)) = self.missing.pop_front() else { return Ok(None) };
        let last = to.min(from + FRAME_ENTRIES - 1);
        if last < to {
            self.missing.push_front((last + 1, to));
        }
        let mut builder = PayloadBuilder::new();
        for number in from..=last {
            let report = LossReport { rows: 1, kept: 0, reason: "damaged or missing in the spool".into() };
            builder.statement(&if number == 1 { Entry::Open(opening.clone()) } else { Entry::Lost { time, report } });
        }
        Ok(Some((last, finish(builder, &KeyTable::default(), from)?)))
    }
}

/// The entries of a frame from `first` on, as a frame.
pub fn tail(frame: &[u8], first: EntryNumber) -> Result<Vec<u8>, GapError> {
    let view = FrameView::parse(frame)?;
    let payload = view.payload()?;
    let mut reader = PayloadReader::new(&payload, view.header.count)?;
    let names = reader.keys.clone();
    let table = KeyTable {
        keys: reader.keys.iter().map(|&key| key.into()).collect(),
        shapes: reader.shapes.iter().map(|shape| shape.clone().into()).collect(),
    };
    let (mut builder, mut number) = (PayloadBuilder::new(), view.header.first);
    while let Some(entry) = reader.next_entry()? {
        if number >= first {
            match entry {
                EntryRef::Row(row) => {
                    let Row { step, time, sampled, cells } = row.to_row(&names)?;
                    let mut values = Vec::new();
                    cells.iter().for_each(|(_, value)| msgpack::write_value(&mut values, value));
                    builder.row(&table, row.shape, step, time, sampled, &values);
                }
                EntryRef::Statement(statement) => builder.statement(&statement),
            }
        }
        number += 1;
    }
    finish(builder, &table, first)
}

fn finish(mut builder: PayloadBuilder, table: &KeyTable, first: EntryNumber) -> Result<Vec<u8>, GapError> {
    let (mut payload, mut frame) = (Vec::new(), Vec::new());
    let count = builder.finish(table, &mut payload);
    FrameEncoder::new()?.encode(first, count, &payload, &mut frame)?;
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_model::{RunPath, Value};

    fn entries(frame: &[u8]) -> Vec<Entry> {
        let view = FrameView::parse(frame).unwrap();
        PayloadReader::new(&view.payload().unwrap(), view.header.count).unwrap().entries().unwrap()
    }

    #[test]
    fn every_missing_number_is_stated_and_the_first_is_the_opening() {
        let opening = Opening { path: RunPath::new("e", "p", "r").unwrap(), ..Opening::default() };
        let mut gap = GapFrames::default();
        gap.add(1, 3).unwrap();
        let (last, frame) = gap.next_frame(&opening, 9).unwrap().unwrap();
        assert_eq!((last, gap.next_frame(&opening, 9)), (3, Ok(None)));
        let view = FrameView::parse(&frame).unwrap();
        assert_eq!((view.header.first, view.header.last()), (1, 3));
        let entries = entries(&frame);
        assert_eq!(entries[0], Entry::Open(opening));
        assert!(entries[1..].iter().all(|entry| matches!(entry, Entry::Lost { report, .. } if report.rows == 1 && report.kept == 0)));
    }

    #[test]
    fn a_long_gap_becomes_several_frames_and_one_that_cannot_be_true_none() {
        let mut gap = GapFrames::default();
        gap.add(5, 4 + FRAME_ENTRIES + 1).unwrap();
        let mut ends = Vec::new();
        while let Some((last, frame)) = gap.next_frame(&Opening::default(), 0).unwrap() {
            ends.push((FrameView::parse(&frame).unwrap().header.first, last));
        }
        assert_eq!(ends, [(5, 4 + FRAME_ENTRIES), (5 + FRAME_ENTRIES, 5 + FRAME_ENTRIES)]);
        assert_eq!(gap.add(1, GAP_ENTRIES), Ok(()));
        assert_eq!(gap.add(1, GAP_ENTRIES + 1), Err(GapError::TooLarge { from: 1, to: GAP_ENTRIES + 1 }));
    }

    #[test]
    fn the_rest_of_a_frame_holds_the_same_entries() {
        let table = KeyTable { keys: vec!["a".into(), "b".into()], shapes: vec![Box::new([1, 0])] };
        let mut builder = PayloadBuilder::new();
        for step in 0..3 {
            let values = [msgpack::to_bytes(&Value::Int(step)), msgpack::to_bytes(&Value::Str("x".into()))].concat();
            builder.row(&table, 0, step, step, false, &values);
        }
        builder.statement(&Entry::Exit { time: 1, code: 0 });
        let whole = finish(builder, &table, 5).unwrap();
        let rest = tail(&whole, 7).unwrap();
        assert_eq!(FrameView::parse(&rest).unwrap().header.first, 7);
        assert_eq!(entries(&rest), entries(&whole)[2..]);
    }
}
