//! Background maintenance: heartbeats go to the store, and its journal is compacted.
//!
//! One thread does both, so that ingest never waits for either. Compaction runs in the store's own small
//! steps while there is more to do; a store that needs its write lock for a step holds up the commit thread
//! for that step only.

pub(crate) mod sweep;

use crate::state::appended::AppendedBytes;
use crate::state::heartbeats::Heartbeats;
use crate::state::thread::Worker;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_lock::{Condvar, Mutex};
use stepwell_store::{Store, StoreError};
use tracing::warn;

/// Interval at which the thread looks around.
const TICK: Duration = Duration::from_millis(250);
/// Interval at which heartbeats are written; a run counts as crashed only after a minute without one.
const HEARTBEATS_EVERY: Duration = Duration::from_secs(1);
/// Time after which new data in the journal are compacted, at the latest.
const COMPACT_AFTER: Duration = Duration::from_secs(1);
/// Bytes in the journal after which it is compacted without waiting.
const COMPACT_BYTES: u64 = 16 << 20;
/// Time that maintenance rests after the store refused, so that a full disk is not asked in a loop.
const REST: Duration = Duration::from_secs(5);

/// The thread's handle on its own end.
#[derive(Default)]
pub(crate) struct Maintenance {
    stopped: Mutex<bool>,
    stop: Condvar,
}

impl Maintenance {
    /// Starts the thread.
    pub(crate) fn start(
        self: &Arc<Self>,
        store: Arc<dyn Store>,
        appended: Arc<AppendedBytes>,
        heartbeats: Arc<Heartbeats>,
    ) -> std::io::Result<Worker> {
        let maintenance = Arc::clone(self);
        Worker::start("sw-upkeep", move || maintenance.run(&*store, &appended, &heartbeats))
    }

    /// Asks the thread to end after writing the last heartbeats.
    pub(crate) fn stop(&self) {
        *self.stopped.lock() = true;
        self.stop.notify_all();
    }

    fn run(&self, store: &dyn Store, appended: &AppendedBytes, heartbeats: &Heartbeats) {
        let (mut compacted_bytes, mut dirty_since, mut rest_until) = (0, None, Instant::now());
        // A journal may be left from an earlier life.
        let mut leftover = true;
        let mut unseen = true;
        let mut beat_at = Instant::now();
        while !self.wait(TICK) {
            let now = Instant::now();
            if now >= beat_at {
                beat_at = now + HEARTBEATS_EVERY;
                write_heartbeats(store, heartbeats);
            }
            unseen = unseen && look_through(store);
            let bytes = appended.get();
            if bytes != compacted_bytes {
                dirty_since.get_or_insert(now);
            }
            let due = leftover
                || bytes - compacted_bytes >= COMPACT_BYTES
                || dirty_since.is_some_and(|since| now.duration_since(since) + TICK >= COMPACT_AFTER);
            if !due || now < rest_until {
                continue;
            }
            match self.compact(store) {
                Ok(()) => (compacted_bytes, dirty_since, leftover) = (bytes, None, false),
                Err(error) => {
                    warn!("compaction rests for {} s: {error}", REST.as_secs());
                    rest_until = now + REST;
                }
            }
        }
        write_heartbeats(store, heartbeats);
    }

    /// Compacts until nothing is left to do, or the server stops.
    fn compact(&self, store: &dyn Store) -> Result<(), StoreError> {
        while !*self.stopped.lock() {
            let step = catch_unwind(AssertUnwindSafe(|| store.compact()));
            if !step.unwrap_or_else(|_| Err(StoreError::Damaged("it met a fault while compacting".into())))? {
                break;
            }
            // Between two steps the commit thread gets its turn even where locks are not fair.
            std::thread::yield_now();
        }
        Ok(())
    }

    /// Waits; returns whether the thread is to end.
    fn wait(&self, time: Duration) -> bool {
        let mut stopped = self.stopped.lock();
        if !*stopped {
            self.stop.wait_for(&mut stopped, time);
        }
        *stopped
    }
}

/// Looks at a part of the store; whether there is more.
fn look_through(store: &dyn Store) -> bool {
    let seen = catch_unwind(AssertUnwindSafe(|| store.look_through()));
    seen.unwrap_or_else(|_| Err(StoreError::Damaged("it met a fault".into()))).unwrap_or_else(|error| {
        warn!("the rest of the store is not looked through for damage: {error}");
        false
    })
}

fn write_heartbeats(store: &dyn Store, heartbeats: &Heartbeats) {
    let beats = heartbeats.take();
    if beats.is_empty() {
        return;
    }
    if let Ok(Err(error)) = catch_unwind(AssertUnwindSafe(|| store.heartbeat(&beats))) {
        warn!("{} heartbeats were not stored: {error}", beats.len());
    }
}
