//! The queue between the threads that log and the thread that writes: bounded in bytes, never behind I/O.
//!
//! A push is a copy into a chunk under a mutex that is held for nothing but such copies; the worker takes
//! whole chunks and gives them back empty. In the steady state nothing is allocated and nobody is woken: the
//! worker comes by itself every few milliseconds, or is called when a chunk is full, and then by a caller that
//! has left the lock. Empty chunks are kept as long as they are used, and while rows pile up the worker makes
//! some of them, so that those who log do not wait for fresh pages.
//!
//! Invariants:
//!
//! 1. What is queued and what the worker has taken but not released together stay within the capacity; only
//!    definitions, barriers and statements may go beyond it, the last by [`ENTRY_BYTES`] at most.
//! 2. Order is kept: the worker sees items as they were pushed, a sample of refused rows where the refusals
//!    ended.
//! 3. Empty chunks take no memory beyond the capacity that the queue does not use.
//! 4. Every row for which `push_row` returned `Ok` was either queued or given to the sampler, and is counted
//!    as accepted.

pub(crate) mod item;
pub(crate) mod sampler;
pub(crate) mod steps;
mod taking;

use item::{HEAD_BYTES, Item, Kind};
use sampler::Sampler;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_codec::FrameEncoder;
use stepwell_codec::payload::statement;
use stepwell_lock::{Condvar, Mutex, MutexGuard};
use stepwell_model::{Entry, Step, TimeMicros, limits};
pub(crate) use taking::Batch;

/// Bytes of a chunk. A full one calls the worker.
pub(crate) const CHUNK_BYTES: usize = 256 << 10;
/// Bytes by which statements may exceed the capacity: a configuration must not be lost because rows are many.
const ENTRY_BYTES: usize = 16 << 20;

/// Bytes of an entry that fits a frame even if it does not compress.
const SURE_BYTES: usize = limits::FRAME_COMPRESSED_BYTES - (64 << 10);

/// Returns whether a frame holds a large entry, which is to be known before it is accepted.
#[cold]
fn fits(entry: &[u8]) -> bool {
    let mut frame = Vec::new();
    entry.len() <= limits::ROW_BYTES
        && FrameEncoder::new().and_then(|mut encoder| encoder.encode(1, 1, entry, &mut frame)).is_ok()
        && frame.len() <= SURE_BYTES
}

/// The treatment of rows for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFull {
    /// Keep a uniform sample per key, with first, last, min and max, and say how many rows it stands for.
    #[default]
    Sample,
    /// `push_row` returns `Full`; the caller waits with `wait_for_room` and tries again.
    Block,
    /// `push_row` returns `Full`; the caller raises.
    Raise,
}

/// Reason why something was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// No room, and the policy is not to sample. See [`Queue::wait_for_room`].
    #[error("the queue is full: rows come faster than they can be written, or the disk is full")]
    Full,
    /// The row is larger than any frame may hold.
    #[error("it has more than {} MiB, or does not compress to {} MiB", limits::ROW_BYTES >> 20, limits::FRAME_COMPRESSED_BYTES >> 20)]
    TooLarge,
    /// The writer is finished.
    #[error("the run is finished")]
    Closed,
}

/// Reason why a row is refused before it is queued: an index of [`item::REASONS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No frame can hold it.
    TooLarge = 0,
    /// All of its keys are above the limit of keys.
    Keys = 1,
}

/// The queue. Threads that log share it; one worker takes from it.
pub struct Queue {
    state: Mutex<State>,
    worker: Condvar,
    room: Condvar,
    on_full: OnFull,
    capacity: usize,
}

#[derive(Default)]
struct State {
    /// The chunk that is being filled.
    active: Vec<u8>,
    /// Length of `active` up to which a push has nothing to think about. Never beyond its allocation.
    plain_limit: usize,
    full: VecDeque<Vec<u8>>,
    /// Bytes in `full`, and bytes that the worker took and has not released.
    held: usize,
    /// Empty chunks, the last used last.
    spare: Vec<Vec<u8>>,
    /// The least number of them since it was last asked which are not used.
    least_spare: usize,
    /// Time at which those that were not used go.
    kept_until: Option<Instant>,
    statements: VecDeque<Entry>,
    /// Bytes of the waiting statements.
    entry_bytes: usize,
    keys: u32,
    shapes: Vec<Arc<[u32]>>,
    accepted: u64,
    barriers: u64,
    /// A barrier waits that is to be seen at once.
    seen_wanted: bool,
    sampler: Option<Box<Sampler>>,
    samplers: VecDeque<Box<Sampler>>,
    /// The worker waits for a full chunk.
    waiting: bool,
    /// The worker sleeps long and wants to be called at the first item.
    idle: bool,
    called: bool,
    /// It is called when the lock is free.
    wake: bool,
    closed: bool,
    /// The process is about to die: who logs waits.
    frozen: bool,
}

impl Queue {
    pub(crate) fn new(capacity: usize, on_full: OnFull) -> Self {
        let state = State { active: Vec::with_capacity(CHUNK_BYTES), ..State::default() };
        let queue = Self { state: Mutex::new(state), worker: Condvar::new(), room: Condvar::new(), on_full, capacity };
        queue.set_plain_limit(&mut queue.state.lock());
        queue
    }

    fn set_plain_limit(&self, state: &mut State) {
        state.plain_limit = if state.closed || state.frozen || state.idle || state.sampler.is_some() {
            0
        } else {
            state.active.capacity().min(self.capacity.saturating_sub(state.held))
        };
    }

    /// Leaves the lock, and only then calls the worker: one that wakes would wait for it.
    #[inline]
    fn leave(&self, mut guard: MutexGuard<'_, State>) {
        let wake = std::mem::take(&mut guard.wake);
        drop(guard);
        if wake {
            self.worker.notify_one();
        }
    }

    /// Gives a key its id. Never refused; the caller defines a key once. A name longer than
    /// [`limits::KEY_BYTES`] makes every row that uses it a lost one.
    pub fn define_key(&self, name: &str) -> u32 {
        let mut state = self.state.lock();
        let id = state.keys;
        state.keys += 1;
        self.append(&mut state, Kind::Key, 0, i64::from(id), 0, name.as_bytes());
        self.leave(state);
        id
    }

    /// Gives a list of different keys its id. Never refused; the caller defines a shape once. At most 2^28
    /// shapes exist.
    pub fn define_shape(&self, keys: &[u32]) -> u32 {
        let body: Vec<u8> = keys.iter().flat_map(|key| key.to_ne_bytes()).collect();
        let mut state = self.state.lock();
        let id = state.shapes.len() as u32;
        state.shapes.push(keys.into());
        self.append(&mut state, Kind::Shape, 0, i64::from(id), 0, &body);
        self.leave(state);
        id
    }

    /// Queues the values of one call of `log`: `values` is the msgpack of one value per key of the shape, one
    /// after the other. `commit` ends the row of that step. Never waits for I/O.
    #[inline]
    pub fn push_row(&self, step: Step, time: TimeMicros, commit: bool, shape: u32, values: &[u8]) -> Result<(), PushError> {
        let kind = if commit { Kind::Row } else { Kind::Part };
        let mut guard = self.state.lock();
        let state = &mut *guard;
        if state.active.len() + HEAD_BYTES + values.len() <= state.plain_limit {
            item::write(&mut state.active, kind, shape, step, time, values);
            state.accepted += 1;
            return Ok(());
        }
        self.push_row_slowly(guard, Item { kind, shape, number: step, time, body: values })
    }

    #[cold]
    #[inline(never)]
    fn push_row_slowly(&self, mut guard: MutexGuard<'_, State>, row: Item<'_>) -> Result<(), PushError> {
        while guard.frozen {
            self.room.wait(&mut guard);
        }
        let result = self.place_row(&mut guard, row);
        self.leave(guard);
        result
    }

    fn place_row(&self, state: &mut State, row: Item<'_>) -> Result<(), PushError> {
        if state.closed {
            return Err(PushError::Closed);
        }
        if row.body.len() > limits::ROW_VALUES_BYTES {
            return Err(PushError::TooLarge);
        }
        // Once rows were refused, a quarter must be free before they are taken again: refusals come in few
        // stretches.
        let capacity = if state.sampler.is_some() { self.capacity / 4 * 3 } else { self.capacity };
        let held = state.active.len() + state.held;
        // A row larger than a small queue is taken when nothing else is there.
        if held > 0 && held + HEAD_BYTES + row.body.len() > capacity {
            self.call(state);
            if self.on_full != OnFull::Sample {
                return Err(PushError::Full);
            }
            let keys = &state.shapes[row.shape as usize];
            state.sampler.get_or_insert_with(Box::default).add(row.shape, keys, row.number, row.time, row.body);
            state.accepted += 1;
            self.set_plain_limit(state);
            return Ok(());
        }
        self.end_shedding(state);
        state.accepted += 1;
        self.append(state, row.kind, row.shape, row.number, row.time, row.body);
        Ok(())
    }

    /// Takes note of a row that cannot be stored: it is accepted, and reported as lost.
    pub fn refuse_row(&self, why: Refusal) -> Result<(), PushError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(PushError::Closed);
        }
        self.end_shedding(&mut state);
        state.accepted += 1;
        self.append(&mut state, Kind::Refused, 0, why as i64, 0, &[]);
        self.leave(state);
        Ok(())
    }

    /// Queues an entry that is no row (and neither the opening nor the exit, which the writer makes itself).
    pub fn push_entry(&self, entry: Entry) -> Result<(), PushError> {
        debug_assert!(!matches!(entry, Entry::Row(_) | Entry::Open(_) | Entry::Exit { .. }));
        let mut encoded = Vec::new();
        statement::write(&mut encoded, &entry);
        if encoded.len() > SURE_BYTES && !fits(&encoded) {
            return Err(PushError::TooLarge);
        }
        let mut state = self.state.lock();
        if state.closed {
            return Err(PushError::Closed);
        }
        if state.active.len() + state.held + state.entry_bytes + encoded.len() > self.capacity + ENTRY_BYTES {
            return Err(PushError::Full);
        }
        self.end_shedding(&mut state);
        state.entry_bytes += encoded.len();
        state.statements.push_back(entry);
        self.append(&mut state, Kind::Entry, 0, encoded.len() as i64, 0, &[]);
        self.leave(state);
        Ok(())
    }

    /// Waits until a row of `bytes` has room, the queue is closed, or the time is over; whether it is worth
    /// trying again.
    pub fn wait_for_room(&self, bytes: usize, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let mut state = self.state.lock();
        loop {
            let held = state.active.len() + state.held;
            if state.closed || held == 0 || held + HEAD_BYTES + bytes <= self.capacity {
                return true;
            }
            self.call(&mut state);
            if std::mem::take(&mut state.wake) {
                self.worker.notify_one();
            }
            if self.room.wait_until(&mut state, deadline).timed_out() {
                return false;
            }
        }
    }

    /// Appends an item, into a new chunk if it does not fit the active one.
    fn append(&self, state: &mut State, kind: Kind, shape: u32, number: i64, time: TimeMicros, body: &[u8]) {
        let bytes = HEAD_BYTES + body.len();
        if state.active.len() + bytes > state.active.capacity() {
            let mut next = state.next_chunk();
            next.reserve(bytes.max(CHUNK_BYTES));
            let full = std::mem::replace(&mut state.active, next);
            state.held += full.len();
            if full.is_empty() {
                state.spare.push(full);
            } else {
                state.full.push_back(full);
            }
            self.call(state);
        } else if state.idle {
            self.call(state);
        }
        item::write(&mut state.active, kind, shape, number, time, body);
        self.set_plain_limit(state);
    }

    /// Puts the sample of what was refused, if any, behind what is queued.
    fn end_shedding(&self, state: &mut State) {
        if let Some(sampler) = state.sampler.take() {
            state.samplers.push_back(sampler);
            self.append(state, Kind::Shed, 0, 0, 0, &[]);
        }
    }

    /// Has the worker called, once the lock is left.
    fn call(&self, state: &mut State) {
        if (state.waiting || state.idle) && !state.called {
            (state.called, state.wake) = (true, true);
            state.idle = false;
        }
    }

    /// Puts a barrier behind everything that was pushed, and calls the worker. Barriers count from 1. With
    /// `spool`, rows that are still collecting are written as they stand; without, the barrier is only seen.
    pub(crate) fn push_barrier(&self, spool: bool) -> u64 {
        let mut state = self.state.lock();
        self.end_shedding(&mut state);
        state.barriers += 1;
        state.seen_wanted |= !spool;
        let number = state.barriers;
        self.append(&mut state, Kind::Barrier, u32::from(!spool), number as i64, 0, &[]);
        self.call(&mut state);
        self.leave(state);
        number
    }

    /// Refuses everything from now on, and calls the worker.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        self.end_shedding(&mut state);
        state.closed = true;
        self.set_plain_limit(&mut state);
        self.call(&mut state);
        self.leave(state);
        self.room.notify_all();
    }

    /// Lets every row wait that comes from now on, so that what is accepted stays what it is.
    pub(crate) fn freeze(&self) {
        let state = &mut *self.state.lock();
        state.frozen = true;
        self.set_plain_limit(state);
    }

    /// Takes rows again.
    pub(crate) fn thaw(&self) {
        let state = &mut *self.state.lock();
        state.frozen = false;
        self.set_plain_limit(state);
        self.room.notify_all();
    }

    /// Bytes that it may hold.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Rows accepted so far.
    pub(crate) fn accepted(&self) -> u64 {
        self.state.lock().accepted
    }

    /// Bytes that wait here or with the worker.
    pub(crate) fn held_bytes(&self) -> usize {
        let state = self.state.lock();
        state.active.len() + state.held
    }
}

#[cfg(test)]
mod tests;
