//! The queue between the threads that log and the thread that writes: bounded in bytes, never behind I/O.
//!
//! A push is a copy into a byte vector under a mutex that is held for nothing but such copies; the worker takes the whole
//! vector by swapping it for an empty one. In the steady state nothing is allocated and nobody is woken: the worker comes by
//! itself every few milliseconds, or is called when [`WAKE_BYTES`] wait.
//!
//! Invariants:
//!
//! 1. What is queued and what the worker has taken but not released together stay within the capacity; only definitions,
//!    markers and statements may go beyond it, the last by [`STATEMENT_BYTES`] at most.
//! 2. Order is kept: the worker sees records as they were pushed, a sample of refused rows where the refusals ended.
//! 3. Every row for which `push_row` returned `Ok` was either queued or given to the sampler, and is counted as accepted.

use crate::options::OnFull;
use crate::overflow::Sampler;
use crate::record::{self, HEAD_BYTES, Kind};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_codec::payload::statement;
use stepwell_model::{Entry, Step, TimeMicros, limits};

/// Waiting bytes at which the worker is called instead of coming by itself.
const WAKE_BYTES: usize = 256 << 10;
/// Room that a buffer begins with, so that pushing does not allocate.
const FIRST_BYTES: usize = 512 << 10;
/// Bytes by which statements may exceed the capacity: a configuration must not be lost because rows are many.
const STATEMENT_BYTES: usize = 16 << 20;
/// Bytes of a frame that are no row's values, with room to spare.
const ROW_OVERHEAD_BYTES: usize = 64;

/// Why something was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// No room, and the policy is not to sample. See [`Queue::wait_for_room`].
    #[error("the queue is full: rows come faster than they can be written, or the disk is full")]
    Full,
    /// The row is larger than any frame may hold.
    #[error("the row is larger than {} MiB", limits::ROW_BYTES >> 20)]
    TooLarge,
    /// The writer is finished.
    #[error("the run is finished")]
    Closed,
}

/// The queue. Threads that log share it; one worker takes from it.
pub struct Queue {
    state: Mutex<State>,
    worker: Condvar,
    room: Condvar,
    on_full: OnFull,
    capacity: usize,
}

struct State {
    active: Vec<u8>,
    /// Length of `active` up to which a push has nothing to think about. Never beyond its allocation.
    plain_limit: usize,
    statements: VecDeque<Entry>,
    /// Bytes of the waiting statements, about.
    statement_bytes: usize,
    /// Taken by the worker, not released yet.
    taken: usize,
    keys: u32,
    shapes: Vec<Arc<[u32]>>,
    accepted: u64,
    markers: u64,
    sampler: Option<Box<Sampler>>,
    samplers: VecDeque<Box<Sampler>>,
    /// The worker waits and wants to be called at [`WAKE_BYTES`].
    waiting: bool,
    /// The worker sleeps long and wants to be called at the first record.
    idle: bool,
    called: bool,
    closed: bool,
}

/// What the worker took.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) records: Vec<u8>,
    pub(crate) statements: VecDeque<Entry>,
    pub(crate) samplers: VecDeque<Box<Sampler>>,
    /// What must be released when it is done with.
    pub(crate) taken: usize,
    pub(crate) closed: bool,
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

impl Queue {
    pub(crate) fn new(capacity: usize, on_full: OnFull) -> Self {
        let state = State {
            active: Vec::with_capacity(FIRST_BYTES),
            plain_limit: 0,
            statements: VecDeque::new(),
            statement_bytes: 0,
            taken: 0,
            keys: 0,
            shapes: Vec::new(),
            accepted: 0,
            markers: 0,
            sampler: None,
            samplers: VecDeque::new(),
            waiting: false,
            idle: false,
            called: false,
            closed: false,
        };
        let queue = Self { state: Mutex::new(state), worker: Condvar::new(), room: Condvar::new(), on_full, capacity };
        queue.set_plain_limit(&mut queue.state.lock());
        queue
    }

    fn set_plain_limit(&self, state: &mut State) {
        let mut limit = state.active.capacity().min(self.capacity.saturating_sub(state.taken));
        if state.waiting && !state.called {
            limit = limit.min(WAKE_BYTES);
        }
        if state.closed || state.idle || state.sampler.is_some() {
            limit = 0;
        }
        state.plain_limit = limit;
    }

    /// Gives a key its id. Never refused; the caller defines a key once. A name longer than [`limits::KEY_BYTES`] makes every
    /// row that uses it a lost one.
    pub fn define_key(&self, name: &str) -> u32 {
        let state = &mut *self.state.lock();
        let id = state.keys;
        state.keys += 1;
        record::write(&mut state.active, Kind::Key, 0, i64::from(id), 0, name.as_bytes());
        self.after_growth(state);
        id
    }

    /// Gives a list of different keys its id. Never refused; the caller defines a shape once. At most 2^28 shapes exist.
    pub fn define_shape(&self, keys: &[u32]) -> u32 {
        let state = &mut *self.state.lock();
        let id = state.shapes.len() as u32;
        state.shapes.push(keys.into());
        let body: Vec<u8> = keys.iter().flat_map(|key| key.to_ne_bytes()).collect();
        record::write(&mut state.active, Kind::Shape, 0, i64::from(id), 0, &body);
        self.after_growth(state);
        id
    }

    /// Queues the values of one call of `log`: `values` is the msgpack of one value per key of the shape, one after the other.
    /// `commit` ends the row of that step. Never waits for I/O.
    #[inline]
    pub fn push_row(&self, step: Step, time: TimeMicros, commit: bool, shape: u32, values: &[u8]) -> Result<(), PushError> {
        let kind = if commit { Kind::Row } else { Kind::Part };
        let state = &mut *self.state.lock();
        if state.active.len() + HEAD_BYTES + values.len() <= state.plain_limit && values.len() <= limits::ROW_BYTES - ROW_OVERHEAD_BYTES {
            record::write(&mut state.active, kind, shape, step, time, values);
            state.accepted += 1;
            return Ok(());
        }
        self.push_row_with_thought(state, kind, shape, step, time, values)
    }

    #[cold]
    fn push_row_with_thought(
        &self,
        state: &mut State,
        kind: Kind,
        shape: u32,
        step: Step,
        time: TimeMicros,
        values: &[u8],
    ) -> Result<(), PushError> {
        if state.closed {
            return Err(PushError::Closed);
        }
        if values.len() > limits::ROW_BYTES - ROW_OVERHEAD_BYTES {
            return Err(PushError::TooLarge);
        }
        let bytes = HEAD_BYTES + values.len();
        // Once rows were refused, a quarter must be free before they are taken again: refusals come in few stretches.
        let capacity = if state.sampler.is_some() { self.capacity / 4 * 3 } else { self.capacity };
        if state.active.len() + state.taken + bytes > capacity && !(state.active.is_empty() && state.taken == 0) {
            if self.on_full != OnFull::Sample {
                self.call(state);
                return Err(PushError::Full);
            }
            let keys = Arc::clone(&state.shapes[shape as usize]);
            state.sampler.get_or_insert_with(|| Box::new(Sampler::new())).add(shape, &keys, step, time, values);
            state.accepted += 1;
            self.call(state);
            return Ok(());
        }
        self.end_overflow(state);
        record::write(&mut state.active, kind, shape, step, time, values);
        state.accepted += 1;
        self.after_growth(state);
        Ok(())
    }

    /// Queues an entry that is no row (and neither the opening nor the exit, which the writer makes itself).
    pub fn push_statement(&self, entry: Entry) -> Result<(), PushError> {
        debug_assert!(!matches!(entry, Entry::Row(_) | Entry::Open(_) | Entry::Exit { .. }));
        let mut encoded = Vec::new();
        statement::write(&mut encoded, &entry);
        if encoded.len() > limits::ROW_BYTES {
            return Err(PushError::TooLarge);
        }
        let state = &mut *self.state.lock();
        if state.closed {
            return Err(PushError::Closed);
        }
        let held = state.active.len() + state.taken + state.statement_bytes + encoded.len();
        if held > self.capacity + STATEMENT_BYTES {
            return Err(PushError::Full);
        }
        self.end_overflow(state);
        state.statement_bytes += encoded.len();
        state.statements.push_back(entry);
        record::write(&mut state.active, Kind::Statement, 0, encoded.len() as i64, 0, &[]);
        self.after_growth(state);
        Ok(())
    }

    /// Waits until a row of `bytes` has room, the queue is closed, or the time is over; whether it is worth trying again.
    pub fn wait_for_room(&self, bytes: usize, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let mut state = self.state.lock();
        loop {
            let held = state.active.len() + state.taken;
            if state.closed || held == 0 || held + HEAD_BYTES + bytes <= self.capacity {
                return true;
            }
            self.call(&mut state);
            if self.room.wait_until(&mut state, deadline).timed_out() {
                return false;
            }
        }
    }

    /// Puts the sample of what was refused, if any, behind what is queued.
    fn end_overflow(&self, state: &mut State) {
        if let Some(sampler) = state.sampler.take() {
            state.samplers.push_back(sampler);
            record::write(&mut state.active, Kind::Overflow, 0, 0, 0, &[]);
        }
    }

    fn after_growth(&self, state: &mut State) {
        if state.idle || state.active.len() >= WAKE_BYTES {
            self.call(state);
        }
        self.set_plain_limit(state);
        // The limit is what there is room for now; a push beyond it comes by here, grows the buffer and sets it anew.
        if state.plain_limit > 0 && state.active.len() + ROW_OVERHEAD_BYTES > state.active.capacity() {
            state.active.reserve(state.active.len());
            self.set_plain_limit(state);
        }
    }

    fn call(&self, state: &mut State) {
        if (state.waiting || state.idle) && !state.called {
            state.called = true;
            self.worker.notify_one();
        }
        self.set_plain_limit(state);
    }

    /// Puts a marker behind everything that was pushed, and calls the worker. Markers count from 1.
    pub(crate) fn push_marker(&self) -> u64 {
        let state = &mut *self.state.lock();
        self.end_overflow(state);
        state.markers += 1;
        record::write(&mut state.active, Kind::Marker, 0, state.markers as i64, 0, &[]);
        self.call(state);
        state.markers
    }

    /// Refuses everything from now on, and calls the worker.
    pub(crate) fn close(&self) {
        let state = &mut *self.state.lock();
        self.end_overflow(state);
        state.closed = true;
        self.call(state);
        self.room.notify_all();
    }

    /// Rows accepted so far.
    pub(crate) fn accepted(&self) -> u64 {
        self.state.lock().accepted
    }

    /// Bytes that wait here or with the worker.
    pub(crate) fn held_bytes(&self) -> usize {
        let state = self.state.lock();
        state.active.len() + state.taken
    }

    /// For the worker: takes everything, after waiting for `timeout` or a call. With `idle`, the first record is a call.
    pub(crate) fn take(&self, mut spare: Vec<u8>, timeout: Duration, idle: bool) -> Batch {
        spare.clear();
        let mut state = self.state.lock();
        if !state.closed && !timeout.is_zero() && state.active.len() < WAKE_BYTES && !(idle && !state.active.is_empty()) {
            (state.waiting, state.idle, state.called) = (true, idle, false);
            self.set_plain_limit(&mut state);
            let deadline = Instant::now() + timeout;
            while !state.called && !self.worker.wait_until(&mut state, deadline).timed_out() {}
        }
        (state.waiting, state.idle, state.called) = (false, false, false);
        let records = std::mem::replace(&mut state.active, spare);
        let taken = records.len();
        state.taken += taken;
        state.statement_bytes = 0;
        let batch = Batch {
            records,
            taken,
            statements: std::mem::take(&mut state.statements),
            samplers: std::mem::take(&mut state.samplers),
            closed: state.closed,
        };
        if state.active.capacity() < FIRST_BYTES {
            state.active.reserve(FIRST_BYTES);
        }
        self.set_plain_limit(&mut state);
        batch
    }

    /// For the worker: calls itself, from another thread.
    pub(crate) fn wake(&self) {
        self.call(&mut self.state.lock());
    }

    /// For the worker: bytes that it took are done with.
    pub(crate) fn release(&self, bytes: usize) {
        let state = &mut *self.state.lock();
        state.taken -= bytes;
        self.set_plain_limit(state);
        self.room.notify_all();
    }
}
