//! Random histories: streams that write anything, delivered in any way, read as the model reads them
//! (invariants 1 to 4, A2, D1, D2).

use super::lines::compare_lines;
use super::observation::{assert_same, observe};
use super::stream::TestStream;
use super::{Subject, compact_all};
use crate::{AppendOutcome, MemoryStore, StepRange, Store, StreamFrame};
use stepwell_model::{BlobId, Entry, FileVersion, Goal, LossReport, MetricDefinition, Row, RunInfoUpdate, RunPath, SummaryKind, Value};

/// Dice that fall the same way for the same seed (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice for a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `sides`.
    pub fn below(&mut self, sides: usize) -> usize {
        (self.bits() % sides as u64) as usize
    }

    /// True once in `sides` throws.
    pub fn once_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    /// One of these.
    pub(super) fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

const KEYS: [&str; 9] = ["a", "a.b", "b", "", "ключ", "only", "_timestamp", "_runtime", "_step"];

/// One random history: written to the subject in a random order with duplicates, gaps, compaction and
/// reopening in between, and to the model stream by stream. All answers must be the same, at the end and at
/// some moments before.
pub fn property(subject: &Subject<'_>, seed: u64) {
    let mut dice = Dice::new(seed);
    let mut streams = random_streams(&mut dice);
    let frames: Vec<Vec<StreamFrame>> = streams.iter_mut().map(|stream| random_frames(&mut dice, stream)).collect();
    let mut store = (subject.create)();
    // Slots are given in the order of opening.
    for stream in &streams {
        store.open_stream(stream.id, &stream.opening).unwrap();
    }
    let mut sent: Vec<usize> = vec![0; frames.len()];
    let mut heartbeats = Vec::new();
    while sent.iter().zip(&frames).any(|(sent, frames)| *sent < frames.len()) {
        let group: Vec<StreamFrame> = (0..1 + dice.below(3)).filter_map(|_| deliver(&mut dice, &frames, &mut sent, &*store)).collect();
        let outcomes = store.append(&group).unwrap();
        for (frame, outcome) in group.iter().zip(outcomes) {
            assert!(matches!(outcome, AppendOutcome::Durable(durable) if durable >= frame.header.last()), "seed {seed}: {outcome:?}");
        }
        match dice.below(12) {
            0..4 => drop(store.compact().unwrap()),
            4 => compact_all(&*store),
            5 => store = (subject.reopen)(store),
            6 => {
                let beat = (dice.pick(&streams).id, dice.below(1000) as i64);
                store.heartbeat(&[beat]).unwrap();
                heartbeats.push(beat);
            }
            7 => compare(&mut dice, &*store, &streams, &frames, &sent, &heartbeats, &format!("seed {seed}, midway")),
            _ => {}
        }
    }
    compare(&mut dice, &*store, &streams, &frames, &sent, &heartbeats, &format!("seed {seed}, before compaction"));
    compact_all(&*store);
    compare(&mut dice, &*store, &streams, &frames, &sent, &heartbeats, &format!("seed {seed}, compacted"));
    store = (subject.reopen)(store);
    frames.iter().flatten().for_each(|frame| drop(store.append(std::slice::from_ref(frame)).unwrap()));
    compare(&mut dice, &*store, &streams, &frames, &sent, &heartbeats, &format!("seed {seed}, sent twice"));
}

/// The next frame of some stream, or one that it has already, after trying one that is too early.
fn deliver(dice: &mut Dice, frames: &[Vec<StreamFrame>], sent: &mut [usize], store: &dyn Store) -> Option<StreamFrame> {
    let stream = dice.below(frames.len());
    let of_stream = &frames[stream];
    if dice.once_in(6) && sent[stream] > 0 {
        return Some(of_stream[dice.below(sent[stream])].clone());
    }
    // Within one group of frames nothing is known yet of those before, so gaps are tried only against what is
    // stored.
    if let (true, Some(early), Some(first)) = (dice.once_in(8), of_stream.get(sent[stream] + 2), of_stream.first()) {
        let outcome = store.append(std::slice::from_ref(early)).unwrap();
        assert!(matches!(outcome[..], [AppendOutcome::Expected(expected)] if expected >= first.header.first));
    }
    let frame = of_stream.get(sent[stream])?;
    sent[stream] += 1;
    Some(frame.clone())
}

fn compare(
    dice: &mut Dice,
    store: &dyn Store,
    streams: &[TestStream],
    frames: &[Vec<StreamFrame>],
    sent: &[usize],
    heartbeats: &[(stepwell_model::StreamId, i64)],
    context: &str,
) {
    let model = MemoryStore::new();
    for stream in streams {
        model.open_stream(stream.id, &stream.opening).unwrap();
    }
    for (frames, sent) in frames.iter().zip(sent).rev() {
        model.append(&frames[..*sent]).unwrap();
    }
    model.heartbeat(heartbeats).unwrap();
    let mut paths: Vec<RunPath> = streams.iter().map(|stream| stream.opening.path.clone()).collect();
    paths.sort();
    paths.dedup();
    let (one, two) = (dice.below(40) as i64 - 5, dice.below(40) as i64 - 5);
    let windows = [StepRange::ALL, StepRange { first: one.min(two), last: one.max(two) }];
    let now = dice.below(120_000_000) as i64;
    let (seen, expected) = (observe(store, &paths, &KEYS, &windows, now), observe(&model, &paths, &KEYS, &windows, now));
    assert_same(&seen, &expected, context);
    compare_lines(dice, store, &model, &paths, &KEYS, context);
}

fn random_streams(dice: &mut Dice) -> Vec<TestStream> {
    let mut streams = Vec::new();
    for id in 0..2 + dice.below(4) {
        // Ids in no order, so that the order of arrival is not that of priority.
        let stream = TestStream::new((id as u8).wrapping_mul(97).wrapping_add(dice.0 as u8)).with(|opening| {
            opening.path.run = (*dice.pick(&["r", "r", "s"])).into();
            opening.label = (*dice.pick(&["", "", "1", "2"])).into();
            opening.rank = *dice.pick(&[None, Some(0), Some(1)]);
            opening.primary = dice.once_in(2);
            opening.attempt = *dice.pick(&[0, 0, 1, u64::MAX]);
            opening.time = dice.below(1000) as i64;
            opening.runtime_offset = dice.below(3) as i64 * 10;
        });
        streams.push(stream);
    }
    streams
}

fn random_frames(dice: &mut Dice, stream: &mut TestStream) -> Vec<StreamFrame> {
    let mut step = 0;
    let mut frames = Vec::new();
    for frame in 0..1 + dice.below(8) {
        let mut entries = if frame == 0 { vec![Entry::Open(stream.opening.clone())] } else { Vec::new() };
        for _ in 0..1 + dice.below(12) {
            entries.push(if dice.once_in(5) { random_statement(dice) } else { random_row(dice, &mut step) });
        }
        frames.push(stream.frame(&entries));
    }
    frames
}

fn random_row(dice: &mut Dice, step: &mut i64) -> Entry {
    match dice.below(8) {
        0 => *step = dice.below(30) as i64 - 2,
        1 | 2 => {}
        _ => *step += 1,
    }
    let mut cells = Vec::new();
    if dice.once_in(2) {
        // The usual row: the same numeric keys.
        cells.extend(["b", "a"].map(|key| (key.to_owned(), Value::Float(dice.below(100) as f64))));
    } else {
        for _ in 0..dice.below(4) {
            cells.push(((*dice.pick(&KEYS)).to_owned(), random_value(dice, 2)));
        }
    }
    Entry::Row(Row { step: *step, time: dice.below(2000) as i64 - 100, sampled: dice.once_in(6), cells })
}

fn random_value(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(14) {
        0..4 => Value::Float(dice.below(1000) as f64 / 8.0),
        4 => Value::Float(*dice.pick(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::from_bits(0xfff8_0000_0000_0001)])),
        5..8 => Value::Int(*dice.pick(&[0, 1, -1, i64::MAX, i64::MIN, 1 << 53])),
        8 => Value::Bool(dice.once_in(2)),
        9 => Value::Str("x".repeat(dice.below(20))),
        10 => Value::Nil,
        11 => Value::List(vec![Value::Int(dice.below(5) as i64)]),
        12 => Value::Map(vec![("_type".into(), Value::Str("histogram".into())), ("n".into(), Value::Int(dice.below(5) as i64))]),
        _ if depth == 0 => Value::Map(vec![]),
        _ => Value::Map((0..dice.below(3)).map(|_| ((*dice.pick(&["b", "c"])).to_owned(), random_value(dice, depth - 1))).collect()),
    }
}

fn random_statement(dice: &mut Dice) -> Entry {
    let time = dice.below(20) as i64;
    let settings = |dice: &mut Dice| {
        let set = (0..dice.below(3)).map(|_| ((*dice.pick(&["a", "b", "c"])).to_owned(), random_value(dice, 1))).collect();
        let deleted = (0..dice.below(2)).map(|_| (*dice.pick(&["a", "b", "c"])).to_owned()).collect();
        (set, deleted)
    };
    match dice.below(8) {
        0 | 1 => {
            let (set, deleted) = settings(dice);
            Entry::Config { time, set, deleted }
        }
        2 => {
            let (set, deleted) = settings(dice);
            Entry::Summary { time, set, deleted, until_logged: dice.once_in(2) }
        }
        3 => {
            let hidden = *dice.pick(&[None, Some(true), Some(false)]);
            let goal = *dice.pick(&[None, Some(Goal::Minimize), Some(Goal::Maximize)]);
            let summary = (0..dice.below(4)).map(|_| *dice.pick(&SummaryKind::ALL)).collect();
            let name = (*dice.pick(&["a", "b", "a*", "*", "a\\.b", "_runtime"])).into();
            let definition = MetricDefinition { name, hidden, goal, summary, overwrite: dice.once_in(3), ..Default::default() };
            Entry::Metric { time, definition }
        }
        4 => {
            let (name, tags) = (dice.once_in(2).then(|| format!("n{time}")), dice.once_in(2).then(|| vec![format!("t{time}")]));
            Entry::Info { time, info: RunInfoUpdate { name, tags, ..RunInfoUpdate::default() } }
        }
        5 => Entry::Lost {
            time,
            report: LossReport { rows: dice.below(10) as u64, kept: dice.below(10) as u64, reason: "disk full".into() },
        },
        6 => {
            let path = (*dice.pick(&["a.png", "media/a.png", "media/a.png", "медиа"])).to_owned();
            Entry::File {
                time,
                file: FileVersion { path, blob: BlobId([dice.below(256) as u8; 32]), size: dice.bits() >> (1 + dice.below(63)) },
            }
        }
        _ => Entry::Exit { time, code: dice.below(2) as i32 },
    }
}
