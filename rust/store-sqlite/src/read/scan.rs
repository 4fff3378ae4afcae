//! Rows of a run in step order: row groups and frames of a label merged step by step, each read when its
//! first step comes up.

use crate::chunks::column::blob;
use crate::chunks::row_group::{read_columns, read_rows};
use crate::db::error::{damaged, store_error};
use crate::read::sorted_run::{SortedRun, Source};
use crate::read::view::RunView;
use rusqlite::params;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::ops::ControlFlow;
use stepwell_codec::column::Numbers;
use stepwell_codec::msgpack;
use stepwell_model::{EntryNumber, Row, Step, Value};
use stepwell_store::row::{Clock, RUNTIME, TIMESTAMP, is_automatic, runtime_zero};
use stepwell_store::{RowQuery, StepRange, StoreError};

/// Rows handed to the sink at once.
const BATCH_ROWS: usize = 4_096;
/// Cells after which a batch is handed out although it has fewer rows.
const BATCH_CELLS: usize = 1 << 18;

/// Takes batches of rows of a label.
pub(crate) type Sink<'s> = dyn FnMut(&str, Vec<Row>) -> ControlFlow<()> + 's;

/// The names of a run's keys in order; a key is known by its position.
struct Names {
    names: Vec<String>,
    by_id: FxHashMap<i64, u32>,
    /// Positions of keys that are part of what is asked for, automatic ones included; all if none is named.
    wanted: Option<FxHashSet<u32>>,
    timestamp: Option<u32>,
    runtime: Option<u32>,
    any_values: bool,
}

/// A row group being read.
struct Cursor {
    rank: u32,
    steps: Vec<Step>,
    entries: Vec<EntryNumber>,
    times: Vec<i64>,
    sampled: Vec<bool>,
    /// Positions of the columns' keys, rising.
    keys: Vec<u32>,
    columns: Vec<Numbers>,
    at: usize,
}

struct PendingCell {
    key: u32,
    priority: (u32, EntryNumber),
    value: Value,
}

/// A row whose cells may still come from several streams or entries.
struct PendingRow {
    step: Step,
    priority: (u32, EntryNumber),
    time: i64,
    sampled: bool,
    cells: Vec<PendingCell>,
    /// Whether cells may be out of order or there twice.
    unsettled: bool,
}

impl RunView<'_> {
    /// See [`stepwell_store::Store::rows`].
    pub(crate) fn rows(&self, query: &RowQuery, sink: &mut Sink<'_>) -> Result<(), StoreError> {
        let names = Names::new(self, &query.keys)?;
        let has = |label: &str| {
            let mut any = false;
            let _ = self.scan(&names, label, StepRange::ALL, 1, &mut |_, rows| {
                any = !rows.is_empty();
                ControlFlow::Break(())
            })?;
            Ok(any)
        };
        for label in self.choose(&query.label, has)? {
            if self.scan(&names, &label, query.steps, BATCH_ROWS, sink)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn scan(
        &self,
        names: &Names,
        label: &str,
        steps: StepRange,
        batch_rows: usize,
        sink: &mut Sink<'_>,
    ) -> Result<ControlFlow<()>, StoreError> {
        let mut sorted_runs = self.time_runs(label, steps)?;
        sorted_runs.sort_by_key(|sorted_run| Reverse(sorted_run.first));
        let mut cursors: Vec<Option<Cursor>> = Vec::new();
        let mut heap: BinaryHeap<Reverse<(Step, usize)>> = BinaryHeap::new();
        let (mut batch, mut cells) = (Vec::new(), 0);
        loop {
            while let Some(sorted_run) =
                sorted_runs.pop_if(|sorted_run| heap.peek().is_none_or(|Reverse((step, _))| sorted_run.first <= *step))
            {
                let cursor = self.open(names, &sorted_run, steps.first)?;
                if let Some(&step) = cursor.steps.get(cursor.at) {
                    heap.push(Reverse((step, cursors.len())));
                    cursors.push(Some(cursor));
                }
            }
            let Some(&Reverse((step, _))) = heap.peek() else { break };
            if step > steps.last {
                break;
            }
            let mut row: Option<PendingRow> = None;
            while let Some(Reverse((_, index))) = pop_at(&mut heap, step) {
                let Some(cursor) = cursors[index].as_mut() else { continue };
                cursor.add_to(&mut row, step);
                cursor.at += 1;
                match cursor.steps.get(cursor.at) {
                    Some(&next) => heap.push(Reverse((next, index))),
                    None => cursors[index] = None,
                }
            }
            let Some(row) = row else { continue };
            cells += row.cells.len();
            batch.push(row);
            if batch.len() >= batch_rows || cells >= BATCH_CELLS {
                cells = 0;
                let rows = self.finish(names, label, std::mem::take(&mut batch))?;
                if !rows.is_empty() && sink(label, rows).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        let rows = self.finish(names, label, batch)?;
        Ok(if rows.is_empty() { ControlFlow::Continue(()) } else { sink(label, rows) })
    }

    fn open(&self, names: &Names, sorted_run: &SortedRun, first: Step) -> Result<Cursor, StoreError> {
        let (rows, keys, columns) = match &sorted_run.source {
            Source::Times(id) => {
                let rows = read_rows(self.connection, *id)?;
                let wanted = |key: i64| names.by_id.get(&key).is_some_and(|key| names.wants(*key));
                let (keys, columns) = read_columns(self.connection, *id, rows.steps.len(), &wanted)?;
                let keys: Vec<u32> = keys.iter().map(|key| names.by_id[key]).collect();
                (rows, keys, columns)
            }
            Source::Frame(frame, group, _) => {
                let mut rows = frame.groups[*group].clone();
                let columns = std::mem::take(&mut rows.columns);
                let position = |key: &u32| names.position(&frame.keys[*key as usize]);
                let known = rows.keys.iter().map(position).zip(columns);
                let (keys, columns) = known.filter_map(|(key, column)| Some((key.filter(|key| names.wants(*key))?, column))).unzip();
                (rows, keys, columns)
            }
            _ => return Err(damaged("a row without a block")),
        };
        let mut sorted: Vec<(u32, Numbers)> = keys.into_iter().zip(columns).collect();
        sorted.sort_by_key(|(key, _)| *key);
        let (keys, columns) = sorted.into_iter().unzip();
        let at = rows.steps.partition_point(|step| *step < first);
        let (steps, entries, times, sampled) = (rows.steps, rows.entries, rows.times, rows.sampled);
        Ok(Cursor { rank: sorted_run.rank, steps, entries, times, sampled, keys, columns, at })
    }

    /// Adds what is not a number, settles who wins, and makes rows of it.
    fn finish(&self, names: &Names, label: &str, mut batch: Vec<PendingRow>) -> Result<Vec<Row>, StoreError> {
        if names.any_values {
            self.add_others(names, label, &mut batch)?;
        }
        let rows = batch.into_iter().filter_map(|row| {
            let zero = runtime_zero(&self.streams[row.priority.0 as usize].facts.opening);
            row.finish(names, zero)
        });
        Ok(rows.collect())
    }

    fn add_others(&self, names: &Names, label: &str, batch: &mut [PendingRow]) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (batch.first().map(|row| row.step), batch.last().map(|row| row.step)) else { return Ok(()) };
        let mut add = |step: Step, cell: PendingCell| {
            if let Ok(at) = batch.binary_search_by_key(&step, |row| row.step) {
                batch[at].cells.push(cell);
                batch[at].unsettled = true;
            }
        };
        let mut select = self
            .connection
            .prepare_cached("SELECT key, step, entry, value FROM others WHERE stream = ?1 AND step BETWEEN ?2 AND ?3")
            .map_err(store_error)?;
        for (rank, stream) in self.streams_of(label) {
            let mut rows = select.query(params![stream.id, first, last]).map_err(store_error)?;
            while let Some(row) = rows.next().map_err(store_error)? {
                let key: i64 = row.get(0).map_err(store_error)?;
                let Some(&key) = names.by_id.get(&key).filter(|key| names.wants(**key)) else { continue };
                let step: Step = row.get(1).map_err(store_error)?;
                let entry: i64 = row.get(2).map_err(store_error)?;
                let value = msgpack::from_bytes(blob(row, 3)?).map_err(damaged)?;
                add(step, PendingCell { key, priority: (rank, entry as u64), value });
            }
        }
        for (rank, frame) in self.frames_of(label) {
            for other in &frame.values {
                let key = names.position(&frame.keys[other.key as usize]).filter(|key| names.wants(*key));
                if let (Some(key), true) = (key, first <= other.step && other.step <= last) {
                    add(other.step, PendingCell { key, priority: (rank, other.entry), value: other.value.clone() });
                }
            }
        }
        Ok(())
    }
}

fn pop_at(heap: &mut BinaryHeap<Reverse<(Step, usize)>>, step: Step) -> Option<Reverse<(Step, usize)>> {
    if heap.peek()?.0.0 == step { heap.pop() } else { None }
}

impl Names {
    fn new(view: &RunView<'_>, asked: &[String]) -> Result<Self, StoreError> {
        let mut stored: Vec<(i64, String)> = Vec::new();
        let (mut names, mut any_values) = (BTreeSet::new(), false);
        let mut select = view.connection.prepare_cached("SELECT id, name, has_others FROM keys WHERE run = ?1").map_err(store_error)?;
        let mut rows = select.query([view.run.id]).map_err(store_error)?;
        while let Some(row) = rows.next().map_err(store_error)? {
            let name: String = row.get(1).map_err(store_error)?;
            any_values |= row.get::<_, bool>(2).map_err(store_error)?;
            names.insert(name.clone());
            stored.push((row.get(0).map_err(store_error)?, name));
        }
        for (_, frame) in &view.frames {
            any_values |= !frame.values.is_empty();
            for key in &frame.keys {
                if !names.contains(&**key) {
                    names.insert(key.to_string());
                }
            }
        }
        let names: Vec<String> = names.into_iter().collect();
        let position = |name: &str| names.binary_search_by(|known| known.as_str().cmp(name)).ok().map(|at| at as u32);
        let asked: Vec<&str> = asked.iter().map(String::as_str).filter(|key| !is_automatic(key)).collect();
        let (timestamp, runtime) = (position(TIMESTAMP), position(RUNTIME));
        let wanted = (!asked.is_empty())
            .then(|| asked.iter().filter_map(|key| position(key)).chain(timestamp).chain(runtime).collect::<FxHashSet<u32>>());
        let by_id = stored.iter().filter_map(|(id, name)| Some((*id, position(name)?))).collect();
        Ok(Self { by_id, wanted, timestamp, runtime, any_values, names })
    }

    fn position(&self, name: &str) -> Option<u32> {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).ok().map(|at| at as u32)
    }

    fn wants(&self, key: u32) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&key))
    }
}

impl Cursor {
    /// Adds the row at the cursor to what is known of its step.
    fn add_to(&self, row: &mut Option<PendingRow>, step: Step) {
        let priority = (self.rank, self.entries[self.at]);
        let cells = self.keys.iter().zip(&self.columns);
        let cells = cells.map(|(&key, column)| PendingCell { key, priority, value: Value::from(column.get(self.at)) });
        let (time, sampled) = (self.times[self.at], self.sampled[self.at]);
        match row {
            None => *row = Some(PendingRow { step, priority, time, sampled, cells: cells.collect(), unsettled: false }),
            Some(row) => {
                row.cells.extend(cells);
                row.unsettled = true;
                if priority > row.priority {
                    (row.priority, row.time, row.sampled) = (priority, time, sampled);
                }
            }
        }
    }
}

impl PendingRow {
    /// The row, unless it has none of the keys that were asked for. `zero` is where its runtime is zero.
    fn finish(mut self, names: &Names, zero: i64) -> Option<Row> {
        if self.unsettled {
            self.cells.sort_by_key(|cell| (cell.key, cell.priority));
            // Of each key the last one.
            self.cells.reverse();
            self.cells.dedup_by_key(|cell| cell.key);
            self.cells.reverse();
        }
        let logged = |key: Option<u32>| {
            let at = self.cells.binary_search_by_key(&key?, |cell| cell.key).ok()?;
            self.cells[at].value.as_f64()
        };
        let (timestamp, runtime) = (logged(names.timestamp), logged(names.runtime));
        let clock = Clock { time: self.time, zero };
        let (time, runtime) = (clock.row_time(timestamp), clock.runtime(timestamp, runtime));
        let mut cells = Vec::with_capacity(self.cells.len() + 1);
        for cell in self.cells {
            if Some(cell.key) != names.timestamp && Some(cell.key) != names.runtime {
                cells.push((names.names[cell.key as usize].clone(), cell.value));
            }
        }
        if cells.is_empty() && names.wanted.is_some() {
            return None;
        }
        let at = cells.partition_point(|(key, _)| key.as_str() < RUNTIME);
        cells.insert(at, (RUNTIME.to_owned(), Value::Float(runtime)));
        Some(Row { step: self.step, time, sampled: self.sampled, cells })
    }
}
