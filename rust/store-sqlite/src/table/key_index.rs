//! Keys of a project's runs in sum, kept by name and brought up to date by what each run adds.

use super::cells::Keys;
use crate::read::run_stats::KeyStats;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;
use stepwell_model::{Kind, Step};
use stepwell_store::{KeyInfo, KeyQuery};

/// The keys of all runs that were added.
#[derive(Default)]
pub(super) struct KeyIndex {
    /// Numbers of the keys, by name.
    names: BTreeMap<Arc<str>, u32>,
    totals: FxHashMap<u32, KeyCell>,
    /// How many runs have each.
    runs: FxHashMap<u32, u64>,
    kinds: KindLists,
}

/// What a run adds.
pub(super) struct RunKeys {
    keys: Arc<[u32]>,
    cells: Box<[KeyCell]>,
}

/// Lists of kinds, each once.
#[derive(Default)]
struct KindLists {
    lists: Vec<Vec<Kind>>,
    numbers: FxHashMap<Vec<Kind>, u32>,
}

/// A key of one run, or of several.
#[derive(Clone, Copy)]
struct KeyCell {
    kinds: u32,
    points: u64,
    first: Step,
    last: Step,
}

impl KeyIndex {
    /// Forgets the sums.
    pub(super) fn clear(&mut self) {
        (self.names, self.totals, self.runs) = Default::default();
    }

    /// What a run with these keys adds.
    pub(super) fn pack(&mut self, keys: &mut Keys, stats: &[KeyStats]) -> RunKeys {
        let numbers = stats.iter().map(|key| keys.number(&key.key)).collect();
        let cells = stats.iter().map(|key| KeyCell {
            kinds: self.kinds.number(&key.kinds),
            points: key.points,
            first: key.first_step,
            last: key.last_step,
        });
        RunKeys { cells: cells.collect(), keys: keys.list(numbers) }
    }

    /// Adds a run, in place of what it had `before`. Returns whether the sums hold; they have to be added up
    /// anew where it has less than before.
    pub(super) fn add(&mut self, keys: &Keys, run: &RunKeys, before: Option<&RunKeys>) -> bool {
        let old: FxHashMap<u32, KeyCell> = before.into_iter().flat_map(RunKeys::iter).collect();
        let mut known = 0;
        for (number, cell) in run.iter() {
            let before = old.get(&number);
            known += usize::from(before.is_some());
            if before.is_some_and(|before| !self.kinds.rises(*before, cell)) {
                return false;
            }
            if before.is_none() {
                *self.runs.entry(number).or_default() += 1;
            }
            let Some(total) = self.totals.get_mut(&number) else {
                self.names.insert(keys.name(number), number);
                self.totals.insert(number, cell);
                continue;
            };
            total.points = (total.points + cell.points).saturating_sub(before.map_or(0, |before| before.points));
            (total.first, total.last) = (total.first.min(cell.first), total.last.max(cell.last));
            total.kinds = self.kinds.union(total.kinds, cell.kinds);
        }
        known == old.len()
    }

    /// The keys that a question asks for, and how many there are on all pages.
    pub(super) fn page(&self, query: &KeyQuery) -> (Vec<KeyInfo>, u64) {
        let mut total = 0;
        let mut page = Vec::new();
        let search = query.search.to_lowercase();
        for (name, number) in &self.names {
            let (Some(cell), true) = (self.totals.get(number), KeyQuery::finds(&search, name)) else { continue };
            if total >= query.page.offset && page.len() < query.page.limit {
                page.push(KeyInfo {
                    key: name.to_string(),
                    kinds: self.kinds.lists[cell.kinds as usize].clone(),
                    runs: self.runs.get(number).copied().unwrap_or(0),
                    points: cell.points,
                    first_step: cell.first,
                    last_step: cell.last,
                });
            }
            total += 1;
        }
        (page, total as u64)
    }
}

impl RunKeys {
    fn iter(&self) -> impl Iterator<Item = (u32, KeyCell)> {
        self.keys.iter().copied().zip(self.cells.iter().copied())
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.cells)
    }
}

impl KindLists {
    fn number(&mut self, kinds: &[Kind]) -> u32 {
        if let Some(&known) = self.numbers.get(kinds) {
            return known;
        }
        let number = self.lists.len() as u32;
        self.lists.push(kinds.to_vec());
        self.numbers.insert(kinds.to_vec(), number);
        number
    }

    fn union(&mut self, one: u32, other: u32) -> u32 {
        if one == other {
            return one;
        }
        let mut kinds: Vec<Kind> = [one, other].into_iter().flat_map(|list| self.lists[list as usize].iter().cloned()).collect();
        kinds.sort();
        kinds.dedup();
        self.number(&kinds)
    }

    /// Whether a key of a run has all that it had before.
    fn rises(&mut self, before: KeyCell, now: KeyCell) -> bool {
        before.first >= now.first && before.last <= now.last && self.union(before.kinds, now.kinds) == now.kinds
    }
}
