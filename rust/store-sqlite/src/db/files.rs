//! The files of runs: for each path the content that was said last.

use crate::db::error::store_error;
use rusqlite::{Connection, OptionalExtension, params};
use stepwell_model::{BlobId, FileVersion};
use stepwell_store::merge::Stamp;
use stepwell_store::{FileInfo, StoreError};

/// Takes in what was said of a file, unless something later is known.
pub(crate) fn put(connection: &Connection, run: i64, stamp: Stamp, file: &FileVersion) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO files (run, path, time, stream, entry, blob, size) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (run, path) DO UPDATE SET time = ?3, stream = ?4, entry = ?5, blob = ?6, size = ?7
             WHERE (?3, ?4, ?5) >= (time, stream, entry)",
        )?
        .execute(params![run, file.path, stamp.time, stamp.stream.0, stamp.entry as i64, file.blob.0, file.size as i64])?;
    Ok(())
}

/// All files of a run, by path.
pub(crate) fn all(connection: &Connection, run: i64) -> Result<Vec<FileInfo>, StoreError> {
    connection
        .prepare_cached("SELECT path, time, blob, size FROM files WHERE run = ?1 ORDER BY path")
        .and_then(|mut select| select.query_map([run], info)?.collect())
        .map_err(store_error)
}

/// One file of a run.
pub(crate) fn one(connection: &Connection, run: i64, path: &str) -> Result<Option<FileInfo>, StoreError> {
    connection
        .prepare_cached("SELECT path, time, blob, size FROM files WHERE run = ?1 AND path = ?2")
        .and_then(|mut select| select.query_row(params![run, path], info).optional())
        .map_err(store_error)
}

/// The contents that any run names, sorted.
pub(crate) fn named_blobs(connection: &Connection) -> Result<Vec<BlobId>, StoreError> {
    connection
        .prepare_cached("SELECT DISTINCT blob FROM files JOIN runs ON runs.id = files.run WHERE deleted = 0 ORDER BY blob")
        .and_then(|mut select| select.query_map([], |row| row.get(0).map(BlobId))?.collect())
        .map_err(store_error)
}

fn info(row: &rusqlite::Row<'_>) -> rusqlite::Result<FileInfo> {
    let file = FileVersion { path: row.get(0)?, blob: BlobId(row.get(2)?), size: row.get::<_, i64>(3)? as u64 };
    Ok(FileInfo { file, time: row.get(1)? })
}
