//! Group commit: one thread that appends what all connections and the follower submit, and only then answers
//! them.
//!
//! ```text
//! reserve(bytes)  ──▶  submit(frame, reply)  ──▶  group (≤ 5 ms or 4 MiB)  ──▶  store.append  ──▶  reply(outcome)
//! ```
//!
//! All that waits here is bounded in bytes by the reservation that each submission carries until its reply
//! has returned. A reply is called exactly once, on the commit thread, after the append; it must not block.

use super::check::memory_bytes;
use crate::state::appended::AppendedBytes;
use crate::state::thread::Worker;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_codec::FrameHeader;
use stepwell_lock::{Condvar, Mutex};
use stepwell_store::{AppendOutcome, Store, StoreError, StreamFrame};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::error;

/// Time that the first frame of a group waits for company: well below an fsync of a disk, so that it costs no
/// one.
const GROUP_WAIT: Duration = Duration::from_millis(5);
/// Bytes as sent after which a group is large enough.
const GROUP_BYTES: usize = 4 << 20;
/// Bytes, as sent and as decoded, that may wait for a commit: one of the largest frames and its like beside it,
/// or thousands of usual ones.
pub(crate) const BUDGET_BYTES: usize = 96 << 20;
/// Time that a frame waits for room in that budget before its writer is told to wait.
pub(crate) const RESERVE_WAIT: Duration = Duration::from_secs(10);

/// Called with what became of a frame.
pub(crate) type Reply = Box<dyn FnOnce(Result<AppendOutcome, StoreError>) + Send>;

/// Room in the budget; given back when dropped.
pub(crate) struct Reservation {
    _bytes: OwnedSemaphorePermit,
}

struct Submission {
    frame: StreamFrame,
    reply: Reply,
    _reservation: Arc<Reservation>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Submission>,
    bytes: usize,
    since: Option<Instant>,
    closed: bool,
}

/// The way into the store.
pub(crate) struct Committer {
    store: Arc<dyn Store>,
    queue: Mutex<Queue>,
    arrived: Condvar,
    budget: Arc<Semaphore>,
    appended: Arc<AppendedBytes>,
}

impl Committer {
    /// A committer whose thread is not started yet.
    pub(crate) fn new(store: Arc<dyn Store>, appended: Arc<AppendedBytes>) -> Arc<Self> {
        Arc::new(Self { store, queue: Mutex::default(), arrived: Condvar::new(), budget: Arc::new(Semaphore::new(BUDGET_BYTES)), appended })
    }

    /// Starts the commit thread, which runs until [`close`](Self::close).
    pub(crate) fn start(self: &Arc<Self>) -> std::io::Result<Worker> {
        let committer = Arc::clone(self);
        Worker::start("sw-commit", move || {
            while let Some(group) = committer.collect() {
                committer.commit(group);
            }
        })
    }

    /// Weight of a frame in the budget: its bytes, its payload's, and what its rows may take.
    pub(crate) fn weight(header: &FrameHeader) -> usize {
        header.frame_bytes() + header.raw_bytes as usize + memory_bytes(header)
    }

    /// Waits for room for `bytes`; `None` after [`RESERVE_WAIT`].
    pub(crate) async fn reserve(&self, bytes: usize) -> Option<Reservation> {
        let permits = bytes.min(BUDGET_BYTES) as u32;
        let acquire = Arc::clone(&self.budget).acquire_many_owned(permits);
        let permit = tokio::time::timeout(RESERVE_WAIT, acquire).await.ok()?.ok()?;
        Some(Reservation { _bytes: permit })
    }

    /// Hands over a checked frame. After [`close`](Self::close) the reply comes at once, as unavailable.
    pub(crate) fn submit(&self, frame: StreamFrame, reservation: Arc<Reservation>, reply: Reply) {
        let mut queue = self.queue.lock();
        if queue.closed {
            drop(queue);
            return reply(Err(StoreError::Unavailable("the server is going away".into())));
        }
        queue.bytes += frame.bytes.len();
        queue.since.get_or_insert_with(Instant::now);
        queue.waiting.push_back(Submission { frame, reply, _reservation: reservation });
        drop(queue);
        self.arrived.notify_one();
    }

    /// Takes no more; the thread ends once what was submitted is committed.
    pub(crate) fn close(&self) {
        self.queue.lock().closed = true;
        self.arrived.notify_all();
    }

    fn collect(&self) -> Option<Vec<Submission>> {
        let mut queue = self.queue.lock();
        loop {
            match queue.since {
                None if queue.closed => return None,
                None => self.arrived.wait(&mut queue),
                Some(since) => {
                    let deadline = since + GROUP_WAIT;
                    if queue.closed || queue.bytes >= GROUP_BYTES || Instant::now() >= deadline {
                        return Some(take_group(&mut queue));
                    }
                    self.arrived.wait_until(&mut queue, deadline);
                }
            }
        }
    }

    fn commit(&self, group: Vec<Submission>) {
        let (frames, replies): (Vec<_>, Vec<_>) =
            group.into_iter().map(|submission| (submission.frame, (submission.reply, submission._reservation))).unzip();
        let results = match self.append(&frames) {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            Err(error @ StoreError::Unavailable(_)) => {
                error!("{} frames could not be stored: {error}", frames.len());
                vec![Err(error); frames.len()]
            }
            Err(error) if frames.len() == 1 => vec![Err(error)],
            // One frame spoils the whole transaction: find out which, and let the others through.
            Err(_) => frames.iter().map(|frame| self.append(std::slice::from_ref(frame)).map(|outcomes| outcomes[0])).collect(),
        };
        let bytes = frames.iter().zip(&results).filter(|(_, result)| result.is_ok()).map(|(frame, _)| frame.bytes.len() as u64).sum();
        self.appended.add(bytes);
        drop(frames);
        for ((reply, reservation), result) in replies.into_iter().zip(results) {
            reply(result);
            drop(reservation);
        }
    }

    /// Appends; a panic in the store, or an answer of the wrong length, is an error like any other and leaves
    /// this thread alive.
    fn append(&self, frames: &[StreamFrame]) -> Result<Vec<AppendOutcome>, StoreError> {
        match catch_unwind(AssertUnwindSafe(|| self.store.append(frames))) {
            Ok(Ok(outcomes)) if outcomes.len() == frames.len() => Ok(outcomes),
            Ok(Ok(_)) => Err(StoreError::Damaged("it answered for another number of frames".into())),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StoreError::Damaged("it met a fault while appending".into())),
        }
    }
}

fn take_group(queue: &mut Queue) -> Vec<Submission> {
    let (mut group, mut bytes) = (Vec::new(), 0);
    while let Some(submission) = queue.waiting.front() {
        bytes += submission.frame.bytes.len();
        if !group.is_empty() && bytes > GROUP_BYTES {
            bytes -= submission.frame.bytes.len();
            break;
        }
        group.extend(queue.waiting.pop_front());
    }
    queue.bytes -= bytes;
    // What stays has waited long enough to be the next group at once.
    queue.since = queue.since.filter(|_| !queue.waiting.is_empty());
    group
}
