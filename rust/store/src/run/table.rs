//! Questions for the runs of a project: which of them, in what order, which page, and with which cells.

use crate::query::{Page, RunInfo};
use crate::run::columns::Columns;
use crate::run::filter::Filter;
use crate::run::order::Order;

/// Runs that are asked for.
#[derive(Debug, Clone)]
pub struct RunQuery {
    /// Those for which it holds.
    pub filter: Filter,
    /// In this order.
    pub order: Order,
    /// So many of them.
    pub page: Page,
    /// With these cells of configuration and summary.
    pub columns: Columns,
}

impl RunQuery {
    /// A page of all runs, the newest first, with all they have.
    pub fn newest(page: Page) -> Self {
        Self { filter: Filter::default(), order: Order::newest_first(), page, columns: Columns::default() }
    }

    /// The plain answer from all runs of the project, and how many there are on all pages.
    pub fn choose(&self, runs: Vec<RunInfo>) -> (Vec<RunInfo>, u64) {
        let chosen: Vec<RunInfo> = runs.into_iter().filter(|run| self.filter.holds(&|field| field.of(run))).collect();
        let mut placed: Vec<_> = chosen.iter().map(|run| (self.order.place_of(run), run)).collect();
        placed.sort_by(|(one, _), (other, _)| self.order.compare(one, other));
        let page = placed.iter().skip(self.page.offset).take(self.page.limit);
        (page.map(|(_, run)| self.columns.cut((*run).clone())).collect(), chosen.len() as u64)
    }
}
