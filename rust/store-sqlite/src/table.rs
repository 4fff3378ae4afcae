//! Table of the runs of a project: what filters, orders and pages ask for, kept in memory and brought up to
//! date with the runs that have changed.

mod cells;
pub(crate) mod digest;
mod key_index;

use crate::db::catalog::{self, RunRow};
use crate::db::replacement::FileId;
use crate::read::run_stats::KeyStats;
use cells::{Keys, Packed};
use key_index::{KeyIndex, RunKeys};
use rusqlite::Connection;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;
use stepwell_lock::Mutex;
use stepwell_model::{MetricDefinition, TimeMicros, Value};
use stepwell_store::run::StreamFacts;
use stepwell_store::run::field::Field;
use stepwell_store::run::{self, Life};
use stepwell_store::{ByteLru, Columns, KeyInfo, KeyQuery, RunInfo, RunQuery, RunState, StoreError};

/// About how many bytes a run takes besides its cells.
const ROW_BYTES: usize = 1_400;

/// Reads a run as it is stored.
pub(crate) type ReadRun<'a> = dyn FnMut(&RunRow) -> Result<RunInfo, StoreError> + 'a;
/// Reads the keys of a run, likewise.
pub(crate) type ReadKeys<'a> = dyn FnMut(&RunRow) -> Result<Vec<KeyStats>, StoreError> + 'a;

/// Tables of projects, bounded in bytes.
///
/// The lock of a table is held while what has changed is read, so that two questions at once read it once; it
/// is taken before those of the caches.
pub(crate) struct Tables {
    kept: ByteLru<i64, Arc<Mutex<Table>>>,
    budget_bytes: usize,
}

/// The runs of a project that are not deleted, as of some version.
pub(crate) struct Table {
    /// The file that it was read from: another has other runs under the same ids.
    file: Option<FileId>,
    /// All changes up to here are in it.
    version: i64,
    rows: Vec<TableRow>,
    /// Places in `rows` by id.
    places: FxHashMap<i64, usize>,
    keys: Keys,
    index: KeyIndex,
    /// Whether the sums of `index` are those of all that the rows have added.
    index_holds: bool,
    /// Of the cells that are kept, and how many may be.
    cell_bytes: usize,
    budget_bytes: usize,
}

struct TableRow {
    run: RunRow,
    streams: Vec<StreamFacts>,
    created: TimeMicros,
    life: Life,
    /// `None`: not read yet, or no room for it.
    packed: Option<Packed>,
    /// What it adds to the index of keys, and of which version of its rows.
    added: Option<(i64, RunKeys)>,
}

/// The runs of a project in sum.
pub(crate) struct Totals {
    pub(crate) runs: u64,
    pub(crate) running: u64,
    pub(crate) last_activity: TimeMicros,
}

impl Tables {
    /// None yet; at most so many bytes of them are kept.
    pub(crate) fn new(budget_bytes: usize) -> Self {
        Self { kept: ByteLru::new(budget_bytes), budget_bytes }
    }

    /// Calls `ask` with the table of a project, which has all that the snapshot of `connection` has, or more.
    /// `file` is the one that had the name of the store before `connection` was taken.
    pub(crate) fn with<T>(
        &self,
        connection: &Connection,
        file: Option<FileId>,
        project: i64,
        ask: impl FnOnce(&mut Table) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let empty = || Table::new(file, self.budget_bytes / 4 * 3);
        let shared = self.kept.get(&project).unwrap_or_else(|| Arc::new(Mutex::new(empty())));
        let mut table = shared.lock();
        if table.file != file {
            *table = empty();
        }
        table.refresh(connection, project)?;
        let answer = ask(&mut table);
        let bytes = table.bytes();
        drop(table);
        self.kept.put(project, shared, bytes);
        answer
    }
}

impl Table {
    fn new(file: Option<FileId>, budget_bytes: usize) -> Self {
        let (rows, places, keys, index) = (Vec::new(), FxHashMap::default(), Keys::default(), KeyIndex::default());
        Self { file, version: -1, rows, places, keys, index, index_holds: true, cell_bytes: 0, budget_bytes }
    }

    fn refresh(&mut self, connection: &Connection, project: i64) -> Result<(), StoreError> {
        for (run, version, deleted) in catalog::runs_since(connection, project, self.version)? {
            if deleted {
                self.remove(run.id);
            } else {
                let streams: Vec<_> = catalog::streams_of(connection, run.id)?.into_iter().map(|stream| stream.facts).collect();
                let (created, life) = (run::created(&streams), Life::of(&streams));
                self.put(TableRow { run, streams, created, life, packed: None, added: None });
            }
            self.version = self.version.max(version);
        }
        Ok(())
    }

    fn put(&mut self, row: TableRow) {
        let Some(&at) = self.places.get(&row.run.id) else {
            self.places.insert(row.run.id, self.rows.len());
            self.rows.push(row);
            return;
        };
        let before = std::mem::replace(&mut self.rows[at], row);
        self.rows[at].added = before.added;
        if before.run.rows_version == self.rows[at].run.rows_version {
            self.rows[at].packed = before.packed;
        } else {
            self.cell_bytes -= before.packed.map_or(0, |packed| packed.bytes());
        }
    }

    fn remove(&mut self, id: i64) {
        let Some(at) = self.places.remove(&id) else { return };
        let gone = self.rows.swap_remove(at);
        self.cell_bytes -= gone.packed.map_or(0, |packed| packed.bytes());
        if let Some((_, keys)) = gone.added {
            self.cell_bytes -= keys.bytes();
            self.index_holds = false;
        }
        if let Some(moved) = self.rows.get(at) {
            self.places.insert(moved.run.id, at);
        }
    }

    /// The runs in sum.
    pub(crate) fn totals(&self, now: TimeMicros) -> Totals {
        Totals {
            runs: self.rows.len() as u64,
            running: self.rows.iter().filter(|row| row.life.at(now).0 == RunState::Running).count() as u64,
            last_activity: self.rows.iter().map(TableRow::heartbeat).max().unwrap_or(TimeMicros::MIN),
        }
    }

    /// Ids of the runs on the page that a question asks for, and how many there are on all pages.
    pub(crate) fn choose(&mut self, query: &RunQuery, now: TimeMicros, read: &mut ReadRun<'_>) -> Result<(Vec<i64>, u64), StoreError> {
        let (order, mut with_cells) = (&query.order, !TableRow::owns(query.order.field()));
        query.filter.each_field(&mut |field| with_cells |= !TableRow::owns(field));
        if with_cells {
            (0..self.rows.len()).try_for_each(|at| self.fill(at, read))?;
        }
        let mut chosen = Vec::new();
        for row in &self.rows {
            // There was no room to keep what it has.
            let unkept = if with_cells && row.packed.is_none() { Some(read(&row.run)?) } else { None };
            let value = |field: &Field| match &unkept {
                Some(info) if !TableRow::owns(field) => field.of(info).map(|value| Cow::Owned(value.into_owned())),
                _ => row.value(&self.keys, field, now),
            };
            if query.filter.holds(&value) {
                chosen.push((order.place(value(order.field()), (row.created, row.run.slot)), row.run.id));
            }
        }
        chosen.sort_unstable_by(|(one, _), (other, _)| order.compare(one, other));
        let page = chosen.iter().skip(query.page.offset).take(query.page.limit).map(|&(_, id)| id).collect();
        Ok((page, chosen.len() as u64))
    }

    /// The run of that id, if it is not deleted.
    pub(crate) fn info(
        &mut self,
        id: i64,
        columns: &Columns,
        now: TimeMicros,
        read: &mut ReadRun<'_>,
    ) -> Result<Option<RunInfo>, StoreError> {
        let Some(&at) = self.places.get(&id) else { return Ok(None) };
        self.fill(at, read)?;
        let row = &self.rows[at];
        match &row.packed {
            Some(packed) => {
                let mut info = packed.unpack(&self.keys, columns);
                run::set_streams(&mut info, &row.streams, now);
                Ok(Some(info))
            }
            None => Ok(Some(columns.cut(read(&row.run)?))),
        }
    }

    /// The keys of all runs that a question asks for; `None` where there is no room for them.
    pub(crate) fn key_page(&mut self, query: &KeyQuery, read: &mut ReadKeys<'_>) -> Result<Option<(Vec<KeyInfo>, u64)>, StoreError> {
        for row in &mut self.rows {
            if row.added.as_ref().is_some_and(|(version, _)| *version == row.run.rows_version) {
                continue;
            }
            if self.cell_bytes >= self.budget_bytes {
                return Ok(None);
            }
            let added = self.index.pack(&mut self.keys, &read(&row.run)?);
            let before = row.added.take().map(|(_, keys)| keys);
            self.index_holds = self.index_holds && self.index.add(&self.keys, &added, before.as_ref());
            self.cell_bytes = self.cell_bytes + added.bytes() - before.map_or(0, |before| before.bytes());
            row.added = Some((row.run.rows_version, added));
        }
        if !self.index_holds {
            self.index.clear();
            for (_, keys) in self.rows.iter().filter_map(|row| row.added.as_ref()) {
                self.index.add(&self.keys, keys, None);
            }
            self.index_holds = true;
        }
        Ok(Some(self.index.page(query)))
    }

    /// The metric definitions of each run, with the time of its creation.
    pub(crate) fn definitions(&mut self, read: &mut ReadRun<'_>) -> Result<Vec<(TimeMicros, Vec<MetricDefinition>)>, StoreError> {
        let mut found = Vec::new();
        for at in 0..self.rows.len() {
            self.fill(at, read)?;
            let row = &self.rows[at];
            let metrics = match &row.packed {
                Some(packed) => packed.metrics().to_vec(),
                None => read(&row.run)?.metrics,
            };
            if !metrics.is_empty() {
                found.push((row.created, metrics));
            }
        }
        Ok(found)
    }

    /// Reads what a run has, and keeps it where there is room.
    fn fill(&mut self, at: usize, read: &mut ReadRun<'_>) -> Result<(), StoreError> {
        let row = &mut self.rows[at];
        if row.packed.is_none() && self.cell_bytes < self.budget_bytes {
            let packed = Packed::new(&mut self.keys, read(&row.run)?);
            self.cell_bytes += packed.bytes();
            row.packed = Some(packed);
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        ROW_BYTES * self.rows.len() + self.cell_bytes + self.keys.bytes()
    }
}

impl TableRow {
    fn heartbeat(&self) -> TimeMicros {
        run::heartbeat(&self.streams)
    }

    /// Whether a field is known without the cells: it is part of every row, or hangs on the time.
    fn owns(field: &Field) -> bool {
        use Field::{Created, Entity, ExitCode, Heartbeat, Id, Project, State};
        matches!(field, Entity | Project | Id | State | Created | Heartbeat | ExitCode)
    }

    fn value(&self, keys: &Keys, field: &Field, now: TimeMicros) -> Option<Cow<'_, Value>> {
        let text = |text: &str| Some(Cow::Owned(Value::Str(text.to_owned())));
        match field {
            Field::Entity => text(&self.run.path.entity),
            Field::Project => text(&self.run.path.project),
            Field::Id => text(&self.run.path.run),
            Field::State => text(self.life.at(now).0.name()),
            Field::Created => Some(Cow::Owned(Value::Int(self.created))),
            Field::Heartbeat => Some(Cow::Owned(Value::Int(self.heartbeat()))),
            Field::ExitCode => self.life.at(now).1.map(|code| Cow::Owned(Value::Int(i64::from(code)))),
            _ => self.packed.as_ref()?.value(keys, field),
        }
    }
}
