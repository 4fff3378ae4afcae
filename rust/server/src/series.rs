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
use stepwell_store::{ExtentQuery, LineQuery, LineReader, SeriesName, Store, StoreError};
use versions::{ProjectVersions, Versions};

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

impl Panel {
    /// The bounds that were asked for, where the axis has them: on a logarithmic one, a window that reaches
    /// down to zero begins where the data do.
    fn asked_window(&self) -> (Option<f64>, Option<f64>) {
        let (from, to) = self.window;
        (from.filter(|&from| from.is_finite() && (!self.log_x || from > 0.0)), to.filter(|to| to.is_finite()))
    }

    /// As asked, or else where series of these extents are.
    fn window_over(&self, extents: &[Option<(f64, f64)>]) -> Option<(f64, f64)> {
        let all = extents.iter().flatten().copied().reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
        let (from, to) = self.asked_window();
        let (from, to) = (from.or(all.map(|all| all.0))?, to.or(all.map(|all| all.1))?);
        (from <= to).then_some((from, to))
    }
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
            lines = self.panels(reader, panels, &versions)?;
            Ok(())
        })?;
        Ok(lines)
    }

    /// Asks for what is not in the cache: the extents of all panels at once, then all their lines.
    fn panels(&self, reader: &mut dyn LineReader, panels: &[Panel], versions: &ProjectVersions) -> Result<Vec<PanelLines>, StoreError> {
        let windows = self.windows(reader, panels, versions)?;
        let grids: Vec<Option<Grid>> = panels
            .iter()
            .zip(&windows)
            .map(|(panel, window)| window.map(|window| grid(panel, window)).transpose())
            .collect::<Result<_, _>>()?;
        let (mut asked, mut places) = (Vec::new(), Vec::new());
        let mut lines: Vec<Vec<Arc<Line>>> = Vec::with_capacity(panels.len());
        for ((panel, window), grid) in panels.iter().zip(&windows).zip(&grids) {
            let mut of_panel = Vec::with_capacity(panel.series.len());
            for series in &panel.series {
                let version = versions.of(&series.path.run);
                let window_and_grid = window.zip(*grid);
                let key = window_and_grid.map(|(window, _)| CacheKey::line(series, &panel.x, version, window, panel.buckets, panel.log_x));
                let cached = key.as_ref().and_then(|key| self.cache.get(key));
                if let (Some((window, grid)), Some(key), None) = (window_and_grid, key, &cached) {
                    // More points than twice the buckets are not told apart on the chart.
                    asked.push(LineQuery { series, x: &panel.x, grid, window, exact: 2 * panel.buckets });
                    places.push((lines.len(), of_panel.len(), version, key));
                }
                of_panel.push(match cached {
                    Some(Cached::Line(line)) => line,
                    _ => Arc::new(Line::empty(version)),
                });
            }
            lines.push(of_panel);
        }
        reader.lines(&asked, &mut |at, labels| {
            let (panel, place, version, key) = &places[at];
            let line = Arc::new(Line::new(labels, *version));
            self.cache.put(key.clone(), Cached::Line(Arc::clone(&line)));
            lines[*panel][*place] = line;
        })?;
        let widths = grids.iter().map(|grid| grid.map_or(0.0, |grid| f64::from(grid.exponent()).exp2()));
        let panels = lines
            .into_iter()
            .zip(widths)
            .map(|(lines, width)| PanelLines { bucket_width: if lines.iter().all(|line| line.exact) { 0.0 } else { width }, lines });
        Ok(panels.collect())
    }

    /// Extents of the panels: as asked, or else where their series are. `None` if there is nothing in one.
    fn windows(
        &self,
        reader: &mut dyn LineReader,
        panels: &[Panel],
        versions: &ProjectVersions,
    ) -> Result<Vec<Option<(f64, f64)>>, StoreError> {
        let (mut asked, mut keys) = (Vec::new(), Vec::new());
        let mut extents: Vec<Vec<Option<(f64, f64)>>> = Vec::with_capacity(panels.len());
        for panel in panels {
            let mut of_panel = Vec::new();
            if panel.asked_window().0.is_none() || panel.asked_window().1.is_none() {
                for series in &panel.series {
                    let key = CacheKey::extent(series, &panel.x, versions.of(&series.path.run), panel.log_x);
                    of_panel.push(match self.cache.get(&key) {
                        Some(Cached::Extent(extent)) => extent,
                        _ => {
                            asked.push(ExtentQuery { series, x: &panel.x, positive: panel.log_x });
                            keys.push((extents.len(), of_panel.len(), key));
                            None
                        }
                    });
                }
            }
            extents.push(of_panel);
        }
        for ((panel, place, key), extent) in keys.into_iter().zip(reader.extents(&asked)?) {
            self.cache.put(key, Cached::Extent(extent));
            extents[panel][place] = extent;
        }
        Ok(panels.iter().zip(extents).map(|(panel, extents)| panel.window_over(&extents)).collect())
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
