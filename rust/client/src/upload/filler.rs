//! Frames that stand for entries which the spool has lost.
//!
//! A server takes entries in order and without gaps. What is damaged or missing is therefore stated: every missing number
//! becomes a report of one lost row, and number 1 the opening, which every segment repeats.

use super::UploadError;
use std::collections::VecDeque;
use stepwell_codec::payload::KeyTable;
use stepwell_codec::{FrameEncoder, PayloadBuilder};
use stepwell_model::{Entry, EntryNumber, LossReport, Opening, TimeMicros};

/// Entries of one filler frame.
const FRAME_ENTRIES: u64 = 10_000;
/// Entries that are filled at most: far more than a damaged segment holds, and what a hostile spool may make us send.
const MOST_ENTRIES: u64 = 100_000_000;

/// Entries to be filled, made into frames one by one.
#[derive(Default)]
pub(crate) struct Filler {
    missing: VecDeque<(EntryNumber, EntryNumber)>,
}

impl Filler {
    /// Entries from `from` to `to` are missing.
    pub(crate) fn missing(&mut self, from: EntryNumber, to: EntryNumber) -> Result<(), UploadError> {
        if to - from >= MOST_ENTRIES {
            return Err(UploadError::Missing { from, to });
        }
        self.missing.push_back((from, to));
        Ok(())
    }

    /// Forgets what was to be filled.
    pub(crate) fn clear(&mut self) {
        self.missing.clear();
    }

    /// The next frame, with the number of its last entry.
    pub(crate) fn next(&mut self, opening: &Opening, time: TimeMicros) -> Result<Option<(EntryNumber, Vec<u8>)>, UploadError> {
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
        let (mut payload, mut frame) = (Vec::new(), Vec::new());
        let count = builder.finish(&KeyTable::default(), &mut payload);
        FrameEncoder::new()?.encode(from, count, &payload, &mut frame)?;
        Ok(Some((last, frame)))
    }
}
