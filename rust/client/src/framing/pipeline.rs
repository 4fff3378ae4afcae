//! The worker's work without its thread: items in, frames out. Time and the spool are arguments, so tests own
//! them.
//!
//! Invariants:
//!
//! 1. Entries come out in the order in which their items went in, numbered densely from 1.
//! 2. While a frame finds no room nothing else is framed: what waits stays within the capacity of the queue,
//!    which then refuses or samples. The frame is tried again as it is.
//! 3. An item is read once, when it is framed. Only what waits for room, or what somebody asks about, is read
//!    before for the last values.
//! 4. Of all calls taken in: those in spooled frames, those that gave way to a sample, those refused and
//!    those still here add up exactly.

use super::beside::Beside;
use super::framer::{Framer, ReadyFrame};
use super::merge::{Call, MergedRow, Merger, RowSink};
use super::shapes::Shapes;
use crate::queue::item::{self, Kind};
use crate::queue::sampler::SampledRow;
use crate::queue::{Batch, CHUNK_BYTES, Queue};
use crate::summary::LastValues;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use stepwell_codec::FrameError;
use stepwell_lock::Mutex;
use stepwell_model::{Entry, EntryNumber, LossReport, Opening, TimeMicros};

/// Longest time that an entry waits for others to share its frame.
pub(crate) const FRAME_INTERVAL: Duration = Duration::from_millis(35);

/// The destination of frames: the spool, and those who follow it.
pub(crate) trait FrameSink {
    /// Takes the frame, or says that there is no room now.
    fn append(&mut self, frame: &ReadyFrame) -> bool;
    /// Rows that gave way to a sample, rows that no frame could hold: in all.
    fn lost(&mut self, sampled: u64, refused: u64);
    /// Everything before the barrier is spooled.
    fn spooled(&mut self, barrier: u64);
    /// Everything before the barrier was seen.
    fn seen(&mut self, barrier: u64);
}

/// A chunk of the queue.
struct Chunk {
    bytes: Vec<u8>,
    /// The place up to which its rows were seen for the last values.
    seen: usize,
}

/// Merges, frames, and holds what finds no room.
pub(crate) struct Pipeline {
    queue: Arc<Queue>,
    last_values: Arc<Mutex<LastValues>>,
    shapes: Shapes,
    merger: Merger,
    framer: Framer,
    opening: Opening,
    /// Chunks that wait to be framed; `offset` is the place in the first.
    backlog: VecDeque<Chunk>,
    offset: usize,
    beside: Beside,
    /// The sample that is being framed.
    sample: std::vec::IntoIter<SampledRow>,
    sample_report: Option<LossReport>,
    /// A barrier whose items are framed but not all spooled.
    barrier: Option<u64>,
    sampled_rows: u64,
}

impl Pipeline {
    pub(crate) fn new(queue: Arc<Queue>, last_values: Arc<Mutex<LastValues>>, opening: Opening) -> Result<Self, FrameError> {
        let mut framer = Framer::new()?;
        let shapes = Shapes::default();
        framer.entry(&shapes, &Entry::Open(opening.clone()), 0);
        Ok(Self {
            queue,
            last_values,
            shapes,
            merger: Merger::default(),
            framer,
            opening,
            backlog: VecDeque::new(),
            offset: 0,
            beside: Beside::default(),
            sample: Vec::new().into_iter(),
            sample_report: None,
            barrier: None,
            sampled_rows: 0,
        })
    }

    /// Takes a batch in, behind what waits. Its rows are seen for the last values when they are framed, or at
    /// once if somebody asks.
    pub(crate) fn take(&mut self, batch: Batch, sink: &mut impl FrameSink) {
        for bytes in batch.chunks {
            // While nothing can be written, a small chunk every few milliseconds must not cost the memory of
            // a full one.
            match self.backlog.back_mut() {
                Some(Chunk { bytes: last, .. }) if last.len() + bytes.len() <= last.capacity() && bytes.len() < CHUNK_BYTES / 2 => {
                    last.extend_from_slice(&bytes);
                    let kept = bytes.len();
                    self.queue.release(bytes, kept);
                }
                _ => self.backlog.push_back(Chunk { bytes, seen: 0 }),
            }
        }
        self.beside.entries.extend(batch.statements);
        self.beside.samplers.extend(batch.samplers);
        if batch.seen_wanted {
            self.observe_waiting(sink);
        }
    }

    /// Sees what waits, as it cannot be framed now or as somebody asks for the last values.
    #[cold]
    fn observe_waiting(&mut self, sink: &mut impl FrameSink) {
        let mut last_values = self.last_values.lock();
        for Chunk { bytes, seen } in &mut self.backlog {
            while let Some((item, next)) = item::read(bytes, *seen) {
                let at = std::mem::replace(seen, next);
                if !self.beside.observe(&mut last_values, item, &mut |barrier| sink.seen(barrier)) {
                    item::refuse(bytes, at);
                }
            }
        }
    }

    /// Frames and spools what waits, as far as there is room; `false` if there is none. With `all`, nothing
    /// stays behind for company: the frame is made now.
    pub(crate) fn turn(&mut self, now: Duration, time: TimeMicros, all: bool, sink: &mut impl FrameSink) -> bool {
        self.framer.set_now(now);
        loop {
            while let Some(frame) = self.framer.ready.front() {
                if !sink.append(frame) {
                    self.observe_waiting(sink);
                    return false;
                }
                if let Some(frame) = self.framer.ready.pop_front() {
                    self.framer.recycle(frame.bytes);
                }
                sink.lost(self.sampled_rows, self.framer.refused_calls);
            }
            if let Some(barrier) = self.barrier.take() {
                sink.spooled(barrier);
            }
            if !self.step(now, time, sink) {
                self.merger.tick(&mut self.shapes, now, &mut self.framer);
                self.framer.report_refused(&self.shapes, time);
                if all || self.framer.since().is_some_and(|since| now.saturating_sub(since) >= FRAME_INTERVAL) {
                    self.framer.finish(&self.shapes);
                }
                if self.framer.ready.is_empty() {
                    sink.lost(self.sampled_rows, self.framer.refused_calls);
                    return true;
                }
            }
        }
    }

    /// Works off what waits until a frame is ready; `false` if nothing waits.
    fn step(&mut self, now: Duration, time: TimeMicros, sink: &mut impl FrameSink) -> bool {
        if self.sample_report.is_some() {
            self.step_sample(time);
            return true;
        }
        let Some(mut chunk) = self.backlog.pop_front() else { return false };
        // Not held while the spool is written to.
        let mut last_values = self.last_values.lock();
        while self.framer.ready.is_empty() && self.barrier.is_none() && self.sample_report.is_none() {
            let Some((item, next)) = item::read(&chunk.bytes, self.offset) else {
                self.offset = 0;
                self.queue.release(chunk.bytes, 0);
                return true;
            };
            let at = std::mem::replace(&mut self.offset, next);
            if at >= chunk.seen {
                chunk.seen = next;
                if !self.beside.observe(&mut last_values, item, &mut |barrier| sink.seen(barrier)) {
                    self.framer.refused(1, item::REASONS[item::NESTED]);
                    continue;
                }
            }
            match item.kind {
                Kind::Row | Kind::Part => {
                    let (shapes, framer) = (&mut self.shapes, &mut self.framer);
                    match shapes.of_caller(item.shape) {
                        Some(shape) => {
                            let (step, commit) = (item.number, item.kind == Kind::Row);
                            self.merger.call(shapes, now, Call { shape, step, time: item.time, commit, values: item.body }, framer);
                        }
                        None => framer.refused(1, "a key longer than 1,024 bytes, or too many keys"),
                    }
                }
                Kind::Key => self.shapes.define_key(&String::from_utf8_lossy(item.body)),
                Kind::Shape => self.shapes.define_shape(&item.key_ids::<Vec<_>>()),
                Kind::Entry => {
                    if let Some(entry) = self.beside.next_entry() {
                        if matches!(entry, Entry::Summary { until_logged: true, .. }) {
                            // What was logged before has the earlier time.
                            self.merger.end(&mut self.shapes, &mut self.framer);
                        }
                        self.framer.entry(&self.shapes, &entry, item.number as usize);
                    }
                }
                Kind::Barrier if item.shape == 0 => {
                    self.merger.end(&mut self.shapes, &mut self.framer);
                    self.framer.finish(&self.shapes);
                    self.barrier = Some(item.number as u64);
                }
                Kind::Barrier => {}
                Kind::Refused => {
                    let reason = item::REASONS.get(item.number as usize).unwrap_or(&item::REASONS[0]);
                    self.framer.refused(1, reason);
                }
                Kind::Shed => {
                    // What was being collected came before the rows that were refused.
                    self.merger.end(&mut self.shapes, &mut self.framer);
                    if let Some((report, rows)) = self.beside.samples.pop_front() {
                        self.sample = rows.into_iter();
                        self.sample_report = Some(report);
                    }
                }
            }
        }
        self.backlog.push_front(chunk);
        true
    }

    /// Frames the sample until a frame is ready or it ends with its report.
    fn step_sample(&mut self, time: TimeMicros) {
        while self.framer.ready.is_empty() {
            let Some(row) = self.sample.next() else {
                if let Some(report) = self.sample_report.take() {
                    self.sampled_rows += report.rows - report.kept;
                    self.framer.report_sampled(&self.shapes, time, report);
                }
                return;
            };
            let shape = self.shapes.intern(&row.keys);
            let row = MergedRow { shape, step: row.step, time: row.time, calls: 1, values: &row.values };
            self.framer.sampled_row(&mut self.shapes, row);
        }
    }

    /// Adds the exit behind everything; the next turn frames it.
    pub(crate) fn exit(&mut self, time: TimeMicros, code: i32) {
        self.merger.end(&mut self.shapes, &mut self.framer);
        self.framer.report_refused(&self.shapes, time);
        self.framer.entry(&self.shapes, &Entry::Exit { time, code }, 0);
    }

    /// Gives up what waits for room, `lost` calls, and returns the frame that says so and ends the stream.
    /// The spool ends with entry `spooled`.
    pub(crate) fn give_up(
        &mut self,
        time: TimeMicros,
        spooled: EntryNumber,
        lost: u64,
        reason: &str,
        code: Option<i32>,
    ) -> Option<ReadyFrame> {
        let report = LossReport { rows: lost, kept: 0, reason: reason.into() };
        let mut entries = Vec::new();
        if spooled == 0 {
            entries.push(Entry::Open(self.opening.clone()));
        }
        if lost > 0 {
            entries.push(Entry::Lost { time, report });
        }
        entries.extend(code.map(|code| Entry::Exit { time, code }));
        self.framer.replace_all(&self.shapes, spooled, lost, &entries);
        self.framer.ready.pop_front()
    }

    /// Ends the row that is being collected.
    pub(crate) fn end_row(&mut self) {
        self.merger.end(&mut self.shapes, &mut self.framer);
    }

    /// Returns whether something is under way that time alone brings forward.
    pub(crate) fn is_waiting(&self) -> bool {
        self.merger.is_collecting() || self.framer.since().is_some() || !self.framer.ready.is_empty() || !self.backlog.is_empty()
    }
}

#[cfg(test)]
mod tests;
