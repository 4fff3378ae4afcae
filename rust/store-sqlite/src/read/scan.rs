//! Rows of a run in step order: row groups and frames of a label merged step by step, each read when its
//! first step comes up.
//!
//! *Segments* are merged: rows of one row group that follow each other while no other row group has a row
//! between them. Cells are copied once, column by column, when a batch is full ([`batch`]).

mod batch;
mod cursor;
mod names;

use crate::read::scan::batch::{Batch, Segment};
use crate::read::scan::cursor::Cursor;
use crate::read::scan::names::Names;
use crate::read::view::RunView;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use stepwell_model::Step;
use stepwell_store::{RowQuery, RowSink, StepRange, StoreError};

/// Rows handed to the sink at once.
const BATCH_ROWS: usize = 1 << 16;
/// And where some of their cells are no numbers, which may be large.
const BATCH_ROWS_OF_VALUES: usize = 4_096;
/// Cells after which a batch is handed out although it has fewer rows.
const BATCH_CELLS: usize = 1 << 18;
/// What a row costs besides its cells, in cells: step, time and runtime.
const ROW_CELLS: usize = 3;

impl RunView<'_> {
    /// See [`stepwell_store::Store::rows`].
    pub(crate) fn rows(&self, query: &RowQuery, sink: &mut RowSink<'_>) -> Result<(), StoreError> {
        let names = Names::new(self, &query.keys)?;
        let has = |label: &str| {
            let mut any = false;
            let _ = self.scan(&names, label, StepRange::ALL, 1, &mut |_, _| {
                any = true;
                ControlFlow::Break(())
            })?;
            Ok(any)
        };
        let batch_rows = if names.any_values { BATCH_ROWS_OF_VALUES } else { BATCH_ROWS };
        for label in self.choose(&query.label, has)? {
            if self.scan(&names, &label, query.steps, batch_rows, sink)?.is_break() {
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
        sink: &mut RowSink<'_>,
    ) -> Result<ControlFlow<()>, StoreError> {
        let mut sorted_runs = self.time_runs(label, steps)?;
        sorted_runs.sort_by_key(|sorted_run| Reverse(sorted_run.first));
        let mut batch = Batch::new(self, names, label);
        let mut heap: BinaryHeap<Reverse<(Step, usize)>> = BinaryHeap::new();
        loop {
            while let Some(sorted_run) =
                sorted_runs.pop_if(|sorted_run| heap.peek().is_none_or(|Reverse((step, _))| sorted_run.first <= *step))
            {
                let cursor = Cursor::open(self, names, &sorted_run, steps)?;
                if let Some(&step) = cursor.steps().get(cursor.at) {
                    heap.push(Reverse((step, batch.add(cursor))));
                }
            }
            let Some(Reverse((step, index))) = heap.pop().filter(|Reverse((step, _))| *step <= steps.last) else { break };
            let mut segment = Segment { cursor: index, from: batch.cursors[index].at, len: 1, beside: Vec::new() };
            while heap.peek().is_some_and(|Reverse((next, _))| *next == step) {
                segment.beside.extend(heap.pop().map(|Reverse((_, other))| (other, batch.cursors[other].at)));
            }
            if segment.beside.is_empty() {
                let limit = [heap.peek().map(|Reverse((step, _))| *step), sorted_runs.last().map(|next| next.first)];
                let row_cells = ROW_CELLS + batch.cursors[index].keys.len();
                let most = (batch_rows - batch.rows).min((BATCH_CELLS - batch.cells) / row_cells + 1);
                segment.len = batch.cursors[index].rows_before(limit.into_iter().flatten().min(), steps.last, most);
            }
            for (index, len) in std::iter::once((index, segment.len)).chain(segment.beside.iter().map(|(other, _)| (*other, 1))) {
                let cursor = &mut batch.cursors[index];
                batch.cells += len * (ROW_CELLS + cursor.keys.len());
                cursor.at += len;
                match cursor.steps().get(cursor.at) {
                    Some(&next) => heap.push(Reverse((next, index))),
                    None => cursor.is_open = false,
                }
            }
            batch.take(segment)?;
            if batch.rows >= batch_rows || batch.cells >= BATCH_CELLS {
                let (rows, moved) = batch.finish()?;
                if !rows.is_empty() && sink(label, rows).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                heap = heap.into_iter().map(|Reverse((step, index))| Reverse((step, moved[index]))).collect();
            }
        }
        let (rows, _) = batch.finish()?;
        Ok(if rows.is_empty() { ControlFlow::Continue(()) } else { sink(label, rows) })
    }
}
