//! Runs of a project: those that a filter lets through, in an order, a page of them; and one run by its path.

use crate::error::ServiceError;
use crate::state::context::Context;
use std::ops::ControlFlow;
use stepwell_model::{RunPath, Value, wall_time};
use stepwell_store::{Cells, Columns, Filter, Order, Page, RunInfo, RunQuery};

/// Runs in a list if the question names no limit, and at most.
const LISTED_RUNS: usize = stepwell_model::defaults::RUNS_PAGE;
const MOST_RUNS: usize = 100_000;
/// About how many bytes of configuration and summaries a page has; a single run may have more. What is left
/// of the page comes with the next one.
const PAGE_BYTES: usize = 8 << 20;
/// Values of a summary in a list if the question says nothing, and at most where it says how many.
const LISTED_VALUES: usize = 1_000;
const MOST_VALUES: usize = 100_000;

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
    /// Cells of configuration and summary, as filters name them; none: all, and of the summary what follows.
    pub(crate) columns: Vec<String>,
    /// Values of the summaries; none: the first by name.
    pub(crate) summary: Vec<String>,
    /// Then so many of each run.
    pub(crate) summary_limit: Option<usize>,
}

/// A page of runs.
#[derive(Debug)]
pub(crate) struct RunPage {
    /// The runs; fewer than were asked for where they would be too large together.
    pub(crate) runs: Vec<RunInfo>,
    /// Number on all pages.
    pub(crate) total: u64,
}

/// The runs of a project.
pub(crate) fn list(context: &Context, query: ListRuns) -> Result<RunPage, ServiceError> {
    let ListRuns { entity, project, limit, offset, filters, order, columns, summary, summary_limit } = query;
    let (filter, order) = (Filter::parse(&filters)?, Order::parse(&order)?);
    let mut columns = if columns.is_empty() { first_values(summary_limit) } else { Columns::named(&columns)? };
    if let Cells::Keys(keys) = &mut columns.summary {
        keys.extend(summary);
    } else if !summary.is_empty() {
        columns.summary = Cells::Keys(summary.into_iter().collect());
    }
    let page = Page { limit: limit.unwrap_or(LISTED_RUNS).min(MOST_RUNS), offset };
    let query = RunQuery { filter, order, page, columns };
    let (mut runs, mut bytes) = (Vec::new(), 0);
    let total = context.store.each_run(&entity, &project, &query, wall_time(), &mut |run| {
        bytes += run_bytes(&run);
        if !runs.is_empty() && bytes > PAGE_BYTES {
            return ControlFlow::Break(());
        }
        runs.push(run);
        ControlFlow::Continue(())
    })?;
    Ok(RunPage { runs, total })
}

/// One run, with at most so many values of its summary.
pub(crate) fn get(context: &Context, path: &RunPath, summary_limit: Option<usize>) -> Result<RunInfo, ServiceError> {
    let columns = if summary_limit.is_some() { first_values(summary_limit) } else { Columns::default() };
    Ok(columns.cut(context.store.run(path, wall_time())?))
}

/// The first values of a summary, as many as a list has or as the question says.
pub(crate) fn first_values(limit: Option<usize>) -> Columns {
    let limit = limit.map_or(LISTED_VALUES, |limit| limit.min(MOST_VALUES));
    Columns { summary: Cells::First(limit), ..Columns::default() }
}

/// About how many bytes a run takes in an answer.
fn run_bytes(run: &RunInfo) -> usize {
    let pairs = run.config.iter().chain(&run.summary);
    500 + pairs.map(|(key, value)| key.len() + value_bytes(value) + 8).sum::<usize>()
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len(),
        Value::Bin(bytes) | Value::Ext(_, bytes) => bytes.len(),
        Value::List(values) => values.iter().map(|value| 4 + value_bytes(value)).sum(),
        Value::Map(pairs) => pairs.iter().map(|(key, value)| 8 + key.len() + value_bytes(value)).sum(),
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 12,
    }
}
