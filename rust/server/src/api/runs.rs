//! Runs of a project: those that a filter lets through, in an order, a page of them; and one run by its path.

use super::columns::{Columns, LISTED_VALUES, ListedRun};
use super::filter::Filter;
use super::filter::order::Order;
use crate::error::ServiceError;
use crate::state::context::Context;
use std::ops::ControlFlow;
use stepwell_model::{RunPath, wall_time};
use stepwell_store::{Page, RunInfo, StoreError};

/// Runs in a list if the question names no limit, and at most.
const LISTED_RUNS: usize = stepwell_model::defaults::RUNS_PAGE;
const MOST_RUNS: usize = 100_000;
/// About how many bytes of configuration and summaries a page has; a single run may have more. What is left
/// of the page comes with the next one.
const PAGE_BYTES: usize = 8 << 20;

/// Runs that are asked for.
#[derive(Debug, Default)]
pub(crate) struct ListRuns {
    /// Owner.
    pub(crate) entity: String,
    /// Project.
    pub(crate) project: String,
    /// At most so many.
    pub(crate) limit: Option<usize>,
    /// Runs to pass over first.
    pub(crate) offset: usize,
    /// Conditions as JSON; empty: none.
    pub(crate) filters: String,
    /// Their order; empty: the newest first.
    pub(crate) order: String,
    /// Values of the summaries; none: the first by name.
    pub(crate) summary: Vec<String>,
    /// Then so many of each run.
    pub(crate) summary_limit: Option<usize>,
}

/// A page of runs.
#[derive(Debug)]
pub(crate) struct RunPage {
    /// The runs; fewer than were asked for where they would be too large together.
    pub(crate) runs: Vec<ListedRun>,
    /// Number on all pages.
    pub(crate) total: u64,
}

/// The runs of a project.
pub(crate) fn list(context: &Context, query: ListRuns) -> Result<RunPage, ServiceError> {
    let ListRuns { entity, project, limit, offset, filters, order, summary, summary_limit } = query;
    let page = Page { limit: limit.unwrap_or(LISTED_RUNS).min(MOST_RUNS), offset };
    let (filter, order) = (Filter::parse(&filters)?, Order::parse(&order)?);
    let columns = Columns::new(summary, summary_limit, LISTED_VALUES);
    let (store, now) = (&*context.store, wall_time());
    let (mut runs, mut bytes) = (Vec::new(), 0);
    let mut add = |run: RunInfo| {
        let run = columns.cut(run);
        bytes += run.bytes();
        if !runs.is_empty() && bytes > PAGE_BYTES {
            return ControlFlow::Break(());
        }
        runs.push(run);
        ControlFlow::Continue(())
    };
    if filter.is_empty() && order.is_newest_first() {
        let total = store.each_run(&entity, &project, page, now, &mut add)?;
        return Ok(RunPage { runs, total });
    }
    let all = Page { limit: usize::MAX, offset: 0 };
    let mut ordered = Vec::new();
    store.each_run(&entity, &project, all, now, &mut |run| {
        if filter.holds(&run) {
            ordered.push((order.place(&run), run.path));
        }
        ControlFlow::Continue(())
    })?;
    ordered.sort_by(|(one, _), (other, _)| order.compare(one, other));
    for (_, path) in ordered.iter().skip(page.offset).take(page.limit) {
        match store.run(path, now) {
            Ok(run) => {
                if add(run).is_break() {
                    break;
                }
            }
            // Deleted meanwhile.
            Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(RunPage { runs, total: ordered.len() as u64 })
}

/// One run, with at most so many values of its summary.
pub(crate) fn get(context: &Context, path: &RunPath, summary_limit: Option<usize>) -> Result<ListedRun, ServiceError> {
    Ok(Columns::new(Vec::new(), summary_limit, usize::MAX).cut(context.store.run(path, wall_time())?))
}
