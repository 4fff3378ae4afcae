//! A batch of a scan: the segments that it is made of, and how they become columns.

use crate::chunks::column::blob;
use crate::db::error::{damaged, store_error};
use crate::read::scan::cursor::Cursor;
use crate::read::scan::names::Names;
use crate::read::view::RunView;
use rusqlite::params;
use std::ops::Range;
use stepwell_codec::msgpack;
use stepwell_model::{EntryNumber, Step, TimeMicros, Value};
use stepwell_store::row::{Cells, Clock, ColumnBuilder, RUNTIME, RowColumn};
use stepwell_store::{RowBatch, StoreError};

/// Rows of one row group that follow each other.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) cursor: usize,
    /// Row of the row group, and how many.
    pub(super) from: usize,
    pub(super) len: usize,
    /// Row groups that have the same step, each with its row; then this is one row. Of cursor and these the
    /// one of highest priority comes first once it is in a batch.
    pub(super) beside: Vec<(usize, usize)>,
}

/// A cell that is not a number.
struct ValueCell {
    key: u32,
    row: u32,
    priority: (u32, EntryNumber),
    value: Value,
}

/// Rows that are being collected.
pub(super) struct Batch<'v> {
    view: &'v RunView<'v>,
    names: &'v Names,
    label: &'v str,
    /// Row groups that the segments, and those to come, are of.
    pub(super) cursors: Vec<Cursor>,
    segments: Vec<Segment>,
    pub(super) rows: usize,
    pub(super) cells: usize,
}

impl<'v> Batch<'v> {
    pub(super) fn new(view: &'v RunView<'v>, names: &'v Names, label: &'v str) -> Self {
        Self { view, names, label, cursors: Vec::new(), segments: Vec::new(), rows: 0, cells: 0 }
    }

    /// Takes in a row group; says what its number is until the batch is finished.
    pub(super) fn add(&mut self, cursor: Cursor) -> usize {
        self.cursors.push(cursor);
        self.cursors.len() - 1
    }

    /// Adds rows; their steps are above those of all before.
    pub(super) fn take(&mut self, mut segment: Segment) -> Result<(), StoreError> {
        if !segment.beside.is_empty() {
            let mut sources = vec![(self.cursors[segment.cursor].priority(segment.from)?, segment.cursor, segment.from)];
            for (cursor, at) in segment.beside {
                sources.push((self.cursors[cursor].priority(at)?, cursor, at));
            }
            sources.sort_unstable_by(|one, other| other.cmp(one));
            (segment.cursor, segment.from) = (sources[0].1, sources[0].2);
            segment.beside = sources[1..].iter().map(|(_, cursor, at)| (*cursor, *at)).collect();
        }
        self.rows += segment.len;
        self.segments.push(segment);
        Ok(())
    }

    /// The rows as columns, and the new numbers of the row groups that are still open. The batch is empty then.
    pub(super) fn finish(&mut self) -> Result<(RowBatch, Vec<usize>), StoreError> {
        let mut segments = std::mem::take(&mut self.segments);
        (self.rows, self.cells) = (0, 0);
        let values = if self.names.any_values { self.values(&segments)? } else { Vec::new() };
        if self.names.are_chosen() {
            let steps: Vec<Step> = values.iter().map(|(step, _)| *step).collect();
            segments = self.with_cells(segments, &steps);
        }
        let batch = self.columns(&segments, values)?;
        let mut open = 0..;
        let moved = self.cursors.iter().map(|cursor| if cursor.is_open { open.next() } else { None }.unwrap_or(usize::MAX)).collect();
        self.cursors.retain(|cursor| cursor.is_open);
        Ok((batch, moved))
    }

    fn step(&self, segment: &Segment, at: usize) -> Step {
        self.cursors[segment.cursor].steps()[segment.from + at]
    }

    /// The wanted cells between the first and the last step that are not numbers, by step; the rows they
    /// stand in are not known yet.
    fn values(&self, segments: &[Segment]) -> Result<Vec<(Step, ValueCell)>, StoreError> {
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else { return Ok(Vec::new()) };
        let (first, last) = (self.step(first, 0), self.step(last, last.len - 1));
        let (view, names) = (self.view, self.names);
        let mut values = Vec::new();
        let mut select = view
            .connection
            .prepare_cached("SELECT key, step, entry, value FROM others WHERE stream = ?1 AND step BETWEEN ?2 AND ?3")
            .map_err(store_error)?;
        for (rank, stream) in view.streams_of(self.label) {
            let mut rows = select.query(params![stream.id, first, last]).map_err(store_error)?;
            while let Some(row) = rows.next().map_err(store_error)? {
                let key: i64 = row.get(0).map_err(store_error)?;
                let Some(&key) = names.by_id.get(&key).filter(|key| names.wants(**key)) else { continue };
                let entry: i64 = row.get(2).map_err(store_error)?;
                let value = msgpack::from_bytes(blob(row, 3)?).map_err(damaged)?;
                values.push((row.get(1).map_err(store_error)?, ValueCell { key, row: 0, priority: (rank, entry as u64), value }));
            }
        }
        for (rank, frame) in view.frames_of(self.label) {
            for cell in frame.values.iter().filter(|cell| first <= cell.step && cell.step <= last) {
                if let Some(key) = names.position(&frame.keys[cell.key as usize]).filter(|key| names.wants(*key)) {
                    values.push((cell.step, ValueCell { key, row: 0, priority: (rank, cell.entry), value: cell.value.clone() }));
                }
            }
        }
        values.sort_by_key(|(step, _)| *step);
        Ok(values)
    }

    /// The segments without rows that have none of the cells that are asked for; `steps` are those of values.
    fn with_cells(&self, segments: Vec<Segment>, steps: &[Step]) -> Vec<Segment> {
        let mut kept = Vec::new();
        for segment in segments {
            let has_cells = |cursor: usize| self.cursors[cursor].has_cells;
            if has_cells(segment.cursor) || segment.beside.iter().any(|(cursor, _)| has_cells(*cursor)) {
                kept.push(segment);
                continue;
            }
            let (first, last) = (self.step(&segment, 0), self.step(&segment, segment.len - 1));
            let within = steps.partition_point(|step| *step < first)..steps.partition_point(|step| *step <= last);
            let own = &self.cursors[segment.cursor].steps()[segment.from..segment.from + segment.len];
            let mut steps = steps[within].to_vec();
            steps.dedup();
            for at in steps.iter().filter_map(|step| own.binary_search(step).ok()) {
                kept.push(Segment { cursor: segment.cursor, from: segment.from + at, len: 1, beside: segment.beside.clone() });
            }
        }
        kept
    }

    fn columns(&self, segments: &[Segment], values: Vec<(Step, ValueCell)>) -> Result<RowBatch, StoreError> {
        let mut batch = RowBatch::default();
        let (mut starts, mut zeros) = (Vec::with_capacity(segments.len()), Vec::new());
        for segment in segments {
            let (cursor, rows) = (&self.cursors[segment.cursor], segment.from..segment.from + segment.len);
            starts.push(batch.len() as u32);
            batch.steps.extend_from_slice(&cursor.steps()[rows.clone()]);
            batch.times.extend_from_slice(&cursor.times()[rows.clone()]);
            batch.sampled.extend_from_slice(&cursor.sampled()[rows]);
            zeros.resize(batch.len(), cursor.zero);
        }
        let row_of = |step: &Step| batch.steps.binary_search(step).ok();
        let values = values.into_iter().filter_map(|(step, cell)| Some(ValueCell { row: row_of(&step)? as u32, ..cell }));
        let mut values: Vec<ValueCell> = values.collect();
        values.sort_by_key(|cell| (cell.key, cell.row, cell.priority));
        let mut gather = Gather::new(&self.cursors, segments, starts);
        let (mut pieces, mut values) = (gather.pieces().into_iter().peekable(), values.into_iter().peekable());
        let (mut timestamps, mut runtimes) = (Vec::new(), Vec::new());
        while let Some(key) = [pieces.peek().map(|piece| piece.key), values.peek().map(|cell| cell.key)].into_iter().flatten().min() {
            let of_key: Vec<Piece> = std::iter::from_fn(|| pieces.next_if(|piece| piece.key == key)).collect();
            let hiding: Vec<ValueCell> = std::iter::from_fn(|| values.next_if(|cell| cell.key == key)).collect();
            let columns = gather.column(&of_key, hiding)?.finish(&self.names.names[key as usize], batch.len());
            if Some(key) == self.names.timestamp {
                timestamps = by_row(columns, batch.len());
            } else if Some(key) == self.names.runtime {
                runtimes = by_row(columns, batch.len());
            } else {
                batch.columns.extend(columns);
            }
        }
        if !batch.is_empty() {
            set_clock(&mut batch, &zeros, &timestamps, &runtimes);
        }
        Ok(batch)
    }
}

/// The numbers of columns row by row.
fn by_row(columns: impl Iterator<Item = RowColumn>, rows: usize) -> Vec<Option<f64>> {
    let mut numbers = vec![None; rows];
    for column in columns {
        for place in 0..column.cells.len() {
            let row = column.rows.as_ref().map_or(place, |rows| rows[place] as usize);
            numbers[row] = column.cells.get(place).as_f64();
        }
    }
    numbers
}

/// Adds `_runtime`, and sets times that were logged as `_timestamp`. `zeros` are those of the rows' clocks;
/// what was logged is empty where nothing was.
fn set_clock(batch: &mut RowBatch, zeros: &[TimeMicros], timestamps: &[Option<f64>], runtimes: &[Option<f64>]) {
    let logged = |numbers: &[Option<f64>], row: usize| numbers.get(row).copied().flatten();
    let mut of_rows = Vec::with_capacity(zeros.len());
    for (row, (time, &zero)) in batch.times.iter_mut().zip(zeros).enumerate() {
        let (clock, timestamp) = (Clock { time: *time, zero }, logged(timestamps, row));
        of_rows.push(clock.runtime(timestamp, logged(runtimes, row)));
        *time = clock.row_time(timestamp);
    }
    let at = batch.columns.partition_point(|column| &*column.key < RUNTIME);
    batch.columns.insert(at, RowColumn { key: RUNTIME.into(), rows: None, cells: Cells::Floats(of_rows) });
}

/// A column of a row group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    key: u32,
    cursor: usize,
    column: u32,
}

/// Gathers the cells of one key after the other.
struct Gather<'b> {
    cursors: &'b [Cursor],
    segments: &'b [Segment],
    /// First row of each segment.
    starts: Vec<u32>,
    /// Segments that have rows of a row group, rising, by row group.
    of_cursor: Vec<Vec<u32>>,
    /// Column of the key in each row group, where it has one.
    columns: Vec<Option<u32>>,
}

impl<'b> Gather<'b> {
    fn new(cursors: &'b [Cursor], segments: &'b [Segment], starts: Vec<u32>) -> Self {
        let mut of_cursor = vec![Vec::new(); cursors.len()];
        for (id, segment) in (0..).zip(segments) {
            of_cursor[segment.cursor].push(id);
            segment.beside.iter().for_each(|(cursor, _)| of_cursor[*cursor].push(id));
        }
        Self { cursors, segments, starts, of_cursor, columns: vec![None; cursors.len()] }
    }

    /// All columns of row groups that have rows here, by key.
    fn pieces(&self) -> Vec<Piece> {
        let with_rows = self.cursors.iter().enumerate().filter(|(at, _)| !self.of_cursor[*at].is_empty());
        let of_cursor = |(cursor, of): (usize, &'b Cursor)| of.keys.iter().map(move |&(key, column)| Piece { key, cursor, column });
        let mut pieces: Vec<Piece> = with_rows.flat_map(of_cursor).collect();
        pieces.sort_unstable();
        pieces
    }

    /// The cells of a key. `values` are those that are no numbers, by row and priority.
    fn column(&mut self, pieces: &[Piece], values: Vec<ValueCell>) -> Result<ColumnBuilder, StoreError> {
        pieces.iter().for_each(|piece| self.columns[piece.cursor] = Some(piece.column));
        let several: Vec<u32>;
        let with_numbers = if let [piece] = pieces {
            &self.of_cursor[piece.cursor]
        } else {
            let mut all: Vec<u32> = pieces.iter().flat_map(|piece| self.of_cursor[piece.cursor].iter().copied()).collect();
            all.sort();
            all.dedup();
            several = all;
            &several
        };
        let values: Vec<ValueCell> = winners(values).collect();
        let mut hidden = vec![false; values.len()];
        let mut builder = ColumnBuilder::default();
        for &id in with_numbers {
            let (segment, start) = (&self.segments[id as usize], self.starts[id as usize]);
            let place = |row: u32| values.partition_point(|cell| cell.row < row);
            let mut hiding = place(start)..place(start + segment.len as u32);
            if segment.beside.is_empty() && hiding.is_empty() {
                self.add(&mut builder, segment.cursor, start, segment.from..segment.from + segment.len);
                continue;
            }
            for (row, at) in (start..).zip(segment.from..segment.from + segment.len) {
                let sources = std::iter::once((segment.cursor, at)).chain(segment.beside.iter().copied());
                let Some((cursor, at)) = sources.into_iter().find(|(cursor, _)| self.columns[*cursor].is_some()) else { continue };
                hiding.start += values[hiding.clone()].partition_point(|cell| cell.row < row);
                if let Some(value) = values[hiding.clone()].first().filter(|value| value.row == row) {
                    if value.priority > self.cursors[cursor].priority(at)? {
                        continue;
                    }
                    hidden[hiding.start] = true;
                }
                self.add(&mut builder, cursor, row, at..at + 1);
            }
        }
        let shown = values.into_iter().zip(hidden).filter(|(_, hidden)| !hidden);
        shown.for_each(|(cell, _)| builder.value(cell.row, cell.value));
        pieces.iter().for_each(|piece| self.columns[piece.cursor] = None);
        Ok(builder)
    }

    fn add(&self, builder: &mut ColumnBuilder, cursor: usize, first_row: u32, rows: Range<usize>) {
        if let Some(column) = self.columns[cursor] {
            builder.numbers(first_row, self.cursors[cursor].column(column), rows);
        }
    }
}

/// Of each row the last.
fn winners(values: Vec<ValueCell>) -> impl Iterator<Item = ValueCell> {
    let mut values = values.into_iter().peekable();
    std::iter::from_fn(move || {
        let mut last = values.next()?;
        while let Some(next) = values.next_if(|next| next.row == last.row) {
            last = next;
        }
        Some(last)
    })
}
