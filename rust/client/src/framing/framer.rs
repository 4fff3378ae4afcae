//! Entries to frames: numbers entries densely from 1 and packs them.

use super::merge::{MergedRow, RowSink};
use super::shapes::Shapes;
use super::step_sync::StepSync;
use std::time::Duration;
use stepwell_codec::frame::{FrameEncoder, FrameError, FrameHeader};
use stepwell_codec::payload::PayloadBuilder;
use stepwell_model::{Entry, EntryNumber, LossReport, TimeMicros};

/// Payload bytes at which a frame is made without waiting any longer.
pub(crate) const TARGET_BYTES: usize = 1 << 20;

/// A frame that is not in the spool yet.
#[derive(Debug)]
pub(crate) struct ReadyFrame {
    pub(crate) header: FrameHeader,
    pub(crate) bytes: Vec<u8>,
    /// Calls whose rows are in it.
    pub(crate) calls: u64,
    /// Calls of which it says that they are lost.
    pub(crate) reported: Reported,
}

/// Calls that reports of losses stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reported {
    /// They gave way to a sample.
    pub(crate) sampled: u64,
    /// They could not be rows.
    pub(crate) refused: u64,
    /// There was no room for them to the end.
    pub(crate) given_up: u64,
}

/// Builds one frame after another. A number is given when a frame is made, and never again.
pub(crate) struct Framer {
    builder: PayloadBuilder,
    encoder: FrameEncoder,
    raw: Vec<u8>,
    spare: Vec<u8>,
    next: EntryNumber,
    calls: u64,
    reported: Reported,
    /// Time at which the first entry of the frame came.
    since: Option<Duration>,
    now: Duration,
    /// Frames that had to be made in the middle of something; taken before anything else is added.
    pub(crate) ready: std::collections::VecDeque<ReadyFrame>,
    /// The keys that rows lack.
    sync: StepSync,
    refused: LossReport,
    /// Calls that could not be rows, since the beginning.
    pub(crate) refused_calls: u64,
}

impl Framer {
    pub(crate) fn new() -> Result<Self, FrameError> {
        Ok(Self {
            builder: PayloadBuilder::new(),
            encoder: FrameEncoder::new()?,
            raw: Vec::new(),
            spare: Vec::new(),
            next: 1,
            calls: 0,
            reported: Reported::default(),
            since: None,
            now: Duration::ZERO,
            ready: std::collections::VecDeque::new(),
            sync: StepSync::default(),
            refused: LossReport::default(),
            refused_calls: 0,
        })
    }

    /// Tells the time, before anything is added.
    pub(crate) fn set_now(&mut self, now: Duration) {
        self.now = now;
    }

    /// Time at which the oldest entry of the unfinished frame came.
    pub(crate) fn since(&self) -> Option<Duration> {
        self.since
    }

    /// Takes a sampled row.
    pub(crate) fn sampled_row(&mut self, shapes: &mut Shapes, row: MergedRow<'_>) {
        self.complete_row(shapes, row, true);
    }

    /// Takes an entry that is no row.
    pub(crate) fn entry(&mut self, shapes: &Shapes, entry: &Entry, bytes: usize) {
        if let Entry::Metric { definition, .. } = entry {
            self.sync.define(definition);
        }
        self.make_room(shapes, bytes);
        self.builder.statement(entry);
        self.added(shapes);
    }

    #[inline]
    fn complete_row(&mut self, shapes: &mut Shapes, row: MergedRow<'_>, sampled: bool) {
        if self.sync.is_idle() {
            return self.add_row(shapes, row, sampled);
        }
        let mut sync = std::mem::take(&mut self.sync);
        let row = sync.complete(shapes, row);
        self.add_row(shapes, row, sampled);
        self.sync = sync;
    }

    #[inline]
    fn add_row(&mut self, shapes: &Shapes, row: MergedRow<'_>, sampled: bool) {
        self.make_room(shapes, row.values.len());
        self.builder.row(shapes.table(), row.shape, row.step, row.time, sampled, row.values);
        self.calls += row.calls;
        self.added(shapes);
    }

    /// A large entry gets a frame of its own, so that if no frame can hold it, nothing else is refused with
    /// it.
    #[inline]
    fn make_room(&mut self, shapes: &Shapes, bytes: usize) {
        if bytes > TARGET_BYTES / 4 && self.builder.count() > 0 {
            self.finish(shapes);
        }
    }

    #[inline]
    fn added(&mut self, shapes: &Shapes) {
        if self.since.is_none() {
            self.since = Some(self.now);
        }
        if self.builder.bytes() >= TARGET_BYTES {
            self.finish(shapes);
        }
    }

    /// Makes the frame of what was added, if anything was.
    pub(crate) fn finish(&mut self, shapes: &Shapes) {
        if self.builder.count() == 0 {
            return;
        }
        let count = self.builder.finish(shapes.table(), &mut self.raw);
        let mut bytes = std::mem::take(&mut self.spare);
        bytes.clear();
        let (calls, reported) = (std::mem::take(&mut self.calls), std::mem::take(&mut self.reported));
        self.since = None;
        match self.encoder.encode(self.next, count, &self.raw, &mut bytes) {
            Ok(header) => {
                self.next = header.last() + 1;
                self.ready.push_back(ReadyFrame { header, bytes, calls, reported });
            }
            Err(_) => self.refused(calls, "a row larger than a frame may be"),
        }
        if self.raw.capacity() > 4 * TARGET_BYTES {
            self.raw = Vec::new();
        }
    }

    /// Adds the report of refused calls, if there are any to report.
    pub(crate) fn report_refused(&mut self, shapes: &Shapes, time: TimeMicros) {
        if self.refused.rows > 0 {
            let report = std::mem::take(&mut self.refused);
            self.reported.refused += report.rows;
            self.entry(shapes, &Entry::Lost { time, report }, 0);
        }
    }

    /// Adds the report of a sample, all of whose rows were added.
    pub(crate) fn report_sampled(&mut self, shapes: &Shapes, time: TimeMicros, report: LossReport) {
        self.reported.sampled += report.rows - report.kept;
        self.entry(shapes, &Entry::Lost { time, report }, 0);
    }

    /// Drops everything that is not in the spool, which ends with entry `spooled`, and makes one frame of
    /// what is to be said of it. The numbers of frames that were dropped are given again: no reader has seen
    /// one of them whole.
    pub(crate) fn replace_all(&mut self, shapes: &Shapes, spooled: EntryNumber, given_up: u64, entries: &[Entry]) {
        self.ready.clear();
        self.builder = PayloadBuilder::new();
        (self.calls, self.refused, self.next) = (0, LossReport::default(), spooled + 1);
        self.reported = Reported { given_up, ..Reported::default() };
        entries.iter().for_each(|entry| self.builder.statement(entry));
        self.finish(shapes);
    }

    /// Gives back the buffer of a frame that is in the spool.
    pub(crate) fn recycle(&mut self, bytes: Vec<u8>) {
        if bytes.capacity() <= 2 * TARGET_BYTES {
            self.spare = bytes;
        }
    }
}

impl RowSink for Framer {
    #[inline]
    fn row(&mut self, shapes: &mut Shapes, row: MergedRow<'_>) {
        self.complete_row(shapes, row, false);
    }

    fn refused(&mut self, calls: u64, reason: &'static str) {
        self.refused.rows += calls;
        self.refused_calls += calls;
        self.refused.reason = reason.into();
    }
}
