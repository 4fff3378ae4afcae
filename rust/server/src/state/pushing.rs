//! Memory of all WebSockets together: what their tabs subscribed to, what is being pushed, and the buffers
//! that earlier pushes left.
//!
//! A WebSocket keeps the buffer of its largest push, so its share stays as large as that. Where the budget is
//! used up, the tab that has taken longest for a push is closed if that is more than [`SLOW`], else the idle
//! one with the largest buffer: its browser connects again with an empty one. Where even that does not help,
//! the push is left out, and what it would have said comes with a later one.

use crate::connections::budget::{ByteBudget, Share};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use stepwell_lock::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A browser that takes a push in less is not slow.
const SLOW: Duration = Duration::from_secs(1);
/// Time that a push waits for room.
const ROOM_WAIT: Duration = Duration::from_secs(3);
/// Interval at which it looks whether a tab has become slow.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// State that all tabs share.
pub(crate) struct Pushing {
    budget: Arc<ByteBudget>,
    tabs: Mutex<BTreeMap<u64, Arc<Tab>>>,
    next: AtomicU64,
    born: Instant,
}

/// Part of a tab that the others see.
struct Tab {
    held_bytes: AtomicUsize,
    /// Since when a push is being sent, in milliseconds since `born` and one; 0 while none is.
    sends_since: AtomicU64,
    closed: AtomicBool,
    close: Notify,
}

/// A tab's part.
pub(crate) struct Held {
    pushing: Arc<Pushing>,
    peer: IpAddr,
    number: u64,
    tab: Arc<Tab>,
    share: Option<Share>,
}

impl Pushing {
    /// Within a budget.
    pub(crate) fn new(budget: Arc<ByteBudget>) -> Arc<Self> {
        Arc::new(Self { budget, tabs: Mutex::default(), next: AtomicU64::new(0), born: Instant::now() })
    }

    /// Bytes in use.
    pub(crate) fn used(&self) -> usize {
        self.budget.used()
    }

    /// A new tab, which holds nothing.
    pub(crate) fn tab(self: &Arc<Self>, peer: IpAddr) -> Held {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let tab = Arc::new(Tab {
            held_bytes: AtomicUsize::new(0),
            sends_since: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            close: Notify::new(),
        });
        self.tabs.lock().insert(number, Arc::clone(&tab));
        Held { pushing: Arc::clone(self), peer, number, tab, share: None }
    }

    fn now(&self) -> u64 {
        self.born.elapsed().as_millis() as u64 + 1
    }

    /// Closes a tab so that another than `number` gets room.
    fn make_room(&self, number: u64) {
        let (now, tabs) = (self.now(), self.tabs.lock());
        let others = || {
            tabs.iter().filter(|(other, tab)| {
                **other != number && tab.held_bytes.load(Ordering::Relaxed) > 0 && !tab.closed.load(Ordering::Relaxed)
            })
        };
        let since = |tab: &Tab| tab.sends_since.load(Ordering::Relaxed);
        let slow = others().filter(|(_, tab)| since(tab) > 0 && now.saturating_sub(since(tab)) > SLOW.as_millis() as u64);
        let slowest = slow.min_by_key(|(_, tab)| since(tab));
        let victim =
            slowest.or_else(|| others().filter(|(_, tab)| since(tab) == 0).max_by_key(|(_, tab)| tab.held_bytes.load(Ordering::Relaxed)));
        if let Some((_, tab)) = victim {
            tab.closed.store(true, Ordering::Release);
            tab.close.notify_one();
        }
    }
}

impl Held {
    /// Makes sure that the tab may hold `bytes`; whether it may.
    pub(crate) async fn grow(&mut self, bytes: usize) -> bool {
        if self.share.as_ref().is_some_and(|share| share.bytes() >= bytes) {
            return true;
        }
        // Nobody is to wait for a larger share with a small one in hand.
        self.share = None;
        self.tab.held_bytes.store(0, Ordering::Relaxed);
        let deadline = Instant::now() + ROOM_WAIT;
        loop {
            let share = Arc::clone(&self.pushing.budget).take(self.peer, bytes, LOOK_EVERY).await;
            if let Some(share) = share {
                self.share = Some(share);
                self.tab.held_bytes.store(bytes, Ordering::Relaxed);
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            self.pushing.make_room(self.number);
        }
    }

    /// Gives back all but `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        if let Some(share) = &mut self.share {
            share.shrink_to(bytes);
            self.tab.held_bytes.store(share.bytes(), Ordering::Relaxed);
        }
    }

    /// Notes that something is being sent while `sending` goes on.
    pub(crate) async fn send<T>(&self, sending: impl Future<Output = T>) -> T {
        self.tab.sends_since.store(self.pushing.now(), Ordering::Relaxed);
        let sent = sending.await;
        self.tab.sends_since.store(0, Ordering::Relaxed);
        sent
    }

    /// Returns once the tab has to go for others.
    pub(crate) async fn evicted(&self) {
        while !self.tab.closed.load(Ordering::Acquire) {
            self.tab.close.notified().await;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.pushing.tabs.lock().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn a_browser_that_takes_nothing_makes_room_for_one_that_does() {
        let pushing = Pushing::new(ByteBudget::new(100, 100));
        let (mut slow, mut quick) = (pushing.tab(PEER), pushing.tab(PEER));
        assert!(slow.grow(80).await);
        slow.tab.sends_since.store(pushing.now(), Ordering::Relaxed);
        let closing = tokio::spawn(async move {
            slow.evicted().await;
            drop(slow);
        });
        assert!(quick.grow(60).await);
        closing.await.unwrap();
        quick.shrink_to(10);
        assert_eq!(pushing.used(), 10);
        drop(quick);
        assert_eq!((pushing.used(), pushing.tabs.lock().len()), (0, 0));
    }

    #[tokio::test]
    async fn a_push_that_finds_no_room_is_left_out() {
        let pushing = Pushing::new(ByteBudget::new(100, 50));
        let mut tab = pushing.tab(PEER);
        let _others = pushing.budget.try_take(IpAddr::from([10, 0, 0, 1]), 50).unwrap();
        let _own = pushing.budget.try_take(PEER, 30).unwrap();
        assert!(!tab.grow(40).await);
        assert!(tab.grow(20).await);
    }
}
