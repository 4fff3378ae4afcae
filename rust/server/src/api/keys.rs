//! Keys that runs have logged, and what `define_metric` said of them.

use super::run_path;
use crate::error::ServiceError;
use crate::state::context::Context;
use stepwell_model::{MetricDefinition, wall_time};
use stepwell_store::run::newest_definitions;
use stepwell_store::{KeyInfo, KeyQuery, Page, Store, StoreError};

/// Keys in a list if the request names no limit, and at most.
pub(crate) const LISTED_KEYS: usize = 10_000;
const MOST_KEYS: usize = 100_000;

/// Keys that are asked for.
pub(crate) struct ListKeys {
    /// Owner.
    pub(crate) entity: String,
    /// Project.
    pub(crate) project: String,
    /// Ids of the runs; none means all.
    pub(crate) runs: Vec<String>,
    /// Those that contain this text, in any case.
    pub(crate) search: String,
    /// At most so many.
    pub(crate) limit: Option<usize>,
    /// Keys to pass over first.
    pub(crate) offset: usize,
    /// Whether metric definitions come along; of many runs they take long to read.
    pub(crate) with_metrics: bool,
}

/// A page of keys.
pub(crate) struct KeyPage {
    /// The keys by name.
    pub(crate) keys: Vec<KeyInfo>,
    /// Number on all pages.
    pub(crate) total: u64,
    /// Metric definitions, one per name.
    pub(crate) metrics: Vec<MetricDefinition>,
}

/// The keys of runs.
pub(crate) fn list(context: &Context, query: ListKeys) -> Result<KeyPage, ServiceError> {
    let ListKeys { entity, project, runs, search, limit, offset, with_metrics } = query;
    let page = Page { limit: limit.unwrap_or(LISTED_KEYS).min(MOST_KEYS), offset };
    let asked = KeyQuery { runs, search, page };
    let (keys, total) = context.store.keys_page(&entity, &project, &asked)?;
    let metrics = if with_metrics { metrics(&*context.store, &entity, &project, &asked.runs)? } else { Vec::new() };
    Ok(KeyPage { keys, total, metrics })
}

/// The metric definitions of the named runs (of all without one), one per name: the newest run's counts.
fn metrics(store: &dyn Store, entity: &str, project: &str, runs: &[String]) -> Result<Vec<MetricDefinition>, ServiceError> {
    if runs.is_empty() {
        return Ok(store.definitions(entity, project)?);
    }
    let (now, mut found) = (wall_time(), Vec::new());
    for run in runs {
        match store.run(&run_path(entity, project, run)?, now) {
            Ok(info) => found.push((info.created, info.metrics)),
            Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(newest_definitions(found))
}
