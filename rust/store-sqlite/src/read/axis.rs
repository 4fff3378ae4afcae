//! Lines over another key: where x and y stand in the same rows, a piece whose x lies within one bucket adds
//! the statistics of its y, and others are read.

use crate::chunks::column::ORDINAL_BITS;
use crate::chunks::directory::PieceReader;
use crate::chunks::stats::Piece;
use crate::read::line::Filling;
use crate::read::sorted_run::{Ranks, SortedRun, Source, merge};
use crate::read::view::RunView;
use rustc_hash::FxHashMap;
use stepwell_model::Step;
use stepwell_sample::bucket::Buckets;
use stepwell_sample::grid::{Grid, Scale};
use stepwell_store::{SeriesPoints, StepRange, StoreError};

/// Takes the points of a series on an axis, in any order of pieces.
trait Sink {
    /// Takes a piece by its statistics, if they say all that is asked for.
    fn take_piece(&mut self, x: &Piece, y: &Piece) -> bool;

    /// Takes a point at a finite x.
    fn take(&mut self, step: Step, x: f64, y: f64);
}

/// Lowest and highest x.
struct Extent {
    positive: bool,
    found: Option<(f64, f64)>,
}

/// Window of x that is asked for.
#[derive(Clone, Copy)]
struct Window {
    from: f64,
    to: f64,
    positive: bool,
}

struct Bucketed {
    filling: Filling,
    grid: Grid,
    window: Window,
}

struct Listed {
    window: Window,
    points: Vec<(f64, Step, f64)>,
}

/// Lowest and highest number of a piece that has numbers only, none of them infinite.
fn bounds(piece: &Piece) -> Option<(f64, f64)> {
    let (min, max) = piece.extremes.filter(|_| piece.numbers == piece.steps.rows)?;
    let (min, max) = (min.to_f64(), max.to_f64());
    (min.is_finite() && max.is_finite()).then_some((min, max))
}

impl Window {
    fn contains(&self, x: f64) -> bool {
        self.from <= x && x <= self.to && (!self.positive || x > 0.0)
    }
}

impl Sink for Extent {
    fn take_piece(&mut self, x: &Piece, _: &Piece) -> bool {
        let Some((min, max)) = bounds(x).filter(|(min, _)| !self.positive || *min > 0.0) else { return false };
        self.found = Some(self.found.map_or((min, max), |(low, high)| (low.min(min), high.max(max))));
        true
    }

    fn take(&mut self, _: Step, x: f64, _: f64) {
        if !self.positive || x > 0.0 {
            self.found = Some(self.found.map_or((x, x), |(low, high)| (low.min(x), high.max(x))));
        }
    }
}

impl Sink for Bucketed {
    fn take_piece(&mut self, x: &Piece, y: &Piece) -> bool {
        let Some((min, max)) = bounds(x) else { return false };
        if max < self.window.from || min > self.window.to {
            return true;
        }
        let index = self.grid.index(min).filter(|index| self.grid.index(max) == Some(*index));
        match index.filter(|_| self.window.contains(min) && self.window.contains(max)) {
            Some(index) => self.filling.add(index, &y.points(), y.steps.first, y.steps.last),
            None => return false,
        }
        true
    }

    fn take(&mut self, step: Step, x: f64, y: f64) {
        if let Some(index) = self.grid.index(x).filter(|_| self.window.contains(x)) {
            self.filling.add_value(index, step, y);
        }
    }
}

impl Sink for Listed {
    fn take_piece(&mut self, x: &Piece, _: &Piece) -> bool {
        bounds(x).is_some_and(|(min, max)| max < self.window.from || min > self.window.to)
    }

    fn take(&mut self, step: Step, x: f64, y: f64) {
        if self.window.contains(x) {
            self.points.push((x, step, y));
        }
    }
}

impl RunView<'_> {
    /// Lowest and highest x of a series, or positive x.
    pub(super) fn axis_extent(&self, label: &str, name: &str, x: &str, positive: bool) -> Result<Option<(f64, f64)>, StoreError> {
        let mut extent = Extent { positive, found: None };
        self.walk(label, name, x, &mut extent)?;
        Ok(extent.found)
    }

    /// The buckets of the points of a series within a window of x, and how many they are.
    pub(super) fn axis_buckets(
        &self,
        label: &str,
        name: &str,
        x: &str,
        grid: &Grid,
        window: (f64, f64),
    ) -> Result<(u64, Buckets), StoreError> {
        let (filling, window) = (Filling::new(*grid, StepRange::ALL), Window::new(grid, window));
        let mut bucketed = Bucketed { filling, grid: *grid, window };
        self.walk(label, name, x, &mut bucketed)?;
        Ok(bucketed.filling.finish())
    }

    /// The points of a series within a window of x, by rising x, those of one x in the order of their steps.
    pub(super) fn axis_points(
        &self,
        label: &str,
        name: &str,
        x: &str,
        grid: &Grid,
        window: (f64, f64),
    ) -> Result<(Vec<f64>, Vec<f64>), StoreError> {
        let mut listed = Listed { window: Window::new(grid, window), points: Vec::new() };
        self.walk(label, name, x, &mut listed)?;
        listed.points.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        Ok(listed.points.into_iter().map(|(x, _, y)| (x, y)).unzip())
    }

    fn walk(&self, label: &str, name: &str, x: &str, sink: &mut dyn Sink) -> Result<(), StoreError> {
        let (alone, mut rest) = self.divided_runs(label, name)?;
        let (xs, _) = self.divided_runs(label, x)?;
        let group = |sorted_run: &SortedRun| match &sorted_run.source {
            Source::Chunk(chunk) => Some(chunk.id >> ORDINAL_BITS),
            _ => None,
        };
        let by_group: FxHashMap<i64, SortedRun> = xs.into_iter().filter_map(|sorted_run| Some((group(&sorted_run)?, sorted_run))).collect();
        let mut reader = PieceReader::new(self.connection);
        for sorted_run in alone {
            match group(&sorted_run).and_then(|group| by_group.get(&group)) {
                Some(x) => self.walk_chunk(&mut reader, x, &sorted_run, sink)?,
                None => rest.push(sorted_run),
            }
        }
        let points = merge(self.connection, rest, StepRange::ALL, Ranks::Drop)?.points;
        if let (Some(&first), Some(&last)) = (points.steps.first(), points.steps.last()) {
            join(&self.label_points(label, x, StepRange { first, last })?, &points, sink);
        }
        Ok(())
    }

    /// Walks through a chunk and that of the x of its rows.
    fn walk_chunk(&self, reader: &mut PieceReader<'_>, x: &SortedRun, y: &SortedRun, sink: &mut dyn Sink) -> Result<(), StoreError> {
        let read = |sorted_run: &SortedRun| merge(self.connection, vec![sorted_run.clone()], StepRange::ALL, Ranks::Drop);
        let (Source::Chunk(x_chunk), Source::Chunk(y_chunk)) = (&x.source, &y.source) else { return Ok(()) };
        if let Some((x, y)) = x_chunk.whole().zip(y_chunk.whole())
            && sink.take_piece(x, y)
        {
            return Ok(());
        }
        let (Some(x_pieces), Some(y_pieces)) = (reader.pieces(x_chunk)?, reader.pieces(y_chunk)?) else {
            join(&read(x)?.points, &read(y)?.points, sink);
            return Ok(());
        };
        let mut points: Option<(SeriesPoints, SeriesPoints)> = None;
        let mut at = 0;
        for (x_piece, y_piece) in x_pieces.iter().zip(&y_pieces) {
            let rows = at..at + y_piece.steps.rows as usize;
            at = rows.end;
            if sink.take_piece(x_piece, y_piece) {
                continue;
            }
            let (xs, ys) = match &points {
                Some(points) => points,
                None => points.insert((read(x)?.points, read(y)?.points)),
            };
            for at in rows {
                let x = xs.values.get(at).to_f64();
                if x.is_finite() {
                    sink.take(ys.steps[at], x, ys.values.get(at).to_f64());
                }
            }
        }
        Ok(())
    }
}

impl Window {
    fn new(grid: &Grid, (from, to): (f64, f64)) -> Self {
        Self { from, to, positive: grid.scale() == Scale::Log2 }
    }
}

/// Hands on the points that have an x at their step.
fn join(axis: &SeriesPoints, points: &SeriesPoints, sink: &mut dyn Sink) {
    let mut at = 0;
    for (row, &step) in points.steps.iter().enumerate() {
        while axis.steps.get(at).is_some_and(|other| *other < step) {
            at += 1;
        }
        if axis.steps.get(at) == Some(&step) {
            let x = axis.values.get(at).to_f64();
            if x.is_finite() {
                sink.take(step, x, points.values.get(row).to_f64());
            }
        }
    }
}
