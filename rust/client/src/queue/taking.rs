//! The worker's side of the queue: it takes whole chunks and gives them back empty.

use super::sampler::Sampler;
use super::{CHUNK_BYTES, Queue, SPARE_CHUNKS};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use stepwell_model::Entry;

/// The items that the worker took.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) chunks: VecDeque<Vec<u8>>,
    pub(crate) statements: VecDeque<Entry>,
    pub(crate) samplers: VecDeque<Box<Sampler>>,
    /// True if somebody waits until the rows in it are seen.
    pub(crate) seen_wanted: bool,
    pub(crate) closed: bool,
}

impl Queue {
    /// For the worker: takes everything, after waiting for `timeout` or a call. With `idle`, the first item
    /// is a call.
    pub(crate) fn take(&self, timeout: Duration, idle: bool) -> Batch {
        let state = &mut self.state.lock();
        let nothing = state.full.is_empty() && !state.seen_wanted && (!idle || state.active.is_empty());
        if nothing && !state.closed && !timeout.is_zero() {
            (state.waiting, state.idle, state.called) = (true, idle, false);
            self.set_plain_limit(state);
            let deadline = Instant::now() + timeout;
            while !state.called && !self.worker.wait_until(state, deadline).timed_out() {}
        }
        (state.waiting, state.idle, state.called) = (false, false, false);
        let mut chunks = std::mem::take(&mut state.full);
        if !state.active.is_empty() {
            let next = state.spare.pop().unwrap_or_else(|| Vec::with_capacity(CHUNK_BYTES));
            let active = std::mem::replace(&mut state.active, next);
            state.held += active.len();
            chunks.push_back(active);
        }
        state.entry_bytes = 0;
        let (statements, samplers) = (std::mem::take(&mut state.statements), std::mem::take(&mut state.samplers));
        self.set_plain_limit(state);
        Batch { chunks, statements, samplers, seen_wanted: std::mem::take(&mut state.seen_wanted), closed: state.closed }
    }

    /// For the worker: a chunk it took is done with, apart from `kept` of its bytes, which it holds
    /// elsewhere.
    pub(crate) fn release(&self, mut chunk: Vec<u8>, kept: usize) {
        let state = &mut *self.state.lock();
        state.held -= chunk.len() - kept;
        if state.spare.len() < SPARE_CHUNKS && chunk.capacity() <= 2 * CHUNK_BYTES {
            chunk.clear();
            state.spare.push(chunk);
        }
        self.set_plain_limit(state);
        self.room.notify_all();
    }
}
