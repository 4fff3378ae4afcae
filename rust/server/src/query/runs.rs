//! `ListRuns`: the runs of a project that a filter lets through, in an order, a page of them.

use super::filter::Filter;
use super::order::Order;
use crate::error::ServiceError;
use stepwell_model::TimeMicros;
use stepwell_store::{Page, RunInfo, Store};

/// Which runs of which project.
#[derive(Debug)]
pub(crate) struct RunSelection {
    entity: String,
    project: String,
    page: Page,
    filter: Filter,
    order: Order,
}

impl RunSelection {
    /// What a request asks for; empty texts are no filter, and the newest first.
    pub(crate) fn parse(entity: String, project: String, page: Page, filters: &str, order: &str) -> Result<Self, ServiceError> {
        Ok(Self { entity, project, page, filter: Filter::parse(filters)?, order: Order::parse(order)? })
    }

    /// The page, and how many runs there are on all pages.
    pub(crate) fn read(&self, store: &dyn Store, now: TimeMicros) -> Result<(Vec<RunInfo>, u64), ServiceError> {
        if self.filter.is_empty() && self.order.is_newest_first() {
            return Ok(store.runs(&self.entity, &self.project, self.page, now)?);
        }
        let all = Page { limit: usize::MAX, offset: 0 };
        let (mut runs, _) = store.runs(&self.entity, &self.project, all, now)?;
        runs.retain(|run| self.filter.holds(run));
        self.order.sort(&mut runs);
        let total = runs.len() as u64;
        Ok((runs.into_iter().skip(self.page.offset).take(self.page.limit).collect(), total))
    }
}
