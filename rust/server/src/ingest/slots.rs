//! Places for uploads: so many at once, half of them for one peer at most, and a slow upload gives way to one
//! that waits.

use crate::connections::seldom::Seldom;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use stepwell_lock::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Time that an upload may wait for its client before it is measured.
const MEASURED_AFTER: Duration = Duration::from_secs(2);
/// Bytes a second, over the time that it waited for its client, below which an upload gives way.
const GIVES_WAY_BELOW: u64 = 64 << 10;
/// Interval at which a waiting upload looks again for one that gives way.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The places.
pub(super) struct Slots {
    most: usize,
    most_per_peer: usize,
    state: Mutex<State>,
    freed: Notify,
    warnings: Seldom,
}

#[derive(Default)]
struct State {
    next: u64,
    taken: BTreeMap<u64, (IpAddr, Arc<Progress>)>,
}

/// Progress of an upload.
struct Progress {
    born: Instant,
    bytes: AtomicU64,
    /// Time that it waited for its client, and since when it does, in milliseconds since `born` and one; 0
    /// while it does not.
    waited_millis: AtomicU64,
    waits_since: AtomicU64,
    closed: AtomicBool,
    close: Notify,
}

/// A place; given back when dropped.
pub(super) struct Slot {
    slots: Arc<Slots>,
    number: u64,
    progress: Arc<Progress>,
}

impl Slots {
    /// `most` places, of which one peer has at most half.
    pub(super) fn new(most: usize) -> Arc<Self> {
        let most_per_peer = most.div_ceil(2);
        Arc::new(Self { most, most_per_peer, state: Mutex::default(), freed: Notify::new(), warnings: Seldom::default() })
    }

    /// A place, at the latest after `wait`; `None` if there was none.
    pub(super) async fn take(self: &Arc<Self>, peer: IpAddr, wait: Duration) -> Option<Slot> {
        let deadline = Instant::now() + wait;
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if let Some(slot) = self.try_take(peer) {
                return Some(slot);
            }
            if Instant::now() >= deadline {
                return None;
            }
            // Nobody says when an upload has become slow enough to give way.
            let _ = tokio::time::timeout_at(deadline.min(Instant::now() + LOOK_EVERY), freed).await;
        }
    }

    fn try_take(self: &Arc<Self>, peer: IpAddr) -> Option<Slot> {
        let mut state = self.state.lock();
        let of_peer = state.taken.values().filter(|(known, _)| *known == peer).count();
        let own = of_peer >= self.most_per_peer;
        if own || state.taken.len() >= self.most {
            // Of the same peer where that is at its limit: its new upload is not to cost others theirs.
            let slow = state.taken.iter().filter(|(_, (known, _))| !own || *known == peer);
            let slowest = slow.filter_map(|(number, (_, progress))| Some((progress.slow_rate()?, *number))).min();
            let (rate, number) = slowest?;
            let (of, progress) = state.taken.remove(&number)?;
            progress.closed.store(true, Ordering::Release);
            progress.close.notify_one();
            self.warnings.warn(format_args!(
                "{} uploads are under way, {of_peer} of them by {peer}: one of {of} at {rate} bytes/s gives way",
                state.taken.len() + 1
            ));
        }
        state.next += 1;
        let number = state.next;
        let progress = Arc::new(Progress::begin());
        state.taken.insert(number, (peer, Arc::clone(&progress)));
        Some(Slot { slots: Arc::clone(self), number, progress })
    }
}

impl Progress {
    fn begin() -> Self {
        let [bytes, waited_millis, waits_since] = [0, 0, 0].map(AtomicU64::new);
        Self { born: Instant::now(), bytes, waited_millis, waits_since, closed: AtomicBool::new(false), close: Notify::new() }
    }

    fn now(&self) -> u64 {
        self.born.elapsed().as_millis() as u64 + 1
    }

    /// Time that it has waited for its client, in milliseconds.
    fn waited(&self) -> u64 {
        let since = self.waits_since.load(Ordering::Relaxed);
        let now = if since == 0 { 0 } else { self.now().saturating_sub(since) };
        self.waited_millis.load(Ordering::Relaxed) + now
    }

    /// Bytes a second, if they are so few that it gives way.
    fn slow_rate(&self) -> Option<u64> {
        let waited = self.waited();
        let rate = self.bytes.load(Ordering::Relaxed) * 1_000 / waited.max(1);
        (waited >= MEASURED_AFTER.as_millis() as u64 && rate < GIVES_WAY_BELOW).then_some(rate)
    }
}

impl Slot {
    /// Waits for something that the client has to do.
    pub(super) async fn for_client<T>(&self, waiting: impl Future<Output = T>) -> T {
        self.progress.waits_since.store(self.progress.now(), Ordering::Relaxed);
        let done = waiting.await;
        let since = self.progress.waits_since.swap(0, Ordering::Relaxed);
        self.progress.waited_millis.fetch_add(self.progress.now().saturating_sub(since), Ordering::Relaxed);
        done
    }

    /// Notes bytes that came.
    pub(super) fn came(&self, bytes: usize) {
        self.progress.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Time that it has waited for its client.
    pub(super) fn waited(&self) -> Duration {
        Duration::from_millis(self.progress.waited())
    }

    /// Age.
    pub(super) fn age(&self) -> Duration {
        self.progress.born.elapsed()
    }

    /// Returns once it has to give way.
    pub(super) async fn gives_way(&self) {
        while !self.progress.closed.load(Ordering::Acquire) {
            self.progress.close.notified().await;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.state.lock().taken.remove(&self.number);
        self.slots.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    fn trickled(slot: &Slot, bytes: usize, waited: Duration) {
        slot.came(bytes);
        slot.progress.waited_millis.store(waited.as_millis() as u64, Ordering::Relaxed);
    }

    #[tokio::test]
    async fn one_peer_leaves_half_of_the_places_to_others() {
        let slots = Slots::new(4);
        let _held = [slots.try_take(ONE).unwrap(), slots.try_take(ONE).unwrap()];
        assert!(slots.try_take(ONE).is_none());
        assert!(slots.take(OTHER, Duration::ZERO).await.is_some());
    }

    #[tokio::test]
    async fn the_slowest_upload_gives_way_to_one_that_waits() {
        let slots = Slots::new(2);
        let (slow, fast) = (slots.try_take(ONE).unwrap(), slots.try_take(OTHER).unwrap());
        trickled(&slow, 10, Duration::from_secs(10));
        trickled(&fast, 10 << 20, Duration::from_secs(10));
        let new = slots.try_take(OTHER);
        assert!(new.is_none(), "the slow one is another's, and this peer has its half");
        let _third = slots.try_take(IpAddr::from([10, 0, 0, 3])).unwrap();
        tokio::time::timeout(Duration::from_secs(5), slow.gives_way()).await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(10), fast.gives_way()).await.is_err());
        drop((slow, fast));
        assert_eq!(slots.state.lock().taken.len(), 1);
    }

    #[tokio::test]
    async fn an_upload_that_waits_for_the_disk_is_not_slow() {
        let slots = Slots::new(1);
        let slot = slots.try_take(ONE).unwrap();
        trickled(&slot, 100, Duration::from_millis(5));
        assert!(slots.try_take(OTHER).is_none());
    }
}
