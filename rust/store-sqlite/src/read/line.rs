//! Lines: over steps, a piece of a chunk that lies within one bucket adds its statistics, others are read.
//!
//! Sorted runs whose steps others might have as well are merged first; where the chunks of a stream hold no
//! step twice, as its counts say, they may interleave and are still added each by itself.

use crate::chunks::digest;
use crate::chunks::directory::{self, PieceReader};
use crate::db::error::store_error;
use crate::read::sorted_run::{Ranks, SortedRun, Source, merge};
use crate::read::view::{KeyRow, RunView, Views, hiding_runs};
use rusqlite::OptionalExtension;
use std::cell::RefCell;
use stepwell_model::{RunPath, Step};
use stepwell_sample::bucket::Buckets;
use stepwell_sample::grid::{Grid, Scale};
use stepwell_sample::{NumberStats, PointStats};
use stepwell_store::line::steps_within;
use stepwell_store::row::{STEP, is_automatic};
use stepwell_store::{LabelChoice, LabelLine, LineForm, LineReader, PointLines, SeriesName, SeriesPoints, StepRange, StoreError};

/// Lines of the runs of a snapshot: of what was logged from statistics, of automatic keys from points.
pub(crate) struct StoredLines<'v, 'c, R> {
    pub(crate) views: &'v RefCell<Views<'c>>,
    pub(crate) plain: PointLines<R>,
}

impl<R> LineReader for StoredLines<'_, '_, R>
where
    R: FnMut(&RunPath, &str, &LabelChoice, StepRange) -> Result<Vec<(String, SeriesPoints)>, StoreError>,
{
    fn extent(&mut self, series: &SeriesName, x: &str, positive: bool) -> Result<Option<(f64, f64)>, StoreError> {
        if !is_of_statistics(series, x) {
            return self.plain.extent(series, x, positive);
        }
        let mut views = self.views.borrow_mut();
        let Some(view) = views.of(&series.path)? else { return Ok(None) };
        let mut whole: Option<(f64, f64)> = None;
        for label in view.choose(&series.label, |label| view.has_numbers(label, &series.key))? {
            let extent = if x == STEP {
                view.step_extent(&label, &series.key, positive)?.map(|(first, last)| (first as f64, last as f64))
            } else {
                view.axis_extent(&label, &series.key, x, positive)?
            };
            if let Some((first, last)) = extent {
                whole = Some(whole.map_or((first, last), |(low, high)| (low.min(first), high.max(last))));
            }
        }
        Ok(whole)
    }

    fn line(&mut self, series: &SeriesName, x: &str, grid: &Grid, window: (f64, f64), exact: usize) -> Result<Vec<LabelLine>, StoreError> {
        if !is_of_statistics(series, x) {
            return self.plain.line(series, x, grid, window, exact);
        }
        let from = if grid.scale() == Scale::Log2 { window.0.max(1.0) } else { window.0 };
        let steps = steps_within((from, window.1));
        let mut views = self.views.borrow_mut();
        let Some(view) = views.of(&series.path)?.filter(|_| x != STEP || steps.first <= steps.last) else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        for label in view.choose(&series.label, |label| view.has_numbers(label, &series.key))? {
            let (count, buckets) = if x == STEP {
                view.step_buckets(&label, &series.key, grid, steps)?
            } else {
                view.axis_buckets(&label, &series.key, x, grid, window)?
            };
            if count > 0 {
                lines.push(LabelLine { label, count, form: LineForm::Buckets(buckets) });
            }
        }
        if let [LabelLine { label, count, form }] = &mut lines[..]
            && *count <= exact as u64
        {
            let (x, y) = if x == STEP {
                let points = view.label_points(label, &series.key, steps)?;
                (points.steps.iter().map(|&step| step as f64).collect(), points.values.into_f64())
            } else {
                view.axis_points(label, &series.key, x, grid, window)?
            };
            *form = LineForm::Points { x, y };
        }
        Ok(lines)
    }
}

/// Whether statistics of chunks tell of a series on this axis: times are not kept as numbers of a key.
fn is_of_statistics(series: &SeriesName, x: &str) -> bool {
    !is_automatic(&series.key) && (x == STEP || !is_automatic(x) && x != series.key)
}

impl RunView<'_> {
    /// First and last step of the numbers of a key and label, or first and last positive one.
    fn step_extent(&self, label: &str, name: &str, positive: bool) -> Result<Option<(Step, Step)>, StoreError> {
        let key = self.key(name)?;
        let mut sorted_runs = self.number_runs(label, name, key, StepRange::ALL)?;
        let wanted = StepRange { first: if positive { 1 } else { Step::MIN }, last: Step::MAX };
        if !self.label_values(label, name, key, StepRange::ALL)?.is_empty() {
            let points = self.label_points(label, name, wanted)?;
            return Ok(points.steps.first().copied().zip(points.steps.last().copied()));
        }
        sorted_runs.retain(|sorted_run| sorted_run.last >= wanted.first);
        let (Some(first), Some(last)) =
            (sorted_runs.iter().map(|sorted_run| sorted_run.first).min(), sorted_runs.iter().map(|sorted_run| sorted_run.last).max())
        else {
            return Ok(None);
        };
        if first >= wanted.first {
            return Ok(Some((first, last)));
        }
        // Some begin before and end after: the first one that ends has a step there.
        let end = sorted_runs.iter().map(|sorted_run| sorted_run.last).min().unwrap_or(last);
        let points = self.label_points(label, name, StepRange { first: wanted.first, last: end })?;
        Ok(points.steps.first().map(|first| (*first, last)))
    }

    /// The buckets of the numbers of a key and label at `steps`, which the grid covers, and how many numbers
    /// they are.
    fn step_buckets(&self, label: &str, name: &str, grid: &Grid, steps: StepRange) -> Result<(u64, Buckets), StoreError> {
        let key = self.key(name)?;
        let distinct = self.distinct_streams(label, key)?;
        let (mut filling, mut pieces) = (Filling::new(*grid, steps), PieceReader::new(self.connection));
        let (mut sorted_runs, mut digests) = (self.frame_runs(label, name), Vec::new());
        if let Some(key) = key {
            for (rank, stream) in self.streams_of(label) {
                let parts = directory::parts(self.connection, key.id, stream.id, steps)?;
                sorted_runs.extend(parts.into_iter().map(|chunk| SortedRun::of_chunk(rank, chunk)));
                digests.extend(digest::places(self.connection, key.id, stream.id, steps)?.into_iter().map(|place| (rank, place)));
            }
        }
        sorted_runs.extend(hiding_runs(&self.label_values(label, name, key, steps)?));
        let mut disturbed = Vec::new();
        for (rank, place) in &digests {
            // Digest by digest, so that the chunks of a very long series are never in memory together.
            let chunks = digest::chunks(self.connection, place.id, steps)?.into_iter().map(|chunk| SortedRun::of_chunk(*rank, chunk));
            let meets = |first: Step, last: Step| first <= place.last && place.first <= last;
            let is_disturbed = !distinct.contains(rank)
                || digests.iter().any(|(other, place)| other != rank && meets(place.first, place.last))
                || sorted_runs.iter().any(|other| {
                    let is_own = other.rank == *rank && matches!(other.source, Source::Chunk(_));
                    !is_own && meets(other.first, other.last)
                });
            if is_disturbed {
                disturbed.extend(chunks);
            } else {
                chunks.into_iter().try_for_each(|sorted_run| filling.add_run(&mut pieces, self, &sorted_run))?;
            }
        }
        sorted_runs.extend(disturbed);
        let (alone, shared) = self.divide(sorted_runs, &distinct, steps);
        alone.iter().try_for_each(|sorted_run| filling.add_run(&mut pieces, self, sorted_run))?;
        filling.add_points(&merge(self.connection, shared, steps, Ranks::Drop)?.points);
        Ok(filling.finish())
    }

    /// The sorted runs of a key and label: those that share no step with another one, and those that may.
    pub(super) fn divided_runs(&self, label: &str, name: &str) -> Result<(Vec<SortedRun>, Vec<SortedRun>), StoreError> {
        let key = self.key(name)?;
        let mut sorted_runs = self.number_runs(label, name, key, StepRange::ALL)?;
        sorted_runs.extend(hiding_runs(&self.label_values(label, name, key, StepRange::ALL)?));
        Ok(self.divide(sorted_runs, &self.distinct_streams(label, key)?, StepRange::ALL))
    }

    /// Divides them, leaving out those without a step at `steps`.
    fn divide(&self, mut sorted_runs: Vec<SortedRun>, distinct: &[u32], steps: StepRange) -> (Vec<SortedRun>, Vec<SortedRun>) {
        sorted_runs.retain(|sorted_run| sorted_run.first <= steps.last && steps.first <= sorted_run.last);
        sorted_runs.sort_by_key(|sorted_run| sorted_run.first);
        // The chunks of a stream without a step twice belong together, everything else to itself.
        let origins = sorted_runs.iter().zip(self.streams.len() as u32..).map(|(sorted_run, own)| match sorted_run.source {
            Source::Chunk(_) if distinct.contains(&sorted_run.rank) => sorted_run.rank,
            _ => own,
        });
        let origins: Vec<u32> = origins.collect();
        let mut shared = shared(&sorted_runs, &origins).into_iter();
        sorted_runs.into_iter().partition(|_| !shared.next().unwrap_or(true))
    }

    /// Ranks of streams of a label whose chunks hold no step twice.
    fn distinct_streams(&self, label: &str, key: Option<KeyRow>) -> Result<Vec<u32>, StoreError> {
        let Some(key) = key else { return Ok(Vec::new()) };
        let mut select = self.connection.prepare_cached("SELECT points FROM series WHERE key = ?1 AND stream = ?2").map_err(store_error)?;
        let mut distinct = Vec::new();
        for (rank, stream) in self.streams_of(label) {
            let points: Option<i64> = select.query_row([key.id, stream.id], |row| row.get(0)).optional().map_err(store_error)?;
            if let Some(points) = points
                && points as u64 == directory::rows(self.connection, key.id, stream.id)?
            {
                distinct.push(rank);
            }
        }
        Ok(distinct)
    }
}

/// Which of the sorted runs, sorted by their first step, overlap one of another origin.
fn shared(sorted_runs: &[SortedRun], origins: &[u32]) -> Vec<bool> {
    let mut shared = vec![false; sorted_runs.len()];
    // Of those before: the one that ends last, and that of another origin that does.
    let mut ends: [Option<(Step, u32)>; 2] = [None; 2];
    for (at, (sorted_run, &origin)) in sorted_runs.iter().zip(origins).enumerate() {
        let other = ends.into_iter().flatten().find(|(_, known)| *known != origin);
        shared[at] = other.is_some_and(|(last, _)| last >= sorted_run.first);
        let own = (sorted_run.last, origin);
        match ends {
            [Some(first), _] if first.1 == origin => ends[0] = Some(first.max(own)),
            [Some(first), second] if first.0 >= own.0 => ends[1] = second.max(Some(own)),
            [first, _] => ends = [Some(own), first],
        }
    }
    // Of those after: the one that begins first, and that of another origin that does.
    let mut starts: [Option<(Step, u32)>; 2] = [None; 2];
    for (at, (sorted_run, &origin)) in sorted_runs.iter().zip(origins).enumerate().rev() {
        let other = starts.into_iter().flatten().find(|(_, known)| *known != origin);
        shared[at] |= other.is_some_and(|(first, _)| first <= sorted_run.last);
        let own = Some((sorted_run.first, origin));
        starts = if starts[0].is_some_and(|(_, known)| known != origin) { [own, starts[0]] } else { [own, starts[1]] };
    }
    shared
}

/// Buckets that are filled in any order.
pub(super) struct Filling {
    grid: Grid,
    steps: StepRange,
    count: u64,
    slots: Vec<Slot>,
}

/// A bucket, and the steps of its first and last value.
#[derive(Clone, Copy)]
struct Slot {
    values: NumberStats,
    first: (Step, f64),
    last: (Step, f64),
}

impl Filling {
    /// Empty ones, for points at `steps`.
    pub(super) fn new(grid: Grid, steps: StepRange) -> Self {
        let empty = Slot { values: NumberStats::EMPTY, first: (Step::MAX, f64::NAN), last: (Step::MIN, f64::NAN) };
        Self { grid, steps, count: 0, slots: vec![empty; grid.len()] }
    }

    /// Adds points between two steps.
    pub(super) fn add(&mut self, index: usize, stats: &PointStats, first: Step, last: Step) {
        let slot = &mut self.slots[index];
        slot.values.merge(stats);
        if first <= slot.first.0 {
            slot.first = (first, stats.first());
        }
        if last >= slot.last.0 {
            slot.last = (last, stats.last());
        }
        self.count += stats.count;
    }

    /// Adds a point.
    pub(super) fn add_value(&mut self, index: usize, step: Step, value: f64) {
        let slot = &mut self.slots[index];
        slot.values.add(value);
        if step <= slot.first.0 {
            slot.first = (step, value);
        }
        if step >= slot.last.0 {
            slot.last = (step, value);
        }
        self.count += 1;
    }

    /// Adds points by rising step.
    fn add_points(&mut self, points: &SeriesPoints) {
        self.add_values(&points.steps, &points.values.to_f64());
    }

    fn add_values(&mut self, mut steps: &[Step], mut values: &[f64]) {
        let grid = self.grid;
        while let Some(&first) = steps.first() {
            let index = grid.index_of_step(first);
            let rows = steps.partition_point(|step| grid.index_of_step(*step) == index);
            if let Some(index) = index {
                self.add(index, &PointStats::of(&values[..rows]), first, steps[rows - 1]);
            }
            (steps, values) = (&steps[rows..], &values[rows..]);
        }
    }

    /// The bucket of steps that lie within one, and within what is asked for.
    fn bucket_of(&self, first: Step, last: Step) -> Option<usize> {
        let index = self.grid.index_of_step(first).filter(|_| self.steps.first <= first && last <= self.steps.last)?;
        (self.grid.index_of_step(last) == Some(index)).then_some(index)
    }

    /// Adds a sorted run that shares no step with another one; of a chunk, only what its statistics do not tell
    /// is read.
    fn add_run(&mut self, pieces: &mut PieceReader<'_>, view: &RunView<'_>, sorted_run: &SortedRun) -> Result<(), StoreError> {
        let Source::Chunk(chunk) = &sorted_run.source else {
            let points = merge(view.connection, vec![sorted_run.clone()], self.steps, Ranks::Drop)?.points;
            self.add_points(&points);
            return Ok(());
        };
        if let Some(whole) = chunk.whole()
            && let Some(index) = self.bucket_of(chunk.first, chunk.last)
        {
            self.add(index, &whole.points(), chunk.first, chunk.last);
            return Ok(());
        }
        let read = || merge(view.connection, vec![sorted_run.clone()], StepRange::ALL, Ranks::Drop);
        let Some(pieces) = pieces.pieces(chunk)? else {
            let points = read()?.points;
            let within = within(&points.steps, self.steps);
            self.add_values(&points.steps[within.clone()], &points.values.to_f64()[within]);
            return Ok(());
        };
        let mut points: Option<(Vec<Step>, Vec<f64>)> = None;
        let mut at = 0;
        for piece in pieces {
            let (first, last, rows) = (piece.steps.first, piece.steps.last, at..at + piece.steps.rows as usize);
            at = rows.end;
            if last < self.steps.first || first > self.steps.last {
                continue;
            }
            match self.bucket_of(first, last) {
                Some(index) => self.add(index, &piece.points(), first, last),
                None => {
                    let (steps, values) = match &mut points {
                        Some(points) => points,
                        None => {
                            let found = read()?.points;
                            points.insert((found.steps, found.values.into_f64()))
                        }
                    };
                    let start = rows.start;
                    let part = within(&steps[rows], self.steps);
                    let part = part.start + start..part.end + start;
                    self.add_values(&steps[part.clone()], &values[part]);
                }
            }
        }
        Ok(())
    }

    /// The number of points, and the buckets.
    pub(super) fn finish(self) -> (u64, Buckets) {
        let mut buckets = Buckets::new(self.grid);
        for (index, slot) in self.slots.iter().enumerate().filter(|(_, slot)| slot.values.count > 0) {
            buckets.merge(index, &PointStats::from_parts(slot.values, slot.first.1, slot.last.1));
        }
        (self.count, buckets)
    }
}

/// The rising steps that lie within a window.
fn within(steps: &[Step], window: StepRange) -> std::ops::Range<usize> {
    let from = steps.partition_point(|step| *step < window.first);
    from..steps.partition_point(|step| *step <= window.last).max(from)
}
