//! Tests of the pipeline: accounts that add up, refusals, step metrics, barriers.

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
    barriers: Vec<u64>,
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

    fn spooled(&mut self, barrier: u64) {
        self.barriers.push(barrier);
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
                    queue.push_entry(Entry::Config { time: statements, set: vec![], deleted: vec![] }).unwrap();
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
    let steps: Vec<_> = frames.entries.iter().filter_map(|entry| if let Entry::Row(row) = entry { Some(row.step) } else { None }).collect();
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
    queue.push_entry(Entry::Metric { time: 0, definition }).unwrap();
    // Parts of one step are one row, which has an epoch of its own.
    queue.push_row(0, 1, false, acc, &[10]).unwrap();
    queue.push_row(0, 2, true, epoch, &[3]).unwrap();
    queue.push_row(1, 3, true, acc, &[11]).unwrap();
    queue.push_row(2, 4, false, acc, &[12]).unwrap();
    queue.push_entry(Entry::Summary { time: 5, set: vec![], deleted: vec![], until_logged: true }).unwrap();
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
fn a_barrier_writes_the_collecting_row_and_waits_for_room() {
    let queue = Arc::new(Queue::new(1 << 20, OnFull::Raise));
    let (mut pipeline, mut frames) = (pipeline(&queue), Frames::default());
    let shape = queue.define_shape(&[]);
    queue.push_row(0, 0, false, shape, &[]).unwrap();
    let barrier = queue.push_barrier(true);
    pipeline.take(queue.take(Duration::ZERO, false), &mut frames);
    assert!(!pipeline.turn(Duration::ZERO, 0, false, &mut frames));
    assert!(frames.barriers.is_empty());
    frames.open = true;
    assert!(pipeline.turn(Duration::ZERO, 0, false, &mut frames));
    assert_eq!((frames.barriers, frames.entries.len()), (vec![barrier], 2));
}
