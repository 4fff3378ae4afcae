//! Builder of payloads: rows of a writer's shapes, and statements, for one frame after another.

use super::{ROW, SAMPLED_ROW, statement};
use crate::msgpack;
use stepwell_model::{Entry, Step, TimeMicros};

/// A frame-local index that is not given yet.
const ABSENT: u32 = u32::MAX;

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
