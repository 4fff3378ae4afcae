//! Frames of the journal that cannot be read any more: set aside, so that everything else goes on, and counted among what their runs lost.

use crate::append::add_loss;
use crate::catalog::next_version;
use crate::error::store_error;
use crate::journal::examine;
use rusqlite::{Connection, params};
use stepwell_model::StreamId;
use stepwell_store::{LossTotals, StoreError};

/// A frame that cannot be read.
#[derive(Debug)]
pub(crate) struct DamagedFrame {
    pub(crate) id: i64,
    reason: String,
}

/// Looks through the whole journal.
pub(crate) fn find(connection: &Connection) -> Result<Vec<DamagedFrame>, StoreError> {
    let ids: Vec<i64> = connection
        .prepare_cached("SELECT id FROM journal")
        .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect())
        .map_err(store_error)?;
    let mut found = Vec::new();
    for id in ids {
        if let Err(reason) = examine(connection, id)? {
            found.push(DamagedFrame { id, reason });
        }
    }
    Ok(found)
}

/// Moves the frames out of the journal, those that are still there, and says so.
pub(crate) fn set_aside(connection: &Connection, frames: &[DamagedFrame]) -> Result<Option<String>, StoreError> {
    let mut told = Vec::new();
    for DamagedFrame { id, reason } in frames {
        let moved = "INSERT INTO damaged_frames (id, stream, first, last, lost_rows, reason, frame)
             SELECT id, stream, first, last, ifnull(row_count, last - first + 1), ?2, frame FROM journal WHERE id = ?1";
        if connection.execute(moved, params![id, reason]).map_err(store_error)? == 0 {
            continue;
        }
        connection.execute("DELETE FROM journal WHERE id = ?1", [id]).map_err(store_error)?;
        let of_frame = "SELECT run, uuid, first, last, damaged_frames.lost_rows
             FROM damaged_frames JOIN streams ON streams.id = stream WHERE damaged_frames.id = ?1";
        let read = |row: &rusqlite::Row<'_>| {
            let numbers: (i64, i64) = (row.get(2)?, row.get(3)?);
            Ok((row.get::<_, i64>(0)?, StreamId(row.get(1)?), numbers, row.get::<_, i64>(4)? as u64))
        };
        let (run, stream, (first, last), lost_rows) = connection.query_row(of_frame, [id], read).map_err(store_error)?;
        add_loss(connection, run, LossTotals { lost_rows, ..LossTotals::default() }).map_err(store_error)?;
        let version = next_version(connection)?;
        let touch = "UPDATE runs SET version = ?2, rows_version = ?2 WHERE id = ?1";
        connection.execute(touch, [run, version]).map_err(store_error)?;
        told.push(format!("entries {first} to {last} of stream {stream} cannot be read ({reason}), {lost_rows} rows are lost"));
    }
    let where_to = "; the frames are kept in the table damaged_frames of store.sqlite, and everything else goes on";
    Ok((!told.is_empty()).then(|| told.join("; ") + where_to))
}
