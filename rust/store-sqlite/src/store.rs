//! `SqliteStore`: the embedded store.

mod runs;

use crate::chunks::journal::{self, JournalCache};
use crate::chunks::packings::Packings;
use crate::damage::check::recoveries;
use crate::damage::frames;
use crate::damage::heal::{Healed, OnDamage};
use crate::damage::patrol::{Seen, TURN_PAGES};
use crate::db::catalog;
use crate::db::connection::OpenError;
use crate::db::database::Database;
use crate::db::error::store_error;
use crate::db::files;
use crate::db::replacement::FileId;
use crate::db::space::Space;
use crate::read::run_stats::RunStats;
use crate::read::sharing;
use crate::read::view::RunView;
use crate::table::Tables;
use crate::write::append::append;
use crate::write::compaction::CompactionPolicy;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use stepwell_lock::Mutex;
use stepwell_model::{BlobId, EntryNumber, Kind, MetricDefinition, Opening, RunPath, Step, StreamId, TimeMicros};
use stepwell_store::{
    AppendOutcome, ByteLru, Changed, FileInfo, KeyInfo, KeyQuery, LabelChoice, LineReader, Page, ProjectInfo, RowBatch, RowQuery, RowSink,
    RunInfo, RunQuery, SeriesPoints, StepRange, Store, StoreError, StoredValue, StreamFrame,
};

/// Memory and work of a store.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// When the journal becomes chunks.
    pub compaction: CompactionPolicy,
    /// Bytes of decoded journal frames that are kept for the next reader.
    pub journal_cache_bytes: usize,
    /// Bytes of statistics of runs that are kept.
    pub stats_cache_bytes: usize,
    /// Bytes of the tables of runs that are kept.
    pub table_bytes: usize,
    /// Reaction to a file that is damaged when it is opened.
    pub on_damage: OnDamage,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            compaction: CompactionPolicy::default(),
            journal_cache_bytes: 128 << 20,
            stats_cache_bytes: 128 << 20,
            table_bytes: 128 << 20,
            on_damage: OnDamage::Salvage,
        }
    }
}

/// A store in one SQLite file. Several processes may have it open at once: whatever counts is decided in the
/// database's transactions, and what is cached here is found by ids and versions that are never given twice.
///
/// Lock order: the writing connection, then the caches; none of the caches' locks is held while another is
/// taken or during I/O.
pub struct SqliteStore {
    pub(crate) database: Database,
    journal: JournalCache,
    packings: Packings,
    /// By run, with the version of its rows.
    stats: ByteLru<i64, (i64, Arc<RunStats>)>,
    tables: Tables,
    /// Runs that changed up to this version and live no more have digests.
    digested: AtomicI64,
    space: Space,
    /// Keys and streams that may have chunks enough for a digest.
    long: Mutex<Vec<(i64, i64)>>,
    /// Pages from the first one that were looked at since it was opened.
    looked_at: AtomicU32,
    settings: Settings,
}

impl SqliteStore {
    /// Opens the store in `directory`, or creates it there.
    ///
    /// # Errors
    /// If the directory cannot be used or what is there is no intact store of a version this program knows.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        Self::open_with(directory, Settings::default())
    }

    /// As [`open`](Self::open), with settings.
    ///
    /// # Errors
    /// As there.
    pub fn open_with(directory: &Path, settings: Settings) -> Result<Self, OpenError> {
        let (journal, stats) = (ByteLru::new(settings.journal_cache_bytes), ByteLru::new(settings.stats_cache_bytes));
        let database = Database::open(directory, settings.on_damage)?;
        let tables = Tables::new(settings.table_bytes);
        Ok(Self {
            database,
            journal,
            packings: Packings::default(),
            stats,
            tables,
            digested: AtomicI64::new(0),
            space: Space::default(),
            long: Mutex::default(),
            looked_at: AtomicU32::new(TURN_PAGES),
            settings,
        })
    }

    /// Losses, one for each time that rows were taken out of a damaged file: a sentence for each time.
    ///
    /// # Errors
    /// As every query.
    pub fn recoveries(&self) -> Result<Vec<String>, StoreError> {
        self.read(recoveries)
    }

    /// Calls `read` on a snapshot.
    fn read<T>(&self, mut read: impl FnMut(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.healing(|| self.database.read(&mut read))
    }

    /// Calls `write` in a transaction.
    fn write<T>(&self, write: impl Fn(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.healing(|| self.database.writer()?.transaction(&write))
    }

    /// Acts, and once more if that met damage which is out of the way now.
    fn healing<T>(&self, mut act: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let met = self.database.file_id();
        match act() {
            Err(error @ StoreError::Damaged(_)) => {
                if self.heal(met)? {
                    act()
                } else {
                    Err(error)
                }
            }
            result => result,
        }
    }

    /// Sets aside what is damaged in the file `met`, so that everything else goes on. Whether there was
    /// anything.
    fn heal(&self, met: Option<FileId>) -> Result<bool, StoreError> {
        let frames = self.database.read(frames::find);
        match frames {
            Ok(frames) if !frames.is_empty() => {
                let losses = self.database.writer()?.transaction(|connection| frames::set_aside(connection, &frames))?;
                frames.iter().for_each(|frame| drop(self.journal.remove(&frame.entry.name)));
                if let Some(losses) = losses {
                    tracing::warn!("{losses}");
                }
                Ok(true)
            }
            Ok(_) | Err(StoreError::Damaged(_)) => Ok(self.database.heal(met)? != Healed::Sound),
            Err(error) => Err(error),
        }
    }

    fn view<'c>(&self, connection: &'c Connection, path: &RunPath) -> Result<Option<RunView<'c>>, StoreError> {
        catalog::find_run(connection, path)?.map(|run| RunView::new(connection, &self.journal, run)).transpose()
    }
}

impl Store for SqliteStore {
    fn open_stream(&self, stream: StreamId, opening: &Opening) -> Result<EntryNumber, StoreError> {
        self.write(|connection| catalog::open_stream(connection, stream, opening))
    }

    fn open_streams(&self, streams: &[(StreamId, Arc<Opening>)]) -> Result<Vec<Result<EntryNumber, StoreError>>, StoreError> {
        self.database.writer()?.transaction(|connection| {
            let open = |(stream, opening): &(StreamId, Arc<Opening>)| match catalog::open_stream(connection, *stream, opening) {
                // What is wrong with one opening is found before anything of it is written.
                Err(error @ StoreError::Unavailable(_)) => Err(error),
                other => Ok(other),
            };
            streams.iter().map(open).collect()
        })
    }

    fn append(&self, frames: &[StreamFrame]) -> Result<Vec<AppendOutcome>, StoreError> {
        let outcomes = self.write(|connection| append(connection, frames))?;
        let taken = |(frame, outcome): &(&StreamFrame, &AppendOutcome)| **outcome == AppendOutcome::Durable(frame.header.last());
        frames.iter().zip(&outcomes).filter(taken).for_each(|(frame, _)| journal::keep(&self.journal, frame));
        Ok(outcomes)
    }

    fn heartbeat(&self, streams: &[(StreamId, TimeMicros)]) -> Result<(), StoreError> {
        self.healing(|| self.database.writer()?.transient(|connection| catalog::heartbeat(connection, streams)))
    }

    fn compact(&self) -> Result<bool, StoreError> {
        self.keep_up()
    }

    fn look_through(&self) -> Result<bool, StoreError> {
        let (met, first) = (self.database.file_id(), self.looked_at.load(Ordering::Relaxed).saturating_add(1));
        match self.database.look(first)? {
            Seen::End => Ok(false),
            Seen::More => {
                self.looked_at.store(first + (TURN_PAGES - 1), Ordering::Relaxed);
                Ok(true)
            }
            // What is made of it is sound as a whole.
            Seen::Damaged(_) => Ok(self.database.heal(met)? == Healed::Elsewhere),
        }
    }

    fn projects(&self, now: TimeMicros) -> Result<Vec<ProjectInfo>, StoreError> {
        self.project_list(now)
    }

    fn each_run(
        &self,
        entity: &str,
        project: &str,
        query: &RunQuery,
        now: TimeMicros,
        see: &mut dyn FnMut(RunInfo) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        self.chosen_runs(entity, project, query, now, see)
    }

    fn run(&self, path: &RunPath, now: TimeMicros) -> Result<RunInfo, StoreError> {
        self.read(|connection| {
            let run = catalog::find_run(connection, path)?.ok_or_else(|| StoreError::NotFound(format!("run {path}")))?;
            self.info(connection, &run, now)
        })
    }

    fn keys(&self, entity: &str, project: &str, runs: &[String]) -> Result<Vec<KeyInfo>, StoreError> {
        let (runs, page) = (runs.to_vec(), Page { limit: usize::MAX, offset: 0 });
        Ok(self.chosen_keys(entity, project, &KeyQuery { runs, search: String::new(), page })?.0)
    }

    fn keys_page(&self, entity: &str, project: &str, query: &KeyQuery) -> Result<(Vec<KeyInfo>, u64), StoreError> {
        self.chosen_keys(entity, project, query)
    }

    fn definitions(&self, entity: &str, project: &str) -> Result<Vec<MetricDefinition>, StoreError> {
        self.all_definitions(entity, project)
    }

    fn points(&self, run: &RunPath, key: &str, label: &LabelChoice, steps: StepRange) -> Result<Vec<(String, SeriesPoints)>, StoreError> {
        self.read(|connection| match self.view(connection, run)? {
            Some(view) => view.points(key, label, steps),
            None => Ok(Vec::new()),
        })
    }

    fn at_one_instant(&self, read: &mut dyn FnMut(&mut dyn LineReader) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.healing(|| sharing::at_one_instant(&self.database, &self.journal, read))
    }

    fn files(&self, run: &RunPath) -> Result<Vec<FileInfo>, StoreError> {
        self.read(|connection| match catalog::find_run(connection, run)? {
            Some(run) => files::all(connection, run.id),
            None => Ok(Vec::new()),
        })
    }

    fn file(&self, run: &RunPath, path: &str) -> Result<Option<FileInfo>, StoreError> {
        self.read(|connection| match catalog::find_run(connection, run)? {
            Some(run) => files::one(connection, run.id, path),
            None => Ok(None),
        })
    }

    fn named_blobs(&self) -> Result<Vec<BlobId>, StoreError> {
        // What was on a damaged page may have named more.
        if let Some(lost) = self.recoveries()?.pop() {
            return Err(StoreError::Damaged(lost));
        }
        self.read(files::named_blobs)
    }

    fn check_writable(&self) -> Result<(), StoreError> {
        self.write(|connection| {
            let count = "INSERT INTO counters (name, value) VALUES ('probes', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1";
            connection.execute(count, []).map(drop).map_err(store_error)
        })
    }

    fn values(
        &self,
        run: &RunPath,
        key: &str,
        kind: Option<&Kind>,
        label: &LabelChoice,
        steps: StepRange,
        limit: usize,
    ) -> Result<(u64, Vec<StoredValue>), StoreError> {
        self.read(|connection| match self.view(connection, run)? {
            Some(view) => view.values(key, kind, label, steps, limit),
            None => Ok((0, Vec::new())),
        })
    }

    fn rows(&self, run: &RunPath, query: &RowQuery, sink: &mut RowSink<'_>) -> Result<(), StoreError> {
        // What was handed out before damage was met is not handed out again.
        let mut reached: BTreeMap<String, Step> = BTreeMap::new();
        let mut rest = |label: &str, mut batch: RowBatch| {
            if let Some(reached) = reached.get(label) {
                batch = batch.slice(batch.steps.partition_point(|step| step <= reached)..batch.len());
            }
            let Some(&last) = batch.steps.last() else { return ControlFlow::Continue(()) };
            reached.insert(label.to_owned(), last);
            sink(label, batch)
        };
        self.read(|connection| match self.view(connection, run)? {
            Some(view) => view.rows(query, &mut rest),
            None => Ok(()),
        })
    }

    fn changed(&self, entity: &str, project: &str, since: u64) -> Result<Changed, StoreError> {
        self.read(|connection| catalog::changed(connection, entity, project, since))
    }

    fn delete_run(&self, path: &RunPath) -> Result<(), StoreError> {
        self.write(|connection| catalog::delete_run(connection, path))
    }
}

mod upkeep;

#[cfg(test)]
mod tests;
