//! The thread `stepwell-disk`: everything that waits for the disk itself. It syncs what was appended, moves
//! the cursor and unlinks what the destination has, beats the heart, and closes the spool at the end.

use crate::blobs::FilePool;
use crate::progress::Progress;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_blob::links;
use stepwell_lock::Mutex;
use stepwell_spool::{SpoolError, SpoolWriter, is_no_room};
use tokio::sync::Notify;

/// Interval at which readers are shown that the writer lives.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// Time that acks are gathered before the cursor moves: a cursor costs two syncs.
const TRIM_INTERVAL: Duration = Duration::from_secs(1);
/// Interval at which the files of the stream are looked for.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// Looks for which the disk must have been in trouble before the user is told.
const TROUBLED_LOOKS: u32 = 2;
/// Time for which closing a stream is tried while no file can be opened: its rows and its end are written by
/// then.
const NO_DESCRIPTOR_PATIENCE: Duration = Duration::from_secs(1);
/// Time to wait after an error of the disk.
const RETRY: Duration = Duration::from_millis(100);

/// The syncer's settings.
pub(crate) struct Syncer {
    pub(crate) spool: Arc<Mutex<SpoolWriter>>,
    pub(crate) files: Arc<FilePool>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) sync_interval: Duration,
    /// True if there is a destination that acknowledges.
    pub(crate) uploads: bool,
    /// Calls the uploader when the stream is complete.
    pub(crate) appended: Arc<Notify>,
    /// Of which the user is told where the files of its stream are gone.
    pub(crate) run: String,
    /// True if the user is told nothing.
    pub(crate) silent: bool,
    pub(crate) warned: Warned,
}

/// The warnings that the user has had, and the signs of the next.
#[derive(Default)]
pub(crate) struct Warned {
    absence: bool,
    trouble: bool,
    troubled_looks: u32,
    closing_since: Option<Instant>,
}

impl Syncer {
    /// Runs until the stream is complete or everyone is to stop.
    pub(crate) fn run(mut self) {
        let (mut synced_at, mut beat_at, mut trimmed_at, mut looked_at) = (Instant::now(), Instant::now(), Instant::now(), Instant::now());
        let directory = self.spool.lock().stream_directory();
        directory.load_ballast();
        loop {
            let due = (synced_at + self.sync_interval).min(beat_at + HEARTBEAT).min(looked_at + LOOK_INTERVAL);
            self.progress.wait_until(due, |known| {
                let wanted = known.sync_wanted || known.look_wanted > known.looks;
                known.stop || wanted || known.worker_done && !known.spool_closed || known.all_sent()
            });
            let (look_wanted, stop) = {
                let known = self.progress.read();
                (known.look_wanted > known.looks, known.stop)
            };
            // Once everyone is to stop the directory may be removed for good: nothing is written to it again.
            if !stop && (look_wanted || looked_at.elapsed() >= LOOK_INTERVAL) {
                self.look();
                looked_at = Instant::now();
            }
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
                // A heartbeat that fails makes the writer look dead, which costs nothing but a second sender
                // of the same rows.
                let _ = directory.heartbeat();
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
                spool.stream_directory().drop_ballast();
                task.run().is_ok()
            }
            result => result.is_ok(),
        };
        if done {
            let mut spool = self.spool.lock();
            spool.finish_trim(&task);
            spool.stream_directory().load_ballast();
        }
        done
    }

    /// The worker is done: closes the spool, and once the destination has everything, removes it. Whether the
    /// syncer is done.
    fn end(&mut self, all_sent: bool, stop: bool) -> bool {
        if !self.progress.read().spool_closed {
            let closed = self.close();
            let synced = self.spool.lock().synced();
            self.progress.update(|known| {
                known.synced = synced;
                match &closed {
                    Ok(()) => known.spool_closed = true,
                    Err(error) => known.disk_trouble = format!("the stream cannot be closed: {error}"),
                }
            });
            self.appended.notify_one();
            if let Err(error) = closed {
                if is_no_room(&error) {
                    self.spool.lock().stream_directory().drop_ballast();
                }
                let since = *self.warned.closing_since.get_or_insert_with(Instant::now);
                if is_no_descriptor(&error) && since.elapsed() >= NO_DESCRIPTOR_PATIENCE && !self.uploads {
                    self.progress.update(|known| known.syncer_done = true);
                    return true;
                }
                self.progress.wait_until(Instant::now() + RETRY, |known| known.stop);
                return stop;
            }
        }
        if !(stop || self.uploads && all_sent) {
            self.look();
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
            self.progress.update(|known| known.syncer_done = true);
            return true;
        }
        let until = Instant::now() + TRIM_INTERVAL;
        self.progress.wait_until(until, |known| known.stop || known.all_sent() || known.look_wanted > known.looks);
        false
    }

    /// Makes everything durable and marks the stream as ended.
    fn close(&self) -> io::Result<()> {
        self.files.sync()?;
        self.spool.lock().close().map_err(|error| match error {
            SpoolError::Io { action, path, source } => {
                io::Error::new(source.kind(), Because { words: format!("cannot {action} {}", path.display()), source })
            }
            other => io::Error::other(other.to_string()),
        })
    }

    /// Looks whether the files of the stream are where they were written, and tells the user once if they are
    /// not.
    fn look(&mut self) {
        let wanted = self.progress.read().look_wanted;
        let acked = self.progress.read().acked;
        let (found, directory) = {
            let mut spool = self.spool.lock();
            (spool.look(acked), spool.directory().to_owned())
        };
        let absence = found.as_ref().ok().and_then(Option::as_ref);
        let links = absence.map(|_| links(&directory.join("blobs")).map_or(0, |links| links.len() as u64));
        let (lost, rescued, files) = self.progress.update(|known| {
            let count = |entries: &[(u64, u64)]| {
                entries.iter().map(|(first, last)| known.row_counts.rows_until(*last) - known.row_counts.rows_until(first - 1)).sum::<u64>()
            };
            let (lost, rescued) = absence.map_or((0, 0), |absence| (count(&absence.lost), count(&absence.rescued)));
            known.gone_rows += lost;
            let files = links.map_or(0, |links| known.files.unsent().saturating_sub(links));
            if files > 0 {
                known.files.stored = known.files.stored.saturating_sub(files);
                known.files.lost += files;
                known.files.linked -= files;
                known.files.loss = format!("{} was removed or replaced", directory.display());
            }
            (known.looks, known.look_wanted) = (wanted.max(known.looks + 1), wanted.max(known.look_wanted));
            known.is_there = found.is_ok();
            if let Err(error) = &found {
                known.disk_trouble = format!("cannot write in {}: {error}", directory.display());
            }
            (lost, rescued, files)
        });
        if absence.is_some() {
            let beside = self.spool.lock().stream_directory();
            beside.load_ballast();
            if !self.warned.absence {
                self.warned.absence = true;
                let files = if files > 0 { format!(" {files} files that were in it are lost.") } else { String::new() };
                let what = match (lost, rescued) {
                    (0, 0) => "nothing that is not elsewhere was in it".to_owned(),
                    (0, rescued) => format!("the {rescued} rows that were nowhere else are written again"),
                    (lost, 0) => format!("the {lost} rows that were nowhere else are lost"),
                    (lost, rescued) => format!("of the rows that were nowhere else {lost} are lost and {rescued} are written again"),
                };
                let words = format!(
                    "{} was removed or replaced while run {} was writing to it: {what}.{files} Training goes on; further rows go to a new directory of this name",
                    directory.display(),
                    self.run
                );
                self.warn(&words);
            }
        }
        self.tell_of_trouble();
    }

    /// Warns whoever runs the process, unless the user wants to be told nothing.
    fn warn(&self, words: &str) {
        if !self.silent {
            tracing::warn!("{words}");
        }
    }

    /// Tells the user once that the disk takes nothing, when that lasts.
    fn tell_of_trouble(&mut self) {
        let trouble = self.progress.read().disk_trouble.clone();
        self.warned.troubled_looks = if trouble.is_empty() { 0 } else { self.warned.troubled_looks + 1 };
        if self.warned.troubled_looks >= TROUBLED_LOOKS && !self.warned.trouble {
            self.warned.trouble = true;
            self.warn(&format!(
                "run {}: {trouble}. Training goes on; what comes meanwhile waits in memory, as far as there is room",
                self.run
            ));
        }
    }
}

/// An error of the disk with what was being done.
#[derive(Debug, thiserror::Error)]
#[error("{words}: {source}")]
struct Because {
    words: String,
    source: io::Error,
}

/// Returns whether an error says that the process, or the system, has no file descriptor left.
fn is_no_descriptor(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Because>()).map_or(error, |because| &because.source);
    matches!(inner.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}
