//! Measures the table of runs: `cargo run --release -p stepwell-store-sqlite --example tables [runs] [columns]`.
//!
//! Each run has half of the columns in its configuration and half as metrics. Questions name other columns each
//! time, so nothing is kept for them.

#![allow(clippy::unwrap_used, reason = "a measurement may end with a panic")]

use std::ops::ControlFlow;
use std::time::Instant;
use stepwell_model::{Entry, Value, wall_time};
use stepwell_store::conformance::stream::{TestStream, row};
use stepwell_store::{Columns, Filter, KeyQuery, Order, Page, RunQuery, Store};
use stepwell_store_sqlite::SqliteStore;

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let (runs, columns) = (arguments.next().unwrap_or(10_000), arguments.next().unwrap_or(200));
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path()).unwrap();
    timed("written and digested", || {
        for some in (0..runs).collect::<Vec<_>>().chunks(500) {
            write(&store, some, columns / 2);
        }
        while store.compact().unwrap() {}
    });
    drop(store);
    let bytes = std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>();
    println!("{bytes:>10} bytes on disk");
    let store = timed("opened", || SqliteStore::open(directory.path()).unwrap());
    timed("all projects, first", || store.projects(wall_time()).unwrap());
    for _ in 0..2 {
        timed("newest page of 50", || page(&store, "", "", 0..50, &[]));
        for column in 3..6 {
            let filter = format!(r#"{{"config.c{column}": 1, "summary_metrics.s1": {{"$gt": 100}}}}"#);
            let order = format!("-summary_metrics.s{column}");
            timed("filtered, sorted page of 50", || page(&store, &filter, &order, 0..50, &[]));
            timed("… of 1,000, one column", || page(&store, &filter, &order, 0..1_000, &["config.c1".to_owned()]));
        }
        for search in ["", "S1"] {
            let query = KeyQuery { runs: vec![], search: search.into(), page: Page { limit: 1_000, offset: 0 } };
            timed("keys of all runs", || store.keys_page("local", "p", &query).unwrap());
        }
        timed("definitions", || store.definitions("local", "p").unwrap());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
}

fn write(store: &SqliteStore, runs: &[usize], half: usize) {
    let mut frames = Vec::new();
    for &number in runs {
        let mut stream = TestStream::new(0).with(|opening| opening.path.run = format!("run{number}"));
        stream.id.0[..8].copy_from_slice(&(number as u64).to_le_bytes());
        store.open_stream(stream.id, &stream.opening).unwrap();
        let set = (0..half).map(|column| (format!("c{column}"), Value::Int((number % (column + 2)) as i64))).collect();
        let names: Vec<String> = (0..half).map(|column| format!("s{column}")).collect();
        let value = |column: usize| Value::Float((number * (column + 1) % 9_973) as f64);
        let cells: Vec<(&str, Value)> = names.iter().enumerate().map(|(column, name)| (name.as_str(), value(column))).collect();
        frames.push(stream.frame(&[Entry::Config { time: 0, set, deleted: vec![] }, row(0, &cells), Entry::Exit { time: 1, code: 0 }]));
    }
    store.append(&frames).unwrap();
}

fn page(store: &SqliteStore, filter: &str, order: &str, page: std::ops::Range<usize>, columns: &[String]) -> (usize, u64) {
    let columns = if columns.is_empty() { Columns::default() } else { Columns::named(columns).unwrap() };
    let page = Page { limit: page.len(), offset: page.start };
    let query = RunQuery { filter: Filter::parse(filter).unwrap(), order: Order::parse(order).unwrap(), page, columns };
    let mut seen = 0;
    let total = store.each_run("local", "p", &query, wall_time(), &mut |_| {
        seen += 1;
        ControlFlow::Continue(())
    });
    (seen, total.unwrap())
}

fn timed<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = act();
    println!("{:>10.1} ms  {what}", begun.elapsed().as_secs_f64() * 1e3);
    result
}
