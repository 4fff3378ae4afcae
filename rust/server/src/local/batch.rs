//! Frames of one stream on their way to the store, and what became of them.

use super::Follower;
use crate::ingest::commit::Committer;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_lock::{Condvar, Mutex};
use stepwell_model::{EntryNumber, StreamId};
use stepwell_store::{AppendOutcome, StoreError, StreamFrame};

/// Time that an answer may take; the store has its own time-outs below this.
const ANSWER_WAIT: Duration = Duration::from_secs(60);

/// Outcome of a batch.
pub(super) enum Landing {
    /// All of it is durable.
    Durable,
    /// The store wants this number.
    Expected(EntryNumber),
    /// The store takes nothing just now.
    Away(String),
    /// The store will never take it.
    Refused(String),
}

/// Frames on their way to the store.
pub(super) struct Batch<'a> {
    follower: &'a Follower,
    pub(super) stream: StreamId,
    pub(super) bytes: usize,
    pub(super) frames: usize,
    /// No room came in time; the rest of the batch is read again later.
    full: bool,
    landed: Arc<(Mutex<Landed>, Condvar)>,
}

/// The answers so far.
#[derive(Default)]
struct Landed {
    frames: usize,
    /// The first thing that went wrong.
    failure: Option<Result<AppendOutcome, StoreError>>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(follower: &'a Follower, stream: StreamId) -> Self {
        Self { follower, stream, bytes: 0, frames: 0, full: false, landed: Arc::default() }
    }

    /// Submits a frame; `false` if there was no room for it in time.
    pub(super) fn submit(&mut self, frame: StreamFrame) -> bool {
        let committer = &self.follower.committer;
        let Some(room) = self.follower.runtime.block_on(committer.reserve(Committer::weight(&frame.header))) else {
            self.full = true;
            return false;
        };
        self.bytes += frame.bytes.len();
        self.frames += 1;
        let landed = Arc::clone(&self.landed);
        let reply = move |outcome: Result<AppendOutcome, StoreError>| {
            let mut state = landed.0.lock();
            state.frames += 1;
            if !matches!(outcome, Ok(AppendOutcome::Durable(_))) {
                state.failure.get_or_insert(outcome);
            }
            landed.1.notify_one();
        };
        committer.submit(frame, Arc::new(room), Box::new(reply));
        true
    }

    /// Waits for all answers.
    pub(super) fn land(self) -> Landing {
        let deadline = Instant::now() + ANSWER_WAIT;
        let mut state = self.landed.0.lock();
        while state.frames < self.frames {
            if self.landed.1.wait_until(&mut state, deadline).timed_out() {
                return Landing::Away("it has not answered for 60 s".into());
            }
        }
        match state.failure.take() {
            None if self.full => Landing::Away("the server has more frames than it can store".into()),
            None | Some(Ok(AppendOutcome::Durable(_))) => Landing::Durable,
            Some(Ok(AppendOutcome::Expected(number))) => Landing::Expected(number),
            Some(Err(StoreError::Unavailable(reason))) => Landing::Away(reason),
            Some(Err(error)) => Landing::Refused(error.to_string()),
        }
    }
}
