//! Answers in JSON, by the rules of docs/http-api.md: no number loses a bit on its way to JavaScript.

use crate::api::files::ListedFile;
use crate::api::keys::KeyPage;
use crate::api::presets::Preset;
use crate::api::runs::RunPage;
use crate::api::status::{ServerStatus, VERSION};
use crate::api::values::{Histograms, Values};
use serde_json::{Map, Value as Json, json};
use stepwell_codec::json::{float_name, is_exact};
use stepwell_model::value::EXT_WTF8;
use stepwell_model::{Goal, MetricDefinition, Value};
use stepwell_store::{KeyInfo, ProjectInfo, RunInfo, StoredValue};

/// A double: itself, or an object where JSON has no number for it.
fn float(value: f64) -> Json {
    float_name(value).map_or_else(|| json!(value), |name| json!({"_type": "float", "value": name}))
}

/// An integer: itself, or as text where JavaScript would round it.
fn integer(value: i64) -> Json {
    if is_exact(value) { json!(value) } else { json!({"_type": "int", "value": value.to_string()}) }
}

/// Any value. Bytes, which the dashboard does not show, come as their length.
fn value(value: &Value) -> Json {
    match value {
        Value::Nil => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => integer(*value),
        Value::Float(value) => float(*value),
        Value::Str(text) => json!(text),
        Value::Ext(EXT_WTF8, bytes) => json!(String::from_utf8_lossy(bytes)),
        Value::Bin(bytes) | Value::Ext(_, bytes) => json!({"_type": "bytes", "length": bytes.len()}),
        Value::List(values) => Json::Array(values.iter().map(self::value).collect()),
        Value::Map(pairs) => map(pairs),
    }
}

/// A map.
fn map(pairs: &[(String, Value)]) -> Json {
    Json::Object(pairs.iter().map(|(key, inner)| (key.clone(), value(inner))).collect::<Map<_, _>>())
}

/// The answer of `/status`.
pub(super) fn status(status: &ServerStatus) -> Json {
    json!({
        "version": VERSION, "mode": status.mode, "started_us": status.started, "directory": status.directory,
        "backlog": {"read_bytes": status.backlog.read, "left_bytes": status.backlog.left},
    })
}

/// The answer of `/projects`.
pub(super) fn projects(projects: &[ProjectInfo]) -> Json {
    json!({"projects": projects.iter().map(project).collect::<Vec<_>>()})
}

fn project(project: &ProjectInfo) -> Json {
    json!({
        "entity": project.entity, "name": project.name, "runs": project.runs, "running": project.running,
        "last_activity_us": project.last_activity,
    })
}

/// The answer of `/runs`.
pub(super) fn run_page(page: &RunPage) -> Json {
    json!({"runs": page.runs.iter().map(run).collect::<Vec<_>>(), "total": page.total})
}

/// `RunInfo`.
pub(crate) fn run(run: &RunInfo) -> Json {
    let labels: Vec<Json> = run.labels.iter().map(|label| json!({"label": label.label, "rank": label.rank})).collect();
    json!({
        "entity": run.path.entity, "project": run.path.project, "run": run.path.run, "name": run.name, "state": run.state.name(),
        "created_us": run.created, "heartbeat_us": run.heartbeat, "runtime_s": float(run.runtime_seconds), "slot": run.slot,
        "tags": run.tags, "notes": run.notes, "group": run.group, "job_type": run.job_type, "exit_code": run.exit_code,
        "labels": labels, "config": map(&run.config), "summary": map(&run.summary), "last_step": run.last_step.map(integer),
        "rows": run.rows, "loss": {"sampled_rows": run.loss.sampled_rows, "lost_rows": run.loss.lost_rows}, "summary_keys": run.summary_keys,
    })
}

/// The answer of `/keys`.
pub(super) fn key_page(page: &KeyPage) -> Json {
    json!({
        "keys": page.keys.iter().map(key).collect::<Vec<_>>(), "total": page.total,
        "metrics": page.metrics.iter().map(metric).collect::<Vec<_>>(),
    })
}

/// `KeyInfo`.
pub(crate) fn key(key: &KeyInfo) -> Json {
    let kinds: Vec<&str> = key.kinds.iter().map(stepwell_model::Kind::name).collect();
    json!({
        "key": key.key, "kinds": kinds, "runs": key.runs, "points": key.points,
        "first_step": integer(key.first_step), "last_step": integer(key.last_step),
    })
}

/// `MetricInfo`.
fn metric(metric: &MetricDefinition) -> Json {
    let summary: Vec<&str> = metric.summary.iter().map(|kind| kind.name()).collect();
    json!({
        "name": metric.name, "step_metric": metric.step_metric, "hidden": metric.hidden.unwrap_or(false),
        "summary": summary, "goal": metric.goal.map(Goal::name),
    })
}

/// The answer of `/histograms`.
pub(super) fn histograms(histograms: Histograms) -> Json {
    let (mut steps, mut bins, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for (step, histogram) in histograms.chosen {
        steps.push(step);
        bins.push(histogram.edges.into_iter().map(float).collect::<Vec<_>>());
        counts.push(histogram.counts);
    }
    json!({"points": histograms.points, "steps": steps, "bins": bins, "values": counts})
}

/// The answer of `/values`.
pub(super) fn values(values: &Values) -> Json {
    let one = |stored: &StoredValue| json!({"step": stored.step, "kind": stored.value.kind().name(), "value": value(&stored.value)});
    json!({"points": values.points, "values": values.values.iter().map(one).collect::<Vec<_>>()})
}

/// The answer of `/files`.
pub(super) fn files(files: &[ListedFile]) -> Json {
    let file = |listed: &ListedFile| {
        let file = &listed.info.file;
        json!({
            "path": file.path, "sha256": file.blob.to_string(), "size": file.size, "time_us": listed.info.time,
            "present": listed.present,
        })
    };
    json!({"files": files.iter().map(file).collect::<Vec<_>>()})
}

/// The answer of `/presets`.
pub(super) fn presets(presets: &[Preset]) -> Json {
    let preset =
        |preset: &Preset| json!({"name": preset.name, "title": preset.title, "saved_us": preset.saved_us, "shipped": preset.is_shipped()});
    json!({"presets": presets.iter().map(preset).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_cannot_say_is_said_with_a_type() {
        for (given, expected) in [
            (Value::Float(0.1), json!(0.1)),
            (Value::Float(f64::NAN), json!({"_type": "float", "value": "NaN"})),
            (Value::Float(f64::INFINITY), json!({"_type": "float", "value": "Infinity"})),
            (Value::Float(f64::NEG_INFINITY), json!({"_type": "float", "value": "-Infinity"})),
            (Value::Int(1 << 53), json!(9_007_199_254_740_992_i64)),
            (Value::Int((1 << 53) + 1), json!({"_type": "int", "value": "9007199254740993"})),
            (Value::Int(i64::MIN), json!({"_type": "int", "value": "-9223372036854775808"})),
            (Value::Nil, Json::Null),
            (Value::Ext(EXT_WTF8, b"a\xed\xa0\x80".to_vec()), json!("a\u{fffd}\u{fffd}\u{fffd}")),
            (Value::List(vec![Value::Bool(true), Value::Str("x".into())]), json!([true, "x"])),
            (Value::Map(vec![("a".into(), Value::Int(1))]), json!({"a": 1})),
        ] {
            assert_eq!(value(&given), expected);
        }
    }

    #[test]
    fn answers_hold_the_golden_values() {
        for line in include_str!("../../../../tests/data/golden_values.tsv").lines().filter(|line| !line.starts_with('#')) {
            let [name, msgpack, _, answer, _] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let digits = |at: usize| u8::from_str_radix(&msgpack[at..at + 2], 16).unwrap();
            let bytes: Vec<u8> = (0..msgpack.len()).step_by(2).map(digits).collect();
            let decoded = stepwell_codec::msgpack::from_bytes(&bytes).unwrap();
            assert_eq!(value(&decoded), serde_json::from_str::<Json>(answer).unwrap(), "{name}");
        }
    }
}
