//! Statistics of a run's rows: last values, counts, keys. Kept per version of the rows, as tables of runs ask
//! for them often.

use crate::chunks::column::Cell;
use crate::chunks::steps::{Origin, Span, StepReader, StepsOf};
use crate::db::error::store_error;
use crate::read::view::{KeyRow, RunView};
use std::collections::BTreeMap;
use std::sync::Arc;
use stepwell_model::{EntryNumber, Kind, Step, TimeMicros, Value};
use stepwell_store::decode::FrameRows;
use stepwell_store::merge::Stamp;
use stepwell_store::row::{Clock, RUNTIME, STEP, TIMESTAMP, is_automatic, runtime_zero};
use stepwell_store::run::RowFacts;
use stepwell_store::summary::Wanted;
use stepwell_store::{KeyInfo, StepRange, StoreError};

/// Statistics of a key of a run over all its labels.
#[derive(Debug, Clone)]
pub(crate) struct KeyStats {
    pub(crate) key: String,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) points: u64,
    pub(crate) first_step: Step,
    pub(crate) last_step: Step,
}

impl KeyStats {
    /// The key over the runs that have it.
    pub(crate) fn over(of_runs: &[&Self]) -> Option<KeyInfo> {
        let mut kinds: Vec<Kind> = of_runs.iter().flat_map(|found| found.kinds.iter().cloned()).collect();
        kinds.sort();
        kinds.dedup();
        Some(KeyInfo {
            key: of_runs.first()?.key.clone(),
            kinds,
            runs: of_runs.len() as u64,
            points: of_runs.iter().map(|found| found.points).sum(),
            first_step: of_runs.iter().map(|found| found.first_step).min()?,
            last_step: of_runs.iter().map(|found| found.last_step).max()?,
        })
    }
}

/// Statistics of a run's rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunStats {
    pub(crate) facts: RowFacts,
    pub(crate) keys: Vec<KeyStats>,
}

/// Order of cells of a key and label: the later one, and at equal steps the winning one.
type Place = (Step, u32, EntryNumber);

/// The last number of a key, before it is known which.
#[derive(Debug, Clone)]
enum Last {
    Stored(Cell),
    Frame(Arc<FrameRows>, usize, usize),
}

/// Numbers of a key under a label.
#[derive(Debug, Default)]
struct LabelSeries {
    spans: Vec<Span>,
    last: Option<(Place, Last)>,
}

/// A row of `series`: stream, steps, highest entry at the last step, number there.
type StoredSeries = (i64, Span, EntryNumber, Cell);

#[derive(Debug, Default)]
struct KeySeries {
    row: Option<KeyRow>,
    has_values: bool,
    /// That of the label that was met first, with its position in the order of labels. There may be very many
    /// keys, and most have no other one; a map takes as much for one as for eleven.
    only: Option<(usize, LabelSeries)>,
    /// Those of the others.
    more: BTreeMap<usize, LabelSeries>,
}

impl KeySeries {
    fn label(&self, at: usize) -> Option<&LabelSeries> {
        match &self.only {
            Some((only, series)) if *only == at => Some(series),
            _ => self.more.get(&at),
        }
    }

    fn label_mut(&mut self, at: usize) -> &mut LabelSeries {
        let (only, series) = self.only.get_or_insert_with(|| (at, LabelSeries::default()));
        if *only == at { series } else { self.more.entry(at).or_default() }
    }
}

impl LabelSeries {
    fn add(&mut self, span: Span, place: Place, last: Last) {
        if self.spans.is_empty() {
            self.spans.reserve_exact(1);
        }
        self.spans.push(span);
        if self.last.as_ref().is_none_or(|(known, _)| *known < place) {
            self.last = Some((place, last));
        }
    }
}

impl RunStats {
    /// Reads it; `wanted` says what the summary needs besides last values.
    pub(crate) fn new(view: &RunView<'_>, wanted: &Wanted) -> Result<Self, StoreError> {
        let labels: BTreeMap<&str, usize> = view.labels.iter().zip(0..).map(|(label, at)| (label.label.as_str(), at)).collect();
        let label_of: Vec<usize> = view.streams.iter().map(|stream| labels[stream.facts.opening.label.as_str()]).collect();
        let mut reader = StepReader::new(view.connection);
        let mut stats = Self::default();
        let keys = all_keys(view, &label_of)?;
        let mut last_steps = BTreeMap::new();
        for (name, series) in keys {
            stats.add_key(view, wanted, &mut reader, name, &series, &mut last_steps)?;
        }
        stats.add_rows(view, wanted, &mut reader, &last_steps)?;
        Ok(stats)
    }

    fn add_key(
        &mut self,
        view: &RunView<'_>,
        wanted: &Wanted,
        reader: &mut StepReader<'_>,
        name: String,
        series: &KeySeries,
        last_steps: &mut BTreeMap<(String, usize), (Step, Value)>,
    ) -> Result<(), StoreError> {
        let (mut kinds, mut points, mut bounds) = (Vec::new(), 0, None);
        let mut last_value: Option<(&str, Step, Value)> = None;
        for (at, label) in view.labels.iter().enumerate() {
            let found = if series.has_values {
                read_label(view, &label.label, &name, &mut kinds, &mut bounds)?
            } else if let Some(series) = series.label(at) {
                widen(&mut bounds, series.spans.iter().map(|span| (span.first, span.last)));
                add_kind(&mut kinds, &Kind::Number);
                let stored = StepsOf::Key(key_id(series, &name, view)?);
                let count = reader.count(stored, series.spans.clone())?;
                series.last.as_ref().map(|((step, ..), last)| (count, *step, last.value()))
            } else {
                None
            };
            let Some((count, step, value)) = found else { continue };
            points += count;
            if is_automatic(&name) {
                last_steps.insert((name.clone(), at), (step, value));
            } else if last_value.is_none() {
                last_value = Some((&label.label, step, value));
            }
        }
        if is_automatic(&name) {
            return Ok(());
        }
        if let Some((first_step, last_step)) = bounds {
            // There may be very many keys, and a list of one kind has room for four.
            kinds.shrink_to_fit();
            self.keys.push(KeyStats { key: name.clone(), kinds, points, first_step, last_step });
        }
        if let Some((label, step, value)) = last_value {
            if wanted.history(&name) {
                self.facts.histories.extend(view.history(label, &name)?.map(|history| (name.clone(), history)));
            }
            if wanted.stamp(&name) {
                self.facts.stamps.extend(view.stamp(label, &name, step)?.map(|stamp| (name.clone(), stamp)));
            }
            self.facts.last_values.insert(name, value);
        }
        Ok(())
    }

    /// Counts the rows and adds the automatic keys, which are those of the first label that has rows.
    fn add_rows(
        &mut self,
        view: &RunView<'_>,
        wanted: &Wanted,
        reader: &mut StepReader<'_>,
        last_steps: &BTreeMap<(String, usize), (Step, Value)>,
    ) -> Result<(), StoreError> {
        let mut runtime: TimeMicros = 0;
        for (at, label) in view.labels.iter().enumerate() {
            let (mut spans, mut last): (Vec<Span>, Option<(Place, Clock)>) = (Vec::new(), None);
            let mut later = |place: Place, clock: Clock| {
                if last.is_none_or(|(known, _)| known < place) {
                    last = Some((place, clock));
                }
            };
            for (rank, stream) in view.streams_of(&label.label) {
                let zero = runtime_zero(&stream.facts.opening);
                if let Some(rows) = stream.rows {
                    runtime = runtime.max(rows.latest_time.saturating_sub(zero));
                    spans.push(Span { first: rows.first_step, last: rows.last_step, count: rows.count, origin: Origin::Stream(stream.id) });
                    later((rows.last_step, rank, rows.last_entry), Clock { time: rows.last_time, zero });
                }
            }
            for (rank, frame) in view.frames_of(&label.label) {
                let zero = runtime_zero(&view.streams[rank as usize].facts.opening);
                runtime = runtime.max(frame.latest_time.map_or(0, |time| time.saturating_sub(zero)));
                for group in &frame.groups {
                    spans.extend(Span::of_steps(Arc::new(group.steps.clone())));
                    if let (Some(&step), Some(&entry), Some(&time)) = (group.steps.last(), group.entries.last(), group.times.last()) {
                        later((step, rank, entry), Clock { time, zero });
                    }
                }
            }
            self.facts.rows += reader.count(StepsOf::Rows, spans)?;
            let Some(((step, rank, entry), clock)) = last else { continue };
            self.facts.last_step = self.facts.last_step.max(Some(step));
            let logged = |key: &str| {
                let (at_step, value) = last_steps.get(&(key.to_owned(), at))?;
                if *at_step == step { value.as_f64() } else { None }
            };
            let timestamp = logged(TIMESTAMP);
            let runtime = clock.runtime(timestamp, logged(RUNTIME));
            for key in [STEP, TIMESTAMP, RUNTIME].into_iter().filter(|key| wanted.stamp(key)) {
                let stamp = Stamp { time: clock.time, stream: view.streams[rank as usize].facts.id, entry };
                self.facts.stamps.entry(key.to_owned()).or_insert(stamp);
            }
            let values = &mut self.facts.last_values;
            values.entry(STEP.to_owned()).or_insert(Value::Int(step));
            values.entry(TIMESTAMP.to_owned()).or_insert(Value::Float(clock.timestamp(timestamp)));
            values.entry(RUNTIME.to_owned()).or_insert(Value::Float(runtime));
        }
        self.facts.runtime_seconds = runtime as f64 / 1e6;
        Ok(())
    }

    /// About how many bytes this takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        1024 + self.keys.iter().map(|key| 400 + 2 * key.key.len()).sum::<usize>()
    }
}

impl Last {
    fn value(&self) -> Value {
        match self {
            Self::Stored(Cell(number)) => Value::from(*number),
            Self::Frame(frame, group, column) => {
                let column = &frame.groups[*group].columns[*column];
                Value::from(column.get(column.len() - 1))
            }
        }
    }
}

/// The id under which the key is stored; a key that is only in the journal has none, and no stored span
/// either.
fn key_id(series: &LabelSeries, name: &str, view: &RunView<'_>) -> Result<i64, StoreError> {
    let stored = series.spans.len() > 1 && series.spans.iter().any(|span| matches!(span.origin, Origin::Stream(_)));
    Ok(if stored { view.key(name)?.map_or(0, |key| key.id) } else { 0 })
}

/// Keys of the run with what each label has of their numbers.
fn all_keys(view: &RunView<'_>, label_of: &[usize]) -> Result<BTreeMap<String, KeySeries>, StoreError> {
    let ranks: BTreeMap<i64, u32> = view.streams.iter().zip(0..).map(|(stream, rank)| (stream.id, rank)).collect();
    let mut keys: BTreeMap<String, KeySeries> = BTreeMap::new();
    let mut select = view
        .connection
        .prepare_cached(
            "SELECT name, id, has_others, stream, first_step, last_step, points, last_entry, last
             FROM keys LEFT JOIN series ON series.key = keys.id WHERE run = ?1",
        )
        .map_err(store_error)?;
    let mut rows = select.query([view.run.id]).map_err(store_error)?;
    while let Some(row) = rows.next().map_err(store_error)? {
        let read = || -> rusqlite::Result<(String, KeyRow, Option<StoredSeries>)> {
            let key = KeyRow { id: row.get(1)?, has_values: row.get(2)? };
            let series = match row.get::<_, Option<i64>>(3)? {
                None => None,
                Some(stream) => {
                    let count = row.get::<_, i64>(6)? as u64;
                    let span = Span { first: row.get(4)?, last: row.get(5)?, count, origin: Origin::Stream(stream) };
                    Some((stream, span, row.get::<_, i64>(7)? as u64, row.get(8)?))
                }
            };
            Ok((row.get(0)?, key, series))
        };
        let (name, key, series) = read().map_err(store_error)?;
        let known = keys.entry(name).or_default();
        known.row = Some(key);
        known.has_values |= key.has_values;
        let Some((stream, span, entry, last)) = series else { continue };
        if let Some(&rank) = ranks.get(&stream) {
            let place = (span.last, rank, entry);
            known.label_mut(label_of[rank as usize]).add(span, place, Last::Stored(last));
        }
    }
    for (rank, frame) in &view.frames {
        add_frame(&mut keys, *rank, label_of[*rank as usize], frame);
    }
    Ok(keys)
}

fn add_frame(keys: &mut BTreeMap<String, KeySeries>, rank: u32, label: usize, frame: &Arc<FrameRows>) {
    for (at, group) in frame.groups.iter().enumerate() {
        let steps = Arc::new(group.steps.clone());
        let (Some(span), Some(&entry)) = (Span::of_steps(steps), group.entries.last()) else { continue };
        for (column, &key) in group.keys.iter().enumerate() {
            let place = (span.last, rank, entry);
            let series = entry_of(keys, &frame.keys[key as usize]).label_mut(label);
            series.add(span.clone(), place, Last::Frame(frame.clone(), at, column));
        }
    }
    for other in &frame.values {
        entry_of(keys, &frame.keys[other.key as usize]).has_values = true;
    }
}

fn entry_of<'k>(keys: &'k mut BTreeMap<String, KeySeries>, name: &str) -> &'k mut KeySeries {
    keys.entry(name.to_owned()).or_default()
}

/// A key that has cells that are not numbers: they may hide each other, so all are read. Returns count, last
/// step and value there.
fn read_label(
    view: &RunView<'_>,
    label: &str,
    name: &str,
    kinds: &mut Vec<Kind>,
    bounds: &mut Option<(Step, Step)>,
) -> Result<Option<(u64, Step, Value)>, StoreError> {
    let numbers = view.logged_points(label, name, StepRange::ALL)?;
    let values = view.winning(label, name)?;
    if let (Some(&first), Some(&last)) = (numbers.steps.first(), numbers.steps.last()) {
        add_kind(kinds, &Kind::Number);
        widen(bounds, [(first, last)].into_iter());
    }
    for other in &values {
        add_kind(kinds, &other.kind);
        widen(bounds, [(other.step, other.step)].into_iter());
    }
    let count = (numbers.steps.len() + values.len()) as u64;
    let number = numbers.steps.last().map(|&step| (step, numbers.values.len() - 1));
    Ok(match (number, values.last()) {
        (Some((step, at)), other) if other.is_none_or(|other| other.step < step) => {
            Some((count, step, Value::from(numbers.values.get(at))))
        }
        (_, Some(other)) => Some((count, other.step, view.read_value(&other.place)?)),
        _ => None,
    })
}

fn add_kind(kinds: &mut Vec<Kind>, kind: &Kind) {
    if let Err(at) = kinds.binary_search(kind) {
        kinds.insert(at, kind.clone());
    }
}

fn widen(bounds: &mut Option<(Step, Step)>, spans: impl Iterator<Item = (Step, Step)>) {
    for (first, last) in spans {
        let (low, high) = bounds.unwrap_or((first, last));
        *bounds = Some((low.min(first), high.max(last)));
    }
}
