//! Admission of connections: how many there are, whose they are, and which one goes when there is no room for
//! another.
//!
//! A connection *works* while a request of its own has arrived in full and is not answered yet; an attached
//! writer and an open WebSocket work. All others wait: for a request, or for the rest of one. Where a limit
//! is reached, a new connection takes the place of the one that has waited longest, of the same peer if the
//! peer is at its own limit, else of the peer that has most. Half requests therefore cost nobody his place.
//! Only where all connections work is a new one refused.

use super::seldom::Seldom;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use stepwell_lock::Mutex;
use tokio::sync::Notify;

/// A client that has not taken anything of a finished answer for so long does not count as working when there
/// is no room.
const STALLED: Duration = Duration::from_secs(2);

/// All connections.
pub(crate) struct Admission {
    most: usize,
    most_per_peer: usize,
    state: Mutex<State>,
    evicted: AtomicU64,
    refused: AtomicU64,
    warnings: Seldom,
}

#[derive(Default)]
struct State {
    connections: usize,
    next: u64,
    peers: FxHashMap<IpAddr, PeerConnections>,
}

/// The connections of one peer, by number.
#[derive(Default)]
struct PeerConnections {
    all: BTreeMap<u64, Arc<Shared>>,
    /// Those that wait, by when they began to.
    waiting: BTreeMap<u64, u64>,
}

/// State that the table and a connection know of each other.
struct Shared {
    /// When it began to wait, as a number of the table's clock; 0 while it works.
    waits_since: AtomicU64,
    closed: AtomicBool,
    close: Notify,
    /// Answers whose next bytes the client has not taken yet.
    offers: AtomicUsize,
    /// When one of them was taken last, in milliseconds since `born`.
    taken_millis: AtomicU64,
    born: Instant,
}

/// A place among the connections; given back when dropped.
pub(crate) struct Place {
    admission: Arc<Admission>,
    peer: IpAddr,
    number: u64,
    working: AtomicUsize,
    shared: Arc<Shared>,
}

/// A request that is being worked on.
pub(crate) struct Working(Arc<Place>);

impl Admission {
    /// At most `most` connections, and of one peer at most `most_per_peer`.
    pub(crate) fn new(most: usize, most_per_peer: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            most_per_peer: most_per_peer.min(most),
            state: Mutex::default(),
            evicted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            warnings: Seldom::default(),
        })
    }

    /// A place for a new connection of `peer`, if need be that of one that waits; `None` where all work.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Arc<Place>> {
        let mut state = self.state.lock();
        let of_peer = state.peers.get(&peer).map_or(0, |known| known.all.len());
        let victim = if of_peer >= self.most_per_peer {
            Some(state.longest_waiting(peer))
        } else if state.connections >= self.most {
            let peer = state.greatest_peer();
            Some(peer.and_then(|peer| state.longest_waiting(peer)))
        } else {
            None
        };
        match victim {
            None => {}
            Some(Some((peer, number))) => {
                state.evict(peer, number);
                self.evicted.fetch_add(1, Ordering::Relaxed);
                self.warn_of_refusal(&state, peer);
            }
            Some(None) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                self.warn_of_refusal(&state, peer);
                return None;
            }
        }
        state.next += 1;
        let number = state.next;
        let shared = Arc::new(Shared {
            waits_since: AtomicU64::new(number),
            closed: AtomicBool::new(false),
            close: Notify::new(),
            offers: AtomicUsize::new(0),
            taken_millis: AtomicU64::new(0),
            born: Instant::now(),
        });
        state.connections += 1;
        let known = state.peers.entry(peer).or_default();
        known.all.insert(number, Arc::clone(&shared));
        known.waiting.insert(number, number);
        drop(state);
        Some(Arc::new(Place { admission: Arc::clone(self), peer, number, working: AtomicUsize::new(0), shared }))
    }

    /// Says at most once in a while that a limit is reached.
    fn warn_of_refusal(&self, state: &State, peer: IpAddr) {
        let of_peer = state.peers.get(&peer).map_or(0, |known| known.all.len());
        self.warnings.warn(format_args!(
            "no room for more connections: {} are open (at most {}), {of_peer} of them by {peer} (at most {}); since the start {} that waited were closed for others and {} were refused",
            state.connections,
            self.most,
            self.most_per_peer,
            self.evicted.load(Ordering::Relaxed),
            self.refused.load(Ordering::Relaxed),
        ));
    }

    /// Open connections; those closed for others, and those refused, since the start.
    pub(crate) fn counts(&self) -> (usize, u64, u64) {
        (self.state.lock().connections, self.evicted.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed))
    }
}

impl State {
    /// The peer with most connections that can be closed for another.
    fn greatest_peer(&self) -> Option<IpAddr> {
        let waiting = self.peers.iter().filter(|(_, known)| !known.waiting.is_empty());
        let greatest = waiting.max_by_key(|(_, known)| known.all.len()).map(|(peer, _)| *peer);
        greatest.or_else(|| {
            let stalled = self.peers.iter().filter(|(_, known)| known.all.values().any(|shared| shared.is_stalled()));
            stalled.max_by_key(|(_, known)| known.all.len()).map(|(peer, _)| *peer)
        })
    }

    /// The connection of a peer that has waited longest, or one whose client takes no answers.
    fn longest_waiting(&self, peer: IpAddr) -> Option<(IpAddr, u64)> {
        let known = self.peers.get(&peer)?;
        let waiting = known.waiting.first_key_value().map(|(_, number)| *number);
        let number = waiting.or_else(|| known.all.iter().find(|(_, shared)| shared.is_stalled()).map(|(number, _)| *number))?;
        Some((peer, number))
    }

    /// Closes a connection; its place is free at once.
    fn evict(&mut self, peer: IpAddr, number: u64) {
        if let Some(shared) = self.remove(peer, number) {
            shared.closed.store(true, Ordering::Release);
            shared.close.notify_one();
        }
    }

    fn remove(&mut self, peer: IpAddr, number: u64) -> Option<Arc<Shared>> {
        let known = self.peers.get_mut(&peer)?;
        let shared = known.all.remove(&number)?;
        known.waiting.remove(&shared.waits_since.load(Ordering::Relaxed));
        if known.all.is_empty() {
            self.peers.remove(&peer);
        }
        self.connections -= 1;
        Some(shared)
    }
}

impl Shared {
    fn is_stalled(&self) -> bool {
        let silent = (self.born.elapsed().as_millis() as u64).saturating_sub(self.taken_millis.load(Ordering::Relaxed));
        self.offers.load(Ordering::Relaxed) > 0 && silent > STALLED.as_millis() as u64
    }
}

impl Place {
    /// Whose connection it is.
    pub(crate) fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Returns once the connection has to go for another.
    pub(crate) async fn evicted(&self) {
        while !self.shared.closed.load(Ordering::Acquire) {
            self.shared.close.notified().await;
        }
    }

    /// Notes that a request has arrived; it is worked on until what is returned is dropped.
    pub(crate) fn work(self: &Arc<Self>) -> Working {
        if self.working.fetch_add(1, Ordering::AcqRel) == 0 {
            let mut state = self.admission.state.lock();
            if let Some(known) = state.peers.get_mut(&self.peer) {
                known.waiting.remove(&self.shared.waits_since.swap(0, Ordering::Relaxed));
            }
        }
        Working(Arc::clone(self))
    }

    /// From now on it works until it is closed.
    pub(super) fn work_to_the_end(self: &Arc<Self>) {
        let working = self.work();
        self.working.fetch_add(1, Ordering::AcqRel);
        drop(working);
    }

    /// Notes that bytes of an answer wait for the client.
    pub(super) fn offer(&self) {
        self.shared.offers.fetch_add(1, Ordering::Relaxed);
        self.touch();
    }

    /// Notes that the client took them.
    pub(super) fn taken(&self) {
        self.shared.offers.fetch_sub(1, Ordering::Relaxed);
        self.touch();
    }

    fn touch(&self) {
        self.shared.taken_millis.store(self.shared.born.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Whether the client leaves answers untaken for `wait`.
    pub(super) fn takes_nothing(&self, wait: Duration) -> bool {
        let silent = (self.shared.born.elapsed().as_millis() as u64).saturating_sub(self.shared.taken_millis.load(Ordering::Relaxed));
        self.shared.offers.load(Ordering::Relaxed) > 0 && silent > wait.as_millis() as u64
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.admission.state.lock().remove(self.peer, self.number);
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        let place = &self.0;
        if place.working.fetch_sub(1, Ordering::AcqRel) == 1 {
            let mut state = place.admission.state.lock();
            // Another request may have come, and an evicted connection is in no table any more.
            if place.working.load(Ordering::Acquire) > 0 || place.shared.waits_since.load(Ordering::Relaxed) != 0 {
                return;
            }
            state.next += 1;
            let now = state.next;
            if let Some(known) = state.peers.get_mut(&place.peer).filter(|known| known.all.contains_key(&place.number)) {
                place.shared.waits_since.store(now, Ordering::Relaxed);
                known.waiting.insert(now, place.number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn is_open(place: &Place) -> bool {
        !place.shared.closed.load(Ordering::Acquire)
    }

    #[test]
    fn a_new_connection_takes_the_place_of_the_one_that_waited_longest() {
        let admission = Admission::new(3, 3);
        let places: Vec<_> = (0..3).map(|_| admission.admit(peer(1)).unwrap()).collect();
        let busy = places[0].work();
        let new = admission.admit(peer(1)).unwrap();
        assert_eq!(places.iter().map(|place| is_open(place)).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(admission.counts(), (3, 1, 0));
        drop(busy);
        let _busy = (places[2].work(), new.work());
        let _newer = admission.admit(peer(2)).unwrap();
        assert!(!is_open(&places[0]), "it waits again");
    }

    #[test]
    fn connections_that_work_are_never_closed_for_others() {
        let admission = Admission::new(2, 2);
        let places: Vec<_> = (0..2).map(|_| admission.admit(peer(1)).unwrap()).collect();
        let working: Vec<_> = places.iter().map(Place::work_of).collect();
        assert!(admission.admit(peer(2)).is_none());
        assert_eq!(admission.counts(), (2, 0, 1));
        drop(working);
        assert!(admission.admit(peer(2)).is_some());
    }

    #[test]
    fn one_peer_leaves_room_for_the_others() {
        let admission = Admission::new(4, 3);
        let places: Vec<_> = (0..3).map(|_| admission.admit(peer(1)).unwrap()).collect();
        let _working: Vec<_> = places.iter().map(Place::work_of).collect();
        assert!(admission.admit(peer(1)).is_none());
        assert!(admission.admit(peer(2)).is_some());
    }

    #[test]
    fn places_are_given_back() {
        let admission = Admission::new(2, 1);
        for _ in 0..10 {
            let place = admission.admit(peer(1)).unwrap();
            let working = (place.work(), place.work());
            drop(place);
            drop(working);
        }
        assert_eq!(admission.counts(), (0, 0, 0));
        assert!(admission.state.lock().peers.is_empty());
    }

    impl Place {
        fn work_of(place: &Arc<Self>) -> Working {
            place.work()
        }
    }
}
