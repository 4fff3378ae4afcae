//! The thread `stepwell-disk`: everything that waits for the disk itself. It syncs what was appended, moves the cursor and
//! unlinks what the destination has, beats the heart, and closes the spool at the end.

use crate::blobs::FilePool;
use crate::progress::Progress;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_lock::Mutex;
use stepwell_spool::{SpoolWriter, is_no_room};
use tokio::sync::Notify;

/// How often readers are shown that the writer lives.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long acks are gathered before the cursor moves: a cursor costs two syncs.
const TRIM_INTERVAL: Duration = Duration::from_secs(1);
/// How long to wait after an error of the disk.
const RETRY: Duration = Duration::from_millis(100);

/// The keeper's settings.
pub(crate) struct Keeper {
    pub(crate) spool: Arc<Mutex<SpoolWriter>>,
    pub(crate) files: Arc<FilePool>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) sync_interval: Duration,
    /// Whether there is a destination that acknowledges.
    pub(crate) uploads: bool,
    /// Calls the uploader when the stream is complete.
    pub(crate) appended: Arc<Notify>,
}

impl Keeper {
    /// Runs until the stream is complete or everyone is to stop.
    pub(crate) fn run(self) {
        let (mut synced_at, mut beat_at, mut trimmed_at) = (Instant::now(), Instant::now(), Instant::now());
        if self.uploads {
            self.spool.lock().load_ballast();
        }
        loop {
            let due = (synced_at + self.sync_interval).min(beat_at + HEARTBEAT);
            self.progress
                .wait_until(due, |known| known.stop || known.sync_wanted || known.worker_done && !known.spool_closed || known.all_sent());
            let (stop, wanted, worker_done, all_sent, acked) = {
                let known = self.progress.read();
                (known.stop, known.sync_wanted, known.worker_done, known.all_sent(), known.acked)
            };
            if worker_done {
                if self.end(all_sent, stop) {
                    return;
                }
                continue;
            }
            if stop {
                return;
            }
            if wanted || synced_at.elapsed() >= self.sync_interval {
                self.sync();
                synced_at = Instant::now();
            }
            if beat_at.elapsed() >= HEARTBEAT {
                // A heartbeat that fails makes the writer look dead, which costs nothing but a second sender of the same rows.
                let _ = self.spool.lock().heartbeat();
                beat_at = Instant::now();
            }
            if acked > 0 && trimmed_at.elapsed() >= TRIM_INTERVAL {
                // What fails is tried again; it costs nothing when there is nothing to trim.
                self.trim(acked);
                trimmed_at = Instant::now();
            }
        }
    }

    /// Syncs without holding the lock that the worker appends behind.
    fn sync(&self) {
        self.progress.read().sync_wanted = false;
        let task = {
            let spool = self.spool.lock();
            if !spool.is_dirty() {
                let synced = spool.synced();
                drop(spool);
                return self.progress.update(|known| known.synced = synced);
            }
            spool.begin_sync()
        };
        // A durable entry never names a blob that is not: blobs go first. What fails is tried again.
        if let Err(error) = self.files.sync() {
            self.progress.update(|known| known.disk_trouble = format!("cannot sync the files: {error}"));
            self.progress.wait_until(Instant::now() + RETRY, |known| known.stop);
            self.progress.read().sync_wanted = true;
            return;
        }
        let outcome = task.run();
        let (result, trouble) = {
            let mut spool = self.spool.lock();
            let result = spool.finish_sync(outcome);
            (spool.synced(), result.err())
        };
        self.progress.update(|known| {
            known.synced = result;
            if let Some(error) = &trouble {
                known.disk_trouble = error.to_string();
            }
        });
        if trouble.is_some() {
            // What a failed sync left unsafe was written once more; that has to be synced soon.
            self.progress.wait_until(Instant::now() + RETRY, |known| known.stop);
            self.progress.read().sync_wanted = true;
        }
    }

    fn trim(&self, acked: u64) -> bool {
        let Some(task) = self.spool.lock().begin_trim(acked) else { return true };
        let done = match task.run() {
            // The lock keeps the worker from filling the room that the ballast leaves.
            Err(error) if is_no_room(&error) => {
                let spool = self.spool.lock();
                spool.drop_ballast();
                task.run().is_ok()
            }
            result => result.is_ok(),
        };
        if done {
            let mut spool = self.spool.lock();
            spool.finish_trim(&task);
            spool.load_ballast();
        }
        done
    }

    /// The worker is done: closes the spool, and once the destination has everything, removes it. Whether the keeper is done.
    fn end(&self, all_sent: bool, stop: bool) -> bool {
        if !self.progress.read().spool_closed {
            let blobs = self.files.sync().map_err(|error| format!("cannot sync the files: {error}"));
            let closed = blobs.and_then(|()| self.spool.lock().close().map_err(|error| error.to_string()));
            let synced = self.spool.lock().synced();
            self.progress.update(|known| {
                known.synced = synced;
                match &closed {
                    Ok(()) => known.spool_closed = true,
                    Err(error) => known.disk_trouble.clone_from(error),
                }
            });
            self.appended.notify_one();
            if closed.is_err() {
                self.progress.wait_until(Instant::now() + RETRY, |known| known.stop);
                return stop;
            }
        }
        if self.uploads && all_sent {
            let (acked, unsent_files) = {
                let known = self.progress.read();
                (known.acked, known.files.unsent())
            };
            if self.trim(acked) && unsent_files == 0 && self.spool.lock().last() == acked {
                // Should a file stay, the next `stepwell sync` finds nothing to send in it.
                let _ = self.spool.lock().remove();
            }
        }
        if !self.uploads || all_sent || stop {
            self.progress.update(|known| known.keeper_done = true);
            return true;
        }
        self.progress.wait_until(Instant::now() + TRIM_INTERVAL, |known| known.stop || known.all_sent());
        false
    }
}
