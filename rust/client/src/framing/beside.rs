//! Entries and samples that wait beside the chunks of the queue, and the showing of what is in both to the
//! last values.

use crate::queue::item::{Item, Kind};
use crate::queue::sampler::{SampledRow, Sampler};
use crate::summary::LastValues;
use std::collections::VecDeque;
use stepwell_model::{Entry, LossReport};

/// Entries and samples, whose places in the chunks are marked by items.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) entries: VecDeque<Entry>,
    /// Number of them that were seen for the last values.
    observed_entries: usize,
    /// Samples whose rows were not seen, and those whose were.
    pub(super) samplers: VecDeque<Box<Sampler>>,
    pub(super) samples: VecDeque<(LossReport, Vec<SampledRow>)>,
}

impl Beside {
    /// What came with a batch.
    pub(super) fn new(entries: VecDeque<Entry>, samplers: VecDeque<Box<Sampler>>) -> Self {
        Self { entries, samplers, ..Self::default() }
    }

    /// Shows the last values an item, and calls `seen` with the number of a barrier; `false` if it is a row
    /// whose nested dicts have more keys than there may be.
    #[inline]
    pub(super) fn observe(&mut self, last_values: &mut LastValues, item: Item<'_>, seen: &mut impl FnMut(u64)) -> bool {
        match item.kind {
            Kind::Row | Kind::Part => return last_values.observe(item.shape, item.number, item.body),
            Kind::Refused => {}
            Kind::Key => last_values.define_key(&String::from_utf8_lossy(item.body)),
            Kind::Shape => last_values.define_shape(item.key_ids()),
            Kind::Shed => {
                let Some(sampler) = self.samplers.pop_front() else { return true };
                sampler.kept().for_each(|(keys, step, values)| {
                    last_values.observe_nested(keys, step, values);
                });
                let rows = sampler.rows();
                let kept = sampler.into_rows();
                let report = LossReport { rows, kept: kept.len() as u64, reason: "no room".into() };
                self.samples.push_back((report, kept));
            }
            Kind::Barrier => seen(item.number as u64),
            Kind::Entry => {
                if let Some(entry) = self.entries.get(self.observed_entries) {
                    last_values.observe_entry(entry);
                    self.observed_entries += 1;
                }
            }
        }
        true
    }

    /// The next entry, which was seen.
    pub(super) fn next_entry(&mut self) -> Option<Entry> {
        self.observed_entries = self.observed_entries.saturating_sub(1);
        self.entries.pop_front()
    }
}
