//! Digests of long series: complete chunks by the hundred in one row, so that a chart of a hundred million
//! points reads a few rows, and each chunk as a whole unless the chart shows less.
//!
//! ```text
//! chunks := count: varint, rise of the id: zigzag varint per chunk, packed statistics of each as a whole
//! pieces := (bytes: varint, packed statistics of its pieces) per chunk
//! ```
//!
//! A digest is written once. What it names is never rewritten: the chunks are complete.

use crate::chunks::column::blob;
use crate::chunks::directory::{Chunk, ChunkStats, PieceReader};
use crate::chunks::packed_stats::{Packer, Unpacker, pack_into, unpack};
use crate::chunks::pieces::PieceSteps;
use crate::chunks::stats::Piece;
use crate::db::error::{damaged, store_error};
use rusqlite::{Connection, params};
use std::ops::Range;
use std::sync::Arc;
use stepwell_model::Step;
use stepwell_store::{StepRange, StoreError};

/// Chunks of a digest at most.
const MOST_CHUNKS: u32 = 1_024;

/// Moves the complete chunks of a key and stream from `parts` into a digest, if there are `least`.
pub(crate) fn pack_series(connection: &Connection, (key, stream): (i64, i64), least: usize) -> Result<(), StoreError> {
    let sql = "SELECT id, first_step, last_step, count, stats FROM parts
         WHERE key = ?1 AND stream = ?2 AND complete = 1 AND stats IS NOT NULL ORDER BY id LIMIT ?3";
    let chunk = |row: &rusqlite::Row<'_>| {
        let stats = ChunkStats::Packed(row.get_ref(4)?.as_blob()?.into());
        Ok(Chunk { id: row.get(0)?, first: row.get(1)?, last: row.get(2)?, count: row.get(3)?, stats })
    };
    let chunks: Vec<Chunk> = connection
        .prepare_cached(sql)
        .and_then(|mut select| select.query_map(params![key, stream, MOST_CHUNKS], chunk)?.collect())
        .map_err(store_error)?;
    let (Some(first), Some(last)) = (chunks.iter().map(|chunk| chunk.first).min(), chunks.iter().map(|chunk| chunk.last).max()) else {
        return Ok(());
    };
    if chunks.len() < least {
        return Ok(());
    }
    let (mut packed, mut pieces, mut wholes) = (Packer::default(), Packer::default(), Vec::with_capacity(chunks.len()));
    let mut reader = PieceReader::new(connection);
    let mut remove = connection.prepare_cached("DELETE FROM parts WHERE key = ?1 AND stream = ?2 AND id = ?3").map_err(store_error)?;
    packed.varint(chunks.len() as u64);
    let mut before = 0;
    for chunk in &chunks {
        packed.signed(chunk.id.wrapping_sub(before));
        before = chunk.id;
        wholes.extend(reader.pieces(chunk)?.and_then(|pieces| Piece::whole(&pieces)));
        if let ChunkStats::Packed(stats) = &chunk.stats {
            pieces.varint(stats.len() as u64);
            pieces.bytes.extend_from_slice(stats);
        }
        remove.execute([key, stream, chunk.id]).map_err(store_error)?;
    }
    pack_into(&mut packed, &wholes);
    let points: i64 = chunks.iter().map(|chunk| i64::from(chunk.count)).sum();
    connection
        .prepare_cached(
            "INSERT INTO digests (key, stream, first_step, last_step, points, chunks, pieces) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .and_then(|mut insert| insert.execute(params![key, stream, first, last, points, packed.bytes, pieces.bytes]))
        .map_err(store_error)?;
    Ok(())
}

/// A digest of a key and stream, and the steps that it reaches over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DigestPlace {
    pub(crate) id: i64,
    pub(crate) first: Step,
    pub(crate) last: Step,
}

/// The digests of a key and stream that reach over some of these steps.
pub(crate) fn places(connection: &Connection, key: i64, stream: i64, steps: StepRange) -> Result<Vec<DigestPlace>, StoreError> {
    let sql = "SELECT id, first_step, last_step FROM digests WHERE key = ?1 AND stream = ?2 AND first_step <= ?3 AND last_step >= ?4";
    let place = |row: &rusqlite::Row<'_>| Ok(DigestPlace { id: row.get(0)?, first: row.get(1)?, last: row.get(2)? });
    connection
        .prepare_cached(sql)
        .and_then(|mut select| select.query_map(params![key, stream, steps.last, steps.first], place)?.collect())
        .map_err(store_error)
}

/// The chunks in a digest that have rows between these steps, or around them.
pub(crate) fn chunks(connection: &Connection, digest: i64, steps: StepRange) -> Result<Vec<Chunk>, StoreError> {
    let mut select = connection.prepare_cached("SELECT chunks FROM digests WHERE id = ?1").map_err(store_error)?;
    let mut rows = select.query([digest]).map_err(store_error)?;
    let row = rows.next().map_err(store_error)?.ok_or_else(|| damaged(format!("there is no digest {digest}")))?;
    let (ids, wholes) = read_chunks(blob(row, 0)?)?;
    let digest = Arc::new(Digest { id: digest, wholes });
    let chunk = |(place, id): (usize, i64)| {
        let PieceSteps { rows, first, last } = digest.wholes[place].steps;
        Chunk { id, first, last, count: rows, stats: ChunkStats::Whole { digest: Arc::clone(&digest), place } }
    };
    let chunks = ids.into_iter().enumerate().map(chunk);
    Ok(chunks.filter(|chunk| chunk.first <= steps.last && steps.first <= chunk.last).collect())
}

fn read_chunks(bytes: &[u8]) -> Result<(Vec<i64>, Vec<Piece>), StoreError> {
    let cut_off = || damaged("a digest that is cut off");
    let mut rest = Unpacker { bytes };
    let count = rest.varint().filter(|count| *count <= u64::from(MOST_CHUNKS)).ok_or_else(cut_off)?;
    let mut id = 0i64;
    let next = |_| {
        id = id.wrapping_add(rest.signed()?);
        Some(id)
    };
    let ids: Vec<i64> = (0..count).map(next).collect::<Option<_>>().ok_or_else(cut_off)?;
    let wholes = unpack(rest.bytes, 0, 0, 0)?;
    if wholes.len() == ids.len() { Ok((ids, wholes)) } else { Err(cut_off()) }
}

/// A digest that was read.
#[derive(Debug)]
pub(crate) struct Digest {
    pub(super) id: i64,
    /// Its chunks as a whole.
    pub(super) wholes: Vec<Piece>,
}

/// Packed statistics of the pieces of a digest's chunks.
pub(super) struct DigestPieces {
    bytes: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl DigestPieces {
    /// Reads them.
    pub(super) fn read(connection: &Connection, digest: i64) -> Result<Self, StoreError> {
        let bytes: Vec<u8> = connection
            .prepare_cached("SELECT pieces FROM digests WHERE id = ?1")
            .and_then(|mut select| select.query_row([digest], |row| row.get(0)))
            .map_err(store_error)?;
        let (mut rest, mut places) = (Unpacker { bytes: &bytes }, Vec::new());
        while !rest.bytes.is_empty() {
            let len = rest.varint().map(|len| len as usize);
            let from = bytes.len() - rest.bytes.len();
            len.and_then(|len| rest.slice(len)).ok_or_else(|| damaged("a digest that is cut off"))?;
            places.push(from..bytes.len() - rest.bytes.len());
        }
        Ok(Self { places, bytes })
    }

    /// Those of the chunk at a place.
    pub(super) fn at(&self, place: usize) -> Result<&[u8], StoreError> {
        let found = self.places.get(place).and_then(|place| self.bytes.get(place.clone()));
        found.ok_or_else(|| damaged("a digest that lacks a chunk"))
    }
}
