//! `MemoryStore`: the simple, obviously right store. It is the model that other stores are tested against,
//! and serves tests of the server.
//!
//! Every accepted row is merged at once into one map per run, (label, step) → key → (priority, value), and
//! every answer is read off that map. Nothing survives the process, so invariant 1 holds only in that there
//! is no power cut to survive.

mod merged;

use crate::api::{AppendOutcome, Changed, RowSink, Store, StoreError, StreamFrame};
use crate::check_opening;
use crate::merge::Stamp;
use crate::query::{FileInfo, KeyInfo, LabelChoice, ProjectInfo, RowQuery, RunInfo, RunState, SeriesPoints, StepRange, StoredValue};
use crate::row::{RowBatch, is_automatic};
use crate::run::table::RunQuery;
use crate::run::{self, StreamFacts, label_order};
use crate::statement::{Statements, statement_time};
use crate::summary::Wanted;
use merged::MergedRows;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use stepwell_codec::PayloadReader;
use stepwell_lock::Mutex;
use stepwell_model::{BlobId, Entry, EntryNumber, Kind, Opening, RunPath, StreamId, TimeMicros};

/// Rows handed to a sink at once.
const BATCH_ROWS: usize = 4_096;

/// A store in memory. One lock; every call holds it to its end, `rows` only while it copies what it will hand
/// out.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    version: u64,
    projects: BTreeMap<(String, String), Project>,
    streams: FxHashMap<StreamId, Stream>,
}

#[derive(Debug, Default)]
struct Project {
    next_slot: u32,
    /// Also those that were deleted, so that their slots stay taken and their streams known.
    runs: Vec<Run>,
}

#[derive(Debug)]
struct Run {
    id: String,
    slot: u32,
    deleted: bool,
    version: u64,
    statements: Statements,
    rows: MergedRows,
}

#[derive(Debug)]
struct Stream {
    facts: StreamFacts,
    durable: EntryNumber,
    /// Index of its run in the project.
    run: usize,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

fn project_key(opening: &Opening) -> (String, String) {
    (opening.path.entity.clone(), opening.path.project.clone())
}

impl State {
    fn project(&self, entity: &str, project: &str) -> Option<&Project> {
        self.projects.get(&(entity.to_owned(), project.to_owned()))
    }

    fn run(&self, path: &RunPath) -> Option<(usize, &Run)> {
        let project = self.project(&path.entity, &path.project)?;
        project.runs.iter().enumerate().find(|(_, run)| !run.deleted && run.id == path.run)
    }

    fn streams_of(&self, entity: &str, project: &str, run: usize) -> Vec<StreamFacts> {
        let belongs = |stream: &&Stream| {
            stream.run == run
                && (stream.facts.opening.path.entity.as_str(), stream.facts.opening.path.project.as_str()) == (entity, project)
        };
        self.streams.values().filter(belongs).map(|stream| stream.facts.clone()).collect()
    }

    fn labels_of(&self, path: &RunPath, run: usize) -> Vec<String> {
        let streams = self.streams_of(&path.entity, &path.project, run);
        label_order(streams.iter().map(|stream| &stream.opening)).into_iter().map(|label| label.label).collect()
    }

    fn info(&self, entity: &str, project: &str, index: usize, run: &Run, now: TimeMicros) -> RunInfo {
        let streams = self.streams_of(entity, project, index);
        let labels = label_order(streams.iter().map(|stream| &stream.opening));
        let facts = run.rows.facts(labels.iter().map(|label| label.label.as_str()), &Wanted::by(&run.statements));
        let path = RunPath { entity: entity.to_owned(), project: project.to_owned(), run: run.id.clone() };
        run::assemble(path, run.slot, &streams, &run.statements, facts, now)
    }

    fn check_not_deleted(&self, stream: &Stream) -> Result<(), StoreError> {
        let path = &stream.facts.opening.path;
        match self.project(&path.entity, &path.project) {
            Some(found) if found.runs[stream.run].deleted => Err(StoreError::Deleted(path.to_string())),
            _ => Ok(()),
        }
    }

    fn touch(&mut self, stream: StreamId) {
        self.version += 1;
        let version = self.version;
        if let Some(stream) = self.streams.get(&stream) {
            let index = stream.run;
            if let Some(project) = self.projects.get_mut(&project_key(&stream.facts.opening)) {
                project.runs[index].version = version;
            }
        }
    }

    fn apply(&mut self, frame: &StreamFrame) -> Result<(), StoreError> {
        let entries = entries_of(frame)?;
        let Some(stream) = self.streams.get_mut(&frame.stream) else { return Ok(()) };
        stream.durable = frame.header.last();
        let Some(project) = self.projects.get_mut(&project_key(&stream.facts.opening)) else { return Ok(()) };
        let run = &mut project.runs[stream.run];
        for (number, entry) in (frame.header.first..).zip(&entries) {
            let stamp = Stamp { time: statement_time(entry), stream: frame.stream, entry: number };
            match entry {
                Entry::Row(row) => run.rows.merge(&stream.facts, number, row),
                Entry::Exit { code, .. } => stream.facts.exit = Some(*code),
                other => run.statements.apply(stamp, other),
            }
        }
        self.touch(frame.stream);
        Ok(())
    }
}

fn entries_of(frame: &StreamFrame) -> Result<Vec<Entry>, StoreError> {
    let invalid = |error: &dyn std::fmt::Display| StoreError::Invalid(format!("a frame of stream {}: {error}", frame.stream));
    let payload = frame.payload().map_err(|error| invalid(&error))?;
    PayloadReader::new(&payload, frame.header.count).and_then(PayloadReader::entries).map_err(|error| invalid(&error))
}

impl Store for MemoryStore {
    fn open_stream(&self, id: StreamId, opening: &Opening) -> Result<EntryNumber, StoreError> {
        check_opening(opening)?;
        let path = &opening.path;
        let mut state = self.state.lock();
        if let Some(stream) = state.streams.get(&id) {
            crate::check_same_run(id, &stream.facts.opening, path)?;
            return state.check_not_deleted(stream).map(|()| stream.durable);
        }
        let project = state.projects.entry(project_key(opening)).or_default();
        let run = project.runs.iter().position(|run| !run.deleted && run.id == path.run).unwrap_or_else(|| {
            let slot = project.next_slot;
            project.next_slot += 1;
            let (statements, rows) = (Statements::default(), MergedRows::default());
            project.runs.push(Run { id: path.run.clone(), slot, deleted: false, version: 0, statements, rows });
            project.runs.len() - 1
        });
        let facts = StreamFacts { id, opening: opening.clone(), heartbeat: opening.time, exit: None };
        state.streams.insert(id, Stream { facts, durable: 0, run });
        state.touch(id);
        Ok(0)
    }

    fn append(&self, frames: &[StreamFrame]) -> Result<Vec<AppendOutcome>, StoreError> {
        let mut state = self.state.lock();
        // All or none: look at every frame before the first is applied.
        for frame in frames {
            let stream = state.streams.get(&frame.stream);
            crate::check_known(stream.is_some(), frame.stream)?;
            stream.map_or(Ok(()), |stream| state.check_not_deleted(stream))?;
            entries_of(frame)?;
        }
        let outcome = |frame: &StreamFrame| {
            let durable = state.streams.get(&frame.stream).map_or(0, |stream| stream.durable);
            if frame.header.first == durable + 1 {
                state.apply(frame)?;
                return Ok(AppendOutcome::Durable(frame.header.last()));
            }
            Ok(crate::outcome_of_another(&frame.header, durable))
        };
        frames.iter().map(outcome).collect()
    }

    fn heartbeat(&self, streams: &[(StreamId, TimeMicros)]) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        for (id, time) in streams {
            let Some(stream) = state.streams.get_mut(id) else { continue };
            if *time > stream.facts.heartbeat {
                stream.facts.heartbeat = *time;
                state.touch(*id);
            }
        }
        Ok(())
    }

    fn compact(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn projects(&self, now: TimeMicros) -> Result<Vec<ProjectInfo>, StoreError> {
        let state = self.state.lock();
        let mut projects = Vec::new();
        for ((entity, name), project) in &state.projects {
            let mut info = ProjectInfo { entity: entity.clone(), name: name.clone(), runs: 0, running: 0, last_activity: TimeMicros::MIN };
            for (index, _) in project.runs.iter().enumerate().filter(|(_, run)| !run.deleted) {
                let streams = state.streams_of(entity, name, index);
                info.runs += 1;
                info.running += u64::from(run::Life::of(&streams).at(now).0 == RunState::Running);
                info.last_activity = info.last_activity.max(run::heartbeat(&streams));
            }
            if info.runs > 0 {
                projects.push(info);
            }
        }
        projects.sort_by_key(|project| std::cmp::Reverse(project.last_activity));
        Ok(projects)
    }

    fn each_run(
        &self,
        entity: &str,
        project: &str,
        query: &RunQuery,
        now: TimeMicros,
        see: &mut dyn FnMut(RunInfo) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let state = self.state.lock();
        let Some(found) = state.project(entity, project) else { return Ok(0) };
        let runs = found.runs.iter().enumerate().filter(|(_, run)| !run.deleted);
        let (page, total) = query.choose(runs.map(|(index, run)| state.info(entity, project, index, run, now)).collect());
        drop(state);
        let _ = page.into_iter().try_for_each(see);
        Ok(total)
    }

    fn run(&self, path: &RunPath, now: TimeMicros) -> Result<RunInfo, StoreError> {
        let state = self.state.lock();
        let (index, run) = state.run(path).ok_or_else(|| StoreError::NotFound(format!("run {path}")))?;
        Ok(state.info(&path.entity, &path.project, index, run, now))
    }

    fn keys(&self, entity: &str, project: &str, runs: &[String]) -> Result<Vec<KeyInfo>, StoreError> {
        let state = self.state.lock();
        let named = |run: &&Run| !run.deleted && (runs.is_empty() || runs.contains(&run.id));
        let mut keys: BTreeMap<String, KeyInfo> = BTreeMap::new();
        for run in state.project(entity, project).into_iter().flat_map(|project| &project.runs).filter(named) {
            run.rows.add_keys(&mut keys);
        }
        Ok(keys.into_values().collect())
    }

    fn points(&self, run: &RunPath, key: &str, label: &LabelChoice, steps: StepRange) -> Result<Vec<(String, SeriesPoints)>, StoreError> {
        let state = self.state.lock();
        let Some((index, found)) = state.run(run) else { return Ok(Vec::new()) };
        let labels = state.labels_of(run, index);
        let chosen = found.rows.choose(&labels, label, |label| !found.rows.points(label, key, StepRange::ALL).steps.is_empty());
        let points = chosen.into_iter().map(|label| (label.to_owned(), found.rows.points(label, key, steps)));
        Ok(points.filter(|(_, points)| !points.steps.is_empty()).collect())
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
        let state = self.state.lock();
        let Some((index, found)) = state.run(run) else { return Ok((0, Vec::new())) };
        let labels = state.labels_of(run, index);
        let chosen = found.rows.choose(&labels, label, |label| !found.rows.values(label, key, kind, StepRange::ALL).is_empty());
        let mut values: Vec<StoredValue> = Vec::new();
        for label in chosen {
            values.extend(found.rows.values(label, key, kind, steps));
        }
        // Of several labels the values come label by label for each step.
        values.sort_by_key(|value| value.step);
        let total = values.len();
        values.drain(..total.saturating_sub(limit));
        Ok((total as u64, values))
    }

    fn rows(&self, run: &RunPath, query: &RowQuery, sink: &mut RowSink<'_>) -> Result<(), StoreError> {
        let mut batches: Vec<(String, RowBatch)> = Vec::new();
        {
            let state = self.state.lock();
            let Some((index, found)) = state.run(run) else { return Ok(()) };
            let labels = state.labels_of(run, index);
            let keys: BTreeSet<&str> = query.keys.iter().map(String::as_str).filter(|key| !is_automatic(key)).collect();
            let has_rows = |label: &str| !found.rows.rows(label, &keys, StepRange::ALL).is_empty();
            for label in found.rows.choose(&labels, &query.label, has_rows) {
                let rows = found.rows.rows(label, &keys, query.steps);
                batches.extend(rows.chunks(BATCH_ROWS).map(|rows| (label.to_owned(), RowBatch::from_rows(rows))));
            }
        }
        for (label, batch) in batches {
            if sink(&label, batch).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn files(&self, run: &RunPath) -> Result<Vec<FileInfo>, StoreError> {
        let state = self.state.lock();
        let Some((_, found)) = state.run(run) else { return Ok(Vec::new()) };
        Ok(found.statements.files.values().map(|(_, file)| file.clone()).collect())
    }

    fn named_blobs(&self) -> Result<Vec<BlobId>, StoreError> {
        let state = self.state.lock();
        let runs = state.projects.values().flat_map(|project| &project.runs).filter(|run| !run.deleted);
        let named: BTreeSet<BlobId> = runs.flat_map(|run| run.statements.files.values().map(|(_, file)| file.file.blob)).collect();
        Ok(named.into_iter().collect())
    }

    fn check_writable(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn changed(&self, entity: &str, project: &str, since: u64) -> Result<Changed, StoreError> {
        let state = self.state.lock();
        let changed = |run: &&Run| run.version > since && (since > 0 || !run.deleted);
        let runs: BTreeSet<String> = state
            .project(entity, project)
            .into_iter()
            .flat_map(|project| &project.runs)
            .filter(changed)
            .map(|run| run.id.clone())
            .collect();
        Ok(Changed { version: state.version, runs: runs.into_iter().collect() })
    }

    fn delete_run(&self, path: &RunPath) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        let (index, _) = state.run(path).ok_or_else(|| StoreError::NotFound(format!("run {path}")))?;
        state.version += 1;
        let version = state.version;
        if let Some(project) = state.projects.get_mut(&(path.entity.clone(), path.project.clone())) {
            let run = &mut project.runs[index];
            (run.deleted, run.version) = (true, version);
            (run.statements, run.rows) = (Statements::default(), MergedRows::default());
        }
        Ok(())
    }
}
