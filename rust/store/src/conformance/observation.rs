//! Everything that queries say about a store, as text with every bit in it, so that two stores can be
//! compared.

use crate::{Columns, Filter, LabelChoice, Order, Page, RowQuery, RunInfo, RunQuery, SeriesPoints, StepRange, Store, StoredValue};
use std::fmt::Write;
use std::ops::ControlFlow;
use stepwell_codec::column::Number;
use stepwell_codec::msgpack;
use stepwell_model::{Row, RunPath, TimeMicros, Value};

/// Question and answer, one after the other.
pub type Observation = Vec<(String, String)>;

/// Asks a store everything about runs of one project: of these keys (and of those it names itself), within
/// these windows.
pub fn observe(store: &dyn Store, paths: &[RunPath], keys: &[&str], windows: &[StepRange], now: TimeMicros) -> Observation {
    let mut seen = Observation::new();
    let projects = store.projects(now).unwrap();
    seen.push(("projects".into(), format!("{projects:?}")));
    for path in paths {
        let Ok(info) = store.run(path, now) else {
            seen.push((format!("{path}"), "none".into()));
            continue;
        };
        seen.push((format!("{path}"), info_text(&info)));
        let files = store.files(path).unwrap();
        seen.push((format!("{path} files"), format!("{files:?}")));
        for file in &files {
            assert_eq!(store.file(path, &file.file.path).unwrap().as_ref(), Some(file));
        }
        let found = store.keys(&path.entity, &path.project, std::slice::from_ref(&path.run)).unwrap();
        seen.push((format!("{path} keys"), format!("{found:?}")));
        let mut all: Vec<&str> = keys.iter().copied().chain(found.iter().map(|key| key.key.as_str())).collect();
        all.sort_unstable();
        all.dedup();
        let labels = info.labels.iter().map(|label| LabelChoice::Is(label.label.clone()));
        for choice in labels.chain([LabelChoice::Primary, LabelChoice::All]) {
            for key in &all {
                observe_key(store, path, key, &choice, windows, &mut seen);
            }
            for window in windows {
                for keys in [Vec::new(), all.iter().take(3).map(|key| (*key).to_owned()).collect()] {
                    let query = RowQuery { keys, label: choice.clone(), steps: *window };
                    seen.push((format!("{path} rows {query:?}"), rows_text(store, path, &query)));
                }
            }
        }
    }
    if let Some(path) = paths.first() {
        let (runs, total) = store.runs(&path.entity, &path.project, Page { limit: 10, offset: 0 }, now).unwrap();
        let runs: Vec<String> = runs.iter().map(info_text).collect();
        seen.push(("runs".into(), format!("{total} {runs:?}")));
        observe_table(store, path, keys, now, &mut seen);
        seen.push(("all keys".into(), format!("{:?}", store.keys(&path.entity, &path.project, &[]).unwrap())));
    }
    seen
}

/// Filters, orders, pages and columns over what the runs have of `keys`.
fn observe_table(store: &dyn Store, path: &RunPath, keys: &[&str], now: TimeMicros, seen: &mut Observation) {
    let key = keys.first().copied().unwrap_or("a");
    let columns = Columns::named(&[format!("config.{key}"), format!("summary.{key}"), "config.x.y".into()]).unwrap();
    for (filters, order) in [
        (String::new(), format!("-summary_metrics.{key}")),
        (format!(r#"{{"summary_metrics.{key}": {{"$gt": 0.5}}}}"#), format!("+config.{key}")),
        (format!(r#"{{"$or": [{{"config.{key}": {{"$exists": true}}}}, {{"tags": "a"}}]}}"#), "rows".into()),
        (r#"{"state": {"$in": ["running", "crashed"]}}"#.into(), "-heartbeat_at".into()),
        (r#"{"$nor": [{"notes": null}, {"last_step": {"$lt": 3}}]}"#.into(), "+display_name".into()),
    ] {
        for page in [Page { limit: 10, offset: 0 }, Page { limit: 1, offset: 1 }] {
            let (filter, order_of) = (Filter::parse(&filters).unwrap(), Order::parse(&order).unwrap());
            let query = RunQuery { filter, order: order_of, page, columns: columns.clone() };
            let mut runs = Vec::new();
            let total = store.each_run(&path.entity, &path.project, &query, now, &mut |run| {
                runs.push(info_text(&run));
                ControlFlow::Continue(())
            });
            seen.push((format!("runs {filters} {order} {page:?}"), format!("{total:?} {runs:?}")));
        }
    }
}

fn observe_key(store: &dyn Store, path: &RunPath, key: &str, choice: &LabelChoice, windows: &[StepRange], seen: &mut Observation) {
    for window in windows {
        let question = format!("{path} {key:?} {choice:?} {window:?}");
        let points = store.points(path, key, choice, *window).unwrap();
        let points: Vec<String> = points.iter().map(|(label, points)| format!("{label:?}: {}", points_text(points))).collect();
        seen.push((format!("{question} points"), points.join("; ")));
        for limit in [2, usize::MAX] {
            let (total, values) = store.values(path, key, None, choice, *window, limit).unwrap();
            seen.push((format!("{question} values, {limit}"), format!("{total} {}", values_text(&values))));
        }
    }
}

/// Points, every bit.
pub fn points_text(points: &SeriesPoints) -> String {
    assert_eq!(points.steps.len(), points.values.len());
    let mut text = String::new();
    for (step, number) in points.steps.iter().zip(points.values.iter()) {
        let _ = match number {
            Number::Float(value) => write!(text, "{step}={value}/{:x} ", value.to_bits()),
            Number::Int(value) => write!(text, "{step}={value}i "),
        };
    }
    text
}

/// A value, every bit.
pub fn value_text(value: &Value) -> String {
    let text = format!("{value:?}");
    let text: String = text.chars().take(60).collect();
    let bytes: String = msgpack::to_bytes(value).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{text}/{bytes}")
}

fn values_text(values: &[StoredValue]) -> String {
    values.iter().map(|value| format!("{}={} ", value.step, value_text(&value.value))).collect()
}

/// A row, every bit.
pub fn row_text(row: &Row) -> String {
    let cells: String = row.cells.iter().map(|(key, value)| format!("{key:?}={} ", value_text(value))).collect();
    format!("[{} at {}{} {cells}]", row.step, row.time, if row.sampled { " sampled" } else { "" })
}

/// All rows of a query.
pub fn rows_text(store: &dyn Store, path: &RunPath, query: &RowQuery) -> String {
    let mut text = String::new();
    let mut label = None;
    store
        .rows(path, query, &mut |of, batch| {
            assert!(!batch.is_empty(), "an empty batch");
            if label.as_deref() != Some(of) {
                let _ = write!(text, "{of:?}: ");
                label = Some(of.to_owned());
            }
            batch.rows().for_each(|row| text.push_str(&row_text(&row)));
            ControlFlow::Continue(())
        })
        .unwrap();
    text
}

fn info_text(info: &RunInfo) -> String {
    let pairs =
        |pairs: &[(String, Value)]| -> String { pairs.iter().map(|(key, value)| format!("{key:?}={} ", value_text(value))).collect() };
    let (config, summary) = (pairs(&info.config), pairs(&info.summary));
    let rest = RunInfo { config: Vec::new(), summary: Vec::new(), ..info.clone() };
    format!("{rest:?} config {config} summary {summary}")
}

/// Compares two observations and names the first question that was answered differently.
pub fn assert_same(seen: &Observation, expected: &Observation, context: &str) {
    for ((question, answer), (other, right)) in seen.iter().zip(expected) {
        assert_eq!(question, other, "{context}");
        assert_eq!(answer, right, "{context}: {question}");
    }
    assert_eq!(seen.len(), expected.len(), "{context}");
}
