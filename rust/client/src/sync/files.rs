//! The files of a stream in a sync: which contents it refers to, and sending them.

use super::pace::{Pace, persist};
use super::streams::{SyncOptions, SyncedStream, folder};
use crate::upload::UploadError;
use crate::upload::blobs::{BlobFeed, Source, send};
use crate::upload::connection::connect;
use crate::upload::files::release;
use crate::upload::refused::keep_refused;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use stepwell_blob::{BlobDirectory, links};
use stepwell_codec::FrameView;
use stepwell_codec::payload::{EntryRef, PayloadReader};
use stepwell_model::{BlobId, Entry, StreamId};
use stepwell_spool::{Disk, ReadOutcome, SpoolError, SpoolReader};

/// Files that are named where something is wrong with several, at most.
const NAMED: usize = 10;

/// The contents that are to be on the server. Of a stream that is meant for one, those with links: the others
/// are there. A local stream says in its entries which they are; its links may not have been copied with it.
pub(super) fn contents(root: &Path, options: &SyncOptions, stream: &SyncedStream, stops: &mut dyn FnMut() -> bool) -> Vec<BlobId> {
    let mut ids: BTreeSet<BlobId> = links(&folder(root, stream.summary.stream)).unwrap_or_default().into_iter().collect();
    if !stream.is_for_a_server() {
        // What cannot be read is said of the rows.
        ids.extend(paths(&options.disk, root, stream.summary.stream, stops).unwrap_or_default().into_keys());
    }
    ids.into_iter().collect()
}

/// The paths under which a stream logged contents, as far as its segments are there and whole.
fn paths(
    disk: &Arc<dyn Disk>,
    root: &Path,
    stream: StreamId,
    stops: &mut dyn FnMut() -> bool,
) -> Result<BTreeMap<BlobId, String>, SpoolError> {
    let (mut reader, mut paths) = (SpoolReader::open(Arc::clone(disk), root, stream)?, BTreeMap::new());
    loop {
        if stops() {
            return Ok(paths);
        }
        match reader.next()? {
            ReadOutcome::Frame { bytes, .. } => {
                let Ok(view) = FrameView::parse(bytes) else { continue };
                let Ok(payload) = view.payload() else { continue };
                let Ok(mut entries) = PayloadReader::new(&payload, view.header.count) else { continue };
                while let Ok(Some(entry)) = entries.next_entry() {
                    if let EntryRef::Statement(Entry::File { file, .. }) = entry {
                        paths.insert(file.blob, file.path);
                    }
                }
            }
            ReadOutcome::Damaged(_) | ReadOutcome::Gap { .. } => {}
            ReadOutcome::End => return Ok(paths),
        }
    }
}

/// Sends the contents of a stream. What is wrong with one of them is complained of, and holds up no other.
pub(super) async fn upload(
    root: &Path,
    options: &SyncOptions,
    stream: &mut SyncedStream,
    ids: Vec<BlobId>,
    pace: &RefCell<Pace<'_>>,
) -> Result<(), UploadError> {
    let blobs = BlobDirectory::new(root.with_file_name("blobs"));
    let (id, folder) = (stream.summary.stream, folder(root, stream.summary.stream));
    let releases = stream.is_for_a_server() && !stream.live;
    let mut left: BTreeSet<BlobId> = ids.into_iter().collect();
    let (mut missing, mut refused) = (BTreeSet::new(), BTreeMap::new());
    let result = persist(pace, async || {
        let channel = connect(&options.url).await?;
        let ids: Vec<BlobId> = left.difference(&missing).copied().collect();
        let mut feed = FileFeed {
            root,
            blobs: &blobs,
            folder: &folder,
            stream: id,
            releases,
            left: &mut left,
            missing: &mut missing,
            refused: &mut refused,
            pace,
        };
        send(&channel, &options.token, Source { blobs: &blobs, links: &folder }, &ids, &mut feed).await
    })
    .await;
    stream.files = left.len() as u64;
    if !missing.is_empty() || !refused.is_empty() {
        let paths = paths(&options.disk, root, id, &mut || pace.borrow_mut().is_over()).unwrap_or_default();
        let name = |id: &BlobId| paths.get(id).cloned().unwrap_or_else(|| id.to_string());
        if !missing.is_empty() {
            stream.complain(&format!("the contents of {} files are missing: {}", missing.len(), listed(missing.iter().map(name))));
        }
        for (id, reason) in refused {
            stream.complain(&format!("the server refused the file {}: {reason}", name(&id)));
        }
    }
    result
}

/// Names, the first ones of many.
fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let named = names.take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

struct FileFeed<'a, 'p> {
    root: &'a Path,
    blobs: &'a BlobDirectory,
    folder: &'a Path,
    stream: StreamId,
    /// True if what the server has goes from here.
    releases: bool,
    /// The contents that the server has not answered.
    left: &'a mut BTreeSet<BlobId>,
    missing: &'a mut BTreeSet<BlobId>,
    refused: &'a mut BTreeMap<BlobId, String>,
    pace: &'a RefCell<Pace<'p>>,
}

impl FileFeed<'_, '_> {
    fn answered(&mut self, id: BlobId) {
        let mut pace = self.pace.borrow_mut();
        if self.left.remove(&id) {
            pace.so_far.files_sent += 1;
        }
        pace.reached_at = Instant::now();
    }
}

impl BlobFeed for FileFeed<'_, '_> {
    fn stored(&mut self, id: BlobId) -> Result<(), UploadError> {
        if self.releases {
            release(self.blobs, id, self.folder)?;
        }
        self.answered(id);
        Ok(())
    }

    fn refused(&mut self, id: BlobId, reason: &str) -> Result<(), UploadError> {
        if self.releases {
            keep_refused(self.root, self.stream, self.folder, id, reason)?;
        }
        self.refused.insert(id, reason.to_owned());
        self.answered(id);
        Ok(())
    }

    fn unreadable(&mut self, id: BlobId, _error: &io::Error) {
        self.missing.insert(id);
    }

    fn stops(&mut self) -> bool {
        self.pace.borrow_mut().is_over()
    }
}
