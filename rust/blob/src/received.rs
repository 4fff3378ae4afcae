//! A blob that comes from elsewhere, under a name that is believed only once all of its bytes are here.

use crate::directory::BlobDirectory;
use crate::draft::Draft;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use stepwell_model::BlobId;

/// A blob that is being received. Dropped before [`keep`](Self::keep), it leaves nothing behind.
#[derive(Debug)]
pub struct Received {
    directory: BlobDirectory,
    draft: Draft,
    hash: Sha256,
}

impl Received {
    /// Begins to receive a blob.
    pub fn begin(directory: &BlobDirectory) -> io::Result<Self> {
        Ok(Self { directory: directory.clone(), draft: directory.draft()?, hash: Sha256::new() })
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.draft.write(bytes)
    }

    /// Gives the blob the name `id` if its bytes have that SHA-256; it survives a power loss then. Otherwise
    /// nothing of it is kept. Returns the SHA-256 of the bytes.
    pub fn keep(self, id: BlobId) -> io::Result<BlobId> {
        let found = BlobId(self.hash.finalize().into());
        if found == id {
            self.draft.keep_as(id, true)?;
            if let Err(error) = self.directory.sync_name(id) {
                // Nobody is to find a blob that may be gone tomorrow.
                let _ = self.directory.remove(id);
                return Err(error);
            }
        }
        Ok(found)
    }
}

impl BlobDirectory {
    /// Makes one blob survive a power loss; `NotFound` if it is not there.
    pub fn sync_blob(&self, id: BlobId) -> io::Result<()> {
        self.open(id)?.sync_data()?;
        self.sync_name(id)
    }

    /// Makes the name of a blob, and of the folder it is in, survive a power loss.
    fn sync_name(&self, id: BlobId) -> io::Result<()> {
        for folder in self.path(id).ancestors().skip(1).take(2) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash;

    #[test]
    fn only_bytes_of_the_right_name_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let blobs = BlobDirectory::new(directory.path().join("blobs"));
        for (id, stays) in [(hash(b"ab"), true), (hash(b"other"), false)] {
            let mut received = Received::begin(&blobs).unwrap();
            received.write(b"a").unwrap();
            received.write(b"b").unwrap();
            assert_eq!(received.keep(id).unwrap(), hash(b"ab"));
            assert_eq!(blobs.contains(id), stays);
            assert_eq!(blobs.sync_blob(id).is_ok(), stays);
        }
        assert_eq!(std::fs::read_dir(blobs.root().join("tmp")).unwrap().count(), 0);
    }
}
