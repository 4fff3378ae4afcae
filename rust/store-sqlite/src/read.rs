//! Reading: series, rows and sums of a run as of one instant.

mod axis;
pub(crate) mod history;
pub(crate) mod line;
pub(crate) mod run_stats;
pub(crate) mod scan;
pub(crate) mod series;
pub(crate) mod sharing;
pub(crate) mod sorted_run;
pub(crate) mod view;
