//! Runs and keys of a project as a store answers them: from tables in memory, which are filled from digests,
//! or where a run has none from its rows and settings.

use super::SqliteStore;
use crate::db::catalog::{self, RunRow};
use crate::read::run_stats::{KeyStats, RunStats};
use crate::read::view::RunView;
use crate::table::digest::{self, Digest};
use crate::table::{Table, Totals};
use crate::write::append::statements_of;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use stepwell_model::{MetricDefinition, TimeMicros, wall_time};
use stepwell_store::run::newest_definitions;
use stepwell_store::summary::Wanted;
use stepwell_store::{KeyInfo, KeyQuery, ProjectInfo, RunInfo, RunQuery, StoreError, run};

/// Runs that are taken from a table at once.
const AT_ONCE: usize = 64;
/// Digests that one call of `compact` writes.
const DIGESTS: usize = 64;

impl SqliteStore {
    fn stats(&self, connection: &Connection, run: &RunRow) -> Result<Arc<RunStats>, StoreError> {
        let kept = self.stats.get(&run.id);
        if let Some((_, stats)) = kept.as_ref().filter(|(version, _)| *version == run.rows_version) {
            return Ok(Arc::clone(stats));
        }
        let wanted = Wanted::by(&statements_of(connection, run)?);
        let stats = Arc::new(RunStats::new(&RunView::new(connection, &self.journal, run.clone())?, &wanted)?);
        // A reader with an older snapshot leaves those of the newer one.
        if kept.is_none_or(|(version, _)| version < run.rows_version) {
            self.stats.put(run.id, (run.rows_version, Arc::clone(&stats)), stats.bytes());
        }
        Ok(stats)
    }

    pub(super) fn info(&self, connection: &Connection, run: &RunRow, now: TimeMicros) -> Result<RunInfo, StoreError> {
        let streams: Vec<_> = catalog::streams_of(connection, run.id)?.into_iter().map(|stream| stream.facts).collect();
        if let Some(mut info) = digest::info(connection, run)? {
            run::set_streams(&mut info, &streams, now);
            return Ok(info);
        }
        let statements = statements_of(connection, run)?;
        let facts = self.stats(connection, run)?.facts.clone();
        Ok(run::assemble(run.path.clone(), run.slot, &streams, &statements, facts, now))
    }

    fn run_keys(&self, connection: &Connection, run: &RunRow) -> Result<Vec<KeyStats>, StoreError> {
        match digest::keys(connection, run)? {
            Some(keys) => Ok(keys),
            None => Ok(self.stats(connection, run)?.keys.clone()),
        }
    }

    /// Calls `ask` with the table of a project, if there is such a project.
    fn table<T>(
        &self,
        entity: &str,
        project: &str,
        mut ask: impl FnMut(&Connection, &mut Table) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let file = self.database.file_id();
        self.read(|connection| match catalog::find_project(connection, entity, project)? {
            Some(id) => self.tables.with(connection, file, id, |table| ask(connection, table)).map(Some),
            None => Ok(None),
        })
    }

    pub(super) fn project_list(&self, now: TimeMicros) -> Result<Vec<ProjectInfo>, StoreError> {
        let file = self.database.file_id();
        self.read(|connection| {
            let mut projects = Vec::new();
            for (id, entity, name) in catalog::projects(connection)? {
                let Totals { runs, running, last_activity } = self.tables.with(connection, file, id, |table| Ok(table.totals(now)))?;
                if runs > 0 {
                    projects.push(ProjectInfo { entity, name, runs, running, last_activity });
                }
            }
            projects.sort_by_key(|project| std::cmp::Reverse(project.last_activity));
            Ok(projects)
        })
    }

    pub(super) fn chosen_runs(
        &self,
        entity: &str,
        project: &str,
        query: &RunQuery,
        now: TimeMicros,
        see: &mut dyn FnMut(RunInfo) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let Some((page, total)) =
            self.table(entity, project, |connection, table| table.choose(query, now, &mut |run| self.info(connection, run, now)))?
        else {
            return Ok(0);
        };
        for some in page.chunks(AT_ONCE) {
            let infos = self.table(entity, project, |connection, table| {
                let read = &mut |run: &RunRow| self.info(connection, run, now);
                some.iter().map(|&run| table.info(run, &query.columns, now, read)).collect::<Result<Vec<_>, _>>()
            })?;
            // Those that were deleted meanwhile are passed over.
            if infos.into_iter().flatten().flatten().try_for_each(&mut *see).is_break() {
                break;
            }
        }
        Ok(total)
    }

    pub(super) fn chosen_keys(&self, entity: &str, project: &str, query: &KeyQuery) -> Result<(Vec<KeyInfo>, u64), StoreError> {
        if query.runs.is_empty() {
            let page = self.table(entity, project, |connection, table| table.key_page(query, &mut |run| self.run_keys(connection, run)))?;
            match page {
                None => return Ok((Vec::new(), 0)),
                Some(Some(page)) => return Ok(page),
                // There is no room for what all runs have.
                Some(None) => {}
            }
        }
        self.read(|connection| {
            let named: BTreeSet<&str> = query.runs.iter().map(String::as_str).collect();
            let chosen = catalog::runs_of(connection, entity, project)?.into_iter();
            let chosen = chosen.filter(|run| named.is_empty() || named.contains(run.path.run.as_str()));
            let stats: Vec<Vec<KeyStats>> = chosen.map(|run| self.run_keys(connection, &run)).collect::<Result<_, _>>()?;
            let (mut keys, search): (BTreeMap<&str, Vec<&KeyStats>>, _) = (BTreeMap::new(), query.search.to_lowercase());
            for key in stats.iter().flatten().filter(|key| KeyQuery::finds(&search, &key.key)) {
                keys.entry(&key.key).or_default().push(key);
            }
            let page = keys.values().skip(query.page.offset).take(query.page.limit);
            Ok((page.filter_map(|of_runs| KeyStats::over(of_runs)).collect(), keys.len() as u64))
        })
    }

    pub(super) fn all_definitions(&self, entity: &str, project: &str) -> Result<Vec<MetricDefinition>, StoreError> {
        let now = wall_time();
        let found = self.table(entity, project, |connection, table| table.definitions(&mut |run| self.info(connection, run, now)))?;
        Ok(newest_definitions(found.unwrap_or_default()))
    }

    /// Writes digests of some runs. Returns whether there may be more to write.
    pub(super) fn digest_runs(&self) -> Result<bool, StoreError> {
        let (now, since) = (wall_time(), self.digested.load(Ordering::Relaxed));
        let (digests, version) = self.read(|connection| {
            let version = catalog::version(connection)?;
            let runs = if version > since { digest::missing(connection, since, now, DIGESTS)? } else { Vec::new() };
            let digest = |run: &RunRow| Digest::new(run, &self.info(connection, run, now)?, &self.run_keys(connection, run)?);
            Ok((runs.iter().map(digest).collect::<Result<Vec<_>, _>>()?, version))
        })?;
        if digests.is_empty() {
            self.digested.store(version, Ordering::Relaxed);
            return Ok(false);
        }
        self.write(|connection| digests.iter().try_for_each(|digest| digest.write(connection)))?;
        Ok(true)
    }
}
