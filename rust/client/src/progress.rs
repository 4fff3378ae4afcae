//! Progress of a writer's rows and files: written by its threads, waited for by its callers.
//!
//! The lock is held for a few loads and stores, never during I/O.

use std::collections::VecDeque;
use std::time::{Duration, Instant};
use stepwell_lock::{Condvar, Mutex, MutexGuard};
use stepwell_model::EntryNumber;
use tokio::sync::Notify;

/// Ranges of the row counts that are kept; older ones are joined, which makes `acked` rows less exact and
/// nothing else.
const RANGES: usize = 16_384;

/// The knowledge that the threads of a writer share.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The last barrier that the worker has seen, and the last one before which everything is spooled.
    pub(crate) seen_barrier: u64,
    pub(crate) spooled_barrier: u64,
    /// Number of the last entry that is spooled, durable here, durable at the destination.
    pub(crate) spooled: EntryNumber,
    pub(crate) synced: EntryNumber,
    pub(crate) acked: EntryNumber,
    /// Calls in spooled entries; calls that gave way to a sample; calls that no frame can hold; entries the
    /// server refused.
    pub(crate) spooled_rows: u64,
    pub(crate) sampled_rows: u64,
    pub(crate) refused_rows: u64,
    /// Calls that spooled reports say are lost, and how many of these gave way to a sample or were refused.
    pub(crate) reported_rows: u64,
    pub(crate) reported_sampled: u64,
    pub(crate) reported_refused: u64,
    /// Calls in entries that were spooled, are not at the destination, and are gone from the spool.
    pub(crate) gone_rows: u64,
    pub(crate) rejected: u64,
    pub(crate) row_counts: RowCounts,
    pub(crate) files: Files,
    /// Someone waits for a sync.
    pub(crate) sync_wanted: bool,
    /// The disk's problem, the connection in words, and whether the server said that trying again is
    /// no use.
    pub(crate) disk_trouble: String,
    pub(crate) connection: String,
    pub(crate) fatal: bool,
    /// The exit is spooled, or given up; then the spool is closed; then the destination has everything.
    pub(crate) worker_done: bool,
    pub(crate) spool_closed: bool,
    pub(crate) upload_done: bool,
    /// The syncer removed what the destination has, or had nothing to remove.
    pub(crate) syncer_done: bool,
    /// The last look at the spool, by number, and whether all of it was where it was written; the look
    /// that somebody waits for.
    pub(crate) looks: u64,
    pub(crate) look_wanted: u64,
    pub(crate) is_there: bool,
    /// The time to finish is nearly over: what has no room is given up, counted, and the stream ended.
    pub(crate) give_up: bool,
    /// The writer is finishing: the cap of the spool is lifted.
    pub(crate) finishing: bool,
    /// Everyone is to end.
    pub(crate) stop: bool,
}

impl Known {
    /// Returns whether the destination has everything, but for files that it is no use to send.
    pub(crate) fn all_sent(&self) -> bool {
        self.upload_done && self.files.ended
    }
}

/// The files of a writer: contents under paths.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Contents that were handed over; of these, stored and announced in the stream; lost.
    pub(crate) submitted: u64,
    pub(crate) stored: u64,
    pub(crate) lost: u64,
    /// Links that were made in the stream's `blobs/`; of these, those that are gone because the destination
    /// has their blobs or refused them.
    pub(crate) linked: u64,
    pub(crate) sent: u64,
    /// Links whose blobs cannot be read.
    pub(crate) unreadable: u64,
    /// Passes over the links that the uploader began and that found all of them answered, by number; one that
    /// someone waits for.
    pub(crate) passes_begun: u64,
    pub(crate) passes_done: u64,
    pub(crate) pass_wanted: u64,
    /// The reason why the uploader does not send.
    pub(crate) sending: String,
    /// The uploader has nothing left to do, or nothing that it could.
    pub(crate) ended: bool,
    /// The disk's problem now, and that of the last one that was lost.
    pub(crate) trouble: String,
    pub(crate) loss: String,
}

impl Files {
    /// Contents that are not stored yet.
    pub(crate) fn waiting(&self) -> u64 {
        self.submitted.saturating_sub(self.stored + self.lost)
    }

    /// Returns whether the destination has every blob that was linked before this pass was wanted; `None`
    /// while that may still come to be.
    pub(crate) fn arrived(&self, pass: u64) -> Option<bool> {
        let is_over = self.passes_done >= pass;
        match self.unsent() {
            0 => Some(true),
            _ if is_over && self.unreadable == 0 => Some(true),
            _ => (is_over || self.ended).then_some(false),
        }
    }

    /// Blobs that the destination does not have yet.
    pub(crate) fn unsent(&self) -> u64 {
        self.linked.saturating_sub(self.sent)
    }
}

/// [`Known`], and word when it changes.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    known: Mutex<Known>,
    changed: Condvar,
    /// The same, for the one task that waits without a thread of its own.
    called: Notify,
}

impl Progress {
    pub(crate) fn read(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }

    /// Changes what is known and tells everyone who waits.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        let result = change(&mut self.known.lock());
        self.changed.notify_all();
        self.called.notify_one();
        result
    }

    /// As [`wait_until`](Self::wait_until), for a task; only one may wait at a time.
    pub(crate) async fn until(&self, timeout: Duration, mut holds: impl FnMut(&Known) -> bool) -> bool {
        let deadline = tokio::time::Instant::now() + timeout;
        while !holds(&self.read()) {
            if tokio::time::timeout_at(deadline, self.called.notified()).await.is_err() {
                return holds(&self.read());
            }
        }
        true
    }

    /// Waits until something holds; `false` if it does not by the deadline.
    pub(crate) fn wait_until(&self, deadline: Instant, mut holds: impl FnMut(&Known) -> bool) -> bool {
        let mut known = self.known.lock();
        loop {
            if holds(&known) {
                return true;
            }
            if self.changed.wait_until(&mut known, deadline).timed_out() {
                return holds(&known);
            }
        }
    }
}

/// From entry numbers to calls: ranges in which every entry is one call, but for those at the front.
#[derive(Debug, Default)]
pub(crate) struct RowCounts {
    /// (last entry, calls up to and including it)
    ranges: VecDeque<(EntryNumber, u64)>,
}

impl RowCounts {
    /// A frame that ends with entry `last` brought the calls to `rows`.
    pub(crate) fn append(&mut self, count: u32, last: EntryNumber, calls: u64, rows: u64) {
        match self.ranges.back_mut() {
            Some(range) if u64::from(count) == calls => *range = (last, rows),
            _ => self.ranges.push_back((last, rows)),
        }
        if self.ranges.len() > RANGES {
            let mut index = 0;
            self.ranges.retain(|_| {
                index += 1;
                index % 2 == 0 || index > RANGES
            });
        }
    }

    /// Calls in the entries up to `number`.
    pub(crate) fn rows_until(&self, number: EntryNumber) -> u64 {
        let at = self.ranges.partition_point(|&(last, _)| last <= number);
        let before = at.checked_sub(1).map_or((0, 0), |before| self.ranges[before]);
        match self.ranges.get(at) {
            _ if before.0 == number => before.1,
            // Frames that are one call per entry joined the range at its end.
            Some(&(last, rows)) => rows.saturating_sub(last - number).max(before.1),
            None => before.1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_counts_know_the_calls_up_to_an_entry() {
        let mut row_counts = RowCounts::default();
        row_counts.append(1, 1, 0, 0);
        row_counts.append(10, 11, 30, 30);
        row_counts.append(5, 16, 5, 35);
        row_counts.append(5, 21, 5, 40);
        row_counts.append(1, 22, 0, 40);
        let counted = [0, 1, 11, 16, 21, 22, 99].map(|number| row_counts.rows_until(number));
        assert_eq!(counted, [0, 0, 30, 35, 40, 40, 40]);
    }
}
