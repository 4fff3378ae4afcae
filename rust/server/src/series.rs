//! Series for charts: many at once, over a window of any x, on one grid per panel. Used by gRPC, HTTP and
//! live.
//!
//! ```text
//! extents of the series (store) ─▶ window of the panel ─▶ grid ─▶ buckets or the points themselves (store) ─▶ columns (line)
//! ```
//!
//! The answer depends on what is stored and asked, not on timing or on what is cached.

mod cache;
mod line;
mod versions;

pub(crate) use line::Line;

use crate::error::ServiceError;
use cache::{Cache, CacheKey, Cached};
use std::sync::Arc;
use stepwell_model::limits;
use stepwell_model::metric::STEP;
use stepwell_sample::grid::{Grid, GridError};
use stepwell_store::line::steps_within;
use stepwell_store::{LineReader, SeriesName, Store, StoreError};
use versions::Versions;

/// Buckets of one answer, over all its series: 54 MiB at worst, and twice a screen full of charts of a
/// hundred runs each.
const ANSWER_BUCKETS: usize = 1 << 20;
/// Bytes that a bucket takes while an answer is made: seven columns, once as they are read and once as they
/// are sent.
const BUCKET_BYTES: usize = 2 * (6 * 8 + 4);

/// Content of one chart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Panel {
    /// Its name in the request.
    pub(crate) id: String,
    /// Key of the x axis.
    pub(crate) x: String,
    /// Bounds of x, both included.
    pub(crate) window: (Option<f64>, Option<f64>),
    /// Buckets at most.
    pub(crate) buckets: usize,
    /// Whether buckets are equally wide in log x.
    pub(crate) log_x: bool,
    /// The series.
    pub(crate) series: Vec<SeriesName>,
}

/// The lines of a panel, in the order of its series.
#[derive(Debug, Clone)]
pub(crate) struct PanelLines {
    /// Width of a bucket; 0 if all lines are exact.
    pub(crate) bucket_width: f64,
    /// The lines.
    pub(crate) lines: Vec<Arc<Line>>,
}

/// Checks what would cost too much before anything is read.
pub(crate) fn check_panels(panels: &[Panel]) -> Result<(), ServiceError> {
    let series: usize = panels.iter().map(|panel| panel.series.len()).sum();
    if series > limits::QUERY_SERIES {
        return Err(ServiceError::invalid(format!("at most {} series may be asked for at once, not {series}", limits::QUERY_SERIES)));
    }
    let buckets: usize = panels.iter().map(|panel| panel.series.len() * panel.buckets.min(limits::QUERY_BUCKETS)).sum();
    if buckets > ANSWER_BUCKETS {
        return Err(ServiceError::invalid(format!(
            "at most {ANSWER_BUCKETS} buckets over all series may be asked for at once, not {buckets}: ask for fewer series or coarser ones"
        )));
    }
    for panel in panels {
        if !(1..=limits::QUERY_BUCKETS).contains(&panel.buckets) {
            return Err(ServiceError::invalid(format!(
                "`buckets` of panel {:?} must be 1 to {}, not {}",
                panel.id,
                limits::QUERY_BUCKETS,
                panel.buckets
            )));
        }
        let (from, to) = panel.window;
        if from.is_some_and(f64::is_nan) || to.is_some_and(f64::is_nan) || from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(ServiceError::invalid(format!("`from` of panel {:?} must not be above `to`", panel.id)));
        }
    }
    Ok(())
}

/// Bytes that reading these panels and answering with them takes at most.
pub(crate) fn answer_bytes(panels: &[Panel]) -> usize {
    panels.iter().map(|panel| panel.series.len() * panel.buckets.min(limits::QUERY_BUCKETS) * BUCKET_BYTES).sum()
}

/// Reads series, and keeps what it read while the runs do not change.
pub(crate) struct SeriesEngine {
    store: Arc<dyn Store>,
    cache: Cache,
    versions: Versions,
}

impl SeriesEngine {
    /// An engine with an empty cache.
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, cache: Cache::default(), versions: Versions::default() }
    }

    /// Reads panels of one project as of one instant, under the versions that its runs have when this begins.
    /// Blocks.
    pub(crate) fn read(&self, entity: &str, project: &str, panels: &[Panel]) -> Result<Vec<PanelLines>, ServiceError> {
        check_panels(panels)?;
        let versions = self.versions.refresh(&*self.store, entity, project)?;
        let mut lines = Vec::new();
        self.store.at_one_instant(&mut |reader| {
            lines = panels.iter().map(|panel| self.panel(reader, panel, &|run| versions.of(run))).collect::<Result<_, _>>()?;
            Ok(())
        })?;
        Ok(lines)
    }

    fn panel(&self, reader: &mut dyn LineReader, panel: &Panel, version: &dyn Fn(&str) -> u64) -> Result<PanelLines, StoreError> {
        let window = self.window(reader, panel, version)?;
        let Some(window) = window else {
            let lines = panel.series.iter().map(|series| Arc::new(Line::empty(version(&series.path.run)))).collect();
            return Ok(PanelLines { bucket_width: 0.0, lines });
        };
        let grid = grid(panel, window)?;
        let mut lines = Vec::with_capacity(panel.series.len());
        for series in &panel.series {
            let version = version(&series.path.run);
            let key = CacheKey::line(series, &panel.x, version, window, panel.buckets, panel.log_x);
            let line = match self.cache.get(&key) {
                Some(Cached::Line(line)) => line,
                _ => {
                    // More points than twice the buckets are no longer told apart on the chart.
                    let labels = reader.line(series, &panel.x, &grid, window, 2 * panel.buckets)?;
                    let line = Arc::new(Line::new(labels, version));
                    self.cache.put(key, Cached::Line(Arc::clone(&line)));
                    line
                }
            };
            lines.push(line);
        }
        let bucket_width = if lines.iter().all(|line| line.exact) { 0.0 } else { f64::from(grid.exponent()).exp2() };
        Ok(PanelLines { bucket_width, lines })
    }

    /// Extent of the panel: as asked, or else where its series do. `None` if there is nothing in
    /// it.
    fn window(&self, reader: &mut dyn LineReader, panel: &Panel, version: &dyn Fn(&str) -> u64) -> Result<Option<(f64, f64)>, StoreError> {
        let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
        // A window that reaches down to zero has no logarithm: it begins where the data do.
        let asked_from = panel.window.0.filter(|&from| from.is_finite() && (!panel.log_x || from > 0.0));
        let asked_to = panel.window.1.filter(|to| to.is_finite());
        if asked_from.is_none() || asked_to.is_none() {
            for series in &panel.series {
                let key = CacheKey::extent(series, &panel.x, version(&series.path.run), panel.log_x);
                let extent = match self.cache.get(&key) {
                    Some(Cached::Extent(extent)) => extent,
                    _ => {
                        let extent = reader.extent(series, &panel.x, panel.log_x)?;
                        self.cache.put(key, Cached::Extent(extent));
                        extent
                    }
                };
                if let Some((low, high)) = extent {
                    (from, to) = (from.min(low), to.max(high));
                }
            }
        }
        (from, to) = (asked_from.unwrap_or(from), asked_to.unwrap_or(to));
        Ok((from <= to && from.is_finite() && to.is_finite()).then_some((from, to)))
    }
}

/// The grid of a panel. It has two buckets at least, even where one was asked for.
fn grid(panel: &Panel, (from, to): (f64, f64)) -> Result<Grid, StoreError> {
    let buckets = panel.buckets.max(2);
    let grid = if panel.log_x {
        Grid::log2(from, to, buckets)
    } else if panel.x == STEP {
        let steps = steps_within((from, to));
        // A window between two steps holds none; any bucket around it will do.
        Grid::steps(steps.first.min(steps.last), steps.first.max(steps.last), buckets)
    } else {
        Grid::linear(from, to, buckets)
    };
    grid.map_err(|error: GridError| StoreError::Invalid(format!("panel {:?}: {error}", panel.id)))
}

#[cfg(test)]
mod tests;
