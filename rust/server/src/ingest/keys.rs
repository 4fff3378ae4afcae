//! Limit of the distinct keys of a run: a bound on what one run costs in memory, whatever its writers say.
//!
//! The known keys of a run are kept as hashes, of the runs written to last. A run is asked for those that it
//! has from before once it shows more than [`LOADED_AT`] of them, which few do. A row that would bring more
//! than [`RUN_KEYS`] is refused: in its place the frame gets a loss report of one row under the same number,
//! and the writer hears of it with the acknowledgement. All other rows of the frame are stored.

use crate::error::{ErrorCode, ServiceError};
use rustc_hash::{FxHashMap, FxHashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use stepwell_codec::msgpack::ValueRef;
use stepwell_codec::payload::{EntryRef, KeyTable};
use stepwell_codec::{FrameEncoder, PayloadBuilder, PayloadReader, msgpack};
use stepwell_lock::Mutex;
use stepwell_model::{Entry, EntryNumber, LossReport, Opening, Row, RunPath};
use stepwell_proto::v1;
use stepwell_store::decode::FrameRows;
use stepwell_store::row::flat_cells;
use stepwell_store::{Store, StreamFrame};

/// Distinct keys of a run: a quarter more than a client sends unless it is told to. What is known of them for
/// lists takes some 300 MiB while it is read.
const RUN_KEYS: usize = 250_000;
/// Known keys from which on those count that the run has from before.
const LOADED_AT: usize = 10_000;
/// Runs whose keys are remembered, about.
const RUNS: usize = 1_024;
/// What a refused row is counted under.
const REASON: &str = "refused by the server";

/// The keys of the runs written to last.
pub(crate) struct RunKeys {
    limit: usize,
    /// Seeded anew in each process: nobody can know which keys collide.
    hasher: RandomState,
    runs: Mutex<FxHashMap<RunPath, Arc<Mutex<Known>>>>,
}

#[derive(Default)]
struct Known {
    keys: FxHashSet<u64>,
    /// Whether those from before are among them.
    is_loaded: bool,
}

impl Default for RunKeys {
    fn default() -> Self {
        Self { limit: RUN_KEYS, hasher: RandomState::new(), runs: Mutex::default() }
    }
}

impl RunKeys {
    /// Whether the frame brings no key too many; quick, and right for nearly every frame. Otherwise
    /// [`admit`](Self::admit) says what becomes of it.
    pub(super) fn pass(&self, opening: &Opening, frame: &StreamFrame) -> bool {
        let Some(rows) = &frame.rows else { return false };
        let known = self.of(opening);
        let mut known = known.lock();
        let most = if known.is_loaded { self.limit } else { LOADED_AT.min(self.limit) };
        self.take(&mut known, rows.keys.iter().map(|key| &**key), most)
    }

    /// The frame as it may be stored, and what was refused of it. Blocks.
    pub(super) fn admit(
        &self,
        store: &dyn Store,
        opening: &Opening,
        frame: StreamFrame,
    ) -> Result<(StreamFrame, Vec<v1::Rejected>), ServiceError> {
        let unreadable = |error: &dyn std::fmt::Display| ServiceError::new(ErrorCode::Internal, error.to_string());
        let payload = frame.payload().map_err(|error| unreadable(&error))?;
        let mut reader = PayloadReader::new(&payload, frame.header.count).map_err(|error| unreadable(&error))?;
        let (names, shapes) = (reader.keys.clone(), reader.shapes.len());
        let known = self.of(opening);
        let mut known = known.lock();
        // Rows of a shape whose keys are all known need no second look, unless they hold maps.
        let (mut passed, mut rejected) = (vec![false; shapes], Vec::<v1::Rejected>::new());
        let mut number = frame.header.first;
        while let Some(entry) = reader.next_entry().map_err(|error| unreadable(&error))? {
            if let EntryRef::Row(row) = entry {
                let has_maps = row.cells().any(|(_, value)| matches!(value, ValueRef::Other(bytes) if msgpack::is_map(bytes)));
                let shape = row.shape as usize;
                if has_maps || !passed[shape] {
                    let row = row.to_row(&names).map_err(|error| unreadable(&error))?;
                    let keys: Vec<String> = flat_cells(&row.cells).into_keys().collect();
                    if self.take_or_load(store, opening, &mut known, &keys)? {
                        passed[shape] = !has_maps;
                    } else {
                        self.reject(&mut rejected, number);
                    }
                }
            }
            number += 1;
        }
        drop(known);
        if rejected.is_empty() {
            drop(payload);
            return Ok((frame, rejected));
        }
        let reader = PayloadReader::new(&payload, frame.header.count).map_err(|error| unreadable(&error))?;
        let mut entries = reader.entries().map_err(|error| unreadable(&error))?;
        for range in &rejected {
            for number in range.first..=range.last {
                let entry = &mut entries[(number - frame.header.first) as usize];
                if let Entry::Row(row) = entry {
                    let report = LossReport { rows: 1, kept: 0, reason: REASON.into() };
                    *entry = Entry::Lost { time: row.time, report };
                }
            }
        }
        Ok((remade(&frame, &entries).map_err(|error| unreadable(&error))?, rejected))
    }

    /// As [`take`](Self::take), once it matters with the keys that the run has from before.
    fn take_or_load(&self, store: &dyn Store, opening: &Opening, known: &mut Known, keys: &[String]) -> Result<bool, ServiceError> {
        let keys = || keys.iter().map(String::as_str);
        if !known.is_loaded {
            if self.take(known, keys(), LOADED_AT.min(self.limit)) {
                return Ok(true);
            }
            for key in store.keys(&opening.path.entity, &opening.path.project, std::slice::from_ref(&opening.path.run))? {
                known.keys.insert(self.hasher.hash_one(key.key.as_str()));
            }
            known.is_loaded = true;
        }
        Ok(self.take(known, keys(), self.limit))
    }

    /// Notes keys, if they are no more than `most` with those that are known.
    fn take<'k>(&self, known: &mut Known, keys: impl Iterator<Item = &'k str>, most: usize) -> bool {
        let new: Vec<u64> = keys.map(|key| self.hasher.hash_one(key)).filter(|hash| !known.keys.contains(hash)).collect();
        if new.is_empty() {
            return true;
        }
        if known.keys.len() + new.len() > most {
            return false;
        }
        known.keys.extend(new);
        true
    }

    fn reject(&self, rejected: &mut Vec<v1::Rejected>, number: EntryNumber) {
        match rejected.last_mut() {
            Some(range) if range.last + 1 == number => range.last = number,
            _ => {
                let reason = format!("the run has {} distinct keys already, which is the most that this server takes", self.limit);
                rejected.push(v1::Rejected { first: number, last: number, reason });
            }
        }
    }

    fn of(&self, opening: &Opening) -> Arc<Mutex<Known>> {
        let path = &opening.path;
        let mut runs = self.runs.lock();
        if let Some(known) = runs.get(path) {
            return Arc::clone(known);
        }
        if runs.len() >= RUNS {
            // Those that are forgotten are read again when it matters.
            runs.retain(|_, known| Arc::strong_count(known) > 1);
            if let Some(any) = runs.keys().next().cloned().filter(|_| runs.len() >= RUNS / 2) {
                runs.remove(&any);
            }
        }
        Arc::clone(runs.entry(path.clone()).or_default())
    }
}

/// The frame with other entries under the same numbers.
fn remade(frame: &StreamFrame, entries: &[Entry]) -> Result<StreamFrame, String> {
    let (mut table, mut shapes) = (KeyTable::default(), FxHashMap::<Vec<&str>, u32>::default());
    let mut keys = FxHashMap::<&str, u32>::default();
    let (mut builder, mut payload, mut bytes) = (PayloadBuilder::new(), Vec::new(), Vec::new());
    for entry in entries {
        let Entry::Row(row) = entry else {
            builder.statement(entry);
            continue;
        };
        let names: Vec<&str> = row.cells.iter().map(|(key, _)| key.as_str()).collect();
        let shape = *shapes.entry(names).or_insert_with_key(|names| {
            let indices = names.iter().map(|name| {
                *keys.entry(name).or_insert_with(|| {
                    table.keys.push((*name).into());
                    table.keys.len() as u32 - 1
                })
            });
            let shape: Box<[u32]> = indices.collect();
            table.shapes.push(shape);
            table.shapes.len() as u32 - 1
        });
        let Row { step, time, sampled, .. } = *row;
        let values: Vec<u8> = row.cells.iter().flat_map(|(_, value)| msgpack::to_bytes(value)).collect();
        builder.row(&table, shape, step, time, sampled, &values);
    }
    let count = builder.finish(&table, &mut payload);
    let mut encoder = FrameEncoder::new().map_err(|error| error.to_string())?;
    let header = encoder.encode(frame.header.first, count, &payload, &mut bytes).map_err(|error| error.to_string())?;
    let rows = FrameRows::decode(&payload, header.first, count).map_err(|error| error.to_string())?;
    Ok(StreamFrame { stream: frame.stream, header, bytes: bytes.into(), statements: Some(payload.into()), rows: Some(Arc::new(rows)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_model::{StreamId, Value};
    use stepwell_store::MemoryStore;
    use stepwell_store::conformance::stream::{TestStream, path};

    fn opening() -> Opening {
        Opening { path: RunPath::new("local", "p", "r").unwrap(), ..Opening::default() }
    }

    fn frame(first: u64, entries: &[Entry]) -> StreamFrame {
        let header =
            stepwell_codec::FrameHeader { first, ..FrameEncoder::new().unwrap().encode(first, 1, &[0x93], &mut Vec::new()).unwrap() };
        let empty: Arc<[u8]> = Arc::from([]);
        let frame = StreamFrame { stream: StreamId([1; 16]), header, bytes: empty, statements: None, rows: None };
        remade(&frame, entries).unwrap()
    }

    fn row(cells: &[(&str, Value)]) -> Entry {
        Entry::Row(Row {
            step: 1,
            time: 7,
            sampled: false,
            cells: cells.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
        })
    }

    /// E1: what one run takes is bounded on the server too; what is refused is said and counted, and the rest
    /// is stored.
    #[test]
    fn rows_with_keys_beyond_the_limit_are_refused_and_counted() {
        let keys = RunKeys { limit: 2, ..RunKeys::default() };
        let store = MemoryStore::default();
        let one = |key: &str| row(&[(key, Value::Int(1))]);
        let good = frame(2, &[one("a"), one("b"), one("a")]);
        assert!(keys.pass(&opening(), &good));
        let mixed = frame(5, &[one("b"), one("c"), one("d"), one("a"), row(&[("a", Value::Map(vec![("b".into(), Value::Int(1))]))])]);
        assert!(!keys.pass(&opening(), &mixed));
        let (stored, rejected) = keys.admit(&store, &opening(), mixed).unwrap();
        let ranges: Vec<_> = rejected.iter().map(|range| (range.first, range.last)).collect();
        assert_eq!(ranges, [(6, 7), (9, 9)]);
        assert!(rejected[0].reason.contains("2 distinct keys"));
        assert_eq!((stored.header.first, stored.header.count), (5, 5));
        let entries = PayloadReader::new(&stored.payload().unwrap(), 5).unwrap().entries().unwrap();
        let lost = |entry: &Entry| matches!(entry, Entry::Lost { report, .. } if report.rows == 1);
        assert_eq!(entries.iter().map(lost).collect::<Vec<_>>(), [false, true, true, false, true]);
        assert_eq!(entries[3], one("a"));
    }

    #[test]
    fn keys_that_a_run_has_from_before_count() {
        let store = MemoryStore::default();
        let mut stream = TestStream::new(1);
        store.open_stream(stream.id, &stream.opening).unwrap();
        let frame_of = stream.frame(&[row(&[("old", Value::Int(1)), ("older", Value::Int(1))])]);
        store.append(&[frame_of]).unwrap();
        let keys = RunKeys { limit: 2, ..RunKeys::default() };
        let opening = Opening { path: path(), ..Opening::default() };
        let new = frame(2, &[row(&[("old", Value::Int(2))]), row(&[("x", Value::Int(2)), ("y", Value::Int(2)), ("z", Value::Int(2))])]);
        assert!(!keys.pass(&opening, &new));
        let (_, rejected) = keys.admit(&store, &opening, new).unwrap();
        assert_eq!(rejected.iter().map(|range| (range.first, range.last)).collect::<Vec<_>>(), [(3, 3)]);
    }
}
