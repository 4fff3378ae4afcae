//! Row groups in the database: rows of one shape, a column per key.

use crate::chunks::column::{ORDINAL_BITS, blob, pack_bits, pack_integers, read_one, unpack, unpack_bits, unpack_integers, unsigned};
use crate::chunks::directory::{self, Extent};
use crate::chunks::encoding::encode;
use crate::chunks::packings::{Column, Packings};
use crate::chunks::pieces::Growth;
use crate::db::error::store_error;
use rusqlite::{Connection, params};
use stepwell_codec::column::Numbers;
use stepwell_model::{fnv, limits};
use stepwell_store::StoreError;
use stepwell_store::decode::RowGroup;

/// Numbers that a row group holds at most (128 MiB of doubles): whoever scans rows has all columns of a row
/// group in memory.
const GROUP_NUMBERS: usize = 16 << 20;

/// Rows that a row group of so many keys holds at most.
pub(crate) fn capacity(keys: usize) -> usize {
    (GROUP_NUMBERS / keys.max(1)).clamp(1, limits::CHUNK_POINTS)
}

/// A row group that has room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredGroup {
    pub(crate) id: i64,
    pub(crate) row_count: usize,
}

/// The hash of the set of a row group's keys, which is stored. Two sets of one hash are told apart when a row
/// group is taken.
pub(crate) fn shape_hash(keys: &[i64]) -> i64 {
    fnv::of_words(keys.iter().map(|key| *key as u64)) as i64
}

/// Row groups of a shape with room, the smallest first.
pub(crate) fn small_groups(connection: &Connection, stream: i64, shape: i64, capacity: usize) -> Result<Vec<StoredGroup>, StoreError> {
    connection
        .prepare_cached("SELECT id, row_count FROM blocks WHERE stream = ?1 AND shape = ?2 AND row_count < ?3 ORDER BY row_count, id")
        .and_then(|mut select| {
            let group = |row: &rusqlite::Row<'_>| Ok(StoredGroup { id: row.get(0)?, row_count: row.get::<_, i64>(1)? as usize });
            select.query_map(params![stream, shape, capacity as i64], group)?.collect()
        })
        .map_err(store_error)
}

/// The rows of a row group, without columns.
pub(crate) fn read_rows(connection: &Connection, id: i64) -> Result<RowGroup, StoreError> {
    let sql = "SELECT row_count, steps, entries, times, sampled FROM blocks WHERE id = ?1";
    read_one(connection, sql, id, |count, row| {
        let sampled = row.get_ref(4).map_err(store_error)?.as_blob_or_null().map_err(|error| store_error(error.into()))?;
        Ok(RowGroup {
            steps: unpack_integers(blob(row, 1)?, count)?,
            entries: unsigned(unpack_integers(blob(row, 2)?, count)?),
            times: unpack_integers(blob(row, 3)?, count)?,
            sampled: unpack_bits(sampled, count),
            ..RowGroup::default()
        })
    })
}

/// All columns of a row group of `rows` rows, with the ids of their keys; of `wanted` keys only, if it is
/// given.
pub(crate) fn read_columns(
    connection: &Connection,
    id: i64,
    rows: usize,
    wanted: &dyn Fn(i64) -> bool,
) -> Result<(Vec<i64>, Vec<Numbers>), StoreError> {
    let mut select = connection
        .prepare_cached("SELECT key, numbers FROM columns WHERE id >= ?1 << 22 AND id < (?1 + 1) << 22 ORDER BY id")
        .map_err(store_error)?;
    let mut found = select.query([id]).map_err(store_error)?;
    let (mut keys, mut columns) = (Vec::new(), Vec::new());
    while let Some(row) = found.next().map_err(store_error)? {
        let key: i64 = row.get(0).map_err(store_error)?;
        if wanted(key) {
            keys.push(key);
            columns.push(unpack(blob(row, 1)?, rows)?);
        }
    }
    Ok((keys, columns))
}

/// Reads a row group and deletes it, if it has these keys.
pub(crate) fn take(connection: &Connection, stream: i64, id: i64, shape: &[i64]) -> Result<Option<RowGroup>, StoreError> {
    let mut group = read_rows(connection, id)?;
    let (keys, columns) = read_columns(connection, id, group.steps.len(), &|_| true)?;
    if keys != shape {
        return Ok(None);
    }
    group.columns = columns;
    for (&key, column) in shape.iter().zip(id << ORDINAL_BITS..) {
        directory::remove(connection, (key, stream), column)?;
    }
    for delete in ["DELETE FROM columns WHERE id >= ?1 << 22 AND id < (?1 + 1) << 22", "DELETE FROM blocks WHERE id = ?1"] {
        connection.prepare_cached(delete).and_then(|mut delete| delete.execute([id])).map_err(store_error)?;
    }
    Ok(Some(group))
}

/// Writes a row group that is not empty. `shape` holds the ids of its columns' keys, rising. Returns its id if
/// it is complete.
pub(crate) fn write(
    connection: &Connection,
    packings: &Packings,
    stream: i64,
    shape: &[i64],
    rows: &RowGroup,
    growth: Growth,
) -> Result<Option<i64>, StoreError> {
    let (Some(&first), Some(&last)) = (rows.steps.first(), rows.steps.last()) else { return Ok(None) };
    let count = rows.steps.len();
    let capacity = capacity(shape.len());
    let columns = encode(packings, stream, shape, rows, capacity);
    let hash = shape_hash(shape);
    let place = if growth == Growth::Ended { !hash } else { hash };
    let entries: Vec<i64> = rows.entries.iter().map(|entry| *entry as i64).collect();
    let integers = |column, values: &[i64]| packings.with(stream, column, |packing| pack_integers(values, packing));
    let id: i64 = connection
        .prepare_cached(
            "INSERT INTO blocks (stream, shape, row_count, key_count, first_step, last_step, steps, entries, times, sampled)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING id",
        )
        .and_then(|mut insert| {
            insert.query_row(
                params![
                    stream,
                    place,
                    count as i64,
                    shape.len() as i64,
                    first,
                    last,
                    integers(Column::Steps(hash), &rows.steps),
                    integers(Column::Entries(hash), &entries),
                    integers(Column::Times(hash), &rows.times),
                    pack_bits(&rows.sampled)
                ],
                |row| row.get(0),
            )
        })
        .map_err(store_error)?;
    let mut insert = connection
        .prepare_cached(
            "INSERT INTO columns (id, key, stream, first_step, last_step, count, sum, numbers) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7)",
        )
        .map_err(store_error)?;
    let extent = Extent { first, last, count: count as u32, growth };
    for ((column_id, &key), column) in (id << ORDINAL_BITS..).zip(shape).zip(&columns) {
        insert.execute(params![column_id, key, stream, first, last, count as i64, column.numbers]).map_err(store_error)?;
        directory::add(connection, (key, stream), column_id, extent, column.stats.as_deref())?;
    }
    Ok((growth == Growth::Ended).then_some(id))
}
