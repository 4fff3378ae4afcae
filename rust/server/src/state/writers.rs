//! The writers that are connected: which streams are open on connections, so that no run is deleted under one
//! of them.

use rustc_hash::FxHashMap;
use std::sync::Arc;
use stepwell_lock::Mutex;
use stepwell_model::{Opening, RunPath};

/// The streams that are open, by a number of their own: one stream may be open on two connections for a
/// moment.
#[derive(Default)]
pub(crate) struct Writers {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    openings: FxHashMap<u64, Arc<Opening>>,
}

/// A stream that is open until this is dropped.
pub(crate) struct Entered {
    writers: Arc<Writers>,
    number: u64,
}

impl Writers {
    /// A stream is open from now on.
    pub(crate) fn enter(self: &Arc<Self>, opening: Arc<Opening>) -> Entered {
        let open = &mut *self.open.lock();
        let number = open.next;
        open.next += 1;
        open.openings.insert(number, opening);
        Entered { writers: Arc::clone(self), number }
    }

    /// The opening of a stream of this run that is open.
    pub(crate) fn of(&self, path: &RunPath) -> Option<Arc<Opening>> {
        self.open.lock().openings.values().find(|opening| opening.path == *path).cloned()
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.writers.open.lock().openings.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_a_writer_until_its_last_stream_is_closed() {
        let writers = Arc::new(Writers::default());
        let opening = Arc::new(Opening { path: RunPath::new("e", "p", "r").unwrap(), ..Opening::default() });
        let path = RunPath::new("e", "p", "r").unwrap();
        let (first, second) = (writers.enter(Arc::clone(&opening)), writers.enter(opening));
        drop(first);
        assert!(writers.of(&path).is_some() && writers.of(&RunPath::new("e", "p", "s").unwrap()).is_none());
        drop(second);
        assert!(writers.of(&path).is_none());
    }
}
