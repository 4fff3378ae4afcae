//! LRU cache bounded in bytes, for stores and for the server in front of them.

use rustc_hash::FxHashMap;
use std::borrow::Borrow;
use std::hash::Hash;
use stepwell_lock::Mutex;

/// Values by key. Where they take more bytes than the budget, the least recently used ones go until a quarter
/// of it is free.
///
/// Its lock is held for a look into a map, and for a sort of what is kept where something has to go.
#[derive(Debug)]
pub struct ByteLru<K, V> {
    budget_bytes: usize,
    state: Mutex<State<K, V>>,
}

#[derive(Debug)]
struct State<K, V> {
    entries: FxHashMap<K, Entry<V>>,
    bytes: usize,
    /// Rises with each use.
    clock: u64,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    bytes: usize,
    used: u64,
}

impl<K: Eq + Hash, V: Clone> ByteLru<K, V> {
    /// An empty cache.
    pub fn new(budget_bytes: usize) -> Self {
        Self { budget_bytes, state: Mutex::new(State { entries: FxHashMap::default(), bytes: 0, clock: 0 }) }
    }

    /// The value of a key, which counts as used now.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let mut state = self.state.lock();
        state.clock += 1;
        let clock = state.clock;
        let entry = state.entries.get_mut(key)?;
        entry.used = clock;
        Some(entry.value.clone())
    }

    /// Keeps a value of so many bytes, in place of one that the key has.
    pub fn put(&self, key: K, value: V, bytes: usize) {
        let mut state = self.state.lock();
        state.clock += 1;
        let entry = Entry { value, bytes, used: state.clock };
        state.bytes += bytes;
        if let Some(old) = state.entries.insert(key, entry) {
            state.bytes -= old.bytes;
        }
        if state.bytes > self.budget_bytes {
            state.shrink_to(self.budget_bytes / 4 * 3);
        }
    }

    /// Takes a value out.
    pub fn remove<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let mut state = self.state.lock();
        let entry = state.entries.remove(key)?;
        state.bytes -= entry.bytes;
        Some(entry.value)
    }
}

impl<K, V> State<K, V> {
    fn shrink_to(&mut self, bytes: usize) {
        let mut by_use: Vec<(u64, usize)> = self.entries.values().map(|entry| (entry.used, entry.bytes)).collect();
        by_use.sort_unstable();
        let mut newest_gone = 0;
        for (used, entry_bytes) in by_use {
            if self.bytes <= bytes {
                break;
            }
            self.bytes -= entry_bytes;
            newest_gone = used;
        }
        self.entries.retain(|_, entry| entry.used > newest_gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_first_and_the_bytes_stay_bounded() {
        let cache = ByteLru::new(1_000);
        for key in 0..100 {
            cache.put(key, key, 16);
            assert_eq!(cache.get(&0), Some(0), "in use at {key}");
            assert!(cache.state.lock().bytes <= 1_000);
        }
        assert_eq!((cache.get(&99), cache.get(&1)), (Some(99), None));
    }

    #[test]
    fn what_is_replaced_or_removed_takes_no_room() {
        let cache = ByteLru::new(100);
        for value in 0..10 {
            cache.put("a".to_owned(), value, 60);
        }
        assert_eq!((cache.get("a"), cache.state.lock().bytes), (Some(9), 60));
        assert_eq!((cache.remove("a"), cache.remove("a"), cache.state.lock().bytes), (Some(9), None, 0));
        cache.put("b".to_owned(), 1, 101);
        assert_eq!((cache.get("b"), cache.state.lock().bytes), (None, 0));
    }
}
