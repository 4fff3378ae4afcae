//! The worker's side of the queue: it takes whole chunks and gives them back empty.

use super::sampler::Sampler;
use super::{CHUNK_BYTES, Queue, State};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use stepwell_model::Entry;

/// Bytes of empty chunks that are kept.
const KEPT_BYTES: usize = 64 << 20;
/// Time after which chunks go of which nobody made use.
const KEEP: Duration = Duration::from_secs(10);
/// Empty chunks that are made while rows pile up, at most.
const PREPARED_CHUNKS: usize = 32;

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

impl State {
    /// An empty chunk, which has memory if there is one to be had.
    pub(super) fn next_chunk(&mut self) -> Vec<u8> {
        let chunk = self.spare.pop().unwrap_or_default();
        self.least_spare = self.least_spare.min(self.spare.len());
        chunk
    }

    /// Takes the empty chunks away that were not used since the last call: the oldest.
    pub(super) fn unused_chunks(&mut self) -> Vec<Vec<u8>> {
        let unused = self.spare.drain(..self.least_spare).collect();
        self.least_spare = self.spare.len();
        unused
    }
}

impl Queue {
    fn has_room_to_spare(&self, state: &State) -> bool {
        let spare = (state.spare.len() + 1) * CHUNK_BYTES;
        spare <= 2 * CHUNK_BYTES || spare <= KEPT_BYTES && state.active.len() + state.held + spare <= self.capacity
    }

    /// Makes empty chunks until there are `wanted`. Their pages are touched here, which takes longer than to
    /// fill them.
    fn prepare(&self, wanted: usize) {
        let lacks = |state: &State| state.spare.len() < wanted && self.has_room_to_spare(state);
        while lacks(&self.state.lock()) {
            // Not zeros, which would be promised and not written.
            let mut chunk = vec![1; CHUNK_BYTES];
            chunk.clear();
            // At the bottom: those that were used before are in the cache.
            self.state.lock().spare.insert(0, chunk);
        }
    }

    /// For the worker: takes everything, after waiting for `timeout` or a call. With `idle`, the first item
    /// is a call.
    pub(crate) fn take(&self, timeout: Duration, idle: bool) -> Batch {
        let mut state = self.state.lock();
        let nothing = state.full.is_empty() && !state.seen_wanted && (!idle || state.active.is_empty());
        if nothing && !state.closed && !timeout.is_zero() {
            (state.waiting, state.idle, state.called) = (true, idle, false);
            self.set_plain_limit(&mut state);
            let deadline = Instant::now() + timeout;
            while !state.called && !self.worker.wait_until(&mut state, deadline).timed_out() {}
        }
        (state.waiting, state.idle, state.called) = (false, false, false);
        let mut chunks = std::mem::take(&mut state.full);
        if !state.active.is_empty() {
            let mut next = state.next_chunk();
            next.reserve(CHUNK_BYTES);
            let active = std::mem::replace(&mut state.active, next);
            state.held += active.len();
            chunks.push_back(active);
        }
        state.entry_bytes = 0;
        let (statements, samplers) = (std::mem::take(&mut state.statements), std::mem::take(&mut state.samplers));
        self.set_plain_limit(&mut state);
        let now = Instant::now();
        let mut unused = Vec::new();
        if now >= *state.kept_until.get_or_insert(now + KEEP) {
            unused = state.unused_chunks();
            state.kept_until = Some(now + KEEP);
        }
        let batch = Batch { chunks, statements, samplers, seen_wanted: std::mem::take(&mut state.seen_wanted), closed: state.closed };
        drop(state);
        drop(unused);
        if batch.chunks.len() > 1 && !batch.closed {
            self.prepare((2 * batch.chunks.len()).min(PREPARED_CHUNKS));
        }
        batch
    }

    /// For the worker: a chunk it took is done with, apart from `kept` of its bytes, which it holds
    /// elsewhere.
    pub(crate) fn release(&self, mut chunk: Vec<u8>, kept: usize) {
        let state = &mut *self.state.lock();
        state.held -= chunk.len() - kept;
        if chunk.capacity() <= 2 * CHUNK_BYTES && self.has_room_to_spare(state) {
            chunk.clear();
            state.spare.push(chunk);
        }
        self.set_plain_limit(state);
        self.room.notify_all();
    }
}
