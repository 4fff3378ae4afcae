//! Frames of the journal, decoded: a cache by journal id, which is never given twice, so what is cached stays true.

use crate::db::error::{damaged, store_error};
use rusqlite::Connection;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use stepwell_codec::FrameView;
use stepwell_lock::Mutex;
use stepwell_store::StoreError;
use stepwell_store::decode::FrameRows;

/// A frame in the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JournalEntry {
    pub(crate) id: i64,
    pub(crate) stream: i64,
}

/// Decoded frames, the least recently used ones dropped when they take more than the budget.
pub(crate) struct JournalCache {
    budget_bytes: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    frames: FxHashMap<i64, Cached>,
    bytes: usize,
    clock: u64,
}

struct Cached {
    rows: Arc<FrameRows>,
    bytes: usize,
    used: u64,
}

impl JournalCache {
    /// An empty cache.
    pub(crate) fn new(budget_bytes: usize) -> Self {
        Self { budget_bytes, state: Mutex::default() }
    }

    /// The rows of a frame that is in the journal.
    pub(crate) fn rows(&self, connection: &Connection, id: i64) -> Result<Arc<FrameRows>, StoreError> {
        {
            let mut state = self.state.lock();
            state.clock += 1;
            let used = state.clock;
            if let Some(cached) = state.frames.get_mut(&id) {
                cached.used = used;
                return Ok(cached.rows.clone());
            }
        }
        // Decoded without the lock: two readers may both do it, to the same result.
        let rows = Arc::new(decode(connection, id)?);
        let mut state = self.state.lock();
        let (bytes, used) = (rows.bytes(), state.clock);
        if state.frames.insert(id, Cached { rows: rows.clone(), bytes, used }).is_none() {
            state.bytes += bytes;
        }
        if state.bytes > self.budget_bytes {
            state.evict(self.budget_bytes / 4 * 3);
        }
        Ok(rows)
    }

    /// Forgets a frame that has left the journal.
    pub(crate) fn forget(&self, id: i64) {
        let mut state = self.state.lock();
        if let Some(cached) = state.frames.remove(&id) {
            state.bytes -= cached.bytes;
        }
    }
}

impl State {
    fn evict(&mut self, bytes: usize) {
        let mut by_use: Vec<(u64, i64)> = self.frames.iter().map(|(id, cached)| (cached.used, *id)).collect();
        by_use.sort_unstable();
        for (_, id) in by_use {
            if self.bytes <= bytes {
                break;
            }
            if let Some(cached) = self.frames.remove(&id) {
                self.bytes -= cached.bytes;
            }
        }
    }
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
