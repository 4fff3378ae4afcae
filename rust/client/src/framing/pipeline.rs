//! The worker's work without its thread: records in, frames out. Time and the spool are arguments, so tests own them.
//!
//! Invariants:
//!
//! 1. Entries come out in the order in which their records went in, numbered densely from 1.
//! 2. While a frame finds no room nothing else is framed: what waits stays within the capacity of the queue, which then
//!    refuses or samples. The frame is tried again as it is.
//! 3. Of all calls taken in: those in spooled frames, those that gave way to a sample, those refused and those still here
//!    add up exactly.

use super::framer::{Framer, ReadyFrame};
use super::merge::{Call, MergedRow, Merger, RowSink};
use super::shapes::Shapes;
use crate::queue::record::{self, Kind};
use crate::queue::sampler::SampledRow;
use crate::queue::{Batch, CHUNK_BYTES, Queue};
use crate::summary::LastValues;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use stepwell_codec::FrameError;
use stepwell_lock::Mutex;
use stepwell_model::{Entry, EntryNumber, LossReport, Opening, TimeMicros};

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
    opening: Opening,
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
        framer.statement(&shapes, &Entry::Open(opening.clone()), 0);
        Ok(Self {
            queue,
            last_values,
            shapes,
            merger: Merger::default(),
            framer,
            opening,
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
        let mut statements = batch.statements.iter();
        for mut chunk in batch.chunks {
            let mut offset = 0;
            while let Some((record, next)) = record::read(&chunk, offset) {
                let at = std::mem::replace(&mut offset, next);
                match record.kind {
                    Kind::Row | Kind::Part => {
                        if !last_values.see(record.shape, record.number, record.body) {
                            record::refuse(&mut chunk, at);
                        }
                    }
                    Kind::Refused => {}
                    Kind::Key => last_values.define_key(&String::from_utf8_lossy(record.body)),
                    Kind::Shape => last_values.define_shape(key_ids(record.body).collect()),
                    Kind::Overflow => {
                        let Some(sampler) = samplers.next() else { continue };
                        sampler.kept().for_each(|(keys, step, values)| {
                            last_values.see_nested(keys, step, values);
                        });
                        let rows = sampler.rows();
                        let kept = sampler.into_rows();
                        let report = LossReport { rows, kept: kept.len() as u64, reason: "no room".into() };
                        self.samplers.push_back((report, kept));
                    }
                    Kind::Marker => sink.seen(record.number as u64),
                    Kind::Statement => statements.next().into_iter().for_each(|entry| last_values.see_statement(entry)),
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
                        if matches!(entry, Entry::Summary { until_logged: true, .. }) {
                            // What was logged before has the earlier time.
                            self.merger.end(&mut self.shapes, &mut self.framer);
                        }
                        self.framer.statement(&self.shapes, &entry, record.number as usize);
                    }
                }
                Kind::Marker if record.shape == 0 => {
                    self.merger.end(&mut self.shapes, &mut self.framer);
                    self.framer.finish(&self.shapes);
                    self.marker = Some(record.number as u64);
                }
                Kind::Marker => {}
                Kind::Refused => {
                    let reason = record::REASONS.get(record.number as usize).unwrap_or(&record::REASONS[0]);
                    self.framer.refused(1, reason);
                }
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
        self.framer.statement(&self.shapes, &Entry::Exit { time, code }, 0);
    }

    /// Gives up what waits for room, `lost` calls, and returns the frame that says so and ends the stream. The spool ends with entry `spooled`.
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

    /// Whether something is under way that time alone brings forward.
    pub(crate) fn is_waiting(&self) -> bool {
        self.merger.is_collecting() || self.framer.since().is_some() || !self.framer.ready.is_empty() || !self.backlog.is_empty()
    }
}

fn key_ids(body: &[u8]) -> impl Iterator<Item = u32> {
    body.as_chunks::<4>().0.iter().map(|id| u32::from_ne_bytes(*id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::OnFull;
    use proptest::prelude::*;
    use stepwell_codec::{FrameView, PayloadReader, msgpack};
    use stepwell_model::{MetricDefinition, Value};

    /// A spool in memory that takes frames while `open`.
    #[derive(Default)]
    struct Frames {
        open: bool,
        entries: Vec<Entry>,
        sampled: u64,
        refused: u64,
        markers: Vec<u64>,
    }

    impl FrameSink for Frames {
        fn append(&mut self, frame: &ReadyFrame) -> bool {
            if self.open {
                let view = FrameView::parse(&frame.bytes).unwrap();
                assert_eq!(view.header.first, self.entries.len() as u64 + 1, "numbers are dense");
                let payload = view.payload().unwrap();
                self.entries.extend(PayloadReader::new(&payload, view.header.count).unwrap().entries().unwrap());
            }
            self.open
        }

        fn lost(&mut self, sampled: u64, refused: u64) {
            (self.sampled, self.refused) = (sampled, refused);
        }

        fn spooled(&mut self, marker: u64) {
            self.markers.push(marker);
        }

        fn seen(&mut self, _: u64) {}
    }

    fn pipeline(queue: &Arc<Queue>) -> Pipeline {
        Pipeline::new(Arc::clone(queue), Arc::default(), Opening::default()).unwrap()
    }

    #[derive(Debug, Clone)]
    enum Step {
        Push(usize),
        Part,
        Statement,
        Large,
        Turn,
        Open(bool),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (1usize..400).prop_map(Step::Push),
            1 => Just(Step::Part),
            1 => Just(Step::Statement),
            1 => Just(Step::Large),
            3 => Just(Step::Turn),
            2 => any::<bool>().prop_map(Step::Open),
        ];
        proptest::collection::vec(step, 1..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn accepted_is_delivered_and_sampled_away_and_lost(steps in steps()) {
            const CAPACITY: usize = 20_000;
            let queue = Arc::new(Queue::new(CAPACITY, OnFull::Sample));
            let (mut pipeline, mut frames) = (pipeline(&queue), Frames { open: true, ..Frames::default() });
            let key = queue.define_key("loss");
            let shape = queue.define_shape(&[key]);
            let (mut step, mut millis, mut statements) = (0, 0, 0);
            for action in &steps {
                let now = Duration::from_millis(millis);
                match action {
                    Step::Push(rows) => for _ in 0..*rows {
                        step += 1;
                        queue.push_row(step, 0, true, shape, &msgpack::to_bytes(&Value::Float(step as f64))).unwrap();
                    },
                    Step::Part => {
                        step += 1;
                        queue.push_row(step, 0, false, shape, &[7]).unwrap();
                    }
                    Step::Large => {
                        step += 1;
                        queue.push_row(step, 0, true, shape, &msgpack::to_bytes(&Value::Bin(vec![0; 5_000]))).unwrap();
                    }
                    Step::Statement => {
                        statements += 1;
                        queue.push_statement(Entry::Config { time: statements, set: vec![], deleted: vec![] }).unwrap();
                    }
                    Step::Turn => {
                        millis += 30;
                        pipeline.take(queue.take(Duration::ZERO, false), &mut frames);
                        pipeline.turn(now, 0, false, &mut frames);
                    }
                    Step::Open(open) => frames.open = *open,
                }
                prop_assert!(queue.held_bytes() <= CAPACITY + 40_000, "bounded but for statements");
            }
            frames.open = true;
            queue.close();
            pipeline.take(queue.take(Duration::ZERO, false), &mut frames);
            prop_assert!(pipeline.turn(Duration::from_secs(9), 0, true, &mut frames));
            pipeline.exit(0, 3);
            prop_assert!(pipeline.turn(Duration::from_secs(9), 0, true, &mut frames));
            prop_assert_eq!(queue.held_bytes(), 0);

            let (mut delivered, mut reported, mut kept) = (Vec::new(), (0, 0), 0);
            for entry in &frames.entries {
                match entry {
                    Entry::Row(row) => {
                        kept += u64::from(row.sampled);
                        delivered.push(row.step);
                    }
                    Entry::Lost { report, .. } => reported = (reported.0 + report.rows, reported.1 + report.kept),
                    _ => {}
                }
            }
            let found = delivered.len() as u64;
            prop_assert_eq!(reported.1, kept, "what is said to be kept is there");
            prop_assert_eq!(found + reported.0 - reported.1, queue.accepted(), "accepted = delivered + sampled away");
            prop_assert_eq!(frames.sampled, reported.0 - reported.1);
            prop_assert_eq!(frames.refused, 0);
            delivered.sort_unstable();
            delivered.dedup();
            prop_assert_eq!(delivered.len() as u64, found, "no row is there twice");
            prop_assert_eq!(queue.accepted(), step as u64);
            let configs = frames.entries.iter().filter(|entry| matches!(entry, Entry::Config { .. })).count();
            prop_assert_eq!(configs as i64, statements, "no statement is lost for want of room");
            prop_assert!(matches!(frames.entries.first(), Some(Entry::Open(_))));
            let exited = matches!(frames.entries.last(), Some(Entry::Exit { code: 3, .. }));
            prop_assert!(exited);
        }
    }

    #[test]
    fn a_row_that_no_frame_holds_is_refused_alone_and_reported() {
        let queue = Arc::new(Queue::new(64 << 20, OnFull::Raise));
        let (mut pipeline, mut frames) = (pipeline(&queue), Frames { open: true, ..Frames::default() });
        let long = queue.define_shape(&[queue.define_key(&"k".repeat(1_025))]);
        let shape = queue.define_shape(&[queue.define_key("a")]);
        // Bytes that do not compress below 4 MiB.
        let mut random = 1u64;
        let noise = std::iter::repeat_with(|| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 56) as u8
        });
        let noise = msgpack::to_bytes(&Value::Bin(noise.take(5 << 20).collect()));
        for (step, shape, values) in [(0, shape, &[1][..]), (1, shape, &noise), (2, long, &[1]), (3, shape, &[1])] {
            queue.push_row(step, 0, true, shape, values).unwrap();
        }
        pipeline.take(queue.take(Duration::ZERO, false), &mut frames);
        pipeline.turn(Duration::ZERO, 0, true, &mut frames);
        let steps: Vec<_> =
            frames.entries.iter().filter_map(|entry| if let Entry::Row(row) = entry { Some(row.step) } else { None }).collect();
        let lost: u64 = frames.entries.iter().map(|entry| if let Entry::Lost { report, .. } = entry { report.rows } else { 0 }).sum();
        assert_eq!((steps, lost, frames.refused), (vec![0, 3], 2, 2));
    }

    #[test]
    fn rows_get_the_step_metric_they_lack_and_a_value_set_by_hand_parts_what_was_logged_around_it() {
        let queue = Arc::new(Queue::new(1 << 20, OnFull::Raise));
        let (mut pipeline, mut frames) = (pipeline(&queue), Frames { open: true, ..Frames::default() });
        let keys = ["epoch", "acc"].map(|name| queue.define_key(name));
        let [epoch, acc] = keys.map(|key| queue.define_shape(&[key]));
        let name = "acc".into();
        let definition = MetricDefinition { name, step_metric: Some("epoch".into()), ..MetricDefinition::default() };
        queue.push_statement(Entry::Metric { time: 0, definition }).unwrap();
        // Parts of one step are one row, which has an epoch of its own.
        queue.push_row(0, 1, false, acc, &[10]).unwrap();
        queue.push_row(0, 2, true, epoch, &[3]).unwrap();
        queue.push_row(1, 3, true, acc, &[11]).unwrap();
        queue.push_row(2, 4, false, acc, &[12]).unwrap();
        queue.push_statement(Entry::Summary { time: 5, set: vec![], deleted: vec![], until_logged: true }).unwrap();
        queue.push_row(2, 6, true, acc, &[13]).unwrap();
        pipeline.take(queue.take(Duration::ZERO, false), &mut frames);
        pipeline.turn(Duration::ZERO, 0, true, &mut frames);
        let rows = frames.entries.iter().filter_map(|entry| if let Entry::Row(row) = entry { Some(row) } else { None });
        let rows: Vec<_> = rows.map(|row| (row.step, row.time, row.cells.clone())).collect();
        let with_epoch = |acc| vec![("acc".to_owned(), Value::Int(acc)), ("epoch".to_owned(), Value::Int(3))];
        assert_eq!(rows, [(0, 2, with_epoch(10)), (1, 3, with_epoch(11)), (2, 4, with_epoch(12)), (2, 6, with_epoch(13))]);
        assert!(matches!(frames.entries[5], Entry::Summary { .. }));
    }

    #[test]
    fn a_marker_writes_the_collecting_row_and_waits_for_room() {
        let queue = Arc::new(Queue::new(1 << 20, OnFull::Raise));
        let (mut pipeline, mut frames) = (pipeline(&queue), Frames::default());
        let shape = queue.define_shape(&[]);
        queue.push_row(0, 0, false, shape, &[]).unwrap();
        let marker = queue.push_marker(true);
        pipeline.take(queue.take(Duration::ZERO, false), &mut frames);
        assert!(!pipeline.turn(Duration::ZERO, 0, false, &mut frames));
        assert!(frames.markers.is_empty());
        frames.open = true;
        assert!(pipeline.turn(Duration::ZERO, 0, false, &mut frames));
        assert_eq!((frames.markers, frames.entries.len()), (vec![marker], 2));
    }
}
