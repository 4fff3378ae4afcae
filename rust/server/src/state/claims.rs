//! Claims on contents: who has sent or asked for a blob that no run names yet, so that none is removed under
//! a writer.
//!
//! Whoever tells a writer that a content is here, and whoever removes one, holds the lock of the claims
//! meanwhile.

use rustc_hash::FxHashMap;
use std::io;
use std::time::{Duration, SystemTime};
use stepwell_blob::BlobDirectory;
use stepwell_lock::Mutex;
use stepwell_model::BlobId;

/// Contents that are remembered; of more than these nothing is known but their age.
const CLAIMS: usize = 1 << 20;

/// Times that each content was sent or asked for, of those that came since the start.
#[derive(Default)]
pub(crate) struct Claims {
    counts: Mutex<FxHashMap<BlobId, u32>>,
}

impl Claims {
    /// A content has come that was not here.
    pub(crate) fn came(&self, id: BlobId) {
        let mut counts = self.counts.lock();
        if counts.len() < CLAIMS || counts.contains_key(&id) {
            *counts.entry(id).or_default() += 1;
        }
    }

    /// Whether a content is here, for somebody who does not send it then: it stays for the sweep's grace from
    /// now on.
    pub(crate) fn is_here(&self, blobs: &BlobDirectory, id: BlobId) -> io::Result<bool> {
        let mut counts = self.counts.lock();
        match blobs.touch(id) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            touched => touched?,
        }
        if let Some(count) = counts.get_mut(&id) {
            *count += 1;
        }
        Ok(true)
    }

    /// Removes the content of a deleted run, if nobody else can be about to name it; whether it did.
    pub(crate) fn remove_of_deleted(&self, blobs: &BlobDirectory, id: BlobId) -> io::Result<bool> {
        let mut counts = self.counts.lock();
        if counts.get(&id) != Some(&1) {
            return Ok(false);
        }
        blobs.remove(id)?;
        counts.remove(&id);
        Ok(true)
    }

    /// Removes a content if it is old; whether it did.
    pub(crate) fn remove_if_old(&self, blobs: &BlobDirectory, id: BlobId, grace: Duration) -> io::Result<bool> {
        let mut counts = self.counts.lock();
        let modified = match blobs.path(id).metadata().and_then(|metadata| metadata.modified()) {
            Ok(modified) => modified,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        if SystemTime::now().duration_since(modified).map_or(true, |age| age < grace) {
            return Ok(false);
        }
        blobs.remove(id)?;
        counts.remove(&id);
        Ok(true)
    }
}
