//! Questions about many series, shared out to threads that each have a snapshot of their own.
//!
//! Snapshots that were taken one after the other may differ. But what a run answers changes with its version
//! only (invariant 3 of `Store`: compaction changes no answer). So a thread answers for runs whose version is
//! that of the first snapshot; all others, and whatever it fails at, are answered from the first one.

use crate::chunks::journal::JournalCache;
use crate::db::catalog::run_version;
use crate::db::database::Database;
use crate::read::line::StoredLines;
use crate::read::view::Views;
use rusqlite::Connection;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;
use stepwell_model::RunPath;
use stepwell_sample::grid::Grid;
use stepwell_store::{ExtentQuery, LabelChoice, LabelLine, LineQuery, LineReader, PointLines, SeriesName, StoreError};

/// Threads that help at most, however many cores there are: each has a connection and points in memory.
const MOST_HELPERS: usize = 3;
/// Questions for which it is worth to start a thread.
const WORTH_A_THREAD: usize = 16;
/// Questions about one run that a thread takes at a time.
const TURN: usize = 8;
/// Answers that wait to be taken.
const WAITING_ANSWERS: usize = 64;

/// See [`stepwell_store::Store::at_one_instant`]; damage is for the caller to heal.
pub(crate) fn at_one_instant(
    database: &Database,
    journal: &JournalCache,
    read: &mut dyn FnMut(&mut dyn LineReader) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    snapshot(database, journal, |connection, here| read(&mut SharedLines { database, journal, connection, here }))
}

/// Calls `read` with a snapshot and a reader of its lines.
fn snapshot<T>(
    database: &Database,
    journal: &JournalCache,
    read: impl FnOnce(&Connection, &mut dyn LineReader) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    database.read(|connection| {
        let views = RefCell::new(Views::new(connection, journal));
        let plain = PointLines::new(|run: &RunPath, key: &str, label: &LabelChoice, steps| {
            views.borrow_mut().of(run)?.map_or_else(|| Ok(Vec::new()), |view| view.points(key, label, steps))
        });
        read(connection, &mut StoredLines { views: &views, plain })
    })
}

/// Reads lines `here`, in the snapshot of `connection`, with the help of threads where there are many.
struct SharedLines<'r> {
    database: &'r Database,
    journal: &'r JournalCache,
    connection: &'r Connection,
    here: &'r mut dyn LineReader,
}

impl LineReader for SharedLines<'_> {
    fn extent(&mut self, series: &SeriesName, x: &str, positive: bool) -> Result<Option<(f64, f64)>, StoreError> {
        self.here.extent(series, x, positive)
    }

    fn line(&mut self, series: &SeriesName, x: &str, grid: &Grid, window: (f64, f64), exact: usize) -> Result<Vec<LabelLine>, StoreError> {
        self.here.line(series, x, grid, window, exact)
    }

    fn extents(&mut self, asked: &[ExtentQuery<'_>]) -> Result<Vec<Option<(f64, f64)>>, StoreError> {
        let mut extents = vec![None; asked.len()];
        let paths: Vec<&RunPath> = asked.iter().map(|asked| &asked.series.path).collect();
        let ask = |reader: &mut dyn LineReader, at: usize| reader.extent(asked[at].series, asked[at].x, asked[at].positive);
        self.share_out(&paths, &ask, &mut |at, extent| extents[at] = extent)?;
        Ok(extents)
    }

    fn lines(&mut self, asked: &[LineQuery<'_>], take: &mut dyn FnMut(usize, Vec<LabelLine>)) -> Result<(), StoreError> {
        let paths: Vec<&RunPath> = asked.iter().map(|asked| &asked.series.path).collect();
        let ask = |reader: &mut dyn LineReader, at: usize| {
            let LineQuery { series, x, grid, window, exact } = &asked[at];
            reader.line(series, x, grid, *window, *exact)
        };
        self.share_out(&paths, &ask, take)
    }
}

/// Asks a reader the question of that index.
type Ask<'a, A> = dyn Fn(&mut dyn LineReader, usize) -> Result<A, StoreError> + Sync + 'a;

impl SharedLines<'_> {
    /// Asks about each of these runs; answers are taken by this thread, in any order.
    fn share_out<A: Send>(&mut self, paths: &[&RunPath], ask: &Ask<'_, A>, take: &mut dyn FnMut(usize, A)) -> Result<(), StoreError> {
        let Self { database, journal, connection, here } = self;
        let mut order: Vec<usize> = (0..paths.len()).collect();
        order.sort_by_key(|&at| paths[at]);
        let turns: Vec<&[usize]> =
            order.chunk_by(|&one, &other| paths[one] == paths[other]).flat_map(|of_run| of_run.chunks(TURN)).collect();
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let helpers = MOST_HELPERS.min(cores - 1).min(paths.len() / WORTH_A_THREAD);
        let mut versions: FxHashMap<&RunPath, Option<i64>> = FxHashMap::default();
        for turn in turns.iter().filter(|_| helpers > 0) {
            versions.insert(paths[turn[0]], run_version(connection, paths[turn[0]])?);
        }
        let next = AtomicUsize::new(0);
        let next_turn = || turns.get(next.fetch_add(1, Ordering::Relaxed)).copied();
        let mut answered = vec![false; paths.len()];
        thread::scope(|scope| {
            // Made here, so that helpers end when this ends early.
            let (sender, answers) = sync_channel::<(usize, A)>(WAITING_ANSWERS);
            for _ in 0..helpers {
                let (sender, database, journal, next_turn, versions) = (sender.clone(), *database, *journal, &next_turn, &versions);
                let help = move || {
                    snapshot(database, journal, |connection, reader| {
                        while let Some(turn) = next_turn() {
                            if run_version(connection, paths[turn[0]])? != versions[paths[turn[0]]] {
                                continue;
                            }
                            for &at in turn {
                                if sender.send((at, ask(reader, at)?)).is_err() {
                                    return Ok(());
                                }
                            }
                        }
                        Ok(())
                    })
                };
                // What no thread answers is answered here.
                let _ = thread::Builder::new().name("sw-read".into()).spawn_scoped(scope, help);
            }
            drop(sender);
            while let Some(turn) = next_turn() {
                for &at in turn {
                    take(at, ask(*here, at)?);
                    answered[at] = true;
                }
                answers.try_iter().for_each(|(at, answer)| {
                    take(at, answer);
                    answered[at] = true;
                });
            }
            answers.iter().for_each(|(at, answer)| {
                take(at, answer);
                answered[at] = true;
            });
            for at in order.iter().copied().filter(|&at| !answered[at]) {
                take(at, ask(*here, at)?);
            }
            Ok(())
        })
    }
}
