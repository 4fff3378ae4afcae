//! Load shedding: of rows that found no room a uniform sample per key is kept, and its first, last, least and
//! greatest value.
//!
//! Each refused row draws one random number; a key keeps its value from a row if that number is among the `k`
//! least of all rows that had the key. That is a uniform sample of size `k` per key, rows that share keys are
//! kept together, and `k` can be halved at any time, which is what happens when memory runs out.
//!
//! Invariants: memory stays within [`MEMORY_BYTES`] and a few percent; `rows` counts every row given to
//! `add`.

use fastrand::Rng;
use rustc_hash::FxHashMap;
use std::collections::BinaryHeap;
use std::sync::Arc;
use stepwell_codec::msgpack::{Reader, ValueRef};
use stepwell_model::{Step, TimeMicros, limits};

/// Memory of one sampler.
const MEMORY_BYTES: usize = 16 << 20;
/// Cost of a key besides its sample, about.
const KEY_BYTES: usize = 192;
/// Cost of a kept row besides its values, about.
const ROW_BYTES: usize = 96;
/// Cost of a place in a sample.
const PLACE_BYTES: usize = 16;

/// Index into `Sampler::pool`.
type Slot = u32;

/// A row of which some key keeps a value.
struct Pooled {
    step: Step,
    time: TimeMicros,
    keys: Arc<[u32]>,
    values: Vec<u8>,
    /// Time at which it came.
    order: u64,
    /// Places that hold it.
    holders: u32,
}

/// The sample of one key.
struct KeySample {
    /// The rows with the least random numbers, greatest first.
    places: BinaryHeap<(u64, Slot)>,
    first: Slot,
    last: (Step, Slot),
    least: Option<(f64, Slot)>,
    greatest: Option<(f64, Slot)>,
}

/// Samples rows.
pub(crate) struct Sampler {
    rows: u64,
    pool: Vec<Pooled>,
    free: Vec<Slot>,
    keys: FxHashMap<u32, KeySample>,
    places: usize,
    places_per_key: usize,
    value_bytes: usize,
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
            pool: Vec::new(),
            free: Vec::new(),
            keys: FxHashMap::default(),
            places: 0,
            places_per_key: limits::RESERVOIR_POINTS,
            value_bytes: 0,
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

    /// Gives a row: one value per key. A malformed one is counted and not kept.
    pub(crate) fn add(&mut self, keys: &Arc<[u32]>, step: Step, time: TimeMicros, values: &[u8]) {
        self.rows += 1;
        if self.bytes() + values.len() > MEMORY_BYTES {
            self.shrink(values.len());
            if self.bytes() + values.len() > MEMORY_BYTES {
                return;
            }
        }
        let draw = self.random.u64(..);
        let slot = self.pool_row(keys, step, time, values);
        let mut reader = Reader::new(values);
        for &key in keys.iter() {
            let Ok(value) = reader.value_ref() else { break };
            let number = match value {
                ValueRef::Int(value) => Some(value as f64),
                ValueRef::Float(value) => Some(value).filter(|value| !value.is_nan()),
                ValueRef::Other(_) => None,
            };
            self.offer(key, step, number, draw, slot);
        }
        if self.pool[slot as usize].holders == 0 {
            self.unpool(slot);
        }
    }

    fn offer(&mut self, key: u32, step: Step, number: Option<f64>, draw: u64, slot: Slot) {
        let pool = &mut self.pool;
        let free = &mut self.free;
        let value_bytes = &mut self.value_bytes;
        let mut hold = |slot: Slot| pool[slot as usize].holders += 1;
        let sample = self.keys.entry(key).or_insert_with(|| {
            hold(slot);
            hold(slot);
            KeySample { places: BinaryHeap::new(), first: slot, last: (step, slot), least: None, greatest: None }
        });
        let mut dropped = [None; 4];
        if step >= sample.last.0 && sample.last.1 != slot {
            hold(slot);
            dropped[0] = Some(std::mem::replace(&mut sample.last, (step, slot)).1);
        }
        if let Some(number) = number {
            if sample.least.is_none_or(|(least, _)| number < least) {
                hold(slot);
                dropped[1] = sample.least.replace((number, slot)).map(|(_, slot)| slot);
            }
            if sample.greatest.is_none_or(|(greatest, _)| number > greatest) {
                hold(slot);
                dropped[2] = sample.greatest.replace((number, slot)).map(|(_, slot)| slot);
            }
        }
        if sample.places.len() < self.places_per_key {
            hold(slot);
            self.places += 1;
            sample.places.push((draw, slot));
        } else if let Some(mut top) = sample.places.peek_mut()
            && draw < top.0
        {
            hold(slot);
            dropped[3] = Some(std::mem::replace(&mut *top, (draw, slot)).1);
        }
        for slot in dropped.into_iter().flatten() {
            release(pool, free, value_bytes, slot);
        }
    }

    fn bytes(&self) -> usize {
        self.value_bytes + self.pool.len() * ROW_BYTES + self.places * PLACE_BYTES + self.keys.len() * KEY_BYTES
    }

    fn pool_row(&mut self, keys: &Arc<[u32]>, step: Step, time: TimeMicros, values: &[u8]) -> Slot {
        self.value_bytes += values.len();
        let order = self.rows;
        match self.free.pop() {
            Some(slot) => {
                let row = &mut self.pool[slot as usize];
                row.values.clear();
                row.values.extend_from_slice(values);
                (row.step, row.time, row.keys, row.order) = (step, time, Arc::clone(keys), order);
                slot
            }
            None => {
                self.pool.push(Pooled { step, time, keys: Arc::clone(keys), values: values.to_vec(), order, holders: 0 });
                self.pool.len() as Slot - 1
            }
        }
    }

    fn unpool(&mut self, slot: Slot) {
        self.value_bytes -= self.pool[slot as usize].values.len();
        self.free.push(slot);
    }

    /// Halves the sample of every key until `more` bytes have room or no sample is left.
    fn shrink(&mut self, more: usize) {
        while self.places_per_key > 0 && self.bytes() + more > MEMORY_BYTES / 4 * 3 {
            self.places_per_key /= 2;
            for sample in self.keys.values_mut() {
                while sample.places.len() > self.places_per_key {
                    if let Some((_, slot)) = sample.places.pop() {
                        self.places -= 1;
                        release(&mut self.pool, &mut self.free, &mut self.value_bytes, slot);
                    }
                }
                sample.places.shrink_to_fit();
            }
            for &slot in &self.free {
                self.pool[slot as usize].values = Vec::new();
            }
        }
    }

    /// Every kept row with its values as they were given, in no order.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&[u32], Step, &[u8])> {
        self.pool.iter().filter(|row| row.holders > 0).map(|row| (&*row.keys, row.step, &*row.values))
    }

    /// The sample, in the order in which its rows came.
    pub(crate) fn into_rows(self) -> Vec<SampledRow> {
        let mut holders: Vec<(Slot, u32)> = Vec::with_capacity(self.places + 4 * self.keys.len());
        for (&key, sample) in &self.keys {
            holders.extend(sample.places.iter().map(|&(_, slot)| (slot, key)));
            holders.extend([(sample.first, key), (sample.last.1, key)]);
            holders.extend(sample.least.iter().chain(&sample.greatest).map(|&(_, slot)| (slot, key)));
        }
        holders.sort_unstable();
        holders.dedup();
        let mut kept: Vec<(u64, SampledRow)> = Vec::new();
        for group in holders.chunk_by(|a, b| a.0 == b.0) {
            let row = &self.pool[group[0].0 as usize];
            let mut sampled = SampledRow { step: row.step, time: row.time, keys: Vec::new(), values: Vec::new() };
            let mut reader = Reader::new(&row.values);
            for &key in row.keys.iter() {
                let before = reader.rest();
                if reader.value_ref().is_err() {
                    break;
                }
                if group.binary_search(&(group[0].0, key)).is_ok() {
                    sampled.keys.push(key);
                    sampled.values.extend_from_slice(&before[..before.len() - reader.rest().len()]);
                }
            }
            kept.push((row.order, sampled));
        }
        kept.sort_unstable_by_key(|(order, _)| *order);
        kept.into_iter().map(|(_, row)| row).collect()
    }
}

/// One place less holds the row.
fn release(pool: &mut [Pooled], free: &mut Vec<Slot>, value_bytes: &mut usize, slot: Slot) {
    let row = &mut pool[slot as usize];
    row.holders -= 1;
    if row.holders == 0 {
        *value_bytes -= row.values.len();
        free.push(slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_codec::msgpack;
    use stepwell_model::Value;

    fn values(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|&value| msgpack::to_bytes(&Value::Float(value))).collect()
    }

    #[test]
    fn first_last_least_and_greatest_are_kept_and_the_sample_is_bounded() {
        let mut sampler = Sampler::default();
        let keys: Arc<[u32]> = Arc::new([3, 9]);
        for step in 0..50_000 {
            let value = if step == 777 {
                -5.0
            } else if step == 778 {
                5.0
            } else {
                0.0
            };
            sampler.add(&keys, step, 0, &values(&[value, f64::NAN]));
        }
        assert_eq!(sampler.rows(), 50_000);
        let rows = sampler.into_rows();
        assert!((1_000..=1_004).contains(&rows.len()), "{} rows", rows.len());
        assert!(rows.is_sorted_by_key(|row| row.step));
        assert_eq!((rows[0].step, rows[rows.len() - 1].step), (0, 49_999));
        assert!([777, 778].iter().all(|step| rows.iter().any(|row| row.step == *step && row.keys.contains(&3))));
        let mean = rows.iter().map(|row| row.step as f64).sum::<f64>() / rows.len() as f64;
        assert!((mean - 25_000.0).abs() < 2_500.0, "the mean step of a uniform sample is near the middle: {mean}");
    }

    #[test]
    fn a_rare_key_is_sampled_apart_from_the_frequent_ones() {
        let mut sampler = Sampler::default();
        let (often, seldom): (Arc<[u32]>, Arc<[u32]>) = (Arc::new([0]), Arc::new([0, 1]));
        for step in 0..100_000 {
            if step % 100 == 0 {
                sampler.add(&seldom, step, 0, &values(&[1.0, 2.0]));
            } else {
                sampler.add(&often, step, 0, &values(&[1.0]));
            }
        }
        let rows = sampler.into_rows();
        assert_eq!(rows.iter().filter(|row| row.keys.contains(&1)).count(), 1_000);
        let often = rows.iter().filter(|row| row.keys.contains(&0)).count();
        assert!((1_000..=1_004).contains(&often));
    }

    #[test]
    fn memory_stays_bounded_with_large_rows_and_many_keys() {
        let mut sampler = Sampler::default();
        let blob = msgpack::to_bytes(&Value::Bin(vec![7; 100_000]));
        for step in 0..2_000 {
            let keys: Arc<[u32]> = Arc::new([step as u32]);
            sampler.add(&keys, step, 0, &blob);
        }
        assert!(sampler.bytes() <= MEMORY_BYTES);
        assert_eq!(sampler.rows(), 2_000);
        let kept: usize = sampler.pool.iter().map(|row| row.values.capacity()).sum();
        assert!(kept <= MEMORY_BYTES * 2, "{kept}");
    }
}
