//! Rows of a sample that are kept, and of each the values of the keys that keep them.

use super::{SampledRow, Sampler, Slot};
use stepwell_codec::msgpack::Reader;
use stepwell_model::Step;

/// What a key keeps.
#[derive(Clone, Copy)]
struct Keeps {
    /// Rows whose draw is not above this.
    draws: Option<u64>,
    first: Slot,
    last: Slot,
}

impl Sampler {
    /// Every row that is held with its values as they were given, in no order.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&[u32], Step, &[u8])> {
        let held = self.pool.rows.iter().filter(|row| row.holders > 0);
        held.map(|row| (&*self.shapes[row.shape as usize].keys, row.step, &*row.values))
    }

    /// The sample, in the order in which its rows came.
    pub(crate) fn into_rows(self) -> Vec<SampledRow> {
        let keeps = self.keeps();
        let mut kept: Vec<(u64, SampledRow)> = Vec::new();
        for (slot, row) in self.pool.rows.iter().enumerate().filter(|(_, row)| row.holders > 0) {
            let (slot, shape) = (slot as Slot, &self.shapes[row.shape as usize]);
            let mut sampled = SampledRow { step: row.step, time: row.time, keys: Vec::new(), values: Vec::new() };
            let mut reader = Reader::new(&row.values);
            for (&key, &place) in shape.keys.iter().zip(&shape.places) {
                let before = reader.rest();
                if reader.value_ref().is_err() {
                    break;
                }
                let (keeps, extremes) = (keeps[place as usize], &self.keys[place as usize]);
                let is_extreme = [extremes.least, extremes.greatest].iter().flatten().any(|extreme| extreme.1 == slot);
                if keeps.draws.is_some_and(|limit| row.draw <= limit) || keeps.first == slot || keeps.last == slot || is_extreme {
                    sampled.keys.push(key);
                    sampled.values.extend_from_slice(&before[..before.len() - reader.rest().len()]);
                }
            }
            if !sampled.keys.is_empty() {
                kept.push((row.order, sampled));
            }
        }
        kept.sort_unstable_by_key(|(order, _)| *order);
        kept.into_iter().map(|(_, row)| row).collect()
    }

    /// What each key keeps of the rows of all shapes that it is in.
    fn keeps(&self) -> Vec<Keeps> {
        let mut pairs: Vec<(u32, usize)> = Vec::with_capacity(self.shape_keys);
        for (index, shape) in self.shapes.iter().enumerate() {
            pairs.extend(shape.places.iter().map(|&place| (place, index)));
        }
        pairs.sort_unstable();
        let mut keeps: Vec<Keeps> = Vec::with_capacity(self.keys.len());
        let mut before: &[(u32, usize)] = &[];
        for of_key in pairs.chunk_by(|a, b| a.0 == b.0) {
            let is_alike = of_key.iter().map(|pair| pair.1).eq(before.iter().map(|pair| pair.1));
            let alike = keeps.last().copied().filter(|_| is_alike);
            keeps.push(alike.unwrap_or_else(|| self.keeps_of(of_key)));
            before = of_key;
        }
        keeps
    }

    fn keeps_of(&self, of_key: &[(u32, usize)]) -> Keeps {
        let shapes = || of_key.iter().map(|&(_, index)| &self.shapes[index]);
        let mut draws: Vec<u64> = shapes().flat_map(|shape| shape.least_draws.iter().map(|&(draw, _)| draw)).collect();
        let draws = match self.places_per_key.checked_sub(1) {
            Some(greatest) if greatest < draws.len() => Some(*draws.select_nth_unstable(greatest).1),
            Some(_) => Some(u64::MAX),
            None => None,
        };
        let order = |slot: Slot| self.pool.rows[slot as usize].order;
        let first = shapes().map(|shape| shape.first).min_by_key(|&slot| order(slot));
        let last = shapes().map(|shape| shape.last).max_by_key(|&(step, slot)| (step, order(slot)));
        Keeps { draws, first: first.unwrap_or(Slot::MAX), last: last.map_or(Slot::MAX, |(_, slot)| slot) }
    }
}
