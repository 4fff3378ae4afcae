//! One connection under watch: how long it may wait for its next request, and for the rest of one that has
//! begun.

use super::Waits;
use super::admission::{Place, Working};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;
use stepwell_lock::Mutex;

/// Facts of a connection between accept and close.
pub(crate) struct Watched {
    place: Arc<Place>,
    waits: Waits,
    state: Mutex<State>,
}

struct State {
    /// Requests whose head has come and whose answer is not sent yet.
    requests: usize,
    /// Whether there was one.
    has_served: bool,
    /// HTTP/2 says things between requests.
    is_http2: bool,
    /// HTTP has handed the socket over: its time-outs are somebody else's.
    is_handed_over: bool,
    /// Since when there is no request.
    idle_since: Instant,
    /// Since when a part of the next one is here.
    head_since: Option<Instant>,
}

/// Finding of a look at a connection.
pub(super) enum Verdict {
    /// It stays; the next look is due then.
    LookAgain(Instant),
    /// Its time is over, and its client is to be told.
    Finish,
    /// Its time is over.
    Close,
}

/// A request from its head to the end of its answer.
pub(crate) struct Request {
    watched: Arc<Watched>,
    working: Mutex<Option<Working>>,
}

impl Watched {
    pub(super) fn new(place: Arc<Place>, waits: Waits) -> Arc<Self> {
        let state =
            State { requests: 0, has_served: false, is_http2: false, is_handed_over: false, idle_since: Instant::now(), head_since: None };
        Arc::new(Self { place, waits, state: Mutex::new(state) })
    }

    /// Whose connection it is.
    pub(crate) fn peer(&self) -> IpAddr {
        self.place.peer()
    }

    /// Its place among the connections.
    pub(super) fn place(&self) -> &Arc<Place> {
        &self.place
    }

    /// Bytes came.
    pub(super) fn heard(&self) {
        let mut state = self.state.lock();
        if state.requests == 0 && !state.is_http2 {
            state.head_since.get_or_insert_with(Instant::now);
        }
    }

    /// The head of a request is complete.
    pub(super) fn begin(self: &Arc<Self>, is_http2: bool) -> Arc<Request> {
        let mut state = self.state.lock();
        state.requests += 1;
        (state.has_served, state.is_http2, state.head_since) = (true, is_http2, None);
        Arc::new(Request { watched: Arc::clone(self), working: Mutex::new(None) })
    }

    /// The socket goes to a WebSocket, which has time-outs of its own.
    pub(super) fn hand_over(&self) {
        self.state.lock().is_handed_over = true;
    }

    /// Whether nothing would be lost with it: there is no request, nor HTTP/2, which says goodbye.
    pub(super) fn is_waiting(&self) -> bool {
        let state = self.state.lock();
        state.requests == 0 && !state.is_http2 && !state.is_handed_over
    }

    /// Looks at the connection.
    pub(super) fn look(&self) -> Verdict {
        let (now, state) = (Instant::now(), self.state.lock());
        if state.requests > 0 || state.is_handed_over {
            return if self.place.takes_nothing(self.waits.answer) {
                Verdict::Close
            } else {
                // Requests have deadlines of their own; this looks for answers that nobody takes.
                Verdict::LookAgain(now + self.waits.head)
            };
        }
        let deadline = match state.head_since {
            Some(since) => since + self.waits.head,
            None if !state.has_served => state.idle_since + self.waits.head,
            None => state.idle_since + self.waits.idle,
        };
        match deadline <= now {
            false => Verdict::LookAgain(deadline.min(now + self.waits.head)),
            // HTTP/2 says which requests it has seen; in HTTP/1 there is nothing to say between two of them.
            true if state.is_http2 => Verdict::Finish,
            true => Verdict::Close,
        }
    }
}

impl Request {
    /// Whose request it is.
    pub(crate) fn peer(&self) -> IpAddr {
        self.watched.peer()
    }

    /// All of the request is here, or so much of a stream that it is one: from now on its connection works.
    pub(crate) fn arrived(&self) {
        let mut working = self.working.lock();
        if working.is_none() {
            *working = Some(self.watched.place.work());
        }
    }

    /// Its connection.
    pub(super) fn watched(&self) -> &Watched {
        &self.watched
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let mut state = self.watched.state.lock();
        state.requests -= 1;
        state.idle_since = Instant::now();
    }
}
