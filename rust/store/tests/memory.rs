//! The in-memory store keeps every promise, and does not depend on the order in which frames come.

use stepwell_store::conformance::{self, Subject};
use stepwell_store::{MemoryStore, Store};

fn subject() -> Subject<'static> {
    Subject { create: &|| Box::new(MemoryStore::new()), reopen: &|store| store }
}

#[test]
fn the_memory_store_keeps_every_promise() {
    let _: &dyn Store = &MemoryStore::new();
    conformance::run_all(&subject());
}

#[test]
fn the_answers_depend_only_on_the_set_of_entries() {
    for seed in 0..40 {
        conformance::history::property(&subject(), seed);
    }
}

#[test]
fn lines_are_what_the_points_come_to() {
    for seed in 0..8 {
        conformance::lines::lines_are_what_the_points_come_to(&subject(), seed);
    }
}

#[test]
fn long_series_are_summed_up_as_their_points_say() {
    for seed in 0..8 {
        conformance::summaries::every_kind_is_what_the_points_say(&subject(), seed);
    }
}
