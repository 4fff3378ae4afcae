//! A writer for tests: entries in, frames out, numbered as a client would.

use crate::StreamFrame;
use crate::decode::FrameRows;
use std::sync::Arc;
use stepwell_codec::payload::{KeyTable, PayloadBuilder};
use stepwell_codec::{FrameEncoder, msgpack};
use stepwell_model::{Entry, EntryNumber, Opening, Row, RunPath, Step, StreamId, Value};

/// One life of a writer.
#[derive(Debug, Clone)]
pub struct TestStream {
    /// Its id.
    pub id: StreamId,
    /// Its opening.
    pub opening: Opening,
    /// Number of the next entry.
    pub next: EntryNumber,
}

/// The path that all test streams share unless they say otherwise.
pub fn path() -> RunPath {
    RunPath { entity: "local".into(), project: "p".into(), run: "r".into() }
}

/// A row with the time `1000 * step`.
pub fn row(step: Step, cells: &[(&str, Value)]) -> Entry {
    let cells = cells.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    Entry::Row(Row { step, time: step.saturating_mul(1000), sampled: false, cells })
}

impl TestStream {
    /// A primary stream of [`path`] with the empty label; `id` fills its id.
    pub fn new(id: u8) -> Self {
        let opening = Opening { path: path(), primary: true, ..Opening::default() };
        Self { id: StreamId([id; 16]), opening, next: 1 }
    }

    /// The same with another opening.
    pub fn with(mut self, change: impl FnOnce(&mut Opening)) -> Self {
        change(&mut self.opening);
        self
    }

    /// A frame of the next entries.
    pub fn frame(&mut self, entries: &[Entry]) -> StreamFrame {
        let frame = frame_at(self.id, self.next, entries);
        self.next += entries.len() as u64;
        frame
    }

    /// A frame of one row per pair of step and number, under one key.
    pub fn numbers(&mut self, key: &str, points: &[(Step, f64)]) -> StreamFrame {
        let rows: Vec<Entry> = points.iter().map(|(step, value)| row(*step, &[(key, Value::Float(*value))])).collect();
        self.frame(&rows)
    }
}

/// A frame of entries from number `first` on.
pub fn frame_at(stream: StreamId, first: EntryNumber, entries: &[Entry]) -> StreamFrame {
    let mut table = KeyTable::default();
    let mut builder = PayloadBuilder::new();
    for entry in entries {
        let Entry::Row(row) = entry else {
            builder.statement(entry);
            continue;
        };
        let shape: Vec<u32> = row.cells.iter().map(|(key, _)| key_index(&mut table, key)).collect();
        let known = table.shapes.iter().position(|known| **known == *shape);
        let shape = known.unwrap_or_else(|| {
            table.shapes.push(shape.into());
            table.shapes.len() - 1
        });
        let values: Vec<u8> = row.cells.iter().flat_map(|(_, value)| msgpack::to_bytes(value)).collect();
        builder.row(&table, shape as u32, row.step, row.time, row.sampled, &values);
    }
    let (mut payload, mut bytes) = (Vec::new(), Vec::new());
    let count = builder.finish(&table, &mut payload);
    let header = FrameEncoder::new().unwrap().encode(first, count, &payload, &mut bytes).unwrap();
    // Some as a server checks them, some as if their rows took too much memory.
    let rows = (!first.is_multiple_of(3)).then(|| Arc::new(FrameRows::decode(&payload, first, count).unwrap()));
    let statements = entries.iter().any(|entry| !matches!(entry, Entry::Row(_))).then(|| payload.into());
    StreamFrame { stream, header, bytes: bytes.into(), statements, rows }
}

fn key_index(table: &mut KeyTable, key: &str) -> u32 {
    let known = table.keys.iter().position(|known| **known == *key);
    known.unwrap_or_else(|| {
        table.keys.push(key.into());
        table.keys.len() - 1
    }) as u32
}
