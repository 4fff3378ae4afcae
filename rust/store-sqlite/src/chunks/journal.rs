//! Frames of the journal, decoded: a cache of what the check of a frame has decoded, or a reader.
//!
//! It knows a frame by its stream and its entries, which never become others: so what is cached stays true
//! where the file is replaced, and ids in it mean other frames.

use crate::db::error::{damaged, store_error};
use rusqlite::{Connection, params_from_iter};
use std::sync::Arc;
use stepwell_codec::FrameView;
use stepwell_model::StreamId;
use stepwell_store::decode::FrameRows;
use stepwell_store::{ByteLru, StoreError, StreamFrame};

/// A frame in the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JournalEntry {
    pub(crate) id: i64,
    pub(crate) stream: i64,
    pub(crate) name: FrameName,
}

/// Identity of a frame, in whatever file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FrameName {
    pub(crate) stream: StreamId,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) bytes: i64,
}

impl FrameName {
    /// That of a frame which was appended.
    pub(crate) fn of(frame: &StreamFrame) -> Self {
        let (first, last) = (frame.header.first as i64, frame.header.last() as i64);
        Self { stream: frame.stream, first, last, bytes: frame.bytes.len() as i64 }
    }
}

/// Decoded frames of the journal.
pub(crate) type JournalCache = ByteLru<FrameName, Arc<FrameRows>>;

/// Keeps the rows of a frame that was appended, if whoever checked it had them.
pub(crate) fn keep(cache: &JournalCache, frame: &StreamFrame) {
    if let Some(rows) = &frame.rows {
        cache.put(FrameName::of(frame), Arc::clone(rows), rows.bytes());
    }
}

/// The rows of a frame that is in the journal.
pub(crate) fn rows(cache: &JournalCache, connection: &Connection, entry: &JournalEntry) -> Result<Arc<FrameRows>, StoreError> {
    if let Some(rows) = cache.get(&entry.name) {
        return Ok(rows);
    }
    // Two readers may both decode it, to the same result.
    let rows = Arc::new(decode(connection, entry.id)?);
    cache.put(entry.name, Arc::clone(&rows), rows.bytes());
    Ok(rows)
}

/// The rows of a frame that is about to leave the journal.
pub(crate) fn take(cache: &JournalCache, connection: &Connection, entry: &JournalEntry) -> Result<FrameRows, StoreError> {
    match cache.remove(&entry.name) {
        Some(rows) => Ok(Arc::unwrap_or_clone(rows)),
        None => decode(connection, entry.id),
    }
}

/// Reads and decodes a frame, its checksums checked again.
fn decode(connection: &Connection, id: i64) -> Result<FrameRows, StoreError> {
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

/// Part of the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// Everything.
    All,
    /// The frames of a run.
    Run(i64),
    /// Those of a stream, in order.
    Stream(i64),
}

/// The frames of a part of the journal.
pub(crate) fn entries(connection: &Connection, part: Part) -> Result<Vec<JournalEntry>, StoreError> {
    let (condition, id) = match part {
        Part::All => ("", None),
        Part::Run(run) => ("WHERE streams.run = ?1", Some(run)),
        Part::Stream(stream) => ("WHERE streams.id = ?1 ORDER BY first", Some(stream)),
    };
    let sql = format!(
        "SELECT journal.id, stream, uuid, first, last, bytes FROM streams CROSS JOIN journal ON journal.stream = streams.id {condition}"
    );
    let entry = |row: &rusqlite::Row<'_>| {
        let name = FrameName { stream: StreamId(row.get(2)?), first: row.get(3)?, last: row.get(4)?, bytes: row.get(5)? };
        Ok(JournalEntry { id: row.get(0)?, stream: row.get(1)?, name })
    };
    connection.prepare_cached(&sql).and_then(|mut select| select.query_map(params_from_iter(id), entry)?.collect()).map_err(store_error)
}
