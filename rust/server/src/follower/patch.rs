//! Frames that the follower makes itself, where a spool has none that the store could take.
//!
//! - *Missing entries* become [`Entry::Lost`] statements, one for each number, each of one row. What was lost may have been a statement rather than a
//!   row; nobody can tell. Number 1 is always the opening, which every segment's header repeats.
//! - *The rest of a frame* of which the store has the beginning already: the same entries from a later number on.

use stepwell_codec::payload::{EntryRef, KeyTable};
use stepwell_codec::{FrameEncoder, FrameError, FrameView, PayloadBuilder, PayloadError, PayloadReader, msgpack};
use stepwell_model::{Entry, EntryNumber, LossReport, Opening, Row, TimeMicros};

/// Entries of one frame of losses: some 600 KiB before compression.
pub(super) const LOST_PER_FRAME: u64 = 10_000;

/// Why no frame could be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum PatchError {
    /// The frame cannot be read or written.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Its payload cannot be read.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl PatchError {
    /// Whether a newer version may read the frame.
    pub(super) fn is_later(&self) -> bool {
        matches!(self, Self::Frame(FrameError::Later(_)) | Self::Payload(PayloadError::Later(_)))
    }
}

/// A frame that states the loss of the entries from `first` to `last` (at most [`LOST_PER_FRAME`]).
pub(super) fn lost(opening: &Opening, first: EntryNumber, last: EntryNumber, time: TimeMicros) -> Result<Vec<u8>, PatchError> {
    let mut builder = PayloadBuilder::new();
    for number in first..=last {
        let report = LossReport { rows: 1, kept: 0, reason: "damaged or missing in the spool".into() };
        let entry = if number == 1 { Entry::Open(opening.clone()) } else { Entry::Lost { time, report } };
        builder.statement(&entry);
    }
    finish(builder, &KeyTable::default(), first)
}

/// The entries of a frame from `first` on.
pub(super) fn rest(frame: &[u8], first: EntryNumber) -> Result<Vec<u8>, PatchError> {
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

fn finish(mut builder: PayloadBuilder, table: &KeyTable, first: EntryNumber) -> Result<Vec<u8>, PatchError> {
    let (mut payload, mut frame) = (Vec::new(), Vec::new());
    let count = builder.finish(table, &mut payload);
    FrameEncoder::new()?.encode(first, count, &payload, &mut frame)?;
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_model::Value;

    fn entries(frame: &[u8]) -> Vec<Entry> {
        let view = FrameView::parse(frame).unwrap();
        PayloadReader::new(&view.payload().unwrap(), view.header.count).unwrap().entries().unwrap()
    }

    #[test]
    fn every_missing_number_is_stated_and_the_first_is_the_opening() {
        let opening = Opening { run: "r".into(), entity: "e".into(), project: "p".into(), ..Opening::default() };
        let frame = lost(&opening, 1, 3, 9).unwrap();
        let view = FrameView::parse(&frame).unwrap();
        assert_eq!((view.header.first, view.header.last()), (1, 3));
        let entries = entries(&frame);
        assert_eq!(entries[0], Entry::Open(opening));
        assert!(entries[1..].iter().all(|entry| matches!(entry, Entry::Lost { report, .. } if report.rows == 1 && report.kept == 0)));
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
        let rest = rest(&whole, 7).unwrap();
        assert_eq!(FrameView::parse(&rest).unwrap().header.first, 7);
        assert_eq!(entries(&rest), entries(&whole)[2..]);
    }
}
