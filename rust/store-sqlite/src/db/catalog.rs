//! Projects, runs and streams: how they come to be, are found, change and go.

use crate::db::error::{damaged, store_error};
use rusqlite::{Connection, OptionalExtension, params};
use stepwell_codec::payload::statement::{opening_from_bytes, opening_to_bytes};
use stepwell_model::{EntryNumber, Opening, RunPath, Step, StreamId, TimeMicros};
use stepwell_store::opening::{check_opening, check_same_run};
use stepwell_store::run::StreamFacts;
use stepwell_store::{Changed, LossTotals, StoreError};

/// A run that is not deleted.
#[derive(Debug, Clone)]
pub(crate) struct RunRow {
    pub(crate) id: i64,
    pub(crate) path: RunPath,
    pub(crate) slot: u32,
    pub(crate) rows_version: i64,
    pub(crate) loss: LossTotals,
}

/// Facts of the rows of a stream that have left the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamRows {
    pub(crate) count: u64,
    pub(crate) first_step: Step,
    pub(crate) last_step: Step,
    pub(crate) last_entry: EntryNumber,
    pub(crate) last_time: TimeMicros,
    pub(crate) latest_time: TimeMicros,
}

/// A stream of a run.
#[derive(Debug, Clone)]
pub(crate) struct StreamRow {
    pub(crate) id: i64,
    pub(crate) facts: StreamFacts,
    pub(crate) rows: Option<StreamRows>,
}

/// Position of a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamPosition {
    pub(crate) id: i64,
    pub(crate) run: i64,
    pub(crate) deleted: bool,
    pub(crate) durable: EntryNumber,
}

/// Raises the version that [`changed`] compares with.
pub(crate) fn next_version(connection: &Connection) -> Result<i64, StoreError> {
    connection
        .prepare_cached("UPDATE counters SET value = value + 1 WHERE name = 'version' RETURNING value")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(store_error)
}

/// The version of the last change.
pub(crate) fn version(connection: &Connection) -> Result<i64, StoreError> {
    connection
        .prepare_cached("SELECT value FROM counters WHERE name = 'version'")
        .and_then(|mut select| select.query_row([], |row| row.get(0)))
        .map_err(store_error)
}

/// See [`stepwell_store::Store::open_stream`].
pub(crate) fn open_stream(connection: &Connection, id: StreamId, opening: &Opening) -> Result<EntryNumber, StoreError> {
    check_opening(opening)?;
    let path = &opening.path;
    if let Some(position) = position(connection, id)? {
        let known = stream_opening(connection, position.id)?;
        check_same_run(id, &known, path)?;
        return check_not_deleted(connection, &position).map(|()| position.durable);
    }
    let version = next_version(connection)?;
    let run = match find_run(connection, path)? {
        Some(run) => run.id,
        None => create_run(connection, path, version).map_err(store_error)?,
    };
    let blob = opening_to_bytes(opening);
    connection
        .prepare_cached("INSERT INTO streams (uuid, run, label, attempt, opening, heartbeat) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        .and_then(|mut insert| insert.execute(params![id.0, run, opening.label, opening.attempt as i64, blob, opening.time]))
        .map_err(store_error)?;
    // The order of labels may be another one, and with it what the rows come to.
    connection
        .prepare_cached("UPDATE runs SET version = ?2, rows_version = ?2 WHERE id = ?1")
        .and_then(|mut update| update.execute([run, version]))
        .map_err(store_error)?;
    Ok(0)
}

fn create_run(connection: &Connection, path: &RunPath, version: i64) -> rusqlite::Result<i64> {
    connection.execute("INSERT OR IGNORE INTO projects (entity, name) VALUES (?1, ?2)", params![path.entity, path.project])?;
    let (project, next): (i64, u32) = connection.query_row(
        "UPDATE projects SET next_slot = next_slot + 1 WHERE entity = ?1 AND name = ?2 RETURNING id, next_slot",
        params![path.entity, path.project],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    connection.query_row(
        "INSERT INTO runs (project, name, slot, version, rows_version) VALUES (?1, ?2, ?3, ?4, ?4) RETURNING id",
        params![project, path.run, next - 1, version],
        |row| row.get(0),
    )
}

/// Notes that a run has changed.
pub(crate) fn touch(connection: &Connection, run: i64, version: i64) -> Result<(), StoreError> {
    let update = |mut update: rusqlite::CachedStatement<'_>| update.execute(params![run, version]);
    connection.prepare_cached("UPDATE runs SET version = ?2 WHERE id = ?1").and_then(update).map_err(store_error)?;
    Ok(())
}

/// Position of the stream, if it is known.
pub(crate) fn position(connection: &Connection, stream: StreamId) -> Result<Option<StreamPosition>, StoreError> {
    connection
        .prepare_cached(
            "SELECT streams.id, run, runs.deleted != 0, durable FROM streams JOIN runs ON runs.id = streams.run WHERE uuid = ?1",
        )
        .and_then(|mut select| {
            select
                .query_row([stream.0], |row| {
                    let durable: i64 = row.get(3)?;
                    Ok(StreamPosition { id: row.get(0)?, run: row.get(1)?, deleted: row.get(2)?, durable: durable as u64 })
                })
                .optional()
        })
        .map_err(store_error)
}

/// Nothing is taken for a run that was deleted.
pub(crate) fn check_not_deleted(connection: &Connection, position: &StreamPosition) -> Result<(), StoreError> {
    if !position.deleted {
        return Ok(());
    }
    Err(StoreError::Deleted(stream_opening(connection, position.id)?.path.to_string()))
}

pub(crate) fn decode_opening(blob: &[u8]) -> Result<Opening, StoreError> {
    opening_from_bytes(blob).map_err(damaged)
}

fn stream_opening(connection: &Connection, stream: i64) -> Result<Opening, StoreError> {
    let blob: Vec<u8> =
        connection.query_row("SELECT opening FROM streams WHERE id = ?1", [stream], |row| row.get(0)).map_err(store_error)?;
    decode_opening(&blob)
}

/// Notes signs of life; unknown streams are passed over.
pub(crate) fn heartbeat(connection: &Connection, streams: &[(StreamId, TimeMicros)]) -> Result<(), StoreError> {
    let mut version = None;
    for (stream, time) in streams {
        let run: Option<i64> = connection
            .prepare_cached("UPDATE streams SET heartbeat = ?2 WHERE uuid = ?1 AND heartbeat < ?2 RETURNING run")
            .and_then(|mut update| update.query_row(params![stream.0, time], |row| row.get(0)).optional())
            .map_err(store_error)?;
        if let Some(run) = run {
            let version = match version {
                Some(version) => version,
                None => *version.insert(next_version(connection)?),
            };
            touch(connection, run, version)?;
        }
    }
    Ok(())
}

pub(crate) const RUN_COLUMNS: &str = "runs.id, projects.entity, projects.name, runs.name, slot, rows_version, sampled_rows, lost_rows";

pub(crate) fn run_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<RunRow> {
    let loss = LossTotals { sampled_rows: row.get::<_, i64>(6)? as u64, lost_rows: row.get::<_, i64>(7)? as u64 };
    let path = RunPath { entity: row.get(1)?, project: row.get(2)?, run: row.get(3)? };
    Ok(RunRow { id: row.get(0)?, path, slot: row.get(4)?, rows_version: row.get(5)?, loss })
}

/// The run of that path.
pub(crate) fn find_run(connection: &Connection, path: &RunPath) -> Result<Option<RunRow>, StoreError> {
    connection
        .prepare_cached(&format!(
            "SELECT {RUN_COLUMNS} FROM runs JOIN projects ON projects.id = project
             WHERE entity = ?1 AND projects.name = ?2 AND runs.name = ?3 AND deleted = 0"
        ))
        .and_then(|mut select| select.query_row(params![path.entity, path.project, path.run], run_row).optional())
        .map_err(store_error)
}

/// The version of the run of that path: it rises with whatever changes an answer about the run.
pub(crate) fn run_version(connection: &Connection, path: &RunPath) -> Result<Option<i64>, StoreError> {
    connection
        .prepare_cached(
            "SELECT version FROM runs JOIN projects ON projects.id = project
             WHERE entity = ?1 AND projects.name = ?2 AND runs.name = ?3 AND deleted = 0",
        )
        .and_then(|mut select| select.query_row(params![path.entity, path.project, path.run], |row| row.get(0)).optional())
        .map_err(store_error)
}

/// All runs of a project.
pub(crate) fn runs_of(connection: &Connection, entity: &str, project: &str) -> Result<Vec<RunRow>, StoreError> {
    connection
        .prepare_cached(&format!(
            "SELECT {RUN_COLUMNS} FROM runs JOIN projects ON projects.id = project WHERE entity = ?1 AND projects.name = ?2 AND deleted = 0"
        ))
        .and_then(|mut select| select.query_map([entity, project], run_row)?.collect())
        .map_err(store_error)
}

/// The runs of a project that changed after a version, with theirs, and whether they are deleted.
pub(crate) fn runs_since(connection: &Connection, project: i64, version: i64) -> Result<Vec<(RunRow, i64, bool)>, StoreError> {
    connection
        .prepare_cached(&format!(
            "SELECT {RUN_COLUMNS}, version, deleted != 0 FROM runs JOIN projects ON projects.id = project WHERE project = ?1 AND version > ?2"
        ))
        .and_then(|mut select| select.query_map([project, version], |row| Ok((run_row(row)?, row.get(8)?, row.get(9)?)))?.collect())
        .map_err(store_error)
}

/// Id of a project.
pub(crate) fn find_project(connection: &Connection, entity: &str, name: &str) -> Result<Option<i64>, StoreError> {
    connection
        .prepare_cached("SELECT id FROM projects WHERE entity = ?1 AND name = ?2")
        .and_then(|mut select| select.query_row([entity, name], |row| row.get(0)).optional())
        .map_err(store_error)
}

/// Id, entity and name of all projects.
pub(crate) fn projects(connection: &Connection) -> Result<Vec<(i64, String, String)>, StoreError> {
    connection
        .prepare_cached("SELECT id, entity, name FROM projects ORDER BY entity, name")
        .and_then(|mut select| select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect())
        .map_err(store_error)
}

/// The streams of a run by rising priority: (attempt, stream id).
pub(crate) fn streams_of(connection: &Connection, run: i64) -> Result<Vec<StreamRow>, StoreError> {
    let mut streams = Vec::new();
    let mut select = connection
        .prepare_cached(
            "SELECT id, uuid, opening, heartbeat, exit_code, row_count, first_step, last_step, last_entry, last_time, latest_time
             FROM streams WHERE run = ?1",
        )
        .map_err(store_error)?;
    let mut rows = select.query([run]).map_err(store_error)?;
    while let Some(row) = rows.next().map_err(store_error)? {
        streams.push(stream_row(row).map_err(store_error)??);
    }
    streams.sort_by_key(|stream| (stream.facts.opening.attempt, stream.facts.id));
    Ok(streams)
}

fn stream_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Result<StreamRow, StoreError>> {
    let opening = match decode_opening(row.get_ref(2)?.as_blob()?) {
        Ok(opening) => opening,
        Err(error) => return Ok(Err(error)),
    };
    let count = row.get::<_, i64>(5)? as u64;
    let rows = if count > 0 {
        Some(StreamRows {
            count,
            first_step: row.get(6)?,
            last_step: row.get(7)?,
            last_entry: row.get::<_, i64>(8)? as u64,
            last_time: row.get(9)?,
            latest_time: row.get(10)?,
        })
    } else {
        None
    };
    let facts = StreamFacts { id: StreamId(row.get(1)?), opening, heartbeat: row.get(3)?, exit: row.get(4)? };
    Ok(Ok(StreamRow { id: row.get(0)?, facts, rows }))
}

/// See [`stepwell_store::Store::changed`]. Deleted runs are named to those who may have seen them.
pub(crate) fn changed(connection: &Connection, entity: &str, project: &str, since: u64) -> Result<Changed, StoreError> {
    let version = version(connection)?;
    let runs = connection
        .prepare_cached(
            "SELECT DISTINCT runs.name FROM runs JOIN projects ON projects.id = project
             WHERE entity = ?1 AND projects.name = ?2 AND version > ?3 AND (?3 > 0 OR deleted = 0) ORDER BY runs.name",
        )
        .and_then(|mut select| {
            let since = i64::try_from(since).unwrap_or(i64::MAX);
            select.query_map(params![entity, project, since], |row| row.get(0))?.collect()
        })
        .map_err(store_error)?;
    Ok(Changed { version: version as u64, runs })
}

/// See [`stepwell_store::Store::delete_run`]. The run is gone at once; what belonged to it is purged by
/// [`purge`].
pub(crate) fn delete_run(connection: &Connection, path: &RunPath) -> Result<(), StoreError> {
    let run = find_run(connection, path)?.ok_or_else(|| StoreError::NotFound(format!("run {path}")))?;
    let version = next_version(connection)?;
    connection.execute("UPDATE runs SET deleted = 1, version = ?2 WHERE id = ?1", [run.id, version]).map_err(store_error)?;
    Ok(())
}

/// Rows of a table that one transaction of [`purge`] deletes.
const PURGE_ROWS: usize = 20_000;

/// Removes some of what belonged to deleted runs. Returns whether it removed anything.
pub(crate) fn purge(connection: &Connection) -> Result<bool, StoreError> {
    let select = "SELECT id FROM runs WHERE deleted = 1 LIMIT 1";
    let Some(run) = connection.query_row(select, [], |row| row.get::<_, i64>(0)).optional().map_err(store_error)? else {
        return Ok(false);
    };
    let streams = "stream IN (SELECT id FROM streams WHERE run = ?1)";
    for (table, of_run) in [
        ("journal", streams),
        ("damaged_frames", streams),
        ("digests", "key IN (SELECT id FROM keys WHERE run = ?1)"),
        (
            "columns",
            "id IN (SELECT c.id FROM blocks CROSS JOIN columns c ON c.id >= blocks.id << 22 AND c.id < (blocks.id + 1) << 22
             WHERE blocks.stream IN (SELECT id FROM streams WHERE run = ?1) LIMIT 20000)",
        ),
        ("blocks", streams),
        ("others", "key IN (SELECT id FROM keys WHERE run = ?1)"),
    ] {
        let delete = format!("DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {of_run} LIMIT {PURGE_ROWS})");
        if connection.execute(&delete, [run]).map_err(store_error)? > 0 {
            return Ok(true);
        }
    }
    for delete in [
        "DELETE FROM parts WHERE key IN (SELECT id FROM keys WHERE run = ?1)",
        "DELETE FROM series WHERE key IN (SELECT id FROM keys WHERE run = ?1)",
        "DELETE FROM keys WHERE run = ?1",
        "DELETE FROM settings WHERE run = ?1",
        "DELETE FROM metrics WHERE run = ?1",
        "DELETE FROM files WHERE run = ?1",
        "DELETE FROM run_digests WHERE run = ?1",
        "UPDATE runs SET deleted = 2 WHERE id = ?1",
    ] {
        connection.execute(delete, [run]).map_err(store_error)?;
    }
    Ok(true)
}
