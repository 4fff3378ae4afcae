//! The promises of [`Store`] as tests, one function per promise, for every implementation to run.
//!
//! A persistent store is closed and opened again where a promise speaks of what lasts; one that is not hands
//! the same store back. [`run_all`] runs everything but [`history::property`],
//! [`lines::lines_are_what_the_points_come_to`] and [`summaries::every_kind_is_what_the_points_say`], which
//! take a seed and are run for as many as time allows.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "these are tests: a panic is how they speak")]

pub mod history;
pub mod lines;
pub mod long_series;
pub mod observation;
pub mod promises;
pub mod reading;
pub mod run_table;
pub mod stream;
pub mod summaries;

use crate::Store;

/// The store under test.
pub struct Subject<'a> {
    /// Makes an empty store. The one made before is not used any more.
    pub create: &'a dyn Fn() -> Box<dyn Store>,
    /// Closes a store that `create` made and opens it again.
    pub reopen: &'a dyn Fn(Box<dyn Store>) -> Box<dyn Store>,
}

/// Runs every promise.
pub fn run_all(subject: &Subject<'_>) {
    for promise in [
        promises::a_frame_is_stored_exactly_once,
        promises::an_append_is_all_or_nothing,
        promises::names_that_cannot_be_used_are_refused,
        promises::a_stream_never_changes_its_run,
        promises::the_last_setting_by_time_wins,
        promises::the_last_content_of_a_file_wins,
        promises::a_summary_value_set_by_hand_stays,
        promises::metric_definitions_add_up,
        summaries::a_metric_is_summed_up_as_it_was_defined,
        summaries::what_is_logged_later_takes_the_place_of_some_values_set_by_hand,
        promises::the_primary_decides_the_state,
        promises::slots_are_never_given_twice,
        promises::runs_are_listed_newest_first,
        run_table::a_table_follows_its_runs,
        run_table::seeing_stops_when_it_is_told_to,
        promises::changes_are_named,
        promises::a_deleted_run_does_not_come_back,
        reading::every_value_reads_back,
        reading::the_higher_priority_wins,
        reading::kinds_under_a_key_are_kept_apart,
        reading::a_smaller_step_is_not_dropped,
        reading::automatic_keys_are_there_and_give_way,
        reading::labels_are_chosen,
        reading::windows_and_limits_hold,
        reading::rows_are_filtered_and_in_order,
        reading::keys_are_counted,
        long_series::long_series_stay_whole,
        long_series::wide_rows_stay_whole_from_batch_to_batch,
        long_series::the_least_and_the_greatest_step_are_steps_like_any_other,
    ] {
        promise(subject);
    }
}

/// Compacts until there is nothing left to do.
pub fn compact_all(store: &dyn Store) {
    while store.compact().unwrap() {}
}
