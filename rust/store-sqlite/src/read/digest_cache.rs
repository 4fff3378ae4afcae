//! Digests of runs by (run, version of its rows).

use crate::read::run_stats::Digest;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use stepwell_lock::Mutex;

/// The digests used last, within a budget.
pub(crate) struct DigestCache {
    budget_bytes: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By run: version, digest, when it was used last.
    runs: FxHashMap<i64, (i64, Arc<Digest>, u64)>,
    bytes: usize,
    clock: u64,
}

impl DigestCache {
    /// An empty cache.
    pub(crate) fn new(budget_bytes: usize) -> Self {
        Self { budget_bytes, state: Mutex::default() }
    }

    /// The digest of that version.
    pub(crate) fn get(&self, run: i64, version: i64) -> Option<Arc<Digest>> {
        let mut state = self.state.lock();
        state.clock += 1;
        let clock = state.clock;
        let (known, digest, used) = state.runs.get_mut(&run)?;
        *used = clock;
        (*known == version).then(|| digest.clone())
    }

    /// Keeps a digest, in place of one of an older version.
    pub(crate) fn put(&self, run: i64, version: i64, digest: Arc<Digest>) {
        let mut state = self.state.lock();
        if state.runs.get(&run).is_some_and(|(known, ..)| *known > version) {
            return;
        }
        state.bytes += digest.bytes();
        let clock = state.clock;
        if let Some((_, old, _)) = state.runs.insert(run, (version, digest, clock)) {
            state.bytes -= old.bytes();
        }
        if state.bytes > self.budget_bytes {
            state.evict(self.budget_bytes / 4 * 3);
        }
    }
}

impl State {
    fn evict(&mut self, bytes: usize) {
        let mut by_use: Vec<(u64, i64)> = self.runs.iter().map(|(run, (.., used))| (*used, *run)).collect();
        by_use.sort_unstable();
        for (_, run) in by_use {
            if self.bytes <= bytes {
                break;
            }
            if let Some((_, digest, _)) = self.runs.remove(&run) {
                self.bytes -= digest.bytes();
            }
        }
    }
}
