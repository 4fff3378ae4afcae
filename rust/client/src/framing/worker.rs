//! The thread `stepwell-writer`: takes from the queue, runs the pipeline, appends to the spool.

use super::framer::ReadyFrame;
use super::pipeline::{FrameSink, Pipeline};
use crate::progress::{Known, Progress};
use crate::queue::Queue;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use stepwell_lock::Mutex;
use stepwell_model::wall_time;
use stepwell_spool::{AppendError, SpoolWriter};
use tokio::sync::Notify;

/// Interval at which the worker looks into the queue by itself. With [`super::pipeline::FRAME_INTERVAL`]
/// below it, a row is in the spool within 50 ms.
const TICK: Duration = Duration::from_millis(40);
/// Time for which nothing must have come for the worker to sleep until it is called.
const IDLE_AFTER: Duration = Duration::from_secs(10);
/// Longest time that it then sleeps.
const IDLE_SLEEP: Duration = Duration::from_secs(5);
/// Interval at which a disk that refused is tried again.
const RETRY: Duration = Duration::from_millis(250);
/// `exit_code` of a writer that was dropped: its stream has no exit.
pub(crate) const NO_EXIT: i64 = i64::MAX;

/// The spool as the pipeline's end.
pub(crate) struct SpoolSink {
    pub(crate) spool: Arc<Mutex<SpoolWriter>>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) appended: Arc<Notify>,
    pub(crate) cap_bytes: u64,
    pub(crate) retry_at: Option<Instant>,
}

impl FrameSink for SpoolSink {
    fn append(&mut self, frame: &ReadyFrame) -> bool {
        if self.retry_at.is_some_and(|at| Instant::now() < at) {
            return false;
        }
        self.retry_at = None;
        let (finishing, troubled, over) = {
            let known = self.progress.read();
            (known.finishing, !known.disk_trouble.is_empty(), known.stop || known.give_up)
        };
        if over {
            // It was said that this is lost, or is about to be.
            return false;
        }
        let mut spool = self.spool.lock();
        let trouble = if self.cap_bytes > 0 && !finishing && spool.bytes() + frame.bytes.len() as u64 > self.cap_bytes {
            format!("the spool is at its cap of {} bytes", self.cap_bytes)
        } else {
            match spool.append(&frame.header, &frame.bytes) {
                Ok(()) => {
                    drop(spool);
                    self.progress.update(|known| {
                        note_spooled(known, frame);
                        if troubled {
                            known.disk_trouble.clear();
                        }
                    });
                    self.appended.notify_one();
                    return true;
                }
                Err(error) => {
                    self.retry_at = Some(Instant::now() + RETRY);
                    match error {
                        AppendError::NoRoom { .. } => format!("{error}; rows wait in memory"),
                        AppendError::Io { .. } => error.to_string(),
                    }
                }
            }
        };
        drop(spool);
        self.progress.update(|known| known.disk_trouble = trouble);
        false
    }

    fn lost(&mut self, sampled: u64, refused: u64) {
        let known = &mut *self.progress.read();
        (known.sampled_rows, known.refused_rows) = (sampled, refused);
    }

    fn spooled(&mut self, barrier: u64) {
        self.progress.update(|known| known.spooled_barrier = barrier);
    }

    fn seen(&mut self, barrier: u64) {
        self.progress.update(|known| known.seen_barrier = barrier);
    }
}

impl SpoolSink {
    /// Spools the last frame, for which the room of the ballast is there; `false` if that is not enough just
    /// now.
    fn append_last(&self, frame: &ReadyFrame) -> bool {
        let mut spool = self.spool.lock();
        spool.stream_directory().drop_ballast();
        let appended = spool.append(&frame.header, &frame.bytes).is_ok();
        drop(spool);
        if appended {
            self.progress.update(|known| note_spooled(known, frame));
            self.appended.notify_one();
        }
        appended
    }
}

fn note_spooled(known: &mut Known, frame: &ReadyFrame) {
    known.spooled = frame.header.last();
    known.spooled_rows += frame.calls;
    let (rows, reported) = (known.spooled_rows, frame.reported);
    known.row_counts.append(frame.header.count, frame.header.last(), frame.calls, rows);
    known.reported_rows += reported.sampled + reported.refused + reported.given_up;
    known.reported_sampled += reported.sampled;
    known.reported_refused += reported.refused;
}

/// Runs until the queue is closed and everything is spooled, or everyone is to stop.
pub(crate) fn run(queue: &Queue, mut pipeline: Pipeline, mut sink: SpoolSink, exit_code: &AtomicI64) {
    let began = Instant::now();
    let mut last_row = began;
    loop {
        let idle = !pipeline.is_waiting() && last_row.elapsed() > IDLE_AFTER;
        let batch = queue.take(if idle { IDLE_SLEEP } else { TICK }, idle);
        if !batch.chunks.is_empty() {
            last_row = Instant::now();
        }
        let closed = batch.closed;
        pipeline.take(batch, &mut sink);
        if closed {
            break;
        }
        pipeline.turn(began.elapsed(), wall_time(), false, &mut sink);
    }
    // A row that was collecting is complete now; the exit follows it once everything before is framed.
    let mut exit = Some(exit_code.load(Ordering::Acquire));
    loop {
        let done = pipeline.turn(began.elapsed(), wall_time(), true, &mut sink);
        if done {
            match exit.take() {
                Some(NO_EXIT) => pipeline.end_row(),
                Some(code) => pipeline.exit(wall_time(), code as i32),
                None => break,
            }
            continue;
        }
        sink.progress.wait_until(Instant::now() + TICK, |known| known.stop || known.give_up);
        let known = sink.progress.read();
        if known.stop {
            break;
        }
        if known.give_up {
            drop(known);
            give_up(queue, &mut pipeline, &sink, exit_code);
            break;
        }
    }
    sink.progress.update(|known| known.worker_done = true);
}

/// Ends a stream for whose rows there is no room: what waits is lost, and the run says so.
fn give_up(queue: &Queue, pipeline: &mut Pipeline, sink: &SpoolSink, exit_code: &AtomicI64) {
    let code = Some(exit_code.load(Ordering::Acquire)).filter(|code| *code != NO_EXIT).map(|code| code as i32);
    let (spooled, lost, reason) = {
        let accepted = queue.accepted();
        let known = sink.progress.read();
        let reason = if known.disk_trouble.is_empty() { "no time was left to write it".to_owned() } else { known.disk_trouble.clone() };
        (known.spooled, accepted.saturating_sub(known.spooled_rows + known.reported_rows), reason)
    };
    let Some(frame) = pipeline.give_up(wall_time(), spooled, lost, &reason, code) else { return };
    while !sink.append_last(&frame) && !sink.progress.wait_until(Instant::now() + TICK, |known| known.stop) {}
}
