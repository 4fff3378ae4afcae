//! A blob that is being written.

use crate::directory::BlobDirectory;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use stepwell_model::BlobId;

static COUNT: AtomicU64 = AtomicU64::new(0);

/// A blob that is being written. Dropped before [`keep`](Self::keep), it leaves nothing behind.
#[derive(Debug)]
pub struct Incoming {
    directory: BlobDirectory,
    path: PathBuf,
    file: File,
    hash: Sha256,
    size: u64,
    kept: bool,
}

impl Incoming {
    pub(crate) fn begin(directory: BlobDirectory) -> io::Result<Self> {
        let name = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = directory.root().join("tmp").join(name);
        BlobDirectory::make_parent(&path)?;
        // A file of a dead process of the same number gives way.
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        Ok(Self { directory, path, file, hash: Sha256::new(), size: 0, kept: false })
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The name of the bytes so far.
    pub fn id(&self) -> BlobId {
        BlobId(self.hash.clone().finalize().into())
    }

    /// Gives the blob its name. With `sync` it survives a power loss when this returns: its bytes are on the disk before it has its name,
    /// and the name is too.
    pub fn keep(mut self, sync: bool) -> io::Result<(BlobId, u64)> {
        let id = self.id();
        if sync {
            self.file.sync_data()?;
        }
        let path = self.directory.path(id);
        BlobDirectory::make_parent(&path)?;
        fs::rename(&self.path, &path)?;
        self.kept = true;
        if sync && let Err(error) = self.directory.sync_name(id) {
            // Nobody is to find a blob that may be gone tomorrow.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        Ok((id, self.size))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}
