//! The thread `stepwell-writer` of a run that keeps nothing: what it takes from the queue is seen for the last
//! values, and is gone.

use super::beside::Beside;
use crate::progress::Progress;
use crate::queue::{Queue, item};
use crate::summary::LastValues;
use std::time::Duration;
use stepwell_lock::Mutex;

/// Longest time that it sleeps. It is called when a chunk is full, and when somebody asks for what was logged.
const SLEEP: Duration = Duration::from_secs(5);

/// Runs until the queue is closed.
pub(crate) fn run(queue: &Queue, last_values: &Mutex<LastValues>, progress: &Progress) {
    loop {
        let batch = queue.take(SLEEP, false);
        let mut beside = Beside::new(batch.statements, batch.samplers);
        for chunk in batch.chunks {
            let (mut offset, mut last_values) = (0, last_values.lock());
            while let Some((item, next)) = item::read(&chunk, offset) {
                beside.observe(&mut last_values, item, &mut |barrier| progress.update(|known| known.seen_barrier = barrier));
                offset = next;
            }
            drop(last_values);
            queue.release(chunk, 0);
        }
        if batch.closed {
            return progress.update(|known| known.worker_done = true);
        }
    }
}
