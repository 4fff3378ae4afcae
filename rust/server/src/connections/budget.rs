//! Byte budgets that peers share: so many bytes in all, and of these at most a part for one peer.

use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use stepwell_lock::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A budget of bytes.
pub(crate) struct ByteBudget {
    total: usize,
    per_peer: usize,
    used: Mutex<Used>,
    freed: Notify,
}

#[derive(Default)]
struct Used {
    bytes: usize,
    peers: FxHashMap<IpAddr, usize>,
}

/// A part of a budget; given back when dropped.
pub(crate) struct Share {
    budget: Arc<ByteBudget>,
    peer: IpAddr,
    bytes: usize,
}

impl ByteBudget {
    /// `total` bytes, of which one peer has at most `per_peer`.
    pub(crate) fn new(total: usize, per_peer: usize) -> Arc<Self> {
        Arc::new(Self { total, per_peer: per_peer.min(total), used: Mutex::default(), freed: Notify::new() })
    }

    /// Takes bytes if there is room. A request above the peer's part counts as that part, so that it can be
    /// served alone.
    pub(crate) fn try_take(self: &Arc<Self>, peer: IpAddr, bytes: usize) -> Option<Share> {
        let bytes = bytes.min(self.per_peer);
        let mut used = self.used.lock();
        let of_peer = used.peers.get(&peer).copied().unwrap_or_default();
        if used.bytes + bytes > self.total || of_peer + bytes > self.per_peer {
            return None;
        }
        used.bytes += bytes;
        *used.peers.entry(peer).or_default() += bytes;
        Some(Share { budget: Arc::clone(self), peer, bytes })
    }

    /// Takes bytes, and waits for room; `None` after `wait`.
    pub(crate) async fn take(self: Arc<Self>, peer: IpAddr, bytes: usize, wait: Duration) -> Option<Share> {
        let deadline = Instant::now() + wait;
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            // Registered before the look, so that what is freed in between is not missed.
            freed.as_mut().enable();
            if let Some(share) = self.try_take(peer, bytes) {
                return Some(share);
            }
            if tokio::time::timeout_at(deadline, freed).await.is_err() {
                return None;
            }
        }
    }

    /// Bytes in use.
    pub(crate) fn used(&self) -> usize {
        self.used.lock().bytes
    }
}

impl Share {
    /// Gives back all but `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let freed = self.bytes.saturating_sub(bytes);
        if freed > 0 {
            drop(Self { budget: Arc::clone(&self.budget), peer: self.peer, bytes: freed });
            self.bytes -= freed;
        }
    }

    /// Its size.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut used = self.budget.used.lock();
        used.bytes -= self.bytes;
        if let Some(of_peer) = used.peers.get_mut(&self.peer) {
            *of_peer -= self.bytes;
            if *of_peer == 0 {
                used.peers.remove(&self.peer);
            }
        }
        drop(used);
        self.budget.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    #[test]
    fn one_peer_never_takes_the_part_of_the_others() {
        let budget = ByteBudget::new(100, 60);
        let held = budget.try_take(ONE, 50).unwrap();
        assert!(budget.try_take(ONE, 20).is_none());
        let other = budget.try_take(OTHER, 50).unwrap();
        assert!(budget.try_take(OTHER, 1).is_none(), "all is taken");
        drop(held);
        assert_eq!(budget.used(), 50);
        drop(other);
        assert!(budget.try_take(ONE, 1_000).is_some(), "what is larger than a part is served alone");
        assert_eq!(budget.used(), 0);
        assert!(budget.used.lock().peers.is_empty());
    }

    #[tokio::test]
    async fn who_waits_is_woken_by_what_is_given_back() {
        let budget = ByteBudget::new(10, 10);
        let held = budget.try_take(ONE, 10).unwrap();
        let waiting = tokio::spawn(Arc::clone(&budget).take(OTHER, 5, Duration::from_secs(10)));
        tokio::task::yield_now().await;
        drop(held);
        assert!(waiting.await.unwrap().is_some());
        let _all = budget.try_take(ONE, 10).unwrap();
        assert!(Arc::clone(&budget).take(OTHER, 1, Duration::from_millis(1)).await.is_none());
    }
}
