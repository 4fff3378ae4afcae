//! Compaction, from the journal to chunks: frames of one stream at a time become row groups, in one
//! transaction each (invariant 3 holds before and after).
//!
//! A stream is compacted when it has enough rows or bytes for a good chunk, when it has ended, or when the
//! journal as a whole is large. Four row groups of a shape and of about one size become one, so that each row is
//! rewritten a logarithmic number of times and a shape has at most three small row groups of each size.

use crate::chunks::column::Cell;
use crate::chunks::journal::{self, JournalCache, JournalEntry, Part};
use crate::chunks::packings::Packings;
use crate::chunks::pieces;
use crate::chunks::row_group::{self, StoredGroup};
use crate::chunks::steps::{StepReader, StepsOf};
use crate::db::error::{damaged, store_error};
use rusqlite::{Connection, OptionalExtension, params};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use stepwell_codec::msgpack;
use stepwell_model::{Step, limits};
use stepwell_store::StoreError;
use stepwell_store::decode::{FrameRows, RowGroup};

/// Row groups of about one size that become one.
const MERGED_GROUPS: usize = 4;

/// When a stream's part of the journal becomes chunks.
#[derive(Debug, Clone, Copy)]
pub struct CompactionPolicy {
    /// Entries of one stream that fill a chunk.
    pub stream_entries: u64,
    /// Bytes of one stream that are compacted though they are fewer entries: what is compacted in small parts is
    /// compacted again.
    pub stream_bytes: u64,
    /// Bytes of the whole journal beyond which the largest stream is compacted, ripe or not.
    pub journal_bytes: u64,
    /// Bytes of frames that one transaction takes at most, but at least one frame; bounds its memory and how
    /// long it holds the lock.
    pub batch_bytes: u64,
    /// Bytes that it takes until they fill a chunk, for rows of many keys.
    pub wide_batch_bytes: u64,
    /// Complete chunks of a series that are worth a digest.
    pub digest_chunks: usize,
}

impl Default for CompactionPolicy {
    fn default() -> Self {
        Self {
            stream_entries: limits::CHUNK_POINTS as u64,
            stream_bytes: 8 << 20,
            journal_bytes: 64 << 20,
            batch_bytes: 2 << 20,
            wide_batch_bytes: 8 << 20,
            digest_chunks: 128,
        }
    }
}

impl CompactionPolicy {
    /// Compacts whatever there is.
    pub const EAGER: Self =
        Self { stream_entries: 1, stream_bytes: 1, journal_bytes: 1, batch_bytes: 8 << 20, wide_batch_bytes: 8 << 20, digest_chunks: 2 };
}

/// Part of a journal that is compacted at once.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) run: i64,
    pub(crate) stream: i64,
    pub(crate) frames: Vec<JournalEntry>,
    /// Number of the last entry of the last frame.
    pub(crate) last: i64,
}

/// Chooses what to compact next.
pub(crate) fn choose(connection: &Connection, policy: &CompactionPolicy) -> Result<Option<Batch>, StoreError> {
    struct Candidate {
        stream: i64,
        bytes: u64,
        ripe: bool,
    }
    let unsigned = |row: &rusqlite::Row<'_>, column| row.get::<_, i64>(column).map(|value| value as u64);
    let mut candidates: Vec<Candidate> = connection
        .prepare_cached(
            "SELECT stream, sum(last - first + 1), sum(bytes), (SELECT exit_code IS NOT NULL FROM streams WHERE id = stream)
             FROM journal GROUP BY stream",
        )
        .and_then(|mut select| {
            let candidate = |row: &rusqlite::Row<'_>| {
                let (entries, bytes, ended) = (unsigned(row, 1)?, unsigned(row, 2)?, row.get::<_, Option<bool>>(3)?.unwrap_or(true));
                let ripe = ended || entries >= policy.stream_entries || bytes >= policy.stream_bytes;
                Ok(Candidate { stream: row.get(0)?, bytes, ripe })
            };
            select.query_map([], candidate)?.collect()
        })
        .map_err(store_error)?;
    let total: u64 = candidates.iter().map(|candidate| candidate.bytes).sum();
    candidates.sort_by_key(|candidate| std::cmp::Reverse((candidate.ripe, candidate.bytes)));
    let Some(chosen) = candidates.first().filter(|chosen| chosen.ripe || total > policy.journal_bytes) else { return Ok(None) };
    let (mut frames, mut bytes, mut entries, mut last) = (Vec::new(), 0, 0, 0);
    for frame in journal::entries(connection, Part::Stream(chosen.stream))? {
        let limit = if entries < policy.stream_entries { policy.wide_batch_bytes } else { policy.batch_bytes };
        if bytes > 0 && bytes + frame.name.bytes as u64 > limit {
            break;
        }
        bytes += frame.name.bytes as u64;
        entries += (frame.name.last - frame.name.first + 1) as u64;
        last = frame.name.last;
        frames.push(frame);
    }
    let run = connection.query_row("SELECT run FROM streams WHERE id = ?1", [chosen.stream], |row| row.get(0)).map_err(store_error)?;
    Ok(Some(Batch { run, stream: chosen.stream, frames, last }))
}

/// Moves the batch from the journal into row groups, within the caller's transaction. Returns keys and streams
/// that may have complete chunks enough for a digest.
pub(crate) fn compact(
    connection: &Connection,
    policy: &CompactionPolicy,
    cache: &JournalCache,
    packings: &Packings,
    batch: &Batch,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut keys = Keys { connection, run: batch.run, ids: FxHashMap::default() };
    let mut groups: BTreeMap<Vec<i64>, RowGroup> = BTreeMap::new();
    let (mut latest_time, mut values, mut stored) = (None, 0, 0);
    for entry in &batch.frames {
        let frame = journal::take(cache, connection, entry)?;
        latest_time = latest_time.max(frame.latest_time);
        let ids: Vec<i64> = frame.keys.iter().map(|key| keys.id(key)).collect::<Result<_, _>>()?;
        write_values(connection, batch.stream, &frame, &ids)?;
        values += frame.values.len() as i64;
        for group in frame.groups {
            let (shape, group) = by_id(group, &ids);
            match groups.get_mut(&shape) {
                Some(known) => known.extend(&group),
                None => {
                    groups.insert(shape, group);
                }
            }
        }
        connection
            .prepare_cached("DELETE FROM journal WHERE id = ?1")
            .and_then(|mut delete| delete.execute([entry.id]))
            .map_err(store_error)?;
    }
    groups.values_mut().for_each(RowGroup::settle);
    // Before the row groups are written: what is new is counted against what is stored.
    let mut reader = StepReader::new(connection);
    count_rows(connection, &mut reader, batch.stream, &groups, latest_time)?;
    count_series(connection, &mut reader, batch.stream, &groups)?;
    let mut long = Vec::new();
    for (shape, group) in groups {
        let (rows, complete) = write_groups(connection, packings, batch.stream, &shape, group)?;
        stored += rows;
        if complete.iter().any(|id| is_time_to_look(*id, policy)) {
            long.extend(shape.iter().map(|key| (*key, batch.stream)));
        }
    }
    let update = "UPDATE streams SET compacted = max(compacted, ?2), stored_rows = stored_rows + ?3, stored_others = stored_others + ?4
         WHERE id = ?1";
    connection
        .prepare_cached(update)
        .and_then(|mut update| update.execute(params![batch.stream, batch.last, stored, values]))
        .map_err(store_error)?;
    Ok(long)
}

/// Whether a complete row group is one of those after which the chunks of its keys are counted: every so many,
/// whatever the ids of a stream have in common.
fn is_time_to_look(id: i64, policy: &CompactionPolicy) -> bool {
    stepwell_sample::priority(0, id).is_multiple_of((policy.digest_chunks as u64 / 8).max(1))
}

/// Writes a row group as it is, with all that is derived from it; for whoever builds a store from row groups.
pub(crate) fn store_group(connection: &Connection, stream: i64, shape: &[i64], rows: RowGroup) -> Result<(), StoreError> {
    let (count, latest_time) = (rows.steps.len() as i64, rows.times.iter().max().copied());
    let groups = BTreeMap::from([(shape.to_vec(), rows)]);
    let mut reader = StepReader::new(connection);
    count_rows(connection, &mut reader, stream, &groups, latest_time)?;
    count_series(connection, &mut reader, stream, &groups)?;
    for rows in groups.values() {
        let growth = pieces::growth(&rows.steps, row_group::capacity(shape.len()));
        row_group::write(connection, &Packings::default(), stream, shape, rows, growth)?;
    }
    let update = "UPDATE streams SET stored_rows = stored_rows + ?2 WHERE id = ?1";
    connection.prepare_cached(update).and_then(|mut update| update.execute([stream, count])).map_err(store_error)?;
    Ok(())
}

/// Ids of keys, created when they are first seen.
struct Keys<'c> {
    connection: &'c Connection,
    run: i64,
    ids: FxHashMap<Box<str>, i64>,
}

impl Keys<'_> {
    fn id(&mut self, name: &str) -> Result<i64, StoreError> {
        if let Some(&id) = self.ids.get(name) {
            return Ok(id);
        }
        let select = "SELECT id FROM keys WHERE run = ?1 AND name = ?2";
        let insert = "INSERT INTO keys (run, name) VALUES (?1, ?2) RETURNING id";
        let query = |sql: &str| {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.query_row(params![self.run, name], |row| row.get::<_, i64>(0)).optional()
        };
        let id = match query(select).map_err(store_error)? {
            Some(id) => id,
            None => query(insert).map_err(store_error)?.ok_or_else(|| damaged("a key without an id"))?,
        };
        self.ids.insert(name.into(), id);
        Ok(id)
    }
}

/// The row group with its columns in the order of their keys' ids.
fn by_id(mut group: RowGroup, ids: &[i64]) -> (Vec<i64>, RowGroup) {
    let mut order: Vec<usize> = (0..group.keys.len()).collect();
    order.sort_by_key(|&column| ids[group.keys[column] as usize]);
    let shape = order.iter().map(|&column| ids[group.keys[column] as usize]).collect();
    group.columns = order.iter().map(|&column| std::mem::take(&mut group.columns[column])).collect();
    group.keys = Vec::new();
    (shape, group)
}

fn write_values(connection: &Connection, stream: i64, frame: &FrameRows, ids: &[i64]) -> Result<(), StoreError> {
    let mut marked = Vec::new();
    for other in &frame.values {
        let key = ids[other.key as usize];
        if !marked.contains(&key) {
            connection
                .prepare_cached("UPDATE keys SET has_others = 1 WHERE id = ?1 AND has_others = 0")
                .and_then(|mut update| update.execute([key]))
                .map_err(store_error)?;
            marked.push(key);
        }
        connection
            .prepare_cached("INSERT INTO others (key, stream, step, entry, kind, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
            .and_then(|mut insert| {
                insert.execute(params![key, stream, other.step, other.entry as i64, other.kind.name(), msgpack::to_bytes(&other.value)])
            })
            .map_err(store_error)?;
    }
    Ok(())
}

fn count_rows(
    connection: &Connection,
    reader: &mut StepReader<'_>,
    stream: i64,
    groups: &BTreeMap<Vec<i64>, RowGroup>,
    latest_time: Option<i64>,
) -> Result<(), StoreError> {
    let mut steps: Vec<Step> = groups.values().flat_map(|group| group.steps.iter().copied()).collect();
    steps.sort();
    steps.dedup();
    let last = groups.values().filter_map(|group| Some((*group.steps.last()?, *group.entries.last()?, *group.times.last()?))).max();
    let (Some(&first_step), Some((last_step, last_entry, last_time))) = (steps.first(), last) else { return Ok(()) };
    let new = reader.missing(StepsOf::Rows, stream, &steps)?;
    connection
        .prepare_cached(
            "UPDATE streams SET row_count = row_count + ?2, first_step = min(ifnull(first_step, ?3), ?3),
                 latest_time = max(ifnull(latest_time, ?4), ?4) WHERE id = ?1",
        )
        .and_then(|mut update| update.execute(params![stream, new as i64, first_step, latest_time]))
        .map_err(store_error)?;
    connection
        .prepare_cached(
            "UPDATE streams SET last_step = ?2, last_entry = ?3, last_time = ?4
             WHERE id = ?1 AND (last_step IS NULL OR (last_step, last_entry) < (?2, ?3))",
        )
        .and_then(|mut update| update.execute(params![stream, last_step, last_entry as i64, last_time]))
        .map_err(store_error)?;
    Ok(())
}

fn count_series(
    connection: &Connection,
    reader: &mut StepReader<'_>,
    stream: i64,
    groups: &BTreeMap<Vec<i64>, RowGroup>,
) -> Result<(), StoreError> {
    let mut by_key: FxHashMap<i64, Vec<(&RowGroup, usize)>> = FxHashMap::default();
    for (shape, group) in groups {
        for (column, &key) in shape.iter().enumerate() {
            by_key.entry(key).or_default().push((group, column));
        }
    }
    let mut keys: Vec<_> = by_key.into_iter().collect();
    keys.sort_unstable_by_key(|(key, _)| *key);
    let select = "SELECT last_step FROM series WHERE key = ?1 AND stream = ?2";
    let upsert = "INSERT INTO series (key, stream, first_step, last_step, last_entry, last, points) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (key, stream) DO UPDATE SET points = points + ?7, first_step = min(first_step, ?3),
             last_step = max(last_step, ?4),
             last_entry = iif((last_step, last_entry) < (?4, ?5), ?5, last_entry),
             last = iif((last_step, last_entry) < (?4, ?5), ?6, last)";
    let mut select = connection.prepare_cached(select).map_err(store_error)?;
    let mut upsert = connection.prepare_cached(upsert).map_err(store_error)?;
    for (key, parts) in keys {
        let merged: Vec<Step>;
        let steps = match &parts[..] {
            [(group, _)] => &group.steps,
            _ => {
                let mut all: Vec<Step> = parts.iter().flat_map(|(group, _)| group.steps.iter().copied()).collect();
                all.sort();
                all.dedup();
                merged = all;
                &merged
            }
        };
        let end = |(group, column): &(&RowGroup, usize)| {
            let row = group.steps.len().checked_sub(1)?;
            Some((group.steps[row], group.entries[row], group.columns[*column].get(row)))
        };
        let last = parts.iter().filter_map(end).max_by_key(|(step, entry, _)| (*step, *entry));
        let (Some(&first_step), Some((last_step, last_entry, last))) = (steps.first(), last) else { continue };
        let known: Option<Step> = select.query_row([key, stream], |row| row.get(0)).optional().map_err(store_error)?;
        let new = match known {
            Some(known) if known >= first_step => reader.missing(StepsOf::Key(key), stream, steps)?,
            _ => steps.len() as u64,
        };
        upsert.execute(params![key, stream, first_step, last_step, last_entry as i64, Cell(last), new as i64]).map_err(store_error)?;
    }
    Ok(())
}

/// Number of the small row groups, the smallest first, that are merged with `new` rows: where four of about one
/// size become one, each row is rewritten a logarithmic number of times; and where they fill a chunk.
fn worth_merging(new: usize, small: &[StoredGroup], capacity: usize) -> usize {
    let (mut rows, mut worth) = (new, 0);
    for (group, number) in small.iter().zip(1..) {
        rows += group.row_count;
        if rows >= MERGED_GROUPS * group.row_count || rows >= capacity {
            worth = number;
        }
    }
    worth
}

/// Writes the rows of one shape together with the small row groups that they swallow. Returns how many rows
/// the row groups have more than before, and the complete ones.
fn write_groups(
    connection: &Connection,
    packings: &Packings,
    stream: i64,
    shape: &[i64],
    mut rows: RowGroup,
) -> Result<(i64, Vec<i64>), StoreError> {
    let mut swallowed = 0;
    let capacity = row_group::capacity(shape.len());
    let hash = row_group::shape_hash(shape);
    let small = row_group::small_groups(connection, stream, hash, capacity)?;
    for &StoredGroup { id, .. } in &small[..worth_merging(rows.steps.len(), &small, capacity)] {
        if let Some(mut older) = row_group::take(connection, stream, id, shape)? {
            swallowed += older.steps.len() as i64;
            // In this order they nearly always rise already.
            older.extend(&rows);
            older.settle();
            rows = older;
        }
    }
    let count = rows.steps.len();
    let mut complete = Vec::new();
    for (chunk, growth) in pieces::chunks(&rows.steps, capacity) {
        complete.extend(if chunk == (0..count) {
            row_group::write(connection, packings, stream, shape, &rows, growth)?
        } else {
            row_group::write(connection, packings, stream, shape, &rows.slice(chunk.start, chunk.end), growth)?
        });
    }
    Ok((count as i64 - swallowed, complete))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_rewritten_seldom_and_a_shape_has_few_small_row_groups() {
        for batch in [1, 7, 64, 1_000, 1_100, 2_000, 4_095] {
            let (mut groups, mut written, mut rows, mut most) = (Vec::<usize>::new(), 0, 0, 0);
            for _ in 0..20_000 / batch + 100 {
                groups.sort_unstable();
                let small: Vec<StoredGroup> = groups.iter().map(|&row_count| StoredGroup { id: 0, row_count }).collect();
                let taken = worth_merging(batch, &small, 4_096);
                let merged = batch + groups.drain(..taken).sum::<usize>();
                groups.extend(Some(merged % 4_096).filter(|rest| *rest > 0));
                (written, rows, most) = (written + merged, rows + batch, most.max(groups.len()));
            }
            let levels = (4_096 / batch).max(1).ilog(MERGED_GROUPS) as usize + 1;
            assert!(most <= 3 * levels + 1 && written <= (levels + 1) * rows, "{batch}: {most} row groups, {written} of {rows} rows");
        }
    }
}
