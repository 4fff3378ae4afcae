//! Entries that are not rows, in msgpack.
//!
//! ```text
//! config  := [1, time, {key: value, …}, [deleted key, …]]
//! summary := [2, time, {key: value, …}, [deleted key, …], until_logged?]
//! metric  := [3, time, {name, step_metric?, step_sync?, hidden?, summary, goal?, overwrite}]
//! info    := [4, time, {name?, notes?, tags?, group?, job_type?}]
//! file    := [5, time, {path, sha256: 32 bytes, size}]
//! lost    := [6, time, {rows, kept, reason}]
//! exit    := [7, time, code]
//! open    := [8, time, {entity, project, run, label, rank?, primary, attempt, runtime_offset, host, pid, destination, version}]
//! ```
//!
//! A reader ignores fields that it does not know; one that is missing was not given.

use super::PayloadError;
use crate::msgpack::{self, Reader};
use std::str::FromStr;
use stepwell_model::{BlobId, Entry, FileVersion, LossReport, MetricDefinition, Opening, RunInfoUpdate, RunPath, Value};

/// The keys and values of a map.
type Pairs = Vec<(String, Value)>;

/// Appends the entry.
///
/// # Panics
/// If it is a row.
pub fn write(out: &mut Vec<u8>, entry: &Entry) {
    let (kind, time, body) = match entry {
        Entry::Row(_) => panic!("a row is written with its key table"),
        Entry::Config { time, set, deleted } => (1, *time, vec![Value::Map(set.clone()), texts(deleted)]),
        Entry::Summary { time, set, deleted, until_logged } => {
            let mut body = vec![Value::Map(set.clone()), texts(deleted)];
            body.extend(until_logged.then_some(Value::Bool(true)));
            (2, *time, body)
        }
        Entry::Metric { time, definition } => (3, *time, vec![metric_to_value(definition)]),
        Entry::Info { time, info } => (4, *time, vec![info_to_value(info)]),
        Entry::File { time, file } => {
            let pairs = vec![
                pair("path", text(&file.path)),
                pair("sha256", Value::Bin(file.blob.0.to_vec())),
                pair("size", Value::Int(file.size as i64)),
            ];
            (5, *time, vec![Value::Map(pairs)])
        }
        Entry::Lost { time, report } => {
            let count = |count: u64| Value::Int(count as i64);
            let pairs = vec![pair("rows", count(report.rows)), pair("kept", count(report.kept)), pair("reason", text(&report.reason))];
            (6, *time, vec![Value::Map(pairs)])
        }
        Entry::Exit { time, code } => (7, *time, vec![Value::Int(i64::from(*code))]),
        Entry::Open(opening) => (8, opening.time, vec![opening_to_value(opening)]),
    };
    msgpack::write_array_len(out, 2 + body.len());
    msgpack::write_int(out, kind);
    msgpack::write_int(out, time);
    body.iter().for_each(|value| msgpack::write_value(out, value));
}

/// Reads the rest of an entry of `len` elements whose kind was read.
pub(super) fn read(kind: i64, len: usize, reader: &mut Reader<'_>) -> Result<Entry, PayloadError> {
    let body_len = match kind {
        1 => 2..=2,
        2 => 2..=3,
        3..=8 => 1..=1,
        _ => return Err(PayloadError::Later("an entry of a kind")),
    };
    if len.checked_sub(2).is_some_and(|len| len > *body_len.end()) {
        return Err(PayloadError::Later("an entry with a field"));
    }
    if !len.checked_sub(2).is_some_and(|len| body_len.contains(&len)) {
        return Err(PayloadError::Form("an entry of the wrong length"));
    }
    let time = reader.int()?;
    let body = reader.value()?;
    Ok(match kind {
        1 => Entry::Config { time, set: pairs(body)?, deleted: strings(&reader.value()?)? },
        2 => {
            let (set, deleted) = (pairs(body)?, strings(&reader.value()?)?);
            let until_logged = len == 5 && reader.value()? == Value::Bool(true);
            Entry::Summary { time, set, deleted, until_logged }
        }
        3 => Entry::Metric { time, definition: metric_from_value(&body)? },
        4 => Entry::Info { time, info: info_from_value(&body)? },
        5 => Entry::File { time, file: file_from_value(&body)? },
        6 => {
            let count = |key| integer(&body, key).map(|count| count.unwrap_or(0) as u64);
            Entry::Lost {
                time,
                report: LossReport { rows: count("rows")?, kept: count("kept")?, reason: string(&body, "reason")?.unwrap_or_default() },
            }
        }
        7 => match body {
            Value::Int(code) => Entry::Exit { time, code: code as i32 },
            _ => return Err(PayloadError::Form("an exit without a code")),
        },
        8 => Entry::Open(Opening { time, ..opening_from_value(&body)? }),
        _ => return Err(PayloadError::Later("an entry of a kind")),
    })
}

fn file_from_value(value: &Value) -> Result<FileVersion, PayloadError> {
    let path = string(value, "path")?.filter(|path| FileVersion::is_path(path)).ok_or(PayloadError::Form("a file without a sound path"))?;
    let blob = match value.get("sha256") {
        Some(Value::Bin(bytes)) => bytes.as_slice().try_into().map(BlobId).ok(),
        _ => None,
    };
    let size = integer(value, "size")?.and_then(|size| u64::try_from(size).ok());
    match (blob, size) {
        (Some(blob), Some(size)) => Ok(FileVersion { path, blob, size }),
        _ => Err(PayloadError::Form("a file without sha256 and size")),
    }
}

/// The bytes of an opening where it stands alone: in the header of a segment, in a store.
pub fn opening_to_bytes(opening: &Opening) -> Vec<u8> {
    msgpack::to_bytes(&opening_to_value(opening))
}

/// Reads what [`opening_to_bytes`] wrote.
pub fn opening_from_bytes(bytes: &[u8]) -> Result<Opening, PayloadError> {
    opening_from_value(&msgpack::from_bytes(bytes)?)
}

/// The opening as a map.
fn opening_to_value(opening: &Opening) -> Value {
    let mut pairs = vec![
        pair("entity", text(&opening.path.entity)),
        pair("project", text(&opening.path.project)),
        pair("run", text(&opening.path.run)),
        pair("label", text(&opening.label)),
        pair("primary", Value::Bool(opening.primary)),
        pair("attempt", Value::Int(opening.attempt as i64)),
        pair("time", Value::Int(opening.time)),
        pair("runtime_offset", Value::Int(opening.runtime_offset)),
        pair("host", text(&opening.host)),
        pair("pid", Value::Int(i64::from(opening.pid))),
        pair("destination", text(&opening.destination)),
        pair("version", text(&opening.version)),
    ];
    pairs.extend(opening.rank.map(|rank| pair("rank", Value::Int(i64::from(rank)))));
    Value::Map(pairs)
}

fn opening_from_value(value: &Value) -> Result<Opening, PayloadError> {
    let required = |key| string(value, key)?.ok_or(PayloadError::Form("an opening without entity, project or run"));
    let optional = |key| string(value, key).map(Option::unwrap_or_default);
    let number = |key| integer(value, key).map(|number| number.unwrap_or(0));
    Ok(Opening {
        path: RunPath { entity: required("entity")?, project: required("project")?, run: required("run")? },
        label: optional("label")?,
        rank: integer(value, "rank")?.map(|rank| rank as u32),
        primary: boolean(value, "primary")?.unwrap_or(false),
        attempt: number("attempt")? as u64,
        time: number("time")?,
        runtime_offset: number("runtime_offset")?,
        host: optional("host")?,
        pid: number("pid")? as u32,
        destination: optional("destination")?,
        version: optional("version")?,
    })
}

/// The definition of a metric as a map, without what was not given.
pub fn metric_to_value(definition: &MetricDefinition) -> Value {
    let mut pairs = vec![
        pair("name", text(&definition.name)),
        pair("summary", Value::List(definition.summary.iter().map(|kind| text(kind.name())).collect())),
        pair("overwrite", Value::Bool(definition.overwrite)),
    ];
    pairs.extend(definition.step_metric.as_ref().map(|key| pair("step_metric", text(key))));
    pairs.extend(definition.step_sync.map(|sync| pair("step_sync", Value::Bool(sync))));
    pairs.extend(definition.hidden.map(|hidden| pair("hidden", Value::Bool(hidden))));
    pairs.extend(definition.goal.map(|goal| pair("goal", text(goal.name()))));
    Value::Map(pairs)
}

/// The definition of a map.
///
/// # Errors
/// If it is none, or one of a later version.
pub fn metric_from_value(value: &Value) -> Result<MetricDefinition, PayloadError> {
    Ok(MetricDefinition {
        name: string(value, "name")?.ok_or(PayloadError::Form("a metric without a name"))?,
        step_metric: string(value, "step_metric")?,
        step_sync: boolean(value, "step_sync")?,
        hidden: boolean(value, "hidden")?,
        summary: named(value.get("summary").map(strings).transpose()?.unwrap_or_default())?,
        goal: named(string(value, "goal")?)?.pop(),
        overwrite: boolean(value, "overwrite")?.unwrap_or(false),
    })
}

/// Kinds by their names. Those that this version does not know are of a later one.
fn named<T: FromStr>(names: impl IntoIterator<Item = String>) -> Result<Vec<T>, PayloadError> {
    names.into_iter().map(|name| name.parse().map_err(|_| PayloadError::Later("a metric with a summary or goal"))).collect()
}

fn info_to_value(info: &RunInfoUpdate) -> Value {
    let mut pairs = Vec::new();
    for (key, value) in [("name", &info.name), ("notes", &info.notes), ("group", &info.group), ("job_type", &info.job_type)] {
        pairs.extend(value.as_ref().map(|value| pair(key, text(value))));
    }
    pairs.extend(info.tags.as_ref().map(|tags| pair("tags", texts(tags))));
    Value::Map(pairs)
}

fn info_from_value(value: &Value) -> Result<RunInfoUpdate, PayloadError> {
    Ok(RunInfoUpdate {
        name: string(value, "name")?,
        notes: string(value, "notes")?,
        tags: value.get("tags").map(strings).transpose()?,
        group: string(value, "group")?,
        job_type: string(value, "job_type")?,
    })
}

fn pair(key: &str, value: Value) -> (String, Value) {
    (key.to_owned(), value)
}

fn text(text: &str) -> Value {
    Value::Str(text.to_owned())
}

fn texts(texts: &[String]) -> Value {
    Value::List(texts.iter().map(|one| text(one)).collect())
}

fn pairs(value: Value) -> Result<Pairs, PayloadError> {
    match value {
        Value::Map(pairs) => Ok(pairs),
        _ => Err(PayloadError::Form("a map was expected")),
    }
}

fn strings(value: &Value) -> Result<Vec<String>, PayloadError> {
    let Value::List(values) = value else {
        return Err(PayloadError::Form("a list of texts was expected"));
    };
    values.iter().map(|value| value.as_str().map(str::to_owned).ok_or(PayloadError::Form("a text was expected"))).collect()
}

fn string(map: &Value, key: &str) -> Result<Option<String>, PayloadError> {
    match map.get(key) {
        None | Some(Value::Nil) => Ok(None),
        Some(Value::Str(text)) => Ok(Some(text.clone())),
        Some(_) => Err(PayloadError::Form("a text was expected")),
    }
}

fn integer(map: &Value, key: &str) -> Result<Option<i64>, PayloadError> {
    match map.get(key) {
        None | Some(Value::Nil) => Ok(None),
        Some(Value::Int(value)) => Ok(Some(*value)),
        Some(_) => Err(PayloadError::Form("an integer was expected")),
    }
}

fn boolean(map: &Value, key: &str) -> Result<Option<bool>, PayloadError> {
    match map.get(key) {
        None | Some(Value::Nil) => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(PayloadError::Form("a truth value was expected")),
    }
}
