//! Sorted runs of points, from chunks and from the journal, and their merge by priority.
//!
//! A sorted run knows its steps' range without being read. Sorted runs whose ranges touch no other are passed
//! on as they are; only those that overlap are merged point by point, where the highest (rank of the stream,
//! entry number) wins (invariant 3 of `Store`).

use crate::chunks::column::{blob, read_one, unpack, unpack_integers, unsigned};
use crate::chunks::directory::{Chunk, PieceReader};
use rusqlite::Connection;
use std::sync::Arc;
use stepwell_codec::column::{Number, Numbers};
use stepwell_model::{EntryNumber, Step};
use stepwell_sample::Aggregate;
use stepwell_sample::run_summary::History;
use stepwell_store::decode::{FrameRows, append};
use stepwell_store::{SeriesPoints, StepRange, StoreError};

/// Place of the points of a sorted run.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A chunk.
    Chunk(Chunk),
    /// Times of a row of `blocks`.
    Times(i64),
    /// A row group of a frame: the column of that index, or its times.
    Frame(Arc<FrameRows>, usize, Option<usize>),
    /// Cells that are not numbers: where they win there is no number.
    Values(Vec<(Step, EntryNumber)>),
}

/// A sorted run of points of one stream.
#[derive(Debug, Clone)]
pub(crate) struct SortedRun {
    /// Rank of the stream among those of its run: the higher one wins.
    pub(crate) rank: u32,
    pub(crate) first: Step,
    pub(crate) last: Step,
    pub(crate) source: Source,
}

/// A sorted run that was read. Without numbers it only hides those of other sorted runs.
pub(crate) struct Loaded {
    pub(crate) steps: Vec<Step>,
    pub(crate) entries: Vec<EntryNumber>,
    pub(crate) numbers: Option<Numbers>,
}

/// Points by rising step, each step once.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) points: SeriesPoints,
    /// For each point the rank of its stream, if that was asked for.
    pub(crate) ranks: Vec<u32>,
}

/// Whether to say which stream each point is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ranks {
    /// Say it.
    Keep,
    /// Don't.
    Drop,
}

/// Merges the sorted runs and cuts out `window`. Reads no sorted run outside of it.
pub(crate) fn merge(
    connection: &Connection,
    mut sorted_runs: Vec<SortedRun>,
    window: StepRange,
    ranks: Ranks,
) -> Result<Merged, StoreError> {
    sorted_runs.retain(|sorted_run| sorted_run.first <= window.last && window.first <= sorted_run.last);
    sorted_runs.sort_by_key(|sorted_run| sorted_run.first);
    let mut merged = Merged::default();
    let mut rest = &sorted_runs[..];
    while !rest.is_empty() {
        let (cluster, after) = split_cluster(rest);
        match cluster {
            [sorted_run] => merged.take(connection, sorted_run, window, ranks)?,
            overlapping => merged.take_overlapping(connection, overlapping, window, ranks)?,
        }
        rest = after;
    }
    Ok(merged)
}

/// History of the numbers of the sorted runs, none of which is hidden by a cell that is no number. A chunk that
/// overlaps nothing is not read if its statistics are known.
pub(crate) fn history(connection: &Connection, mut sorted_runs: Vec<SortedRun>) -> Result<Option<History>, StoreError> {
    sorted_runs.sort_by_key(|sorted_run| sorted_run.first);
    let (mut whole, mut reader): (Option<History>, _) = (None, PieceReader::new(connection));
    let mut add = |first: Number, numbers: &Aggregate| match &mut whole {
        Some(whole) => whole.numbers.merge(numbers),
        None => whole = Some(History { first: first.into(), numbers: numbers.clone() }),
    };
    let mut rest = &sorted_runs[..];
    while !rest.is_empty() {
        let (cluster, after) = split_cluster(rest);
        let pieces = match cluster {
            [SortedRun { source: Source::Chunk(chunk), .. }] => match chunk.whole() {
                Some(whole) => Some(vec![whole.clone()]),
                None => reader.pieces(chunk)?,
            },
            _ => None,
        };
        if let Some(pieces) = pieces {
            pieces.iter().for_each(|piece| add(piece.first, &piece.aggregate()));
        } else {
            let numbers = merge(connection, cluster.to_vec(), StepRange::ALL, Ranks::Drop)?.points.values;
            if !numbers.is_empty() {
                add(numbers.get(0), &numbers.iter().collect());
            }
        }
        rest = after;
    }
    Ok(whole)
}

/// The first sorted runs, sorted by their first step, that overlap each other and none of those after them.
fn split_cluster(sorted_runs: &[SortedRun]) -> (&[SortedRun], &[SortedRun]) {
    let (mut last, mut len) = (Step::MIN, 0);
    while let Some(next) = sorted_runs.get(len).filter(|next| len == 0 || next.first <= last) {
        last = last.max(next.last);
        len += 1;
    }
    sorted_runs.split_at(len)
}

impl Merged {
    fn take(&mut self, connection: &Connection, sorted_run: &SortedRun, window: StepRange, ranks: Ranks) -> Result<(), StoreError> {
        let (steps, numbers) = match &sorted_run.source {
            Source::Values(_) => return Ok(()),
            _ => sorted_run.points(connection)?,
        };
        let from = steps.partition_point(|step| *step < window.first);
        let to = steps.partition_point(|step| *step <= window.last);
        if from == 0 && to == steps.len() {
            self.points.steps.extend_from_slice(&steps);
            append(&mut self.points.values, &numbers);
        } else {
            self.points.steps.extend_from_slice(&steps[from..to]);
            (from..to).for_each(|at| self.points.values.push(numbers.get(at)));
        }
        if ranks == Ranks::Keep {
            self.ranks.resize(self.points.steps.len(), sorted_run.rank);
        }
        Ok(())
    }

    fn take_overlapping(
        &mut self,
        connection: &Connection,
        sorted_runs: &[SortedRun],
        window: StepRange,
        ranks: Ranks,
    ) -> Result<(), StoreError> {
        let mut all: Vec<(Step, u32, EntryNumber, Option<Number>)> = Vec::new();
        for sorted_run in sorted_runs {
            let loaded = sorted_run.load(connection)?;
            for (at, (&step, &entry)) in loaded.steps.iter().zip(&loaded.entries).enumerate() {
                if window.contains(step) {
                    all.push((step, sorted_run.rank, entry, loaded.numbers.as_ref().map(|numbers| numbers.get(at))));
                }
            }
        }
        // Stable, and quick: what it sorts is sorted runs already.
        all.sort_by_key(|(step, rank, entry, _)| (*step, *rank, *entry));
        for (at, (step, rank, _, number)) in all.iter().enumerate() {
            if all.get(at + 1).is_some_and(|next| next.0 == *step) {
                continue;
            }
            if let Some(number) = number {
                self.points.steps.push(*step);
                self.points.values.push(*number);
                if ranks == Ranks::Keep {
                    self.ranks.push(*rank);
                }
            }
        }
        Ok(())
    }
}

impl SortedRun {
    /// That of a chunk.
    pub(crate) fn of_chunk(rank: u32, chunk: Chunk) -> Self {
        Self { rank, first: chunk.first, last: chunk.last, source: Source::Chunk(chunk) }
    }

    /// Steps and numbers.
    fn points(&self, connection: &Connection) -> Result<(Vec<Step>, Numbers), StoreError> {
        match self.source {
            Source::Chunk(Chunk { id, .. }) => {
                let sql = "SELECT row_count, steps, numbers FROM columns JOIN blocks ON blocks.id = columns.id >> 22 WHERE columns.id = ?1";
                read_one(connection, sql, id, |count, row| Ok((unpack_integers(blob(row, 1)?, count)?, unpack(blob(row, 2)?, count)?)))
            }
            _ => self.load(connection).map(|loaded| (loaded.steps, loaded.numbers.unwrap_or_default())),
        }
    }

    /// Steps, entry numbers and numbers.
    pub(crate) fn load(&self, connection: &Connection) -> Result<Loaded, StoreError> {
        match &self.source {
            Source::Chunk(Chunk { id, .. }) => {
                let sql = "SELECT row_count, steps, entries, numbers FROM columns JOIN blocks ON blocks.id = columns.id >> 22 WHERE columns.id = ?1";
                read_one(connection, sql, *id, |count, row| {
                    let (steps, entries) = (unpack_integers(blob(row, 1)?, count)?, unpack_integers(blob(row, 2)?, count)?);
                    Ok(Loaded { steps, entries: unsigned(entries), numbers: Some(unpack(blob(row, 3)?, count)?) })
                })
            }
            Source::Times(id) => {
                let sql = "SELECT row_count, steps, entries, times FROM blocks WHERE id = ?1";
                read_one(connection, sql, *id, |count, row| {
                    let (steps, entries) = (unpack_integers(blob(row, 1)?, count)?, unpack_integers(blob(row, 2)?, count)?);
                    let times = Numbers::Int(unpack_integers(blob(row, 3)?, count)?);
                    Ok(Loaded { steps, entries: unsigned(entries), numbers: Some(times) })
                })
            }
            Source::Frame(frame, group, column) => {
                let group = &frame.groups[*group];
                let numbers = match column {
                    Some(column) => group.columns[*column].clone(),
                    None => Numbers::Int(group.times.clone()),
                };
                Ok(Loaded { steps: group.steps.clone(), entries: group.entries.clone(), numbers: Some(numbers) })
            }
            Source::Values(cells) => {
                let (steps, entries) = cells.iter().copied().unzip();
                Ok(Loaded { steps, entries, numbers: None })
            }
        }
    }
}
