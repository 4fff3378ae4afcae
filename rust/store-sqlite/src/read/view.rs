//! A run as a reader sees it at one instant: its streams by priority, and its part of the journal, decoded.

use crate::chunks::directory;
use crate::chunks::journal::{self, JournalCache, Part};
use crate::db::catalog::{RunRow, StreamRow, find_run, streams_of};
use crate::db::error::store_error;
use crate::read::sorted_run::{SortedRun, Source};
use rusqlite::{Connection, OptionalExtension, params};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use stepwell_model::{EntryNumber, Kind, RunPath, Step};
use stepwell_store::decode::FrameRows;
use stepwell_store::run::label_order;
use stepwell_store::{LabelChoice, LabelInfo, StepRange, StoreError};

/// A run within one snapshot.
pub(crate) struct RunView<'c> {
    pub(crate) connection: &'c Connection,
    pub(crate) run: RunRow,
    /// By rising priority: the index of a stream is its rank.
    pub(crate) streams: Vec<StreamRow>,
    /// In the order of `RunInfo::labels`.
    pub(crate) labels: Vec<LabelInfo>,
    /// Frames of the journal with the rank of their stream.
    pub(crate) frames: Vec<(u32, Arc<FrameRows>)>,
}

/// Runs that [`Views`] has open at once.
const OPEN_VIEWS: usize = 256;
/// Bytes of their decoded frames, beyond which [`Views`] begins anew; those of one run may be more.
const OPEN_BYTES: usize = 64 << 20;

/// Runs within one snapshot, each looked at once for many questions.
pub(crate) struct Views<'c> {
    connection: &'c Connection,
    cache: &'c JournalCache,
    open: FxHashMap<RunPath, Option<RunView<'c>>>,
    open_bytes: usize,
}

impl<'c> Views<'c> {
    /// None is open yet.
    pub(crate) fn new(connection: &'c Connection, cache: &'c JournalCache) -> Self {
        Self { connection, cache, open: FxHashMap::default(), open_bytes: 0 }
    }

    /// The run of that path, if there is one.
    pub(crate) fn of(&mut self, path: &RunPath) -> Result<Option<&RunView<'c>>, StoreError> {
        if !self.open.contains_key(path) {
            if self.open.len() >= OPEN_VIEWS || self.open_bytes >= OPEN_BYTES {
                self.open.clear();
                self.open_bytes = 0;
            }
            let run = find_run(self.connection, path)?;
            let view = run.map(|run| RunView::new(self.connection, self.cache, run)).transpose()?;
            self.open_bytes += view.iter().flat_map(|view| &view.frames).map(|(_, frame)| frame.bytes()).sum::<usize>();
            self.open.insert(path.clone(), view);
        }
        Ok(self.open.get(path).and_then(Option::as_ref))
    }
}

/// A key of a run as it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyRow {
    pub(crate) id: i64,
    pub(crate) has_values: bool,
}

/// A cell that is not a number: where it stands, and where its value is.
#[derive(Debug, Clone)]
pub(crate) struct ValueAt {
    pub(crate) step: Step,
    pub(crate) rank: u32,
    pub(crate) entry: EntryNumber,
    pub(crate) kind: Kind,
    pub(crate) place: ValuePlace,
}

/// Place of the value of a cell.
#[derive(Debug, Clone)]
pub(crate) enum ValuePlace {
    /// Row of `others`.
    Stored(i64),
    /// Index into the others of a frame.
    Frame(Arc<FrameRows>, usize),
}

impl<'c> RunView<'c> {
    /// Looks at a run.
    pub(crate) fn new(connection: &'c Connection, cache: &JournalCache, run: RunRow) -> Result<Self, StoreError> {
        let streams = streams_of(connection, run.id)?;
        let ranks: FxHashMap<i64, u32> = streams.iter().zip(0..).map(|(stream, rank)| (stream.id, rank)).collect();
        let mut frames = Vec::new();
        for entry in journal::entries(connection, Part::Run(run.id))? {
            if let Some(&rank) = ranks.get(&entry.stream) {
                frames.push((rank, journal::rows(cache, connection, &entry)?));
            }
        }
        let labels = label_order(streams.iter().map(|stream| &stream.facts.opening));
        Ok(Self { connection, run, streams, labels, frames })
    }

    /// The streams of a label with their ranks.
    pub(crate) fn streams_of(&self, label: &str) -> impl Iterator<Item = (u32, &StreamRow)> {
        (0..).zip(&self.streams).filter(move |(_, stream)| stream.facts.opening.label == label)
    }

    /// The frames of a label with the ranks of their streams.
    pub(crate) fn frames_of(&self, label: &str) -> impl Iterator<Item = (u32, &Arc<FrameRows>)> {
        let of_label = move |rank: u32| self.streams[rank as usize].facts.opening.label == label;
        self.frames.iter().filter(move |(rank, _)| of_label(*rank)).map(|(rank, frame)| (*rank, frame))
    }

    /// The labels that `choice` means; `has` says whether a label has what is asked for.
    pub(crate) fn choose(
        &self,
        choice: &LabelChoice,
        mut has: impl FnMut(&str) -> Result<bool, StoreError>,
    ) -> Result<Vec<String>, StoreError> {
        let mut chosen = Vec::new();
        match choice {
            LabelChoice::Is(label) => chosen.push(label.clone()),
            LabelChoice::All => chosen.extend(self.labels.iter().map(|label| label.label.clone())),
            LabelChoice::Primary => {
                for label in &self.labels {
                    if has(&label.label)? {
                        chosen.push(label.label.clone());
                        break;
                    }
                }
            }
        }
        Ok(chosen)
    }

    /// The key, if any of it has left the journal.
    pub(crate) fn key(&self, name: &str) -> Result<Option<KeyRow>, StoreError> {
        self.connection
            .prepare_cached("SELECT id, has_others FROM keys WHERE run = ?1 AND name = ?2")
            .and_then(|mut select| {
                let key = |row: &rusqlite::Row<'_>| Ok(KeyRow { id: row.get(0)?, has_values: row.get(1)? });
                select.query_row(params![self.run.id, name], key).optional()
            })
            .map_err(store_error)
    }

    /// The numbers of a key and label, in sorted runs.
    pub(crate) fn number_runs(&self, label: &str, name: &str, key: Option<KeyRow>, steps: StepRange) -> Result<Vec<SortedRun>, StoreError> {
        let mut sorted_runs = self.frame_runs(label, name);
        if let Some(key) = key {
            for (rank, stream) in self.streams_of(label) {
                let chunks = directory::chunks(self.connection, key.id, stream.id, steps)?;
                sorted_runs.extend(chunks.into_iter().map(|chunk| SortedRun::of_chunk(rank, chunk)));
            }
        }
        Ok(sorted_runs)
    }

    /// Those of them that are in the journal.
    pub(crate) fn frame_runs(&self, label: &str, name: &str) -> Vec<SortedRun> {
        let mut sorted_runs = Vec::new();
        for (rank, frame) in self.frames_of(label) {
            for (at, group) in frame.groups.iter().enumerate() {
                if let Some(column) = group.keys.iter().position(|&key| &*frame.keys[key as usize] == name) {
                    sorted_runs.extend(frame_run(rank, frame, at, Some(column)));
                }
            }
        }
        sorted_runs
    }

    /// Whether a label has numbers of a key, hidden ones included.
    pub(crate) fn any_numbers(&self, label: &str, name: &str, key: Option<KeyRow>) -> Result<bool, StoreError> {
        for (_, stream) in self.streams_of(label) {
            if key.map_or(Ok(false), |key| directory::any(self.connection, key.id, stream.id))? {
                return Ok(true);
            }
        }
        let has = |frame: &FrameRows| frame.groups.iter().any(|group| group.keys.iter().any(|&key| &*frame.keys[key as usize] == name));
        Ok(self.frames_of(label).any(|(_, frame)| has(frame)))
    }

    /// The times of the rows of a label, in sorted runs.
    pub(crate) fn time_runs(&self, label: &str, steps: StepRange) -> Result<Vec<SortedRun>, StoreError> {
        let mut sorted_runs = Vec::new();
        let mut select = self
            .connection
            .prepare_cached("SELECT id, first_step, last_step FROM blocks WHERE stream = ?1 AND first_step <= ?2 AND last_step >= ?3")
            .map_err(store_error)?;
        for (rank, stream) in self.streams_of(label) {
            let found = select
                .query_map(params![stream.id, steps.last, steps.first], |row| {
                    Ok(SortedRun { rank, first: row.get(1)?, last: row.get(2)?, source: Source::Times(row.get(0)?) })
                })
                .and_then(Iterator::collect::<Result<Vec<_>, _>>);
            sorted_runs.extend(found.map_err(store_error)?);
        }
        for (rank, frame) in self.frames_of(label) {
            sorted_runs.extend((0..frame.groups.len()).filter_map(|at| frame_run(rank, frame, at, None)));
        }
        Ok(sorted_runs)
    }

    /// The cells of a key and label that are not numbers, in no order. Values are not read.
    pub(crate) fn label_values(&self, label: &str, name: &str, key: Option<KeyRow>, steps: StepRange) -> Result<Vec<ValueAt>, StoreError> {
        let mut values = Vec::new();
        if let Some(key) = key.filter(|key| key.has_values) {
            let mut select = self
                .connection
                .prepare_cached("SELECT id, step, entry, kind FROM others WHERE key = ?1 AND stream = ?2 AND step BETWEEN ?3 AND ?4")
                .map_err(store_error)?;
            for (rank, stream) in self.streams_of(label) {
                let found = select
                    .query_map(params![key.id, stream.id, steps.first, steps.last], |row| {
                        let kind = Kind::from_name(row.get_ref(3)?.as_str()?);
                        let entry = row.get::<_, i64>(2)? as u64;
                        Ok(ValueAt { step: row.get(1)?, rank, entry, kind, place: ValuePlace::Stored(row.get(0)?) })
                    })
                    .and_then(Iterator::collect::<Result<Vec<_>, _>>);
                values.extend(found.map_err(store_error)?);
            }
        }
        for (rank, frame) in self.frames_of(label) {
            let Some(key) = frame.keys.iter().position(|key| &**key == name) else { continue };
            for (at, cell) in frame.values.iter().enumerate() {
                if cell.key as usize == key && steps.contains(cell.step) {
                    let place = ValuePlace::Frame(frame.clone(), at);
                    values.push(ValueAt { step: cell.step, rank, entry: cell.entry, kind: cell.kind.clone(), place });
                }
            }
        }
        Ok(values)
    }
}

fn frame_run(rank: u32, frame: &Arc<FrameRows>, group: usize, column: Option<usize>) -> Option<SortedRun> {
    let steps = &frame.groups[group].steps;
    let (first, last) = (*steps.first()?, *steps.last()?);
    Some(SortedRun { rank, first, last, source: Source::Frame(frame.clone(), group, column) })
}

/// The cells as sorted runs that hide numbers.
pub(crate) fn hiding_runs(values: &[ValueAt]) -> Vec<SortedRun> {
    let mut by_rank: FxHashMap<u32, Vec<(Step, EntryNumber)>> = FxHashMap::default();
    for other in values {
        by_rank.entry(other.rank).or_default().push((other.step, other.entry));
    }
    by_rank
        .into_iter()
        .filter_map(|(rank, mut cells)| {
            cells.sort_unstable();
            Some(SortedRun { rank, first: cells.first()?.0, last: cells.last()?.0, source: Source::Values(cells) })
        })
        .collect()
}
