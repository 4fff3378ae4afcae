//! Measures the way from a push to the disk: latency of a push, and scalars per second of rows of ten noisy
//! doubles.
//!
//! `cargo run --release -p stepwell-client --example throughput [rows]`

use std::process::ExitCode;
use std::time::{Duration, Instant};
use stepwell_client::{FlushLevel, OnFull, PushError, Writer, WriterOptions};
use stepwell_model::{Opening, RunPath};

const KEYS: usize = 10;

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn cpu() -> Duration {
    let usage = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(usage.tv_sec as u64, usage.tv_nsec as u32)
}

fn measure() -> Result<(), Box<dyn std::error::Error>> {
    let rows: u64 = std::env::args().nth(1).map_or(Ok(2_000_000), |rows| rows.parse())?;
    let directory = tempfile::tempdir()?;
    let opening = Opening { path: RunPath::new("local", "p", "r")?, ..Opening::default() };
    let mut options = WriterOptions::new(directory.path(), opening)?;
    options.on_full = OnFull::Block;
    let began = Instant::now();
    let writer = Writer::start(options)?;
    println!("start                {:>9.0} µs", began.elapsed().as_secs_f64() * 1e6);

    let queue = writer.queue();
    let keys: Vec<u32> = (0..KEYS).map(|key| queue.define_key(&format!("train/metric_{key}"))).collect();
    let shape = queue.define_shape(&keys);
    let mut random = 1u64;
    // Uniform in 0..1 with all 52 bits random: nothing for zstd but the leading bytes.
    let mut noise = |row: &mut Vec<u8>| {
        row.clear();
        for _ in 0..KEYS {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            row.push(0xcb);
            row.extend_from_slice(&((random >> 11) as f64 / (1u64 << 53) as f64).to_bits().to_be_bytes());
        }
    };
    let mut values = Vec::new();
    noise(&mut values);

    // Latency: paced, so that the queue never fills, and timed in runs of 64, a clock being as slow as a
    // push.
    let mut runs = Vec::new();
    for run in 0..4_000i64 {
        let began = Instant::now();
        for row in 0..64 {
            queue.push_row(run * 64 + row, 0, true, shape, &values)?;
        }
        runs.push(began.elapsed().as_secs_f64() * 1e9 / 64.0);
        if run % 16 == 0 {
            std::thread::sleep(Duration::from_micros(200));
        }
    }
    runs.sort_by(f64::total_cmp);
    println!("push, median         {:>9.1} ns", runs[runs.len() / 2]);
    println!("push, p99.9 (of 64)  {:>9.1} ns", runs[runs.len() * 999 / 1_000]);
    writer.flush(FlushLevel::Synced, Duration::from_secs(60));

    let (began, cpu_began, bytes_began) = (Instant::now(), cpu(), size(directory.path())?);
    for row in 0..rows {
        noise(&mut values);
        while queue.push_row(300_000 + row as i64, row as i64 * 100, true, shape, &values) == Err(PushError::Full) {
            queue.wait_for_room(values.len(), Duration::from_millis(100));
        }
    }
    let pushed = began.elapsed();
    writer.flush(FlushLevel::Spooled, Duration::from_secs(600));
    let (elapsed, cpu) = (began.elapsed(), cpu() - cpu_began);
    let scalars = (rows * KEYS as u64) as f64;
    println!("pushed               {:>9.1} M scalars/s", scalars / pushed.as_secs_f64() / 1e6);
    println!("to the spool         {:>9.1} M scalars/s", scalars / elapsed.as_secs_f64() / 1e6);
    println!("CPU                  {:>9.3} s per 1 M scalars", cpu.as_secs_f64() / scalars * 1e6);
    println!("spool                {:>9.2} bytes per scalar", (size(directory.path())? - bytes_began) as f64 / scalars);
    let report = writer.finish(0, Duration::from_secs(60));
    let expected = rows + 4_000 * 64;
    if !report.complete || report.rows != expected {
        return Err(format!("{expected} rows went in, but {report:?}").into());
    }
    Ok(())
}

fn size(root: &std::path::Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for stream in std::fs::read_dir(root)? {
        for file in std::fs::read_dir(stream?.path())? {
            bytes += file?.metadata()?.len();
        }
    }
    Ok(bytes)
}
