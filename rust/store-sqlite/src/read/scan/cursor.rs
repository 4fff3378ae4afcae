//! A row group that a scan goes through: its rows, and the columns that are wanted.

use crate::chunks::column::{blob, read_one, unpack_bits, unpack_integers, unsigned};
use crate::chunks::row_group::read_columns;
use crate::db::error::{damaged, store_error};
use crate::read::scan::names::Names;
use crate::read::sorted_run::{SortedRun, Source};
use crate::read::view::RunView;
use rusqlite::Connection;
use std::cell::OnceCell;
use std::sync::Arc;
use stepwell_codec::column::Numbers;
use stepwell_model::{EntryNumber, Step, TimeMicros};
use stepwell_store::decode::{FrameRows, RowGroup};
use stepwell_store::row::runtime_zero;
use stepwell_store::{StepRange, StoreError};

/// A row group being read.
pub(super) struct Cursor {
    rank: u32,
    /// Time at which the runtime of its rows is zero.
    pub(super) zero: TimeMicros,
    rows: Rows,
    /// Positions of the wanted keys that it has, rising, and their columns.
    pub(super) keys: Vec<(u32, u32)>,
    /// Whether its rows have cells that were asked for.
    pub(super) has_cells: bool,
    /// The next row.
    pub(super) at: usize,
    /// Whether it has rows beyond.
    pub(super) is_open: bool,
}

enum Rows {
    /// Row of `blocks`. The numbers of its entries stay packed until somebody asks: rows whose step stands
    /// nowhere else do not need them.
    Stored { group: RowGroup, packed: Vec<u8>, entries: OnceCell<Vec<EntryNumber>> },
    /// Row group of a frame of the journal.
    Frame(Arc<FrameRows>, usize),
}

impl Cursor {
    /// Reads a row group; its first row is the first of `steps`.
    pub(super) fn open(view: &RunView<'_>, names: &Names, sorted_run: &SortedRun, steps: StepRange) -> Result<Self, StoreError> {
        let wanted = |key: u32| Some(key).filter(|key| names.wants(*key));
        let (rows, keys): (Rows, Vec<Option<u32>>) = match &sorted_run.source {
            Source::Times(id) => {
                let (mut group, packed) = read_rows(view.connection, *id)?;
                let by_id = |key: i64| names.by_id.get(&key).copied().and_then(wanted);
                let (keys, columns) = read_columns(view.connection, *id, group.steps.len(), &|key| by_id(key).is_some())?;
                group.columns = columns;
                (Rows::Stored { group, packed, entries: OnceCell::new() }, keys.into_iter().map(by_id).collect())
            }
            Source::Frame(frame, group, _) => {
                let keys = frame.groups[*group].keys.iter();
                let keys = keys.map(|key| names.position(&frame.keys[*key as usize]).and_then(wanted)).collect();
                (Rows::Frame(Arc::clone(frame), *group), keys)
            }
            _ => return Err(damaged("a row without a block")),
        };
        let mut keys: Vec<(u32, u32)> = keys.into_iter().zip(0..).filter_map(|(key, column)| Some((key?, column))).collect();
        keys.sort_unstable();
        let has_cells = keys.iter().any(|(key, _)| !names.is_automatic(*key));
        let zero = runtime_zero(&view.streams[sorted_run.rank as usize].facts.opening);
        let mut cursor = Self { rank: sorted_run.rank, zero, rows, keys, has_cells, at: 0, is_open: true };
        cursor.at = cursor.steps().partition_point(|step| *step < steps.first);
        Ok(cursor)
    }

    fn group(&self) -> &RowGroup {
        match &self.rows {
            Rows::Stored { group, .. } => group,
            Rows::Frame(frame, group) => &frame.groups[*group],
        }
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.group().steps
    }

    pub(super) fn times(&self) -> &[TimeMicros] {
        &self.group().times
    }

    pub(super) fn sampled(&self) -> &[bool] {
        &self.group().sampled
    }

    pub(super) fn column(&self, column: u32) -> &Numbers {
        &self.group().columns[column as usize]
    }

    /// Priority of a row: its cells win over those of a lower one.
    pub(super) fn priority(&self, at: usize) -> Result<(u32, EntryNumber), StoreError> {
        let entry = match &self.rows {
            Rows::Stored { group, packed, entries } => match entries.get() {
                Some(entries) => entries[at],
                None => {
                    let unpacked = unsigned(unpack_integers(packed, group.steps.len())?);
                    entries.get_or_init(|| unpacked)[at]
                }
            },
            Rows::Frame(frame, group) => frame.groups[*group].entries[at],
        };
        Ok((self.rank, entry))
    }

    /// How many rows from the next one on, at most `most`, have steps below `limit` and up to `last`.
    pub(super) fn rows_before(&self, limit: Option<Step>, last: Step, most: usize) -> usize {
        let steps = &self.steps()[self.at..];
        let steps = &steps[..steps.len().min(most)];
        let is_before = |step: Step| step <= last && limit.is_none_or(|limit| step < limit);
        match steps.last() {
            Some(&step) if !is_before(step) => steps.partition_point(|&step| is_before(step)),
            _ => steps.len(),
        }
    }
}

fn read_rows(connection: &Connection, id: i64) -> Result<(RowGroup, Vec<u8>), StoreError> {
    let sql = "SELECT row_count, steps, entries, times, sampled FROM blocks WHERE id = ?1";
    read_one(connection, sql, id, |count, row| {
        let sampled = row.get_ref(4).map_err(store_error)?.as_blob_or_null().map_err(|error| store_error(error.into()))?;
        let (steps, times) = (unpack_integers(blob(row, 1)?, count)?, unpack_integers(blob(row, 3)?, count)?);
        let rows = RowGroup { steps, times, sampled: unpack_bits(sampled, count), ..RowGroup::default() };
        Ok((rows, blob(row, 2)?.to_vec()))
    })
}
