//! The payload of a frame: entries in msgpack, with the keys written once per frame.
//!
//! ```text
//! payload := [keys, shapes, entries]
//! keys    := [text, …]                       names of the keys that the frame's rows use
//! shapes  := [[key index, …], …]             the key lists of its rows, each once
//! entries := [entry, …]                      entry i has the number header.first + i
//! row     := [0, step, time, shape index, value, …]      one value per key of the shape, in its order
//! sampled := [9, step, time, shape index, value, …]      a row kept by the `sample` policy
//! others  := see [`crate::payload::statement`]
//! ```
//!
//! Consecutive rows nearly always have the same keys, so a row costs its values and a few bytes. A frame needs no other
//! frame to be understood: a damaged neighbour costs nothing here. Times are microseconds since 1970.

pub mod statement;

use crate::msgpack::{self, MsgpackError, Reader, ValueRef};
use stepwell_model::{Entry, Row, Step, TimeMicros, limits};

const ROW: i64 = 0;
const SAMPLED_ROW: i64 = 9;
/// A frame-local index that is not given yet.
const ABSENT: u32 = u32::MAX;

/// Why a payload cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// It is not the msgpack it should be.
    #[error("the payload {0}")]
    Msgpack(#[from] MsgpackError),
    /// It is msgpack, but not of this form.
    #[error("the payload is malformed: {0}")]
    Form(&'static str),
    /// It holds what this version does not know, and a later one may.
    #[error("the payload has {0}, which this version does not know: a newer stepwell is needed")]
    Later(&'static str),
}

/// The keys and shapes that a writer has used so far, each under the index it was first seen with.
#[derive(Debug, Default)]
pub struct KeyTable {
    /// Names of the keys.
    pub keys: Vec<Box<str>>,
    /// Keys of the shapes.
    pub shapes: Vec<Box<[u32]>>,
}

/// Collects entries for one frame after another.
#[derive(Debug, Default)]
pub struct PayloadBuilder {
    entries: Vec<u8>,
    count: u32,
    local_key: Vec<u32>,
    local_shape: Vec<u32>,
    used_keys: Vec<u32>,
    used_shapes: Vec<u32>,
    table_bytes: usize,
}

impl PayloadBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries collected since the last [`finish`](Self::finish).
    pub fn count(&self) -> u32 {
        self.count
    }

    /// About how many bytes the payload has now (never less than it will have).
    pub fn bytes(&self) -> usize {
        self.entries.len() + self.table_bytes + 16
    }

    /// Adds a row of the given shape; `values` is the msgpack of its values, one after the other.
    #[inline]
    pub fn row(&mut self, table: &KeyTable, shape: u32, step: Step, time: TimeMicros, sampled: bool, values: &[u8]) {
        let local = match self.local_shape.get(shape as usize) {
            Some(&local) if local != ABSENT => local,
            _ => self.use_shape(table, shape),
        };
        let out = &mut self.entries;
        msgpack::write_array_len(out, 4 + table.shapes[shape as usize].len());
        msgpack::write_int(out, if sampled { SAMPLED_ROW } else { ROW });
        msgpack::write_int(out, step);
        msgpack::write_int(out, time);
        msgpack::write_int(out, i64::from(local));
        out.extend_from_slice(values);
        self.count += 1;
    }

    /// Adds an entry that is not a row.
    ///
    /// # Panics
    /// If it is a row: those need a key table.
    pub fn statement(&mut self, entry: &Entry) {
        statement::write(&mut self.entries, entry);
        self.count += 1;
    }

    #[cold]
    fn use_shape(&mut self, table: &KeyTable, shape: u32) -> u32 {
        self.local_shape.resize(table.shapes.len(), ABSENT);
        self.local_key.resize(table.keys.len(), ABSENT);
        for &key in &table.shapes[shape as usize] {
            if self.local_key[key as usize] == ABSENT {
                self.local_key[key as usize] = self.used_keys.len() as u32;
                self.used_keys.push(key);
                self.table_bytes += table.keys[key as usize].len() + 5;
            }
        }
        self.table_bytes += 5 + 5 * table.shapes[shape as usize].len();
        let local = self.used_shapes.len() as u32;
        self.local_shape[shape as usize] = local;
        self.used_shapes.push(shape);
        local
    }

    /// Writes the payload over `out` and starts the next one. Returns the number of entries.
    pub fn finish(&mut self, table: &KeyTable, out: &mut Vec<u8>) -> u32 {
        out.clear();
        out.reserve(self.bytes());
        msgpack::write_array_len(out, 3);
        msgpack::write_array_len(out, self.used_keys.len());
        for &key in &self.used_keys {
            msgpack::write_str(out, &table.keys[key as usize]);
        }
        msgpack::write_array_len(out, self.used_shapes.len());
        for &shape in &self.used_shapes {
            let keys = &table.shapes[shape as usize];
            msgpack::write_array_len(out, keys.len());
            for &key in keys {
                msgpack::write_int(out, i64::from(self.local_key[key as usize]));
            }
        }
        msgpack::write_array_len(out, self.count as usize);
        out.append(&mut self.entries);
        for key in self.used_keys.drain(..) {
            self.local_key[key as usize] = ABSENT;
        }
        for shape in self.used_shapes.drain(..) {
            self.local_shape[shape as usize] = ABSENT;
        }
        self.table_bytes = 0;
        std::mem::take(&mut self.count)
    }
}

/// An entry as it stands in a payload.
#[derive(Debug)]
pub enum EntryRef<'p> {
    /// A row, its values not decoded.
    Row(RowRef<'p>),
    /// Any other entry.
    Statement(Entry),
}

/// A row whose values are still msgpack.
#[derive(Debug, Clone)]
pub struct RowRef<'p> {
    /// The step.
    pub step: Step,
    /// When it was logged.
    pub time: TimeMicros,
    /// Kept by the `sample` policy.
    pub sampled: bool,
    /// Index of its shape in the frame; rows of one shape have the same keys in the same order.
    pub shape: u32,
    /// Indices of its keys in [`PayloadReader::keys`].
    pub keys: &'p [u32],
    values: Reader<'p>,
}

impl<'p> RowRef<'p> {
    /// The row's (key index, value) pairs. They were checked when the row was read, so none is missing.
    pub fn cells(&self) -> impl Iterator<Item = (u32, ValueRef<'p>)> + use<'p> {
        let mut values = self.values.clone();
        self.keys.iter().map_while(move |&key| Some((key, values.value_ref().ok()?)))
    }

    /// The row with all its values decoded.
    pub fn to_row(&self, keys: &[&str]) -> Result<Row, PayloadError> {
        let mut values = self.values.clone();
        let cells = self.keys.iter().map(|&key| Ok((keys[key as usize].to_owned(), values.value()?)));
        Ok(Row { step: self.step, time: self.time, sampled: self.sampled, cells: cells.collect::<Result<_, PayloadError>>()? })
    }
}

/// The tables of a payload and its entries, read one by one with [`next_entry`](Self::next_entry).
#[derive(Debug)]
pub struct PayloadReader<'a> {
    /// The frame's keys.
    pub keys: Vec<&'a str>,
    /// The frame's shapes, as indices into `keys`.
    pub shapes: Vec<Vec<u32>>,
    entries: Reader<'a>,
    left: usize,
    row_bytes: usize,
}

impl<'a> PayloadReader<'a> {
    /// Reads the tables of a payload that must hold `count` entries.
    pub fn new(payload: &'a [u8], count: u32) -> Result<Self, PayloadError> {
        Self::within(payload, count, limits::KEY_BYTES, limits::ROW_BYTES)
    }

    /// As [`new`](Self::new), of the payload of an answer: its rows are merged of any number of entries, and their keys are paths.
    pub fn of_answer(payload: &'a [u8], count: u32) -> Result<Self, PayloadError> {
        Self::within(payload, count, usize::MAX, usize::MAX)
    }

    fn within(payload: &'a [u8], count: u32, key_bytes: usize, row_bytes: usize) -> Result<Self, PayloadError> {
        let mut reader = Reader::new(payload);
        match reader.array_len()? {
            3 => {}
            4.. => return Err(PayloadError::Later("more than keys, shapes and entries")),
            _ => return Err(PayloadError::Form("not an array of keys, shapes and entries")),
        }
        let mut keys = Vec::new();
        for _ in 0..bounded(reader.array_len()?)? {
            let key = reader.str()?;
            if key.len() > key_bytes {
                return Err(PayloadError::Form("a key longer than 1,024 bytes"));
            }
            keys.push(key);
        }
        let mut shapes = Vec::new();
        for _ in 0..bounded(reader.array_len()?)? {
            let mut shape = Vec::new();
            for _ in 0..bounded(reader.array_len()?)? {
                let key = u32::try_from(reader.int()?).ok().filter(|&key| (key as usize) < keys.len());
                shape.push(key.ok_or(PayloadError::Form("a shape with a key that is not there"))?);
            }
            shapes.push(shape);
        }
        let left = reader.array_len()?;
        if left != count as usize {
            return Err(PayloadError::Form("another number of entries than the header says"));
        }
        Ok(Self { keys, shapes, entries: reader, left, row_bytes })
    }

    /// The next entry, or `None` after the last. Each value of a row is checked to be well-formed here.
    pub fn next_entry(&mut self) -> Result<Option<EntryRef<'_>>, PayloadError> {
        if self.left == 0 {
            return if self.entries.is_empty() { Ok(None) } else { Err(PayloadError::Form("bytes behind the last entry")) };
        }
        self.left -= 1;
        let before = self.entries.rest().len();
        let len = self.entries.array_len()?;
        let kind = self.entries.int()?;
        if kind != ROW && kind != SAMPLED_ROW {
            return Ok(Some(EntryRef::Statement(statement::read(kind, len, &mut self.entries)?)));
        }
        let (step, time) = (self.entries.int()?, self.entries.int()?);
        let shape = u32::try_from(self.entries.int()?).map_err(|_| PayloadError::Form("a row with a shape that is not there"))?;
        let keys = self.shapes.get(shape as usize).ok_or(PayloadError::Form("a row with a shape that is not there"))?;
        if len != 4 + keys.len() {
            return Err(PayloadError::Form("a row with more or fewer values than keys"));
        }
        let values = self.entries.clone();
        for _ in keys {
            self.entries.value_ref()?;
        }
        if before - self.entries.rest().len() > self.row_bytes {
            return Err(PayloadError::Form("a row larger than 8 MiB"));
        }
        Ok(Some(EntryRef::Row(RowRef { step, time, sampled: kind == SAMPLED_ROW, shape, keys, values })))
    }

    /// All entries from here on, decoded.
    pub fn entries(mut self) -> Result<Vec<Entry>, PayloadError> {
        let names = self.keys.clone();
        let mut entries = Vec::new();
        while let Some(entry) = self.next_entry()? {
            entries.push(match entry {
                EntryRef::Row(row) => Entry::Row(row.to_row(&names)?),
                EntryRef::Statement(entry) => entry,
            });
        }
        Ok(entries)
    }
}

fn bounded(len: usize) -> Result<usize, PayloadError> {
    if len > limits::FRAME_KEYS { Err(PayloadError::Form("more keys or shapes than a frame may have")) } else { Ok(len) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stepwell_model::{BlobId, FileVersion, Goal, LossReport, MetricDefinition, Opening, RunInfoUpdate, RunPath, SummaryKind, Value};

    fn table() -> KeyTable {
        KeyTable {
            keys: ["loss", "acc", "ünïcode"].map(Box::from).to_vec(),
            shapes: vec![Box::new([0, 1]), Box::new([2, 0]), Box::new([])],
        }
    }

    #[test]
    fn rows_and_statements_read_back_in_order() {
        let (table, mut builder, mut payload) = (table(), PayloadBuilder::new(), Vec::new());
        for round in 0..2 {
            let values = [msgpack::to_bytes(&Value::Float(0.5)), msgpack::to_bytes(&Value::Int(round))].concat();
            builder.row(&table, 1, 7, 1000, false, &values);
            builder.statement(&Entry::Exit { time: 1, code: 3 });
            builder.row(&table, 2, -7, 1001, true, &[]);
            assert!(builder.bytes() >= 20);
            let bound = builder.bytes();
            let count = builder.finish(&table, &mut payload);
            assert!(payload.len() <= bound);
            let entries = PayloadReader::new(&payload, count).unwrap().entries().unwrap();
            assert_eq!(
                entries,
                [
                    Entry::Row(Row {
                        step: 7,
                        time: 1000,
                        sampled: false,
                        cells: vec![("ünïcode".into(), Value::Float(0.5)), ("loss".into(), Value::Int(round))],
                    }),
                    Entry::Exit { time: 1, code: 3 },
                    Entry::Row(Row { step: -7, time: 1001, sampled: true, cells: vec![] }),
                ]
            );
        }
    }

    #[test]
    fn every_statement_reads_back() {
        let set = vec![("lr".to_owned(), Value::Float(0.1)), ("nested".to_owned(), Value::Map(vec![("a".into(), Value::Nil)]))];
        let opening = Opening {
            path: RunPath::new("local", "p", "r").unwrap(),
            label: "3".into(),
            rank: Some(3),
            primary: true,
            attempt: 2,
            time: 1_700_000_000_000_000,
            runtime_offset: 5,
            host: "h".into(),
            pid: 12,
            destination: "http://127.0.0.1:7117".into(),
            version: "0.1.0".into(),
        };
        let statements = [
            Entry::Open(opening.clone()),
            Entry::Open(Opening { rank: None, primary: false, ..opening }),
            Entry::Config { time: 1, set: set.clone(), deleted: vec!["old".into()] },
            Entry::Summary { time: 2, set: set.clone(), deleted: vec![], until_logged: false },
            Entry::Summary { time: 2, set, deleted: vec!["a.b".into()], until_logged: true },
            Entry::Metric {
                time: 3,
                definition: MetricDefinition {
                    name: "val/*".into(),
                    step_metric: Some("epoch".into()),
                    step_sync: Some(true),
                    hidden: None,
                    summary: vec![SummaryKind::Max],
                    goal: Some(Goal::Maximize),
                    overwrite: true,
                },
            },
            Entry::Info { time: 4, info: RunInfoUpdate { name: Some("n".into()), tags: Some(vec!["a".into()]), ..Default::default() } },
            Entry::File { time: 5, file: FileVersion { path: "media/ü.png".into(), blob: BlobId([7; 32]), size: i64::MAX as u64 } },
            Entry::Lost { time: 5, report: LossReport { rows: 10, kept: 3, reason: "disk full".into() } },
            Entry::Exit { time: 6, code: -1 },
        ];
        let (table, mut builder, mut payload) = (table(), PayloadBuilder::new(), Vec::new());
        statements.iter().for_each(|entry| builder.statement(entry));
        let count = builder.finish(&table, &mut payload);
        assert_eq!(PayloadReader::new(&payload, count).unwrap().entries().unwrap(), statements);
    }

    #[test]
    fn the_rows_of_an_answer_may_be_larger_than_those_of_a_frame() {
        let long = "k".repeat(limits::KEY_BYTES + 1);
        let large = msgpack::to_bytes(&Value::Str("x".repeat(limits::ROW_BYTES)));
        for (key, values) in [("k", &large), (long.as_str(), &msgpack::to_bytes(&Value::Nil))] {
            let (mut builder, mut payload) = (PayloadBuilder::new(), Vec::new());
            let table = KeyTable { keys: vec![key.into()], shapes: vec![[0].into()] };
            builder.row(&table, 0, 1, 2, false, values);
            let count = builder.finish(&table, &mut payload);
            assert!(PayloadReader::new(&payload, count).and_then(PayloadReader::entries).is_err());
            let entries = PayloadReader::of_answer(&payload, count).unwrap().entries().unwrap();
            assert!(matches!(&entries[..], [Entry::Row(row)] if row.cells[0].0 == key));
        }
    }

    fn read_back(entry: &Entry) -> Result<Vec<Entry>, PayloadError> {
        let (mut builder, mut payload) = (PayloadBuilder::new(), Vec::new());
        builder.statement(entry);
        let count = builder.finish(&table(), &mut payload);
        PayloadReader::new(&payload, count)?.entries()
    }

    #[test]
    fn a_file_with_a_path_that_could_leave_the_run_is_refused() {
        let long = "x".repeat(limits::FILE_PATH_BYTES + 1);
        for path in ["", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "a\0", "a\nb", "\u{85}", &long] {
            let file = FileVersion { path: path.into(), blob: BlobId([0; 32]), size: 0 };
            assert_eq!(read_back(&Entry::File { time: 0, file }), Err(PayloadError::Form("a file without a sound path")), "{path:?}");
        }
        for path in ["a", "...", "a/..b", ".hidden", "a b/ü", &long[1..]] {
            let file = Entry::File { time: 0, file: FileVersion { path: path.into(), blob: BlobId([0; 32]), size: 0 } };
            assert_eq!(read_back(&file), Ok(vec![file]), "{path:?}");
        }
        let size = FileVersion { path: "a".into(), blob: BlobId([0; 32]), size: u64::MAX };
        assert!(read_back(&Entry::File { time: 0, file: size }).is_err(), "a size that is negative on the wire");
    }

    proptest! {
        #[test]
        fn every_file_entry_reads_back_or_is_refused_for_its_path(
            time: i64,
            parts in proptest::collection::vec("[a-zа-я0-9._ \\\\\\x00-]{0,6}", 1..4),
            blob: [u8; 32],
            size in 0..=i64::MAX as u64,
        ) {
            let file = FileVersion { path: parts.join("/"), blob: BlobId(blob), size };
            let sound = FileVersion::is_path(&file.path);
            let entry = Entry::File { time, file };
            prop_assert_eq!(read_back(&entry).ok(), sound.then_some(vec![entry]));
        }

        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), count in 0u32..4) {
            let _ = PayloadReader::new(&bytes, count).and_then(PayloadReader::entries);
        }

        #[test]
        fn a_damaged_payload_is_read_or_refused_without_a_panic(at in 0usize..60, byte: u8) {
            let (table, mut builder, mut payload) = (table(), PayloadBuilder::new(), Vec::new());
            builder.row(&table, 0, 7, 1000, false, &msgpack::to_bytes(&Value::Float(0.5)).repeat(2));
            builder.statement(&Entry::Exit { time: 1, code: 3 });
            let count = builder.finish(&table, &mut payload);
            let at = at % payload.len();
            payload[at] = byte;
            let _ = PayloadReader::new(&payload, count).and_then(PayloadReader::entries);
        }
    }
}
