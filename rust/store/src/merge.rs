//! Order between values of one place that came from several entries: the greatest wins.

use stepwell_model::{EntryNumber, StreamId, TimeMicros};

/// The rank of a value of a row among all values of its (run, key, label, step); the greatest wins (invariant
/// 3 of [`crate::Store`], D1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Priority {
    /// Attempt of the stream.
    pub attempt: u64,
    /// The stream.
    pub stream: StreamId,
    /// Number of the entry.
    pub entry: EntryNumber,
}

/// The rank of what a statement set (config, hand-set summary, name, …): the latest wins, whatever the order
/// of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// When it was said.
    pub time: TimeMicros,
    /// The stream that said it.
    pub stream: StreamId,
    /// Number of the entry.
    pub entry: EntryNumber,
}
