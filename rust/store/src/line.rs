//! Lines: series at the resolution of a chart, as buckets of a grid or, where they are few, as points. It is
//! how charts ask a store, so that an answer need not cost the length of a series.
//!
//! A point of a series on an x axis is a number whose step has a finite x of the same label; on a logarithmic
//! axis, a positive one. `_step`, `_timestamp` and `_runtime` are axes like any other key. Which label is the
//! primary one depends on the series alone, neither on the window nor on the axis.

mod joined;
mod plain;

pub use plain::PointLines;

use crate::api::error::StoreError;
use crate::query::{LabelChoice, StepRange};
use stepwell_model::{RunPath, Step};
use stepwell_sample::bucket::Buckets;
use stepwell_sample::grid::Grid;

/// Name of a series.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SeriesName {
    /// The run.
    pub path: RunPath,
    /// The key.
    pub key: String,
    /// The label.
    pub label: LabelChoice,
}

/// An extent that is asked for; see [`LineReader::extent`].
#[derive(Debug, Clone, Copy)]
pub struct ExtentQuery<'q> {
    /// The series.
    pub series: &'q SeriesName,
    /// Key of the x axis.
    pub x: &'q str,
    /// Whether only positive x count.
    pub positive: bool,
}

/// A line that is asked for; see [`LineReader::line`].
#[derive(Debug, Clone, Copy)]
pub struct LineQuery<'q> {
    /// The series.
    pub series: &'q SeriesName,
    /// Key of the x axis.
    pub x: &'q str,
    /// Grid of its buckets.
    pub grid: Grid,
    /// Lowest and highest x.
    pub window: (f64, f64),
    /// Points that are told themselves.
    pub exact: usize,
}

/// Reads lines, all of them as of one instant. Unknown runs, keys and labels have no points.
pub trait LineReader {
    /// Lowest and highest x of a series, of its positive ones only if `positive`; `None` if it has no points
    /// there.
    fn extent(&mut self, series: &SeriesName, x: &str, positive: bool) -> Result<Option<(f64, f64)>, StoreError>;

    /// The points of a series whose x lies in `window`, both ends included: one answer for each label that
    /// has any, in the order of labels. They are the points themselves if there is one such label and it has
    /// `exact` points or fewer, else their buckets on `grid`, which covers the window. A grid of steps is for
    /// the axis `_step` only.
    fn line(&mut self, series: &SeriesName, x: &str, grid: &Grid, window: (f64, f64), exact: usize) -> Result<Vec<LabelLine>, StoreError>;

    /// Many extents, in the order of the questions.
    fn extents(&mut self, asked: &[ExtentQuery<'_>]) -> Result<Vec<Option<(f64, f64)>>, StoreError> {
        asked.iter().map(|asked| self.extent(asked.series, asked.x, asked.positive)).collect()
    }

    /// Many lines: `take` is given each with the index of its question, in any order, so that not all of them
    /// need be in memory.
    fn lines(&mut self, asked: &[LineQuery<'_>], take: &mut dyn FnMut(usize, Vec<LabelLine>)) -> Result<(), StoreError> {
        for (at, asked) in asked.iter().enumerate() {
            take(at, self.line(asked.series, asked.x, &asked.grid, asked.window, asked.exact)?);
        }
        Ok(())
    }
}

/// The points of one label within a window.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelLine {
    /// The label.
    pub label: String,
    /// Number of the points; never 0.
    pub count: u64,
    /// How they are told.
    pub form: LineForm,
}

/// What a line holds.
#[derive(Debug, Clone, PartialEq)]
pub enum LineForm {
    /// The points, by rising x; those of one x in the order of their steps.
    Points {
        /// Their x.
        x: Vec<f64>,
        /// Their values; as many.
        y: Vec<f64>,
    },
    /// Their buckets, filled in the order of steps.
    Buckets(Buckets),
}

/// The steps whose numbers are within a window.
pub fn steps_within((from, to): (f64, f64)) -> StepRange {
    // `as` saturates, which is what a window beyond all steps means.
    StepRange { first: from.ceil() as Step, last: to.floor() as Step }
}
