//! `ListRuns`: the runs of a project that a filter lets through, in an order, a page of them.

use super::columns::{Columns, ListedRun};
use super::filter::Filter;
use super::filter::order::Order;
use crate::error::ServiceError;
use std::ops::ControlFlow;
use stepwell_model::TimeMicros;
use stepwell_store::{Page, RunInfo, Store, StoreError};

/// About how many bytes of configuration and summaries a page has; a single run may have more. What is left of the page comes with the next one.
const PAGE_BYTES: usize = 8 << 20;

/// Which runs of which project, and which columns of them.
#[derive(Debug)]
pub(crate) struct RunSelection {
    entity: String,
    project: String,
    page: Page,
    filter: Filter,
    order: Order,
    columns: Columns,
}

impl RunSelection {
    /// What a request asks for; empty texts are no filter, and the newest first.
    pub(crate) fn parse(
        entity: String,
        project: String,
        page: Page,
        filters: &str,
        order: &str,
        columns: Columns,
    ) -> Result<Self, ServiceError> {
        Ok(Self { entity, project, page, filter: Filter::parse(filters)?, order: Order::parse(order)?, columns })
    }

    /// The page, and how many runs there are on all pages.
    pub(crate) fn read(&self, store: &dyn Store, now: TimeMicros) -> Result<(Vec<ListedRun>, u64), ServiceError> {
        let (mut listed, mut bytes) = (Vec::new(), 0);
        let mut list = |run: RunInfo| {
            let run = self.columns.cut(run);
            bytes += run.bytes();
            if !listed.is_empty() && bytes > PAGE_BYTES {
                return ControlFlow::Break(());
            }
            listed.push(run);
            ControlFlow::Continue(())
        };
        if self.filter.is_empty() && self.order.is_newest_first() {
            let total = store.each_run(&self.entity, &self.project, self.page, now, &mut list)?;
            return Ok((listed, total));
        }
        let all = Page { limit: usize::MAX, offset: 0 };
        let mut ordered = Vec::new();
        store.each_run(&self.entity, &self.project, all, now, &mut |run| {
            if self.filter.holds(&run) {
                ordered.push((self.order.place(&run), run.path));
            }
            ControlFlow::Continue(())
        })?;
        ordered.sort_by(|(one, _), (other, _)| self.order.compare(one, other));
        for (_, path) in ordered.iter().skip(self.page.offset).take(self.page.limit) {
            match store.run(path, now) {
                Ok(run) => {
                    if list(run).is_break() {
                        break;
                    }
                }
                // Deleted meanwhile.
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok((listed, ordered.len() as u64))
    }
}
