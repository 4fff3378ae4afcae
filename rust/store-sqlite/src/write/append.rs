//! Append: frames to the journal, statements to their tables, durable numbers forward, in one transaction
//! (invariants 1 and 2, A2, A3).
//!
//! Rows are not decoded here. The payload is read only of frames that hold statements.

use crate::db::catalog::{self, StreamPosition};
use crate::db::error::{damaged, store_error};
use crate::db::files;
use rusqlite::{Connection, params};
use rustc_hash::FxHashMap;
use stepwell_codec::payload::{EntryRef, KeyTable, PayloadBuilder};
use stepwell_codec::{PayloadReader, msgpack};
use stepwell_model::{Entry, EntryNumber, StreamId};
use stepwell_store::merge::Stamp;
use stepwell_store::opening::{check_known, outcome_of_another};
use stepwell_store::statement::{Setting, SettingKind, Statements, settings_of, statement_time};
use stepwell_store::{AppendOutcome, LossTotals, StoreError, StreamFrame};

/// Takes in frames within the caller's transaction. One outcome per frame.
pub(crate) fn append(connection: &Connection, frames: &[StreamFrame]) -> Result<Vec<AppendOutcome>, StoreError> {
    let mut streams: FxHashMap<StreamId, StreamPosition> = FxHashMap::default();
    let mut changed: FxHashMap<i64, bool> = FxHashMap::default();
    let mut outcomes = Vec::with_capacity(frames.len());
    for frame in frames {
        let position = match streams.get_mut(&frame.stream) {
            Some(position) => position,
            None => {
                let position = catalog::position(connection, frame.stream)?;
                check_known(position.is_some(), frame.stream)?;
                match position {
                    Some(position) => streams.entry(frame.stream).or_insert(position),
                    None => continue,
                }
            }
        };
        catalog::check_not_deleted(connection, position)?;
        if frame.header.first != position.durable + 1 {
            outcomes.push(outcome_of_another(&frame.header, position.durable));
            continue;
        }
        position.durable = frame.header.last();
        let position = *position;
        let statements = match &frame.statements {
            Some(payload) => apply_statements(connection, &position, frame, payload)?,
            None => 0,
        };
        write_frame(connection, &position, frame, u64::from(frame.header.count) - statements)?;
        *changed.entry(position.run).or_default() = true;
        outcomes.push(AppendOutcome::Durable(frame.header.last()));
    }
    let mut update = connection.prepare_cached("UPDATE streams SET durable = ?2 WHERE id = ?1 AND durable != ?2").map_err(store_error)?;
    for position in streams.values() {
        update.execute(params![position.id, position.durable as i64]).map_err(store_error)?;
    }
    if !changed.is_empty() {
        let version = catalog::next_version(connection)?;
        let mut update = connection.prepare_cached("UPDATE runs SET version = ?2, rows_version = ?2 WHERE id = ?1").map_err(store_error)?;
        for run in changed.keys() {
            update.execute([*run, version]).map_err(store_error)?;
        }
    }
    Ok(outcomes)
}

fn write_frame(connection: &Connection, position: &StreamPosition, frame: &StreamFrame, rows: u64) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO journal (stream, first, last, bytes, frame, row_count) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        .and_then(|mut insert| {
            let (first, last) = (frame.header.first as i64, frame.header.last() as i64);
            insert.execute(params![position.id, first, last, frame.bytes.len() as i64, &frame.bytes[..], rows as i64])
        })
        .map_err(store_error)?;
    Ok(())
}

/// Applies the statements of a frame, and counts them.
fn apply_statements(connection: &Connection, position: &StreamPosition, frame: &StreamFrame, payload: &[u8]) -> Result<u64, StoreError> {
    let invalid = |error| StoreError::Invalid(format!("a frame of stream {}: {error}", frame.stream));
    let mut reader = PayloadReader::new(payload, frame.header.count).map_err(invalid)?;
    let mut number: EntryNumber = frame.header.first;
    let mut statements = 0;
    while let Some(entry) = reader.next_entry().map_err(invalid)? {
        if let EntryRef::Statement(entry) = entry {
            let stamp = Stamp { time: statement_time(&entry), stream: frame.stream, entry: number };
            apply(connection, position, stamp, &entry).map_err(store_error)?;
            statements += 1;
        }
        number += 1;
    }
    Ok(statements)
}

fn apply(connection: &Connection, position: &StreamPosition, stamp: Stamp, entry: &Entry) -> rusqlite::Result<()> {
    for setting in settings_of(entry) {
        let value = setting.value.as_ref().map(msgpack::to_bytes);
        connection
            .prepare_cached(
                "INSERT INTO settings (run, kind, key, time, stream, entry, value, until_logged) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (run, kind, key) DO UPDATE SET time = ?4, stream = ?5, entry = ?6, value = ?7, until_logged = ?8
                 WHERE (?4, ?5, ?6) >= (time, stream, entry)",
            )?
            .execute(params![
                position.run,
                code(setting.kind),
                setting.key,
                stamp.time,
                stamp.stream.0,
                stamp.entry as i64,
                value,
                setting.until_logged
            ])?;
    }
    match entry {
        Entry::Metric { .. } => {
            let (mut builder, mut payload) = (PayloadBuilder::new(), Vec::new());
            builder.statement(entry);
            builder.finish(&KeyTable::default(), &mut payload);
            connection
                .prepare_cached("INSERT INTO metrics (run, time, stream, entry, statement) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![position.run, stamp.time, stamp.stream.0, stamp.entry as i64, payload])?;
        }
        Entry::Lost { report, .. } => {
            let mut loss = LossTotals::default();
            loss.add(report.rows, report.kept);
            add_loss(connection, position.run, loss)?;
        }
        Entry::File { file, .. } => files::put(connection, position.run, stamp, file)?,
        Entry::Exit { code, .. } => {
            connection.prepare_cached("UPDATE streams SET exit_code = ?2 WHERE id = ?1")?.execute(params![position.id, code])?;
        }
        _ => {}
    }
    Ok(())
}

/// Adds to what a run has lost.
pub(crate) fn add_loss(connection: &Connection, run: i64, loss: LossTotals) -> rusqlite::Result<()> {
    let bounded = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "UPDATE runs SET sampled_rows = sampled_rows + min(?2, 9223372036854775807 - sampled_rows),
             lost_rows = lost_rows + min(?3, 9223372036854775807 - lost_rows) WHERE id = ?1",
        )?
        .execute(params![run, bounded(loss.sampled_rows), bounded(loss.lost_rows)])?;
    Ok(())
}

fn code(kind: SettingKind) -> i64 {
    match kind {
        SettingKind::Config => 0,
        SettingKind::Summary => 1,
        SettingKind::Info => 2,
    }
}

/// State that the statements of a run come to.
pub(crate) fn statements_of(connection: &Connection, run: &catalog::RunRow) -> Result<Statements, StoreError> {
    let mut statements = Statements { loss: run.loss, ..Statements::default() };
    let mut select = connection
        .prepare_cached("SELECT kind, key, time, stream, entry, value, until_logged FROM settings WHERE run = ?1")
        .map_err(store_error)?;
    let mut rows = select.query([run.id]).map_err(store_error)?;
    while let Some(row) = rows.next().map_err(store_error)? {
        let (stamp, setting) = read_setting(row).map_err(store_error)??;
        statements.set(stamp, setting);
    }
    let mut select = connection.prepare_cached("SELECT time, stream, entry, statement FROM metrics WHERE run = ?1").map_err(store_error)?;
    let mut rows = select.query([run.id]).map_err(store_error)?;
    while let Some(row) = rows.next().map_err(store_error)? {
        let read = || -> rusqlite::Result<(Stamp, Vec<u8>)> {
            Ok((Stamp { time: row.get(0)?, stream: StreamId(row.get(1)?), entry: row.get::<_, i64>(2)? as u64 }, row.get(3)?))
        };
        let (stamp, payload) = read().map_err(store_error)?;
        for entry in PayloadReader::new(&payload, 1).and_then(PayloadReader::entries).map_err(damaged)? {
            statements.apply(stamp, &entry);
        }
    }
    Ok(statements)
}

fn read_setting(row: &rusqlite::Row<'_>) -> rusqlite::Result<Result<(Stamp, Setting), StoreError>> {
    let kind = match row.get(0)? {
        0 => SettingKind::Config,
        1 => SettingKind::Summary,
        _ => SettingKind::Info,
    };
    let (key, until_logged) = (row.get(1)?, row.get(6)?);
    let stamp = Stamp { time: row.get(2)?, stream: StreamId(row.get(3)?), entry: row.get::<_, i64>(4)? as u64 };
    let value = row.get_ref(5)?.as_blob_or_null()?.map(msgpack::from_bytes).transpose().map_err(damaged);
    Ok(value.map(|value| (stamp, Setting { kind, key, value, until_logged })))
}
