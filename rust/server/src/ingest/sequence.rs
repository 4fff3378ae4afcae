//! Numbers of one stream on one connection: the one expected next, and the fate of a frame that does not
//! begin there.
//!
//! Pure state, no I/O. Invariants:
//!
//! 1. `durable < expected`; numbers between them are in flight to the commit thread.
//! 2. A new epoch begins whenever frames in flight were lost; answers of an older epoch can still raise
//!    `durable`, and do nothing else.

use std::time::{Duration, Instant};
use stepwell_codec::FrameHeader;
use stepwell_model::EntryNumber;
use stepwell_store::{AppendOutcome, StoreError};

/// Time that frames at a wrong number are passed over before the client is told again.
const REWIND_AGAIN: Duration = Duration::from_secs(1);

/// Verdict on a frame that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the next one: check and commit it, and hand the epoch back with the outcome.
    Next {
        /// The epoch it belongs to.
        epoch: u32,
    },
    /// It was durable before; so is everything up to this number.
    Duplicate(EntryNumber),
    /// It begins too high; this number is expected.
    Rewind(EntryNumber),
    /// Nothing: the client knows already, or will hear when what is in flight has landed.
    PassOver,
}

/// Message to the client when a frame has landed or got lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All entries up to this number are durable.
    Acknowledge(EntryNumber),
    /// Go on from this number.
    Rewind(EntryNumber),
    /// Wait, then go on after the last acknowledged number.
    Throttle(String),
    /// The stream cannot go on.
    Fatal(String),
    /// Nothing.
    Nothing,
}

/// The numbers of one stream on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sequence {
    durable: EntryNumber,
    expected: EntryNumber,
    epoch: u32,
    rewound: Option<Instant>,
}

impl Sequence {
    /// A stream that goes on after `durable`. `previous` is where it stood on this connection before, if it
    /// was opened twice.
    pub(super) fn new(durable: EntryNumber, previous: Option<&Self>) -> Self {
        Self { durable, expected: durable + 1, epoch: previous.map_or(0, |previous| previous.epoch.wrapping_add(1)), rewound: None }
    }

    /// The number that is durable.
    pub(super) fn durable(&self) -> EntryNumber {
        self.durable
    }

    /// Decides about a frame that arrived, and counts it as in flight if it is the next one.
    pub(super) fn place(&mut self, header: &FrameHeader, now: Instant) -> Place {
        if header.first == self.expected {
            self.expected = header.last() + 1;
            self.rewound = None;
            return Place::Next { epoch: self.epoch };
        }
        if header.last() < self.expected {
            return if header.last() <= self.durable { Place::Duplicate(self.durable) } else { Place::PassOver };
        }
        if self.rewound.is_some_and(|rewound| now.saturating_duration_since(rewound) < REWIND_AGAIN) {
            return Place::PassOver;
        }
        self.rewound = Some(now);
        Place::Rewind(self.expected)
    }

    /// Takes what became of a frame of `epoch`.
    pub(super) fn settle(&mut self, epoch: u32, outcome: Result<AppendOutcome, StoreError>, now: Instant) -> Verdict {
        match outcome {
            Ok(AppendOutcome::Durable(durable)) => {
                self.durable = durable.max(self.durable);
                self.expected = self.expected.max(self.durable + 1);
                Verdict::Acknowledge(self.durable)
            }
            _ if epoch != self.epoch => Verdict::Nothing,
            Ok(AppendOutcome::Expected(expected)) => {
                self.durable = expected.saturating_sub(1);
                self.go_back(now);
                Verdict::Rewind(expected)
            }
            Err(StoreError::Unavailable(reason)) => {
                self.go_back(now);
                Verdict::Throttle(reason)
            }
            Err(error) => Verdict::Fatal(error.to_string()),
        }
    }

    /// Forgets what is in flight: the next number is the one after what is durable.
    fn go_back(&mut self, now: Instant) {
        self.expected = self.durable + 1;
        self.epoch = self.epoch.wrapping_add(1);
        self.rewound = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(first: u64, last: u64) -> FrameHeader {
        FrameHeader { compressed: false, payload_bytes: 1, raw_bytes: 1, first, count: (last - first + 1) as u32, crc: 0 }
    }

    #[test]
    fn frames_in_order_are_taken_and_acknowledged_when_durable() {
        let (mut sequence, now) = (Sequence::new(4, None), Instant::now());
        assert_eq!(sequence.place(&header(5, 8), now), Place::Next { epoch: 0 });
        assert_eq!(sequence.place(&header(9, 9), now), Place::Next { epoch: 0 });
        assert_eq!(sequence.settle(0, Ok(AppendOutcome::Durable(8)), now), Verdict::Acknowledge(8));
        assert_eq!(sequence.place(&header(5, 8), now), Place::Duplicate(8));
        assert_eq!(sequence.place(&header(9, 9), now), Place::PassOver);
    }

    #[test]
    fn a_gap_is_told_once_until_the_expected_number_comes() {
        let (mut sequence, now) = (Sequence::new(0, None), Instant::now());
        assert_eq!(sequence.place(&header(3, 4), now), Place::Rewind(1));
        assert_eq!(sequence.place(&header(5, 6), now), Place::PassOver);
        assert_eq!(sequence.place(&header(5, 6), now + REWIND_AGAIN), Place::Rewind(1));
        assert_eq!(sequence.place(&header(1, 2), now), Place::Next { epoch: 0 });
        assert_eq!(sequence.place(&header(9, 9), now), Place::Rewind(3));
    }

    #[test]
    fn a_frame_across_the_expected_number_is_a_gap_too() {
        let (mut sequence, now) = (Sequence::new(4, None), Instant::now());
        assert_eq!(sequence.place(&header(3, 6), now), Place::Rewind(5));
    }

    #[test]
    fn after_a_failed_append_the_stream_goes_on_at_its_last_acknowledged_number() {
        let (mut sequence, now) = (Sequence::new(0, None), Instant::now());
        let full = || Err(StoreError::Unavailable("disk full".into()));
        sequence.place(&header(1, 2), now);
        sequence.place(&header(3, 4), now);
        assert_eq!(sequence.settle(0, full(), now), Verdict::Throttle("disk full".into()));
        assert_eq!(sequence.settle(0, full(), now), Verdict::Nothing);
        assert_eq!(sequence.settle(0, Ok(AppendOutcome::Expected(1)), now), Verdict::Nothing);
        assert_eq!(sequence.place(&header(5, 6), now), Place::PassOver);
        assert_eq!(sequence.place(&header(1, 2), now), Place::Next { epoch: 1 });
    }

    #[test]
    fn what_becomes_durable_late_still_counts() {
        let (mut sequence, now) = (Sequence::new(0, None), Instant::now());
        sequence.place(&header(1, 2), now);
        let mut again = Sequence::new(0, Some(&sequence));
        assert_eq!(again.settle(0, Ok(AppendOutcome::Durable(2)), now), Verdict::Acknowledge(2));
        assert_eq!(again.place(&header(3, 3), now), Place::Next { epoch: 1 });
    }
}
