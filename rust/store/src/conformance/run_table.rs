//! Promises about the table of runs: which, in what order, on which page, with which cells.

use super::stream::{TestStream, path};
use super::{Subject, compact_all};
use crate::{Columns, Filter, Order, Page, RunInfo, RunQuery, Store};
use std::ops::ControlFlow;
use stepwell_model::{Entry, TimeMicros, Value};

fn ask(store: &dyn Store, filters: &str, order: &str, now: TimeMicros) -> (String, u64) {
    let (runs, total) = ask_page(store, filters, order, &[], Page { limit: 9, offset: 0 }, now);
    (runs.into_iter().map(|run| run.path.run).collect::<Vec<_>>().join(" "), total)
}

fn ask_page(store: &dyn Store, filters: &str, order: &str, columns: &[&str], page: Page, now: TimeMicros) -> (Vec<RunInfo>, u64) {
    let names: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
    let columns = if names.is_empty() { Columns::default() } else { Columns::named(&names).unwrap() };
    let query = RunQuery { filter: Filter::parse(filters).unwrap(), order: Order::parse(order).unwrap(), page, columns };
    let mut runs = Vec::new();
    let see = &mut |run| {
        runs.push(run);
        ControlFlow::Continue(())
    };
    let total = store.each_run("local", "p", &query, now, see).unwrap();
    (runs, total)
}

fn config(lr: f64, name: &str) -> Entry {
    let optimizer = Value::Map(vec![("name".into(), Value::Str(name.into()))]);
    Entry::Config { time: 0, set: vec![("lr".into(), Value::Float(lr)), ("opt".into(), optimizer)], deleted: vec![] }
}

/// A filter sees each change that a query sees: new values, an end, time that passes, a deletion, a new run
/// under an old name.
pub fn a_table_follows_its_runs(subject: &Subject<'_>) {
    let mut store = (subject.create)();
    let mut streams: Vec<TestStream> = Vec::new();
    for (id, run, lr) in [(1, "r", 0.1), (2, "s", 0.01), (3, "t", 0.3)] {
        let mut stream = TestStream::new(id).with(|opening| (opening.path.run, opening.time) = (run.into(), i64::from(id)));
        store.open_stream(stream.id, &stream.opening).unwrap();
        let frames = [stream.frame(&[config(lr, "adam")]), stream.numbers("loss", &[(0, 1.0), (1, lr * 2.0)])];
        store.append(&frames).unwrap();
        streams.push(stream);
    }
    let by_loss = r#"{"summary_metrics.loss": {"$lt": 0.5}}"#;
    for _ in 0..2 {
        assert_eq!(ask(&*store, by_loss, "-config.lr", 9), ("r s".into(), 2));
        assert_eq!(ask(&*store, "", "+summary_metrics.loss", 9), ("s r t".into(), 3));
        assert_eq!(ask(&*store, r#"{"config.opt.name": "adam", "state": "running"}"#, "", 9), ("t s r".into(), 3));
        compact_all(&*store);
        store = (subject.reopen)(store);
    }
    let page = Page { limit: 1, offset: 1 };
    let (runs, total) = ask_page(&*store, by_loss, "-config.lr", &["config.opt.name", "summary.loss"], page, 9);
    assert_eq!((runs[0].path.run.as_str(), runs.len(), total, runs[0].summary_keys), ("s", 1, 2, 4));
    assert_eq!(runs[0].config, [("opt.name".to_owned(), Value::Str("adam".into()))]);
    assert_eq!(runs[0].summary.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["_runtime", "_step", "_timestamp", "loss"]);

    let (better, end) = (streams[2].numbers("loss", &[(2, 0.0)]), streams[0].frame(&[Entry::Exit { time: 9, code: 1 }]));
    store.append(&[better, end]).unwrap();
    assert_eq!(ask(&*store, by_loss, "+summary_metrics.loss", 9), ("t s r".into(), 3));
    assert_eq!(ask(&*store, r#"{"state": "failed", "exit_code": 1}"#, "", 9), ("r".into(), 1));
    let late = crate::CRASHED_AFTER_MICROS + 10;
    assert_eq!(ask(&*store, r#"{"state": "crashed"}"#, "name", late), ("s t".into(), 2));
    store.heartbeat(&[(streams[1].id, late)]).unwrap();
    assert_eq!(ask(&*store, r#"{"state": "running"}"#, "", late), ("s".into(), 1));

    store.delete_run(&path()).unwrap();
    assert_eq!(ask(&*store, by_loss, "name", 9), ("s t".into(), 2));
    let again = TestStream::new(4).with(|opening| opening.time = 4);
    store.open_stream(again.id, &again.opening).unwrap();
    assert_eq!(ask(&*store, by_loss, "name", 9), ("s t".into(), 2));
    assert_eq!(ask(&*store, r#"{"config.lr": null}"#, "name", 9), ("r".into(), 1));
    let info = store.projects(9).unwrap();
    assert_eq!((info[0].runs, info[0].running, info[0].last_activity), (3, 3, late));
}

/// Whoever has seen enough is shown no more, and still learns how many there are.
pub fn seeing_stops_when_it_is_told_to(subject: &Subject<'_>) {
    let store = (subject.create)();
    for id in 1..5 {
        let stream = TestStream::new(id).with(|opening| opening.path.run = format!("r{id}"));
        store.open_stream(stream.id, &stream.opening).unwrap();
    }
    let mut seen = 0;
    let query = RunQuery::newest(Page { limit: 3, offset: 0 });
    let total = store.each_run("local", "p", &query, 0, &mut |_| {
        seen += 1;
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((total, seen), (Ok(4), 2));
}
