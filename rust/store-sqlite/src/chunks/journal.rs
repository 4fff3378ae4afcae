//! Frames of the journal, decoded: a cache by journal id, which is never given twice, so what is cached stays
//! true.

use crate::db::error::{damaged, store_error};
use rusqlite::Connection;
use std::sync::Arc;
use stepwell_codec::FrameView;
use stepwell_store::decode::FrameRows;
use stepwell_store::{ByteLru, StoreError};

/// A frame in the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JournalEntry {
    pub(crate) id: i64,
    pub(crate) stream: i64,
}

/// Decoded frames of the journal by id.
pub(crate) type JournalCache = ByteLru<i64, Arc<FrameRows>>;

/// The rows of a frame that is in the journal.
pub(crate) fn rows(cache: &JournalCache, connection: &Connection, id: i64) -> Result<Arc<FrameRows>, StoreError> {
    if let Some(rows) = cache.get(&id) {
        return Ok(rows);
    }
    // Two readers may both decode it, to the same result.
    let rows = Arc::new(decode(connection, id)?);
    cache.put(id, Arc::clone(&rows), rows.bytes());
    Ok(rows)
}

/// Reads and decodes a frame, its checksums checked again.
pub(crate) fn decode(connection: &Connection, id: i64) -> Result<FrameRows, StoreError> {
    examine(connection, id)?.map_err(|reason| damaged(format!("frame {id} of the journal: {reason}")))
}

/// As [`decode`]; the inner error says what is wrong with a frame whose bytes could be read.
pub(crate) fn examine(connection: &Connection, id: i64) -> Result<Result<FrameRows, String>, StoreError> {
    let mut select = connection.prepare_cached("SELECT frame FROM journal WHERE id = ?1").map_err(store_error)?;
    let mut rows = select.query([id]).map_err(store_error)?;
    let row = rows.next().map_err(store_error)?.ok_or_else(|| damaged(format!("frame {id} is not in the journal")))?;
    let bytes = row.get_ref(0).map_err(store_error)?.as_blob().map_err(|error| store_error(error.into()))?;
    Ok(decode_bytes(bytes))
}

fn decode_bytes(bytes: &[u8]) -> Result<FrameRows, String> {
    let frame = FrameView::parse(bytes).map_err(|error| error.to_string())?;
    let payload = frame.payload().map_err(|error| error.to_string())?;
    FrameRows::decode(&payload, frame.header.first, frame.header.count).map_err(|error| error.to_string())
}

/// The journal's frames of a run.
pub(crate) fn entries_of(connection: &Connection, run: i64) -> Result<Vec<JournalEntry>, StoreError> {
    connection
        .prepare_cached("SELECT journal.id, stream FROM streams CROSS JOIN journal ON journal.stream = streams.id WHERE streams.run = ?1")
        .and_then(|mut select| select.query_map([run], |row| Ok(JournalEntry { id: row.get(0)?, stream: row.get(1)? }))?.collect())
        .map_err(store_error)
}
