//! The thread `stepwell-files`: brings the contents of a living writer's files to its server, for ever if need be.
//!
//! What is to be sent is what has a link in the stream's `blobs/`. A *sweep* lists these links and sends all of them. A link goes once the server
//! has its blob, and with the last link the blob itself, unless a store beside it lists it.

use super::UploadError;
use super::backoff::Backoff;
use super::blobs::{BlobFeed, Source, send};
use super::connection::connect;
use super::refused::keep_refused;
use crate::progress::Progress;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_blob::{BlobDirectory, links};
use stepwell_model::{BlobId, StreamId};

/// How long new links are gathered before they are sent, unless someone waits for them.
const GATHER: Duration = Duration::from_millis(50);
/// How often we look around when nobody calls.
const LOOK_AROUND: Duration = Duration::from_secs(1);

/// The uploader of the files of one writer.
pub(crate) struct FileUploader {
    pub(crate) blobs: BlobDirectory,
    pub(crate) root: PathBuf,
    pub(crate) stream: StreamId,
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) progress: Arc<Progress>,
}

/// What a sweep is to be.
enum Call {
    /// Some links are there, or someone wants to know that none is.
    Sweep,
    /// The same, and nothing will be linked any more.
    LastSweep,
    /// The server refuses the stream: its files stay here like its rows.
    Refused,
    /// Everyone is to end.
    Stop,
}

impl FileUploader {
    /// Runs until nothing is left to send and nothing more will come, the server refuses for good, or everyone is to stop.
    pub(crate) fn run(self) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().thread_name("stepwell-dns").max_blocking_threads(1).build();
        let trouble = match runtime {
            Ok(runtime) => {
                let result = self.upload(&runtime);
                // A name lookup that hangs must not hold the thread.
                runtime.shutdown_background();
                result.err().map(|error| error.to_string())
            }
            Err(error) => Some(format!("cannot start: {error}")),
        };
        self.progress.update(|known| {
            known.files.sending.clear();
            if let Some(trouble) = trouble {
                known.files.sending = trouble;
            }
            known.files.ended = true;
        });
    }

    fn upload(&self, runtime: &tokio::runtime::Runtime) -> Result<(), UploadError> {
        let folder = self.root.join(self.stream.to_string()).join("blobs");
        let mut backoff = Backoff::new(u64::from_le_bytes(self.stream.0[..8].try_into().unwrap_or([1; 8])) ^ 1);
        let (began, mut unreadable) = (Instant::now(), HashSet::new());
        loop {
            let call = self.wait(unreadable.len() as u64);
            match call {
                Call::Stop => return Ok(()),
                Call::Refused => return Err(UploadError::StreamRefused),
                Call::Sweep | Call::LastSweep => {}
            }
            let sweep = self.progress.update(|known| {
                known.files.sweeps_begun += 1;
                known.files.sweeps_begun
            });
            let result = list(&folder).and_then(|ids| {
                let mut sweep = Sweep { uploader: self, folder: &folder, unreadable: &mut unreadable };
                sweep.unreadable.retain(|id| ids.contains(id));
                if ids.is_empty() { Ok(()) } else { runtime.block_on(sweep.send(&ids, &mut backoff)) }
            });
            match result {
                Ok(()) if self.progress.read().stop => return Ok(()),
                Ok(()) if self.stops() => {}
                Ok(()) => {
                    self.progress.update(|known| {
                        known.files.unreadable = unreadable.len() as u64;
                        known.files.sweeps_done = sweep;
                        if unreadable.is_empty() {
                            known.files.sending.clear();
                        }
                    });
                    if matches!(call, Call::LastSweep) {
                        return Ok(());
                    }
                }
                Err(error) if !error.is_transient() => return Err(error),
                Err(error) => {
                    self.say(&format!("files wait for {}: {error}", self.url));
                    let hint = match &error {
                        UploadError::Later { after_millis: millis @ 1.., .. } => Some(Duration::from_millis(u64::from(*millis))),
                        _ => None,
                    };
                    self.progress.wait_until(Instant::now() + backoff.delay(hint, began.elapsed()), |known| known.stop);
                }
            }
        }
    }

    /// Waits until there is something to do.
    fn wait(&self, unreadable: u64) -> Call {
        loop {
            let called = self.progress.wait_until(Instant::now() + LOOK_AROUND, |known| {
                let wanted = known.worker_done || known.files.unsent() > unreadable || known.files.sweep_wanted > known.files.sweeps_begun;
                // A server that has not taken the opening may refuse the stream; what the files belong to would be gone with them.
                known.stop || known.fatal || known.acked > 0 && wanted
            });
            if !called {
                continue;
            }
            let (stop, fatal, last, hurry) = {
                let known = self.progress.read();
                // Once the worker is done, the entries of all files are spooled, and so their links were made.
                (known.stop, known.fatal, known.worker_done, known.files.sweep_wanted > known.files.sweeps_begun)
            };
            if stop {
                return Call::Stop;
            }
            if fatal {
                return Call::Refused;
            }
            if last {
                return Call::LastSweep;
            }
            if !hurry {
                self.progress.wait_until(Instant::now() + GATHER, |known| known.stop || known.worker_done);
            }
            return Call::Sweep;
        }
    }

    fn say(&self, words: &str) {
        self.progress.update(|known| words.clone_into(&mut known.files.sending));
    }

    fn stops(&self) -> bool {
        let known = self.progress.read();
        known.stop || known.fatal
    }
}

fn list(folder: &Path) -> Result<Vec<BlobId>, UploadError> {
    links(folder).map_err(UploadError::disk("list", folder))
}

/// One sweep.
struct Sweep<'a> {
    uploader: &'a FileUploader,
    folder: &'a Path,
    unreadable: &'a mut HashSet<BlobId>,
}

impl Sweep<'_> {
    async fn send(&mut self, ids: &[BlobId], backoff: &mut Backoff) -> Result<(), UploadError> {
        let uploader = self.uploader;
        let channel = tokio::select! {
            channel = connect(&uploader.url) => channel?,
            // Whoever ends must not wait for a connection that does not come.
            () = async { while !uploader.stops() { tokio::time::sleep(GATHER).await; } } => return Ok(()),
        };
        backoff.answered();
        send(&channel, &uploader.token, Source { blobs: &uploader.blobs, links: self.folder }, ids, self).await
    }
}

impl BlobFeed for Sweep<'_> {
    fn stored(&mut self, id: BlobId) -> Result<(), UploadError> {
        let uploader = self.uploader;
        release(&uploader.blobs, id, self.folder)?;
        self.unreadable.remove(&id);
        uploader.progress.update(|known| known.files.sent += 1);
        Ok(())
    }

    fn refused(&mut self, id: BlobId, reason: &str) -> Result<(), UploadError> {
        keep_refused(&self.uploader.root, self.uploader.stream, self.folder, id, reason)?;
        self.uploader.progress.update(|known| {
            known.files.sent += 1;
            known.files.refused += 1;
        });
        Ok(())
    }

    fn unreadable(&mut self, id: BlobId, error: &io::Error) {
        self.unreadable.insert(id);
        self.uploader.say(&format!("the content {id} cannot be read: {error}"));
    }

    fn stops(&mut self) -> bool {
        self.uploader.stops()
    }
}

/// Lets go of a blob that the server has. Where a store lists what is in the directory, because the server itself or `stepwell ui` uses it, the
/// blob stays.
pub(crate) fn release(blobs: &BlobDirectory, id: BlobId, folder: &Path) -> Result<(), UploadError> {
    let directory = blobs.root().parent().unwrap_or(blobs.root());
    let has_store = ["store.sqlite", "store/store.sqlite"].iter().any(|store| directory.join(store).exists());
    let released = if has_store { unlink(&folder.join(id.to_string())) } else { blobs.release(id, folder) };
    released.map_err(UploadError::disk("remove", &folder.join(id.to_string())))
}

fn unlink(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
