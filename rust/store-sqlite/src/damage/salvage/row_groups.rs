//! Row groups found in a damaged file, written into the new one as compaction writes them, with all that is
//! derived from them.

use super::pages::Pages;
use super::rows::{Place, reread};
use super::{Places, Salvage, unreadable};
use crate::chunks::column::{unpack, unpack_bits, unpack_integers, unsigned};
use crate::db::error::{damaged, store_error};
use crate::write::compaction;
use rusqlite::Connection;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use stepwell_model::{EntryNumber, Step};
use stepwell_store::StoreError;
use stepwell_store::decode::RowGroup;

/// A stream as it must be.
struct Expected {
    run: i64,
    rows: i64,
    values: i64,
}

/// Writes the row groups anew. Returns how many rows of each run are missing in them.
pub(super) fn write_groups(
    pages: &mut Pages,
    new: &Connection,
    places: &Places,
    salvage: &mut Salvage,
) -> Result<BTreeMap<i64, u64>, StoreError> {
    let keys: FxHashMap<i64, i64> = new
        .prepare("SELECT id, run FROM keys")
        .and_then(|mut select| select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(store_error)?;
    let streams: BTreeMap<i64, Expected> = new
        .prepare("SELECT streams.id, run, stored_rows, stored_others FROM streams JOIN runs ON runs.id = run WHERE deleted = 0")
        .and_then(|mut select| {
            let expected =
                |row: &rusqlite::Row<'_>| Ok((row.get(0)?, Expected { run: row.get(1)?, rows: row.get(2)?, values: row.get(3)? }));
            select.query_map([], expected)?.collect()
        })
        .map_err(store_error)?;
    new.execute(
        "UPDATE streams SET row_count = 0, first_step = NULL, last_step = NULL, last_entry = NULL, last_time = NULL, stored_rows = 0,
             stored_others = (SELECT count(*) FROM others WHERE stream = streams.id)",
        [],
    )
    .map_err(store_error)?;
    for table in ["others", "journal"] {
        let strangers = format!("DELETE FROM {table} WHERE stream NOT IN (SELECT id FROM streams)");
        let count = new.execute(&strangers, []).map_err(store_error)?;
        if count > 0 {
            salvage.losses.push(format!("{count} rows of {table} belong to streams that are lost"));
            salvage.lost_rows += count as u64;
        }
    }
    let strangers = places.groups.keys().filter(|(stream, _)| !streams.contains_key(stream)).map(|(stream, _)| *stream);
    for stream in strangers.collect::<BTreeSet<_>>() {
        if !new.prepare("SELECT 1 FROM streams WHERE id = ?1").and_then(|mut known| known.exists([stream])).map_err(store_error)? {
            salvage.losses.push(format!("the blocks of stream {stream} are left out: its opening is lost"));
            salvage.lost_rows += 1;
        }
    }
    let mut lost: BTreeMap<i64, u64> = BTreeMap::new();
    for (&stream, expected) in &streams {
        let mut written = Written::default();
        // The newest first: what an older row group holds that a newer one has taken in is known by then.
        for (&(_, id), &place) in places.groups.range((stream, i64::MIN)..=(stream, i64::MAX)).rev() {
            // All are there: what is left are older states, of which columns may be gone.
            if written.rows >= expected.rows {
                break;
            }
            let Some((key_count, shape, rows)) = read_group(pages, place, id, places, &|key| keys.get(&key) == Some(&expected.run))? else {
                continue;
            };
            written.add(new, stream, key_count, &shape, rows)?;
        }
        let values: i64 =
            new.query_row("SELECT stored_others FROM streams WHERE id = ?1", [stream], |row| row.get(0)).map_err(store_error)?;
        let missing = (expected.rows - written.rows).max(0) + (expected.values - values).max(0);
        *lost.entry(expected.run).or_default() += missing as u64 + written.incomplete;
    }
    Ok(lost)
}

/// Part that was written of a stream's row groups.
#[derive(Default)]
struct Written {
    rows: i64,
    /// Rows whose row group has lost a column.
    incomplete: u64,
    /// By shape, step: the entry that is there.
    known: FxHashMap<Vec<i64>, FxHashMap<Step, EntryNumber>>,
}

impl Written {
    fn add(&mut self, new: &Connection, stream: i64, key_count: i64, shape: &[i64], mut rows: RowGroup) -> Result<(), StoreError> {
        let known = self.known.entry(shape.to_vec()).or_default();
        let newer = |(step, entry): (&Step, &EntryNumber)| known.get(step).is_none_or(|known| known < entry);
        if !rows.steps.iter().zip(&rows.entries).any(newer) {
            return Ok(());
        }
        known.extend(rows.steps.iter().copied().zip(rows.entries.iter().copied()));
        self.rows += rows.steps.len() as i64;
        if key_count != shape.len() as i64 {
            self.incomplete += rows.steps.len() as u64;
        }
        rows.settle();
        compaction::store_group(new, stream, shape, rows)
    }
}

/// A row group with those of its columns that are there and whose keys are known: how many columns it had,
/// their keys, and its rows.
fn read_group(
    pages: &mut Pages,
    place: Place,
    id: i64,
    places: &Places,
    is_known: &dyn Fn(i64) -> bool,
) -> Result<Option<(i64, Vec<i64>, RowGroup)>, StoreError> {
    let Some(row) = reread(pages, place).map_err(unreadable)? else { return Ok(None) };
    let count = usize::try_from(row.integer(3)).map_err(damaged)?;
    let integers = |column: usize| unpack_integers(row.blob(column).unwrap_or_default(), count);
    let mut rows = RowGroup {
        steps: integers(7)?,
        entries: unsigned(integers(8)?),
        times: integers(9)?,
        sampled: unpack_bits(row.blob(10), count),
        ..RowGroup::default()
    };
    let mut columns = BTreeMap::new();
    for (key, place) in places.columns.get(&id).into_iter().flat_map(BTreeMap::values).filter(|(key, _)| is_known(*key)) {
        if let Some(column) = reread(pages, *place).map_err(unreadable)? {
            columns.insert(*key, unpack(column.blob(11).unwrap_or_default(), count)?);
        }
    }
    let shape = columns.keys().copied().collect();
    rows.columns = columns.into_values().collect();
    Ok(Some((row.integer(4), shape, rows)))
}
