//! Workers on the threads `stepwell-media`: each content is encoded, stored, linked and announced.
//!
//! Two workers, so that an image never waits for a video. The worker of videos helps with images while it has
//! nothing else to do.

use super::content::{Content, Encoded};
use crate::progress::{Known, Progress};
use crate::queue::{PushError, Queue};
use rustc_hash::FxHashMap;
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use stepwell_blob::BlobDirectory;
use stepwell_lock::{Condvar, Mutex};
use stepwell_model::{Entry, FileVersion, StreamId, wall_time};

/// Interval at which a disk that refused is tried again.
const RETRY: Duration = Duration::from_millis(250);
/// Time that a worker waits for the queue at a time.
const QUEUE_SLICE: Duration = Duration::from_millis(50);

/// Images, tables, and whatever is small.
pub(super) const FAST: usize = 0;
/// Videos and large files.
pub(super) const SLOW: usize = 1;
/// State that the workers share.
pub(super) struct Shared {
    pub(super) blobs: BlobDirectory,
    /// The stream's folder of links.
    pub(super) links: PathBuf,
    pub(super) stream: StreamId,
    pub(super) queue: Arc<Queue>,
    pub(super) progress: Arc<Progress>,
    pub(super) state: Mutex<State>,
    /// True if somebody sends what is linked, and wants to be called.
    pub(super) uploads: bool,
    /// By worker: it has work, or is to end.
    pub(super) work: [Condvar; 2],
    /// A content is done.
    pub(super) done: Condvar,
    /// Something was stored since the last sync.
    pub(super) dirty: AtomicBool,
}

#[derive(Default)]
pub(super) struct State {
    /// By the places [`FAST`] and [`SLOW`].
    pub(super) workers: [Worker; 2],
    pub(super) held_bytes: usize,
    /// Number of the last content that was announced, by path; of paths that were given by hand.
    pub(super) announced: FxHashMap<String, u64>,
    /// Number of the last content that was handed over, and of those that are not done with.
    pub(super) count: u64,
    pub(super) pending: BTreeSet<u64>,
    pub(super) closed: bool,
    pub(super) stop: bool,
}

#[derive(Default)]
pub(super) struct Worker {
    pub(super) waiting: VecDeque<Job>,
    pub(super) started: bool,
    /// Since when the disk has taken nothing of what the worker writes.
    pub(super) storing_since: Option<Instant>,
}

pub(super) struct Job {
    pub(super) number: u64,
    pub(super) path: String,
    /// True if other contents may have the same path.
    pub(super) by_hand: bool,
    pub(super) content: Arc<Content>,
    pub(super) bytes: usize,
}

impl Shared {
    pub(super) fn call_all(&self) {
        self.work.iter().for_each(|work| {
            work.notify_all();
        });
    }

    pub(super) fn run(&self, worker: usize) {
        // Leftovers of processes that died are looked for once in the life of a stream.
        if worker == FAST {
            let _ = self.blobs.sweep();
        }
        while let Some(job) = self.next(worker, true) {
            self.work_off(worker, job);
        }
    }

    /// The next content of a worker; `None` when there is none and the worker is to end.
    pub(super) fn next(&self, worker: usize, wait: bool) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            let job = state.workers[worker].waiting.pop_front();
            let job = job.or_else(|| if worker == SLOW { state.workers[FAST].waiting.pop_front() } else { None });
            if job.is_some() {
                return job;
            }
            if state.closed || !wait {
                return None;
            }
            self.work[worker].wait(&mut state);
        }
    }

    pub(super) fn work_off(&self, worker: usize, job: Job) {
        let Job { number, path, by_hand, content, bytes } = job;
        let stored = content.encoded().map_err(|error| error.to_string()).and_then(|encoded| {
            let new = self.store(worker, &encoded)?;
            self.announce(number, by_hand, &path, &encoded)?;
            Ok(new)
        });
        let count = |known: &mut Known| match &stored {
            Ok(new) => {
                known.files.stored += 1;
                known.files.linked += u64::from(*new);
            }
            Err(reason) => {
                known.files.lost += 1;
                known.files.loss = format!("{path}: {reason}");
            }
        };
        if self.uploads {
            self.progress.update(count);
        } else {
            count(&mut self.progress.read());
        }
        if stored.is_err() && !by_hand {
            content.set_path_in(self.stream, None);
        }
        drop(content);
        let state = &mut *self.state.lock();
        state.held_bytes -= bytes;
        state.pending.remove(&number);
        self.done.notify_all();
    }

    /// Stores the blob and its link, trying again until it works or everyone is to end; whether the link is
    /// new.
    fn store(&self, worker: usize, encoded: &Encoded) -> Result<bool, String> {
        let since = |at| self.state.lock().workers[worker].storing_since = at;
        since(Some(Instant::now()));
        loop {
            let began = Instant::now();
            let written =
                self.blobs.put_linked(encoded.id, encoded.size, &self.links, |draft| encoded.write(draft, || since(Some(Instant::now()))));
            let error = match written {
                Ok(new) => {
                    since(None);
                    self.dirty.store(true, Ordering::Release);
                    let known = &mut *self.progress.read();
                    known.files.trouble.clear();
                    return Ok(new);
                }
                Err(error) => {
                    let words = format!("cannot store in {}: {error}", self.blobs.root().display());
                    if error.kind() == io::ErrorKind::FileTooLarge {
                        // A limit on the size of files: waiting does not help this one and holds up the
                        // others.
                        since(None);
                        return Err(words);
                    }
                    words
                }
            };
            self.progress.update(|known| known.files.trouble.clone_from(&error));
            let mut state = self.state.lock();
            if !state.stop {
                // A large file that found no room is not written over and over.
                self.work[worker].wait_for(&mut state, RETRY.max(began.elapsed()));
            }
            if state.stop {
                return Err(error);
            }
        }
    }

    /// Says in the stream what the path holds.
    fn announce(&self, number: u64, by_hand: bool, path: &str, encoded: &Encoded) -> Result<(), String> {
        loop {
            {
                let mut state = self.state.lock();
                if by_hand && state.announced.get(path).is_some_and(|&last| last > number) {
                    return Ok(());
                }
                let file = FileVersion { path: path.to_owned(), blob: encoded.id, size: encoded.size };
                match self.queue.push_entry(Entry::File { time: wall_time(), file }) {
                    Ok(()) => {
                        if by_hand {
                            state.announced.insert(path.to_owned(), number);
                        }
                        return Ok(());
                    }
                    Err(PushError::Full) if !state.stop => {}
                    Err(error) => return Err(error.to_string()),
                }
            }
            self.queue.wait_for_room(0, QUEUE_SLICE);
        }
    }
}
