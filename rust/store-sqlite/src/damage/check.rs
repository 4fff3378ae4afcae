//! A store checked as a whole without changing it: every page, every row, and what SQLite says of its trees.

use crate::damage::frames;
use crate::damage::heal::OnDamage;
use crate::damage::salvage::pages::{Log, Pages};
use crate::damage::salvage::rows::TABLES;
use crate::db::connection::{self, FILE_NAME, OpenError};
use crate::db::database::Database;
use crate::db::error::store_error;
use crate::db::pages::is_older;
use rusqlite::Connection;
use std::path::Path;
use stepwell_model::{EntryNumber, StreamId};
use stepwell_store::StoreError;

/// Problems of one sort that are named one by one.
const NAMED: usize = 20;

/// Findings of a check.
#[derive(Debug, Default)]
pub struct Check {
    /// Problems, in sentences.
    pub problems: Vec<String>,
    /// Losses by damage that was met before, in sentences.
    pub losses: Vec<String>,
    /// Number up to which each stream is stored; empty if that cannot be read.
    pub durable: Vec<(StreamId, EntryNumber)>,
}

/// Checks the store in `directory`. A program that has it open goes on meanwhile; what it writes is seen or
/// not.
///
/// # Errors
/// If the file cannot be read at all.
pub fn check(directory: &Path) -> Result<Check, OpenError> {
    let path = directory.join(FILE_NAME);
    let unusable = |error: std::io::Error| OpenError::Unusable { path: path.clone(), reason: error.to_string() };
    let mut check = Check::default();
    if Log::of(&path).map_err(unusable)?.damaged {
        check.problems.push("its write-ahead log is damaged".into());
    }
    let mut pages = Pages::open(&path).map_err(unusable)?;
    if pages.count > 0 && !is_older(&pages.read(1).map_err(unusable)?.0) {
        let free = pages.free().map_err(unusable)?;
        let mut damaged = Vec::new();
        for number in (1..=pages.count).filter(|number| !free.contains(number)) {
            if !pages.read(number).map_err(unusable)?.1 {
                damaged.push(number);
            }
        }
        check.problems.extend(damaged.iter().take(NAMED).map(|number| format!("page {number} is not what was written")));
        if damaged.len() > NAMED {
            check.problems.push(format!("{} pages are not what was written", damaged.len()));
        }
    }
    if check.problems.is_empty() {
        match connection::open(&path).map_err(store_error).and_then(|connection| check.look(&connection)) {
            Ok(()) => {}
            Err(error) => check.problems.push(error.to_string()),
        }
    }
    Ok(check)
}

impl Check {
    fn look(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let found: Vec<String> = connection
            .prepare(&format!("PRAGMA integrity_check({NAMED})"))
            .and_then(|mut check| check.query_map([], |row| row.get(0))?.collect())
            .map_err(store_error)?;
        self.problems.extend(found.into_iter().filter(|found| found != "ok"));
        for table in TABLES {
            let name = table.name;
            let has = "SELECT count(*) FROM pragma_table_xinfo(?1) WHERE name = 'crc'";
            if connection.query_row(has, [name], |row| row.get::<_, i64>(0)).map_err(store_error)? == 0 {
                continue;
            }
            let wrong = format!("SELECT count(*) FROM {name} WHERE crc != row_crc({}, {})", table.tag, table.columns.join(", "));
            let wrong: i64 = connection.query_row(&wrong, [], |row| row.get(0)).map_err(store_error)?;
            if wrong > 0 {
                self.problems.push(format!("{wrong} rows of the table {name} are not what was written"));
            }
        }
        let frames = frames::find(connection)?;
        self.problems.extend(frames.iter().take(NAMED).map(|frame| format!("a frame of the journal cannot be read: {}", frame.reason)));
        if connection.prepare("SELECT report FROM recoveries").is_ok() {
            self.losses = recoveries(connection)?;
        }
        self.durable = connection
            .prepare("SELECT uuid, durable FROM streams")
            .and_then(|mut select| select.query_map([], |row| Ok((StreamId(row.get(0)?), row.get::<_, i64>(1)? as u64)))?.collect())
            .map_err(store_error)?;
        Ok(())
    }
}

/// Makes the store in `directory` anew of what can be read of it, if anything in it is damaged. Returns what
/// is missing since, in sentences.
///
/// # Errors
/// If it cannot be read, or there is no room for a new file.
pub fn repair(directory: &Path) -> Result<Vec<String>, OpenError> {
    if check(directory)?.problems.is_empty() {
        return Ok(Vec::new());
    }
    let path = directory.join(FILE_NAME);
    let failed = |error: StoreError| OpenError::Unusable { path: path.clone(), reason: error.to_string() };
    let database = Database::open(directory, OnDamage::Salvage)?;
    // Opening it may have been enough.
    if !check(directory)?.problems.is_empty() {
        let frames = database.read(frames::find).unwrap_or_default();
        database.writer().and_then(|mut writer| writer.transaction(|connection| frames::set_aside(connection, &frames))).map_err(failed)?;
        if !check(directory)?.problems.is_empty() {
            database.heal(database.file_id()).map_err(failed)?;
        }
    }
    database.read(recoveries).map_err(failed)
}

/// Losses, one for each time that rows were taken out of a damaged file.
pub(crate) fn recoveries(connection: &Connection) -> Result<Vec<String>, StoreError> {
    connection
        .prepare("SELECT report FROM recoveries ORDER BY id")
        .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect())
        .map_err(store_error)
}
