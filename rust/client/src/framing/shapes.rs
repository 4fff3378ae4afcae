//! The worker's table of keys and shapes: those that callers defined, and those that merging makes.

use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher;
use stepwell_codec::payload::KeyTable;
use stepwell_model::limits;

/// Keys and shapes. A key has the id its caller gave it; a shape of a caller is looked up, because merged
/// rows have shapes too.
#[derive(Default)]
pub(crate) struct Shapes {
    table: KeyTable,
    /// By the hash of their keys; of several with one hash the first is here, the others are in `collided`.
    by_hash: FxHashMap<u64, u32>,
    collided: FxHashMap<Box<[u32]>, u32>,
    callers: Vec<Option<u32>>,
    too_long: Vec<bool>,
}

impl Shapes {
    pub(crate) fn table(&self) -> &KeyTable {
        &self.table
    }

    pub(crate) fn define_key(&mut self, name: &str) {
        let too_long = name.len() > limits::KEY_BYTES;
        self.too_long.push(too_long);
        self.table.keys.push(if too_long { "".into() } else { name.into() });
    }

    /// Defines the next shape of the callers.
    pub(crate) fn define_shape(&mut self, keys: &[u32]) {
        let usable = keys.len() <= limits::FRAME_KEYS && keys.iter().all(|&key| self.too_long.get(key as usize) == Some(&false));
        let shape = usable.then(|| self.intern(keys));
        self.callers.push(shape);
    }

    /// The table's index of a caller's shape; `None` if no frame can hold its rows.
    #[inline]
    pub(crate) fn of_caller(&self, shape: u32) -> Option<u32> {
        self.callers.get(shape as usize).copied().flatten()
    }

    /// The table's index of a list of keys.
    pub(crate) fn intern(&mut self, keys: &[u32]) -> u32 {
        let hash = FxBuildHasher.hash_one(keys);
        let first = self.by_hash.get(&hash).copied();
        match first {
            Some(shape) if *self.table.shapes[shape as usize] == *keys => return shape,
            Some(_) => {
                if let Some(&shape) = self.collided.get(keys) {
                    return shape;
                }
            }
            None => {}
        }
        let shape = self.table.shapes.len() as u32;
        self.table.shapes.push(keys.into());
        if first.is_none() {
            self.by_hash.insert(hash, shape);
        } else {
            self.collided.insert(keys.into(), shape);
        }
        shape
    }

    pub(crate) fn name_of(&self, key: u32) -> &str {
        &self.table.keys[key as usize]
    }

    pub(crate) fn keys_of(&self, shape: u32) -> &[u32] {
        &self.table.shapes[shape as usize]
    }
}
