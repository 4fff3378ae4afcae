//! Digests of runs that have ended or are silent: what tables of runs and lists of keys need of a run, in one
//! row, so that neither its series nor its settings are read. Maintenance makes them, never the write path;
//! one that is not of the run's present version counts for nothing.

use crate::db::catalog::{self, RUN_COLUMNS, RunRow};
use crate::db::error::{damaged, store_error};
use crate::read::run_stats::KeyStats;
use rusqlite::{Connection, OptionalExtension, params};
use stepwell_codec::payload::statement::{metric_from_value, metric_to_value};
use stepwell_codec::{msgpack, pack};
use stepwell_model::{Kind, TimeMicros, Value};
use stepwell_store::run::Life;
use stepwell_store::{RunInfo, RunState, StoreError};

/// Bytes of a digest before it is packed; a configuration and a summary have less.
const MOST_BYTES: usize = 256 << 20;

/// Digest of a run, to be written.
pub(crate) struct Digest {
    run: i64,
    rows_version: i64,
    info: Vec<u8>,
    keys: Vec<u8>,
}

/// The runs that changed after a version, live no more, and have no digest of their present rows: at most so
/// many.
pub(crate) fn missing(connection: &Connection, since: i64, now: TimeMicros, limit: usize) -> Result<Vec<RunRow>, StoreError> {
    let mut select = connection
        .prepare_cached(&format!(
            "SELECT {RUN_COLUMNS} FROM runs JOIN projects ON projects.id = project WHERE version > ?1 AND deleted = 0
             AND rows_version IS NOT (SELECT run_digests.rows_version FROM run_digests WHERE run = runs.id)"
        ))
        .map_err(store_error)?;
    let mut rows = select.query([since]).map_err(store_error)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        let run = catalog::run_row(row).map_err(store_error)?;
        let streams: Vec<_> = catalog::streams_of(connection, run.id)?.into_iter().map(|stream| stream.facts).collect();
        if Life::of(&streams).at(now).0 != RunState::Running {
            found.push(run);
            if found.len() == limit {
                break;
            }
        }
    }
    Ok(found)
}

impl Digest {
    /// The digest of a run.
    pub(crate) fn new(run: &RunRow, info: &RunInfo, keys: &[KeyStats]) -> Result<Self, StoreError> {
        let packed = |value: &Value| pack::pack(&msgpack::to_bytes(value)).map_err(damaged);
        let keys = keys.iter().map(key_to_value).collect();
        Ok(Self { run: run.id, rows_version: run.rows_version, info: packed(&info_to_value(info))?, keys: packed(&Value::List(keys))? })
    }

    /// Writes it.
    pub(crate) fn write(&self, connection: &Connection) -> Result<(), StoreError> {
        connection
            .prepare_cached("INSERT OR REPLACE INTO run_digests (run, rows_version, info, keys) VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut insert| insert.execute(params![self.run, self.rows_version, self.info, self.keys]))
            .map(drop)
            .map_err(store_error)
    }
}

/// The run as its digest has it, all but what comes from its streams; `None` without one of its present rows.
pub(crate) fn info(connection: &Connection, run: &RunRow) -> Result<Option<RunInfo>, StoreError> {
    Ok(part(connection, run, "info")?.and_then(|value| info_from_value(run, &value)))
}

/// The keys of the run as its digest has them, likewise.
pub(crate) fn keys(connection: &Connection, run: &RunRow) -> Result<Option<Vec<KeyStats>>, StoreError> {
    let keys = |value: &Value| list(value)?.iter().map(key_from_value).collect();
    Ok(part(connection, run, "keys")?.as_ref().and_then(keys))
}

/// What cannot be understood is as good as not there: it is all derived.
fn part(connection: &Connection, run: &RunRow, column: &str) -> Result<Option<Value>, StoreError> {
    let packed: Option<Vec<u8>> = connection
        .prepare_cached(&format!("SELECT {column} FROM run_digests WHERE run = ?1 AND rows_version = ?2"))
        .and_then(|mut select| select.query_row([run.id, run.rows_version], |row| row.get(0)).optional())
        .map_err(store_error)?;
    let raw = packed.and_then(|packed| pack::unpack(&packed, MOST_BYTES).ok());
    Ok(raw.and_then(|raw| msgpack::from_bytes(&raw).ok()))
}

fn info_to_value(info: &RunInfo) -> Value {
    let text = |text: &str| Value::Str(text.to_owned());
    Value::List(vec![
        text(&info.name),
        text(&info.notes),
        text(&info.group),
        text(&info.job_type),
        Value::List(info.tags.iter().map(|tag| text(tag)).collect()),
        Value::Map(info.config.clone()),
        Value::Map(info.summary.clone()),
        Value::List(info.metrics.iter().map(metric_to_value).collect()),
        info.last_step.map_or(Value::Nil, Value::Int),
        Value::Int(info.rows as i64),
        Value::Float(info.runtime_seconds),
    ])
}

fn info_from_value(run: &RunRow, value: &Value) -> Option<RunInfo> {
    let [name, notes, group, job_type, tags, config, summary, metrics, last_step, rows, runtime] = list(value)? else { return None };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let summary = map(summary)?.to_vec();
    Some(RunInfo {
        path: run.path.clone(),
        name: text(name)?,
        state: RunState::Crashed,
        created: 0,
        heartbeat: 0,
        runtime_seconds: runtime.as_f64()?,
        slot: run.slot,
        tags: list(tags)?.iter().map(text).collect::<Option<_>>()?,
        notes: text(notes)?,
        group: text(group)?,
        job_type: text(job_type)?,
        exit_code: None,
        labels: Vec::new(),
        config: map(config)?.to_vec(),
        summary_keys: summary.len() as u64,
        summary,
        metrics: list(metrics)?.iter().map(|metric| metric_from_value(metric).ok()).collect::<Option<_>>()?,
        last_step: int(last_step),
        rows: int(rows)? as u64,
        loss: run.loss,
    })
}

fn key_to_value(key: &KeyStats) -> Value {
    let kinds = key.kinds.iter().map(|kind| Value::Str(kind.name().to_owned())).collect();
    let numbers = [key.points as i64, key.first_step, key.last_step].map(Value::Int);
    Value::List([Value::Str(key.key.clone()), Value::List(kinds)].into_iter().chain(numbers).collect())
}

fn key_from_value(value: &Value) -> Option<KeyStats> {
    let [key, kinds, points, first_step, last_step] = list(value)? else { return None };
    Some(KeyStats {
        key: key.as_str()?.to_owned(),
        kinds: list(kinds)?.iter().map(|kind| kind.as_str().map(Kind::from_name)).collect::<Option<_>>()?,
        points: int(points)? as u64,
        first_step: int(first_step)?,
        last_step: int(last_step)?,
    })
}

fn list(value: &Value) -> Option<&[Value]> {
    if let Value::List(values) = value { Some(values) } else { None }
}

fn map(value: &Value) -> Option<&[(String, Value)]> {
    if let Value::Map(pairs) = value { Some(pairs) } else { None }
}

fn int(value: &Value) -> Option<i64> {
    if let Value::Int(value) = value { Some(*value) } else { None }
}
