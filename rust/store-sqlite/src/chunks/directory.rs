//! Directory of the chunks of each series: where they are, which steps they have, and the statistics of
//! their pieces, one after the other in the table `parts`, and those that are complete in `digests`.

use crate::chunks::column::{blob, read_one, unpack, unpack_integers};
use crate::chunks::digest::{self, Digest, DigestPieces};
use crate::chunks::pieces::{self, Growth};
use crate::chunks::stats::{self, Piece};
use crate::chunks::{packed_stats, row_group};
use crate::db::error::store_error;
use rusqlite::{Connection, params};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use stepwell_model::Step;
use stepwell_store::{StepRange, StoreError};

/// A chunk as the directory knows it.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    /// Row of `columns`.
    pub(crate) id: i64,
    pub(crate) first: Step,
    pub(crate) last: Step,
    pub(crate) count: u32,
    pub(crate) stats: ChunkStats,
}

impl Chunk {
    /// Its statistics as a whole, if they are at hand.
    pub(crate) fn whole(&self) -> Option<&Piece> {
        match &self.stats {
            ChunkStats::Whole { digest, place } => digest.wholes.get(*place),
            _ => None,
        }
    }
}

/// Statistics of a chunk.
#[derive(Debug, Clone)]
pub(crate) enum ChunkStats {
    /// None of a short one, and of one that an earlier version wrote.
    Unknown,
    /// Of its pieces, packed.
    Packed(Box<[u8]>),
    /// As a whole, at a place in a digest, which has those of its pieces too.
    Whole { digest: Arc<Digest>, place: usize },
}

/// Reads the pieces of chunks, and of each digest the list of them once.
pub(crate) struct PieceReader<'c> {
    connection: &'c Connection,
    digests: FxHashMap<i64, DigestPieces>,
}

impl<'c> PieceReader<'c> {
    /// A reader over a snapshot.
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, digests: FxHashMap::default() }
    }

    /// The pieces of a chunk, if their statistics are known.
    pub(crate) fn pieces(&mut self, chunk: &Chunk) -> Result<Option<Vec<Piece>>, StoreError> {
        let unpack = |stats: &[u8]| packed_stats::unpack(stats, chunk.first, chunk.last, chunk.count).map(Some);
        match &chunk.stats {
            ChunkStats::Unknown => Ok(None),
            ChunkStats::Packed(stats) => unpack(stats),
            ChunkStats::Whole { digest, place } => {
                if !self.digests.contains_key(&digest.id) {
                    self.digests.insert(digest.id, DigestPieces::read(self.connection, digest.id)?);
                }
                self.digests.get(&digest.id).map_or(Ok(None), |pieces| unpack(pieces.at(*place)?))
            }
        }
    }
}

/// What is known of a chunk's rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) first: Step,
    pub(crate) last: Step,
    pub(crate) count: u32,
    pub(crate) growth: Growth,
}

/// Adds a chunk.
pub(crate) fn add(
    connection: &Connection,
    (key, stream): (i64, i64),
    id: i64,
    extent: Extent,
    stats: Option<&[u8]>,
) -> Result<(), StoreError> {
    let Extent { first, last, count, growth } = extent;
    let sql = "INSERT INTO parts (key, stream, id, first_step, last_step, count, complete, stats) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    connection
        .prepare_cached(sql)
        .and_then(|mut insert| insert.execute(params![key, stream, id, first, last, count, growth == Growth::Ended, stats]))
        .map_err(store_error)?;
    Ok(())
}

/// Removes a chunk, which is not complete.
pub(crate) fn remove(connection: &Connection, (key, stream): (i64, i64), id: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM parts WHERE key = ?1 AND stream = ?2 AND id = ?3")
        .and_then(|mut delete| delete.execute([key, stream, id]))
        .map_err(store_error)?;
    Ok(())
}

/// The chunks of a key and stream that have rows between these steps, or around them.
pub(crate) fn chunks(connection: &Connection, key: i64, stream: i64, steps: StepRange) -> Result<Vec<Chunk>, StoreError> {
    let mut chunks = Vec::new();
    for place in digest::places(connection, key, stream, steps)? {
        chunks.extend(digest::chunks(connection, place.id, steps)?);
    }
    chunks.extend(parts(connection, key, stream, steps)?);
    Ok(chunks)
}

/// Those of them that are in no digest.
pub(crate) fn parts(connection: &Connection, key: i64, stream: i64, steps: StepRange) -> Result<Vec<Chunk>, StoreError> {
    let sql =
        "SELECT id, first_step, last_step, count, stats FROM parts WHERE key = ?1 AND stream = ?2 AND first_step <= ?3 AND last_step >= ?4";
    let chunk = |row: &rusqlite::Row<'_>| {
        let stats = row.get_ref(4)?.as_blob_or_null()?.map_or(ChunkStats::Unknown, |stats| ChunkStats::Packed(stats.into()));
        Ok(Chunk { id: row.get(0)?, first: row.get(1)?, last: row.get(2)?, count: row.get(3)?, stats })
    };
    connection
        .prepare_cached(sql)
        .and_then(|mut select| select.query_map(params![key, stream, steps.last, steps.first], chunk)?.collect())
        .map_err(store_error)
}

/// Number of rows of all chunks of a key and stream.
pub(crate) fn rows(connection: &Connection, key: i64, stream: i64) -> Result<u64, StoreError> {
    let sql = "SELECT ifnull((SELECT sum(points) FROM digests WHERE key = ?1 AND stream = ?2), 0)
             + ifnull((SELECT sum(count) FROM parts WHERE key = ?1 AND stream = ?2), 0)";
    connection
        .prepare_cached(sql)
        .and_then(|mut select| select.query_row([key, stream], |row| row.get::<_, i64>(0)))
        .map(|rows| rows as u64)
        .map_err(store_error)
}

/// Whether there is any chunk of a key and stream.
pub(crate) fn any(connection: &Connection, key: i64, stream: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM parts WHERE key = ?1 AND stream = ?2 UNION ALL SELECT 1 FROM digests WHERE key = ?1 AND stream = ?2";
    connection.prepare_cached(sql).and_then(|mut select| select.exists([key, stream])).map_err(store_error)
}

/// Chunks of an earlier version that [`fill`] reads at once.
const FILLED_CHUNKS: u32 = 64;

/// Makes the statistics of some chunks that have none. Returns the keys and streams of which there were any.
pub(crate) fn fill(connection: &Connection) -> Result<Vec<(i64, i64)>, StoreError> {
    let select = "SELECT key, stream, id FROM parts INDEXED BY parts_without_stats WHERE stats IS NULL AND count >= 256 LIMIT ?1";
    let found: Vec<[i64; 3]> = connection
        .prepare_cached(select)
        .and_then(|mut select| select.query_map([FILLED_CHUNKS], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?.collect())
        .map_err(store_error)?;
    let mut update =
        connection.prepare_cached("UPDATE parts SET stats = ?4 WHERE key = ?1 AND stream = ?2 AND id = ?3").map_err(store_error)?;
    for &[key, stream, id] in &found {
        let sql =
            "SELECT row_count, steps, numbers, key_count FROM columns JOIN blocks ON blocks.id = columns.id >> 22 WHERE columns.id = ?1";
        let stats = read_one(connection, sql, id, |count, row| {
            let (steps, numbers) = (unpack_integers(blob(row, 1)?, count)?, unpack(blob(row, 2)?, count)?);
            let capacity = row_group::capacity(row.get::<_, i64>(3).map_err(store_error)? as usize);
            let width = pieces::width(&steps, capacity);
            let regular_width = pieces::stride(&steps).map(|_| width);
            Ok(packed_stats::pack(&stats::of_column(&steps, &numbers, width, capacity), regular_width))
        })?;
        update.execute(params![key, stream, id, stats]).map_err(store_error)?;
    }
    let mut series: Vec<(i64, i64)> = found.iter().map(|&[key, stream, _]| (key, stream)).collect();
    series.sort_unstable();
    series.dedup();
    Ok(series)
}
