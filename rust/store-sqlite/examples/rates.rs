//! Rates at which the embedded store takes in, compacts and reads, every number checked.
//!
//! `cargo run --release --example rates [steps] [keys] [frames per call] [smooth]`, which reads whole series and
//! rows only of up to 3e7 numbers.
//!
//! Frames hold 1,000 rows, fewer of more than 300 keys; each call of `append` is fsynced, so small frames
//! measure the disk, and groups of them what a server does. Numbers are noisy doubles, or smooth curves.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;
use stepwell_codec::FrameEncoder;
use stepwell_codec::msgpack;
use stepwell_codec::payload::{KeyTable, PayloadBuilder};
use stepwell_model::{Entry, MetricDefinition, Opening, RunPath, StreamId, SummaryKind};
use stepwell_sample::grid::Grid;
use stepwell_store::{LabelChoice, RowQuery, SeriesName, StepRange, Store, StreamFrame};
use stepwell_store_sqlite::SqliteStore;

fn number(step: i64, key: usize) -> f64 {
    static SMOOTH: LazyLock<bool> = LazyLock::new(|| std::env::args().nth(4).is_some_and(|form| form == "smooth"));
    if *SMOOTH {
        return 1e-3 * (1.0 + (step as f64 * 1e-6 + key as f64).cos()) / 2.0;
    }
    let mixed = (step as u64 * 1_000_003 + key as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    1.0 / (1.0 + step as f64) + (mixed >> 12) as f64 / 1e16
}

fn frame(encoder: &mut FrameEncoder, table: &KeyTable, first: i64, rows: i64, keys: usize) -> Result<StreamFrame, Box<dyn Error>> {
    let (mut builder, mut payload, mut bytes, mut values) = (PayloadBuilder::new(), Vec::new(), Vec::new(), Vec::new());
    for step in first..first + rows {
        values.clear();
        (0..keys).for_each(|key| msgpack::write_f64(&mut values, number(step, key)));
        builder.row(table, 0, step, 1_700_000_000_000_000 + step * 10_123, false, &values);
    }
    let count = builder.finish(table, &mut payload);
    let header = encoder.encode(first as u64 + 1, count, &payload, &mut bytes)?;
    Ok(StreamFrame { stream: StreamId([1; 16]), header, bytes: bytes.into(), statements: None, rows: None })
}

/// Seconds that this thread has spent on a CPU; 0 where that cannot be had.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Draws parts of a series in 1,000 buckets.
fn draw(store: &SqliteStore, path: &RunPath, steps: i64) -> Result<(), Box<dyn Error>> {
    let series = SeriesName { path: path.clone(), key: "metric/0".into(), label: LabelChoice::Primary };
    for (name, count) in [("all of it", steps), ("a million of it", 1_000_000.min(steps)), ("a thousandth", steps / 1_000)] {
        let from = (steps - count) / 7 * 5 + i64::from(count < steps) * 12_345.min(steps - count);
        let (grid, window) = (Grid::steps(from, from + count - 1, 1_000)?, (from as f64, (from + count - 1) as f64));
        for round in 0..4 {
            let (start, mut found) = (Instant::now(), 0);
            store.at_one_instant(&mut |lines| {
                found = lines.line(&series, "_step", &grid, window, 0)?.first().map_or(0, |line| line.count);
                Ok(())
            })?;
            let millis = start.elapsed().as_secs_f64() * 1e3;
            assert_eq!(found, count as u64);
            println!("1,000 buckets of {name:15} {millis:7.2} ms{}", if round == 0 { ", first" } else { "" });
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<i64>());
    let steps = arguments.next().transpose()?.unwrap_or(1_000_000);
    let keys = arguments.next().transpose()?.unwrap_or(10) as usize;
    let rows = (300_000 / keys as i64).clamp(1, 1_000);
    let steps = steps / rows * rows;
    let group_frames = arguments.next().transpose()?.unwrap_or(1) as usize;
    let scalars = steps as f64 * keys as f64;
    let directory = tempfile::tempdir()?;
    let store = SqliteStore::open(directory.path())?;
    let opening = Opening { path: RunPath::new("local", "p", "r")?, primary: true, ..Opening::default() };
    store.open_stream(StreamId([1; 16]), &opening)?;
    let names = (0..keys).map(|key| format!("metric/{key}").into_boxed_str());
    let table = KeyTable { keys: names.collect(), shapes: vec![(0..keys as u32).collect()] };
    let mut encoder = FrameEncoder::new()?;
    let (mut appending, mut compacting, mut compacting_cpu, mut frame_bytes) = (0.0, 0.0, 0.0, 0);
    let mut group = Vec::new();
    for first in (0..steps).step_by(rows as usize) {
        let frame = frame(&mut encoder, &table, first, rows, keys)?;
        frame_bytes += frame.bytes.len();
        group.push(frame);
        if group.len() >= group_frames || first + rows == steps {
            let start = Instant::now();
            store.append(&std::mem::take(&mut group))?;
            appending += start.elapsed().as_secs_f64();
        }
        if first / rows % 16 == 15 {
            let (start, cpu) = (Instant::now(), cpu_seconds());
            while store.compact()? {}
            compacting += start.elapsed().as_secs_f64();
            compacting_cpu += cpu_seconds() - cpu;
        }
    }
    println!("{steps} steps x {keys} keys; frames of {} kB, {group_frames} per append", frame_bytes / (steps / rows) as usize / 1000);
    println!("append, fsynced   {:7.1} M scalars/s", scalars / appending / 1e6);
    println!("compact           {:7.1} M scalars/s, {:.0} ns of CPU each", scalars / compacting / 1e6, compacting_cpu * 1e9 / scalars);
    let path = RunPath { entity: "local".into(), project: "p".into(), run: "r".into() };
    draw(&store, &path, steps)?;
    if scalars > 3e7 {
        drop(store);
        return on_disk(directory.path(), scalars);
    }
    for (name, window) in [("whole series", StepRange::ALL), ("1,000 steps of it", StepRange { first: steps / 2, last: steps / 2 + 999 })] {
        for _ in 0..2 {
            let start = Instant::now();
            let (_, points) = store.points(&path, "metric/1", &LabelChoice::Primary, window)?.pop().ok_or("no points")?;
            let millis = start.elapsed().as_secs_f64() * 1e3;
            let sound = points.steps.iter().zip(points.values.to_f64()).all(|(step, value)| value.to_bits() == number(*step, 1).to_bits());
            let expected = if window == StepRange::ALL { steps } else { 1000.min(steps - steps / 2) };
            assert!(sound && points.steps.len() as i64 == expected, "{} points", points.steps.len());
            println!("{name:17} {millis:7.2} ms, {} points", points.steps.len());
        }
    }
    let start = Instant::now();
    let mut found = 0;
    let query = RowQuery { keys: vec![], label: LabelChoice::Primary, steps: StepRange::ALL };
    store.rows(&path, &query, &mut |_, batch| {
        found += batch.len() as i64;
        ControlFlow::Continue(())
    })?;
    assert_eq!(found, steps);
    println!("rows              {:7.1} M scalars/s", scalars / start.elapsed().as_secs_f64() / 1e6);
    for round in ["cold", "warm"] {
        let start = Instant::now();
        let info = store.run(&path, 0)?;
        assert_eq!(info.rows as i64, steps);
        println!("run, {round}         {:7.2} ms", start.elapsed().as_secs_f64() * 1e3);
    }
    let definition = MetricDefinition { name: "metric/1".into(), summary: vec![SummaryKind::Min, SummaryKind::Mean], ..Default::default() };
    let mut builder = PayloadBuilder::new();
    builder.statement(&Entry::Metric { time: 0, definition });
    let (mut payload, mut bytes) = (Vec::new(), Vec::new());
    let count = builder.finish(&table, &mut payload);
    let header = encoder.encode(steps as u64 + 1, count, &payload, &mut bytes)?;
    let (bytes, payload) = (bytes.into(), payload.into());
    store.append(&[StreamFrame { stream: StreamId([1; 16]), header, bytes, statements: Some(payload), rows: None }])?;
    let start = Instant::now();
    let summary = store.run(&path, 0)?.summary;
    println!("run, min and mean {:7.2} ms", start.elapsed().as_secs_f64() * 1e3);
    assert!(summary.iter().any(|(key, _)| key == "metric/1.mean"));
    drop(store);
    on_disk(directory.path(), scalars)
}

fn on_disk(directory: &Path, scalars: f64) -> Result<(), Box<dyn Error>> {
    let bytes: u64 = std::fs::read_dir(directory)?.filter_map(|file| Some(file.ok()?.metadata().ok()?.len())).sum();
    println!("on disk           {:7.3} bytes/scalar", bytes as f64 / scalars);
    Ok(())
}
