//! Costs of taking in and of compacting, in processor time, for few and for many keys.
//!
//! `cargo run --release --example ingest [steps] [keys] [frames per call] [kinds]`
//!
//! Frames hold 1,000 rows, fewer of more than 100 keys: a client makes none much above 1 MiB. Each call of
//! `append` is fsynced, so small frames measure the disk, and groups of them what a server does. As in a server,
//! the journal is compacted whenever some MiB have come in. Numbers are noisy doubles; with
//! four kinds they are by turns these, single floats with a little noise, a smooth schedule and shares of
//! 10,000. On a busy machine only the figures of processor time compare.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;
use stepwell_codec::payload::{KeyTable, PayloadBuilder};
use stepwell_codec::{FrameDecoder, FrameEncoder, FrameView, msgpack};
use stepwell_model::{Entry, Opening, RunPath, StreamId};
use stepwell_store::decode::FrameRows;
use stepwell_store::{LabelChoice, StepRange, Store, StreamFrame};
use stepwell_store_sqlite::SqliteStore;

/// Bytes of frames after which the journal is compacted: what comes in while a server compacts once.
const COMPACT_BYTES: usize = 4 << 20;

fn number(step: i64, key: usize, kinds: usize) -> f64 {
    // Mixed well: pco finds any pattern.
    let mixed = (step as u64 * 1_000_003 + key as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let (decay, noise) = (1.0 / (1.0 + step as f64), (mixed >> 12) as f64 / 1e16);
    match key % kinds {
        1 => f64::from((decay + noise / 100.0) as f32),
        2 => (step as f64 / 50_000.0).cos(),
        3 => ((decay + noise) * 10_000.0).floor() / 10_000.0,
        _ => decay + noise,
    }
}

fn frame(
    encoder: &mut FrameEncoder,
    table: &KeyTable,
    first: i64,
    rows: i64,
    keys: usize,
    kinds: usize,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let (mut builder, mut payload, mut bytes, mut values) = (PayloadBuilder::new(), Vec::new(), Vec::new(), Vec::new());
    for step in first..first + rows {
        values.clear();
        (0..keys).for_each(|key| msgpack::write_f64(&mut values, number(step, key, kinds)));
        builder.row(table, 0, step, 1_700_000_000_000_000 + step * 10_123, false, &values);
    }
    let count = builder.finish(table, &mut payload);
    encoder.encode(first as u64 + 1, count, &payload, &mut bytes)?;
    Ok(bytes)
}

/// What a server makes of the bytes of a frame that holds rows.
fn check(decoder: &mut FrameDecoder, bytes: &[u8]) -> Result<StreamFrame, Box<dyn Error>> {
    let frame = FrameView::parse(bytes)?;
    let rows = FrameRows::decode(decoder.payload(&frame)?, frame.header.first, frame.header.count)?;
    let (header, rows) = (frame.header, Some(Arc::new(rows)));
    Ok(StreamFrame { stream: StreamId([1; 16]), header, bytes: bytes.into(), statements: None, rows })
}

fn statement(encoder: &mut FrameEncoder, number: i64, entry: &Entry) -> Result<StreamFrame, Box<dyn Error>> {
    let (mut builder, mut payload, mut bytes) = (PayloadBuilder::new(), Vec::new(), Vec::new());
    builder.statement(entry);
    let count = builder.finish(&KeyTable::default(), &mut payload);
    let header = encoder.encode(number as u64, count, &payload, &mut bytes)?;
    Ok(StreamFrame { stream: StreamId([1; 16]), header, bytes: bytes.into(), statements: Some(payload.into()), rows: None })
}

/// Seconds of processor time that the process has taken, 0 where the system does not say so.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // In ticks of 10 ms: user and system time.
    fields.iter().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Time of a stage, added up.
#[derive(Default)]
struct Stage {
    seconds: f64,
    processor: f64,
    longest: f64,
}

impl Stage {
    fn time<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let (start, processor) = (Instant::now(), processor_time());
        let result = act();
        let seconds = start.elapsed().as_secs_f64();
        self.seconds += seconds;
        self.processor += processor_time() - processor;
        self.longest = self.longest.max(seconds);
        result
    }

    fn line(&self, name: &str, scalars: f64) {
        let (rate, processor) = (scalars / self.seconds / 1e6, self.processor * 1e9 / scalars);
        let longest = self.longest * 1e3;
        println!("{name:17} {rate:7.1} M scalars/s, {processor:5.0} ns of processor time a scalar, longest call {longest:.0} ms");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<i64>());
    let steps = arguments.next().transpose()?.unwrap_or(1_000_000);
    let keys = arguments.next().transpose()?.unwrap_or(10) as usize;
    let rows = (100_000 / keys as i64).clamp(1, 1_000);
    let steps = steps / rows * rows;
    let group_frames = arguments.next().transpose()?.unwrap_or(1) as usize;
    let kinds = arguments.next().transpose()?.unwrap_or(1).max(1) as usize;
    let scalars = steps as f64 * keys as f64;
    let directory = tempfile::tempdir()?;
    let store = SqliteStore::open(directory.path())?;
    let opening = Opening { path: RunPath::new("local", "p", "r")?, primary: true, ..Opening::default() };
    store.open_stream(StreamId([1; 16]), &opening)?;
    let names = (0..keys).map(|key| format!("metric/{key}").into_boxed_str());
    let table = KeyTable { keys: names.collect(), shapes: vec![(0..keys as u32).collect()] };
    let mut encoder = FrameEncoder::new()?;
    let mut decoder = FrameDecoder::new()?;
    let (mut checking, mut appending, mut compacting) = (Stage::default(), Stage::default(), Stage::default());
    let (mut frame_bytes, mut uncompacted) = (0, 0);
    let mut group = Vec::new();
    for first in (0..steps).step_by(rows as usize) {
        let bytes = frame(&mut encoder, &table, first, rows, keys, kinds)?;
        frame_bytes += bytes.len();
        uncompacted += bytes.len();
        group.push(checking.time(|| check(&mut decoder, &bytes))?);
        if group.len() >= group_frames || first + rows == steps {
            appending.time(|| store.append(&std::mem::take(&mut group)))?;
        }
        if uncompacted >= COMPACT_BYTES {
            uncompacted = 0;
            while compacting.time(|| store.compact())? {}
        }
    }
    store.append(&[statement(&mut encoder, steps + 1, &Entry::Exit { time: 0, code: 0 })?])?;
    while compacting.time(|| store.compact())? {}
    println!("{steps} steps x {keys} keys; frames of {} kB, {group_frames} per append", frame_bytes / (steps / rows) as usize / 1000);
    checking.line("check", scalars);
    appending.line("append, fsynced", scalars);
    compacting.line("compact", scalars);
    let path = RunPath { entity: "local".into(), project: "p".into(), run: "r".into() };
    let (_, points) = store.points(&path, "metric/1", &LabelChoice::Primary, StepRange::ALL)?.pop().ok_or("no points")?;
    let sound = points.steps.iter().zip(points.values.to_f64()).all(|(step, value)| value.to_bits() == number(*step, 1, kinds).to_bits());
    assert!(sound && points.steps.len() as i64 == steps, "{} points", points.steps.len());
    drop(store);
    let bytes: u64 = std::fs::read_dir(directory.path())?.filter_map(|file| Some(file.ok()?.metadata().ok()?.len())).sum();
    println!("on disk           {:7.2} bytes/scalar", bytes as f64 / scalars);
    Ok(())
}
