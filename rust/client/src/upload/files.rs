//! The files of a living writer on their way to its server.
//!
//! The links in the stream's `blobs/` name the blobs to send. A *pass* lists these links and sends all of
//! them. A link goes once the server has its blob, and with the last link the blob itself, unless an index
//! lists it.

use super::UploadError;
use super::backoff::Backoff;
use super::blobs::{BlobFeed, Source, send};
use super::connection::connect;
use super::reconnect::persist;
use super::refused::keep_refused;
use super::target::Target;
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_blob::{BlobDirectory, links};
use stepwell_model::BlobId;

/// Time that new links are gathered before they are sent, unless someone waits for them.
const GATHER: Duration = Duration::from_millis(50);
/// Interval at which we look around when nobody calls.
const LOOK_AROUND: Duration = Duration::from_secs(1);

/// The uploader of the files of one writer.
pub(crate) struct FileUploader {
    pub(crate) target: Arc<Target>,
    pub(crate) blobs: BlobDirectory,
}

/// The kinds of a pass.
#[derive(PartialEq, Eq)]
enum Call {
    /// Some links are there, or someone wants to know that none is.
    Pass,
    /// The same, and nothing will be linked any more.
    LastPass,
}

impl FileUploader {
    /// Runs until nothing is left to send and nothing more will come, the server refuses for good, or
    /// everyone is to stop.
    pub(crate) async fn run(&self) {
        let (backoff, progress) = (Backoff::new(Some(Instant::now())), &self.target.progress);
        let waits = |error: &UploadError| {
            let waits = error.is_transient() && !self.stops();
            if waits {
                progress.read().files.sending = format!("files wait for {}: {error}", self.target.url);
            }
            waits
        };
        let mut unreadable = HashSet::new();
        let result = persist(&backoff, || self.stops(), waits, async || self.pass_until_done(&mut unreadable, &backoff).await).await;
        let stop = progress.read().stop;
        let error = match result {
            Err(error) if !error.is_transient() => Some(error),
            Ok(Some(())) => None,
            // The server refuses the stream: its files stay here like its rows.
            _ => (!stop).then_some(UploadError::StreamRefused),
        };
        self.end(error.map(|error| error.to_string()));
    }

    /// Says that nothing more is sent, and why, if something should be.
    pub(crate) fn end(&self, trouble: Option<String>) {
        self.target.progress.update(|known| {
            known.files.sending = trouble.unwrap_or_default();
            known.files.ended = true;
        });
    }

    async fn pass_until_done(&self, unreadable: &mut HashSet<BlobId>, backoff: &Backoff) -> Result<(), UploadError> {
        let (folder, progress) = (self.target.directory().join("blobs"), &self.target.progress);
        loop {
            let call = self.wait(unreadable.len() as u64).await;
            let number = progress.update(|known| {
                known.files.passes_begun += 1;
                known.files.passes_begun
            });
            let ids = links(&folder).map_err(UploadError::disk("list", &folder))?;
            unreadable.retain(|id| ids.contains(id));
            if !ids.is_empty() {
                let channel = connect(&self.target.url).await?;
                backoff.answered();
                let source = Source { blobs: &self.blobs, links: &folder };
                let mut pass = Pass { uploader: self, folder: &folder, unreadable: &mut *unreadable };
                send(&channel, &self.target.token, source, &ids, &mut pass).await?;
            }
            if self.stops() {
                // Not all were sent; whoever runs this ends it.
                return std::future::pending().await;
            }
            let left = unreadable.len() as u64;
            progress.update(|known| {
                known.files.unreadable = left;
                known.files.passes_done = number;
                if left == 0 {
                    known.files.sending.clear();
                }
            });
            if call == Call::LastPass {
                return Ok(());
            }
        }
    }

    /// Waits until there is something to do.
    async fn wait(&self, unreadable: u64) -> Call {
        let progress = &self.target.progress;
        loop {
            let called = progress.until(LOOK_AROUND, |known| {
                let wanted = known.worker_done || known.files.unsent() > unreadable || known.files.pass_wanted > known.files.passes_begun;
                // A server that has not taken the opening may refuse the stream; what the files belong to
                // would be gone with them.
                known.acked > 0 && wanted
            });
            if !called.await {
                continue;
            }
            let (last, hurry) = {
                let known = progress.read();
                // Once the worker is done, the entries of all files are spooled, and so their links were
                // made.
                (known.worker_done, known.files.pass_wanted > known.files.passes_begun)
            };
            if last {
                return Call::LastPass;
            }
            if !hurry {
                progress.until(GATHER, |known| known.worker_done).await;
            }
            return Call::Pass;
        }
    }

    fn set_trouble(&self, words: &str) {
        self.target.progress.update(|known| words.clone_into(&mut known.files.sending));
    }

    fn stops(&self) -> bool {
        let known = self.target.progress.read();
        known.stop || known.fatal
    }
}

/// One pass.
struct Pass<'a> {
    uploader: &'a FileUploader,
    folder: &'a Path,
    unreadable: &'a mut HashSet<BlobId>,
}

impl BlobFeed for Pass<'_> {
    fn stored(&mut self, id: BlobId) -> Result<(), UploadError> {
        let uploader = self.uploader;
        release(&uploader.blobs, id, self.folder)?;
        self.unreadable.remove(&id);
        uploader.target.progress.update(|known| known.files.sent += 1);
        Ok(())
    }

    fn refused(&mut self, id: BlobId, reason: &str) -> Result<(), UploadError> {
        keep_refused(&self.uploader.target.root, self.uploader.target.stream, self.folder, id, reason)?;
        self.uploader.target.progress.update(|known| known.files.sent += 1);
        Ok(())
    }

    fn unreadable(&mut self, id: BlobId, error: &io::Error) {
        self.unreadable.insert(id);
        self.uploader.set_trouble(&format!("the content {id} cannot be read: {error}"));
    }

    fn stops(&mut self) -> bool {
        self.uploader.stops()
    }
}

/// Lets go of a blob that the server has. Where an index lists what is in the directory, because the server
/// itself or `stepwell ui` uses it, the blob stays.
pub(crate) fn release(blobs: &BlobDirectory, id: BlobId, folder: &Path) -> Result<(), UploadError> {
    let released = if blobs.is_indexed() { unlink(&folder.join(id.to_string())) } else { blobs.release(id, folder) };
    released.map_err(UploadError::disk("remove", &folder.join(id.to_string())))
}

fn unlink(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
