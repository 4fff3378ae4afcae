//! The embedded store keeps every promise of the contract, compacting as it goes and opened again at any
//! moment.

use std::cell::RefCell;
use stepwell_sample::grid::Grid;
use stepwell_store::conformance::stream::{TestStream, path};
use stepwell_store::conformance::{self, Subject};
use stepwell_store::{LabelChoice, LineQuery, SeriesName, StepRange, Store};
use stepwell_store_sqlite::{CompactionPolicy, Settings, SqliteStore};
use tempfile::TempDir;

/// Gives stores in fresh directories to a test.
struct Directory {
    current: RefCell<TempDir>,
    settings: Settings,
}

impl Directory {
    fn new(settings: Settings) -> Self {
        Self { current: RefCell::new(tempfile::tempdir().unwrap()), settings }
    }

    fn open(&self) -> Box<dyn Store> {
        Box::new(SqliteStore::open_with(self.current.borrow().path(), self.settings).unwrap())
    }

    fn with_subject(&self, test: impl Fn(&Subject<'_>)) {
        let create = || {
            *self.current.borrow_mut() = tempfile::tempdir().unwrap();
            self.open()
        };
        let reopen = |store: Box<dyn Store>| {
            drop(store);
            self.open()
        };
        test(&Subject { create: &create, reopen: &reopen });
    }
}

fn eager(batch_bytes: u64) -> Settings {
    let compaction = CompactionPolicy { batch_bytes, ..CompactionPolicy::EAGER };
    Settings { compaction, ..Settings::default() }
}

#[test]
fn the_embedded_store_keeps_every_promise() {
    Directory::new(eager(8 << 20)).with_subject(conformance::run_all);
}

#[test]
fn it_keeps_them_frame_by_frame_and_without_caches() {
    let settings = Settings { journal_cache_bytes: 0, stats_cache_bytes: 0, ..eager(1) };
    Directory::new(settings).with_subject(conformance::run_all);
}

#[test]
fn it_answers_as_the_model_whatever_the_order() {
    for (seeds, batch_bytes) in [(0..20, 8 << 20), (20..40, 600)] {
        let directory = Directory::new(eager(batch_bytes));
        for seed in seeds {
            directory.with_subject(|subject| conformance::history::property(subject, seed));
        }
    }
}

#[test]
fn it_sums_up_long_series_as_their_points_say() {
    for (seeds, batch_bytes) in [(0..8, 8 << 20), (8..16, 4_000)] {
        let directory = Directory::new(eager(batch_bytes));
        for seed in seeds {
            directory.with_subject(|subject| conformance::summaries::every_kind_is_what_the_points_say(subject, seed));
        }
    }
}

#[test]
fn its_lines_are_what_the_points_come_to() {
    for (seeds, batch_bytes) in [(0..8, 8 << 20), (8..16, 4_000)] {
        let directory = Directory::new(eager(batch_bytes));
        for seed in seeds {
            directory.with_subject(|subject| conformance::lines::lines_are_what_the_points_come_to(subject, seed));
        }
    }
}

#[test]
fn one_instant_stays_as_it_was_while_frames_come_and_are_compacted() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open_with(directory.path(), eager(8 << 20)).unwrap();
    let mut stream = TestStream::new(1);
    store.open_stream(stream.id, &stream.opening).unwrap();
    store.append(&[stream.numbers("a", &[(0, 1.0)])]).unwrap();
    let series = SeriesName { path: path(), key: "a".into(), label: LabelChoice::Primary };
    let mut seen = Vec::new();
    store
        .at_one_instant(&mut |lines| {
            for step in 1..4 {
                // Of another window each time, so that no answer is at hand.
                let (grid, window) = (Grid::steps(0, 10, 11).unwrap(), (f64::from(-step as i32), 10.0));
                let asked = [LineQuery { series: &series, x: "_step", grid, window, exact: 10 }; 100];
                lines.lines(&asked, &mut |_, line| seen.push(line))?;
                store.append(&[stream.numbers("a", &[(step, 1.0)])])?;
                conformance::compact_all(&store);
            }
            Ok(())
        })
        .unwrap();
    assert!(seen.len() == 300 && seen.iter().all(|each| each[0].count == 1), "{seen:?}");
    assert_eq!(store.points(&path(), "a", &LabelChoice::Primary, StepRange::ALL).unwrap()[0].1.steps, [0, 1, 2, 3]);
}
