//! The worker's work without its thread: records in, frames out. Time and the spool are arguments, so tests own them.
//!
//! Invariants:
//!
//! 1. Entries come out in the order in which their records went in, numbered densely from 1.
//! 2. While a frame finds no room nothing else is framed: what waits stays within the capacity of the queue, which then
//!    refuses or samples. The frame is tried again as it is.
//! 3. Of all calls taken in: those in spooled frames, those that gave way to a sample, those refused and those still here
//!    add up exactly.

use crate::framer::{Framer, ReadyFrame};
use crate::last_values::LastValues;
use crate::merge::{Call, MergedRow, Merger, RowSink};
use crate::overflow::SampledRow;
use crate::queue::{Batch, CHUNK_BYTES, Queue};
use crate::record::{self, Kind};
use crate::shapes::Shapes;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use stepwell_codec::FrameError;
use stepwell_model::{Entry, LossReport, Opening, TimeMicros};

/// How long an entry waits at most for others to share its frame.
pub(crate) const FRAME_INTERVAL: Duration = Duration::from_millis(35);

/// Where frames go: the spool, and those who follow it.
pub(crate) trait FrameSink {
    /// Takes the frame, or says that there is no room now.
    fn append(&mut self, frame: &ReadyFrame) -> bool;
    /// Rows that gave way to a sample, rows that no frame could hold: in all.
    fn lost(&mut self, sampled: u64, refused: u64);
    /// Everything before the marker is spooled.
    fn spooled(&mut self, marker: u64);
    /// Everything before the marker was seen.
    fn seen(&mut self, marker: u64);
}

/// Merges, frames, and holds what finds no room.
pub(crate) struct Pipeline {
    queue: Arc<Queue>,
    last_values: Arc<Mutex<LastValues>>,
    shapes: Shapes,
    merger: Merger,
    framer: Framer,
    /// Chunks that were seen and wait to be framed; `offset` is the place in the first.
    backlog: VecDeque<Vec<u8>>,
    offset: usize,
    statements: VecDeque<Entry>,
    samplers: VecDeque<(LossReport, Vec<SampledRow>)>,
    /// The sample that is being framed.
    sample: std::vec::IntoIter<SampledRow>,
    sample_report: Option<LossReport>,
    /// A marker whose records are framed but not all spooled.
    marker: Option<u64>,
    sampled_rows: u64,
}

impl Pipeline {
    pub(crate) fn new(queue: Arc<Queue>, last_values: Arc<Mutex<LastValues>>, opening: Opening) -> Result<Self, FrameError> {
        let mut framer = Framer::new()?;
        let shapes = Shapes::default();
        framer.statement(&shapes, &Entry::Open(opening), 0);
        Ok(Self {
            queue,
            last_values,
            shapes,
            merger: Merger::default(),
            framer,
            backlog: VecDeque::new(),
            offset: 0,
            statements: VecDeque::new(),
            samplers: VecDeque::new(),
            sample: Vec::new().into_iter(),
            sample_report: None,
            marker: None,
            sampled_rows: 0,
        })
    }

    /// Takes a batch in: sees its rows for the last values, and puts it behind what waits.
    pub(crate) fn take(&mut self, batch: Batch, sink: &mut impl FrameSink) {
        let mut last_values = self.last_values.lock();
        let mut samplers = batch.samplers.into_iter();
        for chunk in batch.chunks {
            let mut offset = 0;
            while let Some((record, next)) = record::read(&chunk, offset) {
                offset = next;
                match record.kind {
                    Kind::Row | Kind::Part => last_values.see(record.shape, record.number, record.body),
                    Kind::Key => last_values.define_key(&String::from_utf8_lossy(record.body)),
                    Kind::Shape => last_values.define_shape(key_ids(record.body).collect()),
                    Kind::Overflow => {
                        let Some(sampler) = samplers.next() else { continue };
                        sampler.kept().for_each(|(keys, step, values)| last_values.see_nested(keys, step, values));
                        let rows = sampler.rows();
                        let kept = sampler.into_rows();
                        let report = LossReport { rows, kept: kept.len() as u64, reason: "no room".into() };
                        self.samplers.push_back((report, kept));
                    }
                    Kind::Marker => sink.seen(record.number as u64),
                    Kind::Statement => {}
                }
            }
            // While nothing can be written, a small chunk every few milliseconds must not cost the memory of a full one.
            match self.backlog.back_mut() {
                Some(last) if last.len() + chunk.len() <= last.capacity() && chunk.len() < CHUNK_BYTES / 2 => {
                    last.extend_from_slice(&chunk);
                    let kept = chunk.len();
                    self.queue.release(chunk, kept);
                }
                _ => self.backlog.push_back(chunk),
            }
        }
        self.statements.extend(batch.statements);
    }

    /// Frames and spools what waits, as far as there is room; `false` if there is none. With `all`, nothing stays behind for
    /// company: the frame is made now.
    pub(crate) fn turn(&mut self, now: Duration, time: TimeMicros, all: bool, sink: &mut impl FrameSink) -> bool {
        self.framer.set_now(now);
        loop {
            while let Some(frame) = self.framer.ready.front() {
                if !sink.append(frame) {
                    return false;
                }
                if let Some(frame) = self.framer.ready.pop_front() {
                    self.framer.recycle(frame.bytes);
                }
                sink.lost(self.sampled_rows, self.framer.refused_calls);
            }
            if let Some(marker) = self.marker.take() {
                sink.spooled(marker);
            }
            if !self.step(now, time) {
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
    fn step(&mut self, now: Duration, time: TimeMicros) -> bool {
        if self.sample_report.is_some() {
            self.step_sample(time);
            return true;
        }
        let Some(chunk) = self.backlog.pop_front() else { return false };
        while self.framer.ready.is_empty() && self.marker.is_none() && self.sample_report.is_none() {
            let Some((record, next)) = record::read(&chunk, self.offset) else {
                self.offset = 0;
                self.queue.release(chunk, 0);
                return true;
            };
            self.offset = next;
            match record.kind {
                Kind::Row | Kind::Part => {
                    let (shapes, sink) = (&mut self.shapes, &mut self.framer);
                    match shapes.of_caller(record.shape) {
                        Some(shape) => {
                            let (step, commit) = (record.number, record.kind == Kind::Row);
                            self.merger.call(shapes, now, Call { shape, step, time: record.time, commit, values: record.body }, sink);
                        }
                        None => sink.refused(1, "a key longer than 1,024 bytes, or too many keys"),
                    }
                }
                Kind::Key => self.shapes.define_key(&String::from_utf8_lossy(record.body)),
                Kind::Shape => self.shapes.define_shape(&key_ids(record.body).collect::<Vec<_>>()),
                Kind::Statement => {
                    if let Some(entry) = self.statements.pop_front() {
                        self.framer.statement(&self.shapes, &entry, record.number as usize);
                    }
                }
                Kind::Marker if record.shape == 0 => {
                    self.merger.end(&mut self.shapes, &mut self.framer);
                    self.framer.finish(&self.shapes);
                    self.marker = Some(record.number as u64);
                }
                Kind::Marker => {}
                Kind::Overflow => {
                    // What was being collected came before the rows that were refused.
                    self.merger.end(&mut self.shapes, &mut self.framer);
                    if let Some((report, rows)) = self.samplers.pop_front() {
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
                    self.framer.statement(&self.shapes, &Entry::Lost { time, report }, 0);
                }
                return;
            };
            let shape = self.shapes.intern(&row.keys);
            let row = MergedRow { shape, step: row.step, time: row.time, calls: 1, values: &row.values };
            self.framer.sampled_row(&self.shapes, row);
        }
    }

    /// Adds the exit behind everything; the next turn frames it.
    pub(crate) fn exit(&mut self, time: TimeMicros, code: i32) {
        self.merger.end(&mut self.shapes, &mut self.framer);
        self.framer.report_refused(&self.shapes, time);
        self.framer.statement(&self.shapes, &Entry::Exit { time, code }, 0);
    }

    /// Ends the row that is being collected.
    pub(crate) fn end_row(&mut self) {
        self.merger.end(&mut self.shapes, &mut self.framer);
    }

    /// Whether something is under way that time alone brings forward.
    pub(crate) fn is_waiting(&self) -> bool {
        self.merger.is_collecting() || self.framer.since().is_some() || !self.framer.ready.is_empty() || !self.backlog.is_empty()
    }
}

fn key_ids(body: &[u8]) -> impl Iterator<Item = u32> {
    body.as_chunks::<4>().0.iter().map(|id| u32::from_ne_bytes(*id))
}
