//! A blob that is being written and whose name is not known yet.

use crate::directory::BlobDirectory;
use crate::draft::Draft;
use sha2::{Digest, Sha256};
use std::io;
use stepwell_model::BlobId;

/// A blob that is being written. Dropped before [`keep`](Self::keep), it leaves nothing behind.
#[derive(Debug)]
pub struct Incoming {
    draft: Draft,
    hash: Sha256,
    size: u64,
}

impl Incoming {
    pub(crate) fn begin(directory: BlobDirectory) -> io::Result<Self> {
        Ok(Self { draft: Draft::begin(directory)?, hash: Sha256::new(), size: 0 })
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.draft.write(bytes)?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Gives the blob its name. With `sync` its bytes and its name are on the disk when this returns.
    pub fn keep(self, sync: bool) -> io::Result<(BlobId, u64)> {
        let id = BlobId(self.hash.finalize().into());
        self.draft.keep_as(id, sync)?;
        Ok((id, self.size))
    }
}
