//! Lines read off whole series: the plain way, open to every store and the oracle of the others.

use super::joined::{Axis, LabelPoints, Part};
use super::{LabelLine, LineReader, SeriesName, steps_within};
use crate::api::error::StoreError;
use crate::byte_lru::ByteLru;
use crate::query::{LabelChoice, SeriesPoints, StepRange};
use std::sync::Arc;
use stepwell_model::RunPath;
use stepwell_model::metric::STEP;
use stepwell_sample::grid::Grid;

/// Bytes of points that are kept for the next question of the same request.
const KEPT_BYTES: usize = 64 << 20;

/// What was read, by series and x, and by run, label and key of an axis.
type Kept<K, V> = ByteLru<(K, String), Arc<V>>;

/// Lines of the points that `read` finds as [`crate::Store::points`] does, all of one instant. What was read
/// whole is kept for the next question, within bounds: a chart asks for extents first, and many series share
/// an axis.
pub struct PointLines<R> {
    read: R,
    series: Kept<SeriesName, Vec<LabelPoints>>,
    axes: Kept<(RunPath, String), Axis>,
}

impl<R> PointLines<R>
where
    R: FnMut(&RunPath, &str, &LabelChoice, StepRange) -> Result<Vec<(String, SeriesPoints)>, StoreError>,
{
    /// Nothing is read yet.
    pub fn new(read: R) -> Self {
        Self { read, series: ByteLru::new(KEPT_BYTES / 2), axes: ByteLru::new(KEPT_BYTES / 2) }
    }

    /// The points of a series at `steps`, and those around them if they are at hand.
    fn points(&mut self, series: &SeriesName, x: &str, steps: StepRange) -> Result<Arc<Vec<LabelPoints>>, StoreError> {
        let name = (series.clone(), x.to_owned());
        if let Some(points) = self.series.get(&name) {
            return Ok(points);
        }
        let mut labels = Vec::new();
        for (label, points) in (self.read)(&series.path, &series.key, &series.label, steps)? {
            labels.push(if x == STEP {
                LabelPoints::by_step(label, points)
            } else if x == series.key {
                LabelPoints::by_value(label, points)
            } else {
                let axis = self.axis(&series.path, &label, x)?;
                LabelPoints::by_axis(label, points, &axis)
            });
        }
        let points = Arc::new(labels);
        if steps == StepRange::ALL {
            let bytes = points.iter().map(LabelPoints::bytes).sum();
            self.series.put(name, Arc::clone(&points), bytes);
        }
        Ok(points)
    }

    fn axis(&mut self, path: &RunPath, label: &str, x: &str) -> Result<Arc<Axis>, StoreError> {
        let name = ((path.clone(), label.to_owned()), x.to_owned());
        if let Some(axis) = self.axes.get(&name) {
            return Ok(axis);
        }
        let found = (self.read)(path, x, &LabelChoice::Is(label.to_owned()), StepRange::ALL)?.pop();
        let axis = Arc::new(found.map_or_else(Axis::default, |(_, points)| Axis::new(points)));
        self.axes.put(name, Arc::clone(&axis), axis.bytes());
        Ok(axis)
    }
}

impl<R> LineReader for PointLines<R>
where
    R: FnMut(&RunPath, &str, &LabelChoice, StepRange) -> Result<Vec<(String, SeriesPoints)>, StoreError>,
{
    fn extent(&mut self, series: &SeriesName, x: &str, positive: bool) -> Result<Option<(f64, f64)>, StoreError> {
        let points = self.points(series, x, StepRange::ALL)?;
        let extents = points.iter().filter_map(|label| label.extent(positive));
        Ok(extents.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))))
    }

    fn line(&mut self, series: &SeriesName, x: &str, grid: &Grid, window: (f64, f64), exact: usize) -> Result<Vec<LabelLine>, StoreError> {
        let steps = if x == STEP { steps_within(window) } else { StepRange::ALL };
        if steps.first > steps.last {
            return Ok(Vec::new());
        }
        let points = self.points(series, x, steps)?;
        let parts: Vec<Part<'_>> =
            points.iter().map(|label| Part::new(label, window, grid.scale())).filter(|part| part.len() > 0).collect();
        let whole = matches!(&parts[..], [one] if one.len() <= exact);
        let line = |part: &Part<'_>| LabelLine {
            label: part.label.to_owned(),
            count: part.len() as u64,
            form: if whole { part.points() } else { part.buckets(grid) },
        };
        Ok(parts.iter().map(line).collect())
    }
}
