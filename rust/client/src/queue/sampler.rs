//! Load shedding: of rows that found no room a uniform sample per key is kept, and its first, last, least and
//! greatest value.
//!
//! Each refused row draws one random number; a key keeps its value from a row if that number is among the `k`
//! least of all rows that had the key. That is a uniform sample of size `k` per key, rows that share keys are
//! kept together, and `k` can be halved at any time, which is what happens when memory runs out.
//!
//! Rows of one shape have the same keys, and so the same draws: each shape holds its rows with the `k` least,
//! among which are those that its keys keep. Which these are is found at the end, by the worker.
//!
//! Invariants:
//!
//! 1. Memory stays within [`MEMORY_BYTES`]; `rows` counts every row given to `add`.
//! 2. `add` is called while others wait to log: besides a look at each value its work is bounded. What gives
//!    way is freed in pieces, as room is needed.
//! 3. A shape may hold more rows than the `k` least, never fewer, where it was given as many.

mod keeping;

use fastrand::Rng;
use rustc_hash::FxHashMap;
use std::collections::BinaryHeap;
use std::sync::Arc;
use stepwell_codec::msgpack::{Reader, ValueRef};
use stepwell_model::{Step, TimeMicros, limits};

/// Memory of one sampler.
const MEMORY_BYTES: usize = 16 << 20;
/// Cost of a key, about.
const KEY_BYTES: usize = 72;
/// Cost of a shape besides its rows, and of each key in it.
const SHAPE_BYTES: usize = 128;
const SHAPE_KEY_BYTES: usize = 4;
/// Cost of a kept row besides its values, and its place in a shape, about.
const ROW_BYTES: usize = 96;
/// Shapes that are looked at for one row when there is no room.
const SHAPES_AT_ONCE: usize = 1_000;

/// Index into `Sampler::pool`.
type Slot = u32;

/// A row of which some key may keep a value.
struct Pooled {
    step: Step,
    time: TimeMicros,
    /// Index into `Sampler::shapes`.
    shape: u32,
    values: Vec<u8>,
    /// Time at which it came.
    order: u64,
    draw: u64,
    /// Places that hold it.
    holders: u32,
}

/// The rows of one shape.
struct Shape {
    keys: Arc<[u32]>,
    /// Indices of the keys in `Sampler::keys`.
    places: Box<[u32]>,
    /// The rows with the least draws, greatest first.
    least_draws: BinaryHeap<(u64, Slot)>,
    first: Slot,
    last: (Step, Slot),
}

/// The extremes of one key.
#[derive(Default)]
struct Extremes {
    least: Option<(f64, Slot)>,
    greatest: Option<(f64, Slot)>,
}

/// The rows that are held, and room for others.
#[derive(Default)]
struct Pool {
    rows: Vec<Pooled>,
    /// Rows that nobody holds, with the memory of their values, and without.
    free: Vec<Slot>,
    empty: Vec<Slot>,
    /// Memory of all values.
    value_bytes: usize,
}

/// Samples rows.
pub(crate) struct Sampler {
    rows: u64,
    pool: Pool,
    shapes: Vec<Shape>,
    /// Index of a shape of the queue in `shapes`, and of a key in `keys`.
    shape_places: FxHashMap<u32, u32>,
    key_places: FxHashMap<u32, u32>,
    keys: Vec<Extremes>,
    /// Keys in all shapes.
    shape_keys: usize,
    places_per_key: usize,
    /// The shape that is the next to give way; shapes before it hold no more than they must.
    next_to_give: usize,
    random: Rng,
}

/// A row of the sample: the keys that keep it, and their values in msgpack.
pub(crate) struct SampledRow {
    pub(crate) step: Step,
    pub(crate) time: TimeMicros,
    pub(crate) keys: Vec<u32>,
    pub(crate) values: Vec<u8>,
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            rows: 0,
            pool: Pool::default(),
            shapes: Vec::new(),
            shape_places: FxHashMap::default(),
            key_places: FxHashMap::default(),
            keys: Vec::new(),
            shape_keys: 0,
            places_per_key: limits::RESERVOIR_POINTS,
            next_to_give: 0,
            // Any constant: what is sampled must be independent of the values, not of the process.
            random: Rng::with_seed(1),
        }
    }
}

impl Sampler {
    /// Rows that were given.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Gives a row of a shape of the queue: one value per key. Of a malformed one, keys before the fault keep
    /// their values.
    pub(crate) fn add(&mut self, shape: u32, keys: &Arc<[u32]>, step: Step, time: TimeMicros, values: &[u8]) {
        self.rows += 1;
        let known = self.shape_places.get(&shape).copied();
        let new = if known.is_some() { 0 } else { SHAPE_BYTES + (SHAPE_KEY_BYTES + KEY_BYTES) * keys.len() };
        let more = ROW_BYTES + values.len() + new;
        if self.bytes() + more > MEMORY_BYTES / 8 * 7 {
            self.give_way(more);
            if self.bytes() + more > MEMORY_BYTES {
                return;
            }
        }
        let index = known.unwrap_or_else(|| self.add_shape(shape, keys));
        let (order, draw) = (self.rows, self.random.u64(..));
        let slot = self.pool.add(Pooled { step, time, shape: index, values: Vec::new(), order, draw, holders: 1 }, values);
        let Self { pool, shapes, keys: extremes, .. } = self;
        let shape = &mut shapes[index as usize];
        if shape.first == Slot::MAX {
            (shape.first, shape.last) = (slot, (step, slot));
            pool.rows[slot as usize].holders += 2;
        } else if step >= shape.last.0 {
            pool.rows[slot as usize].holders += 1;
            pool.release(std::mem::replace(&mut shape.last, (step, slot)).1);
        }
        if shape.least_draws.len() < self.places_per_key {
            pool.rows[slot as usize].holders += 1;
            shape.least_draws.push((draw, slot));
        } else if let Some(mut top) = shape.least_draws.peek_mut()
            && draw < top.0
        {
            pool.rows[slot as usize].holders += 1;
            pool.release(std::mem::replace(&mut *top, (draw, slot)).1);
        }
        let mut reader = Reader::new(values);
        for &place in &shape.places {
            let Ok(value) = reader.value_ref() else { break };
            let number = match value {
                ValueRef::Int(value) => value as f64,
                ValueRef::Float(value) if !value.is_nan() => value,
                _ => continue,
            };
            let Extremes { least, greatest } = &mut extremes[place as usize];
            if least.is_none_or(|(least, _)| number < least) {
                pool.exchange(least, number, slot);
            }
            if greatest.is_none_or(|(greatest, _)| number > greatest) {
                pool.exchange(greatest, number, slot);
            }
        }
        // It was held while its places were looked for.
        pool.release(slot);
    }

    fn add_shape(&mut self, shape: u32, keys: &Arc<[u32]>) -> u32 {
        let index = self.shapes.len() as u32;
        self.shape_places.insert(shape, index);
        self.shape_keys += keys.len();
        let extremes = &mut self.keys;
        let mut place = |&key: &u32| {
            *self.key_places.entry(key).or_insert_with(|| {
                extremes.push(Extremes::default());
                extremes.len() as u32 - 1
            })
        };
        let places = keys.iter().map(&mut place).collect();
        let (keys, least_draws) = (Arc::clone(keys), BinaryHeap::new());
        self.shapes.push(Shape { keys, places, least_draws, first: Slot::MAX, last: (Step::MIN, Slot::MAX) });
        index
    }

    fn bytes(&self) -> usize {
        let rows = self.pool.rows.len() - self.pool.empty.len();
        let shapes = self.shapes.len() * SHAPE_BYTES + self.shape_keys * SHAPE_KEY_BYTES;
        self.pool.value_bytes + rows * ROW_BYTES + shapes + self.keys.len() * KEY_BYTES
    }

    /// Frees twice as much as `more` bytes, as far as a bounded search for it goes: memory of rows that nobody
    /// holds, then rows that shapes hold beyond the `k` least; where there are no such rows, `k` is halved.
    fn give_way(&mut self, more: usize) {
        let goal = self.bytes().saturating_sub(2 * more);
        let mut shapes_left = SHAPES_AT_ONCE;
        while self.bytes() > goal {
            if self.pool.free_one() {
                continue;
            }
            if self.next_to_give == self.shapes.len() {
                if self.places_per_key == 0 {
                    return;
                }
                (self.next_to_give, self.places_per_key) = (0, self.places_per_key / 2);
            }
            let Some(left) = shapes_left.checked_sub(1) else { return };
            shapes_left = left;
            let Some(shape) = self.shapes.get_mut(self.next_to_give) else { return };
            self.next_to_give += 1;
            if shape.least_draws.len() > self.places_per_key {
                let mut draws = std::mem::take(&mut shape.least_draws).into_vec();
                draws.select_nth_unstable(self.places_per_key);
                draws.drain(self.places_per_key..).for_each(|(_, slot)| self.pool.release(slot));
                shape.least_draws = draws.into();
            }
        }
    }
}

impl Pool {
    /// Adds a row with a copy of its values.
    fn add(&mut self, mut row: Pooled, values: &[u8]) -> Slot {
        let Some(slot) = self.free.pop().or_else(|| self.empty.pop()) else {
            self.value_bytes += values.len();
            row.values = values.to_vec();
            self.rows.push(row);
            return self.rows.len() as Slot - 1;
        };
        let place = &mut self.rows[slot as usize];
        row.values = std::mem::take(&mut place.values);
        self.value_bytes -= row.values.capacity();
        if (values.len()..=2 * values.len() + ROW_BYTES).contains(&row.values.capacity()) {
            row.values.clear();
            row.values.extend_from_slice(values);
        } else {
            row.values = values.to_vec();
        }
        self.value_bytes += row.values.capacity();
        *place = row;
        slot
    }

    /// One place less holds the row.
    fn release(&mut self, slot: Slot) {
        let row = &mut self.rows[slot as usize];
        row.holders -= 1;
        if row.holders == 0 {
            self.free.push(slot);
        }
    }

    /// Puts a row into the place of an extreme.
    #[cold]
    fn exchange(&mut self, extreme: &mut Option<(f64, Slot)>, number: f64, slot: Slot) {
        self.rows[slot as usize].holders += 1;
        if let Some((_, before)) = extreme.replace((number, slot)) {
            self.release(before);
        }
    }

    /// Gives back the memory of a row that nobody holds; `false` if there is none.
    fn free_one(&mut self) -> bool {
        let Some(slot) = self.free.pop() else { return false };
        self.value_bytes -= std::mem::take(&mut self.rows[slot as usize].values).capacity();
        self.empty.push(slot);
        true
    }
}

#[cfg(test)]
mod tests;
