//! A directory of blobs.

use crate::incoming::Incoming;
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use stepwell_model::BlobId;

/// Bytes that are copied at once.
const COPY_BYTES: usize = 1 << 20;

/// The name of some bytes.
pub fn hash(bytes: &[u8]) -> BlobId {
    BlobId(Sha256::digest(bytes).into())
}

/// A directory of blobs. Cheap to clone; does no I/O until it is asked for something.
#[derive(Debug, Clone)]
pub struct BlobDirectory {
    root: PathBuf,
}

impl BlobDirectory {
    /// The blobs below `root`, which comes into being with the first one.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a blob is, or would be.
    pub fn path(&self, id: BlobId) -> PathBuf {
        let name = id.to_string();
        self.root.join(&name[..2]).join(name)
    }

    /// Whether a blob is there.
    pub fn contains(&self, id: BlobId) -> bool {
        self.path(id).is_file()
    }

    /// Opens a blob for reading.
    pub fn open(&self, id: BlobId) -> io::Result<File> {
        File::open(self.path(id))
    }

    /// Stores bytes.
    pub fn put(&self, bytes: &[u8]) -> io::Result<BlobId> {
        let id = hash(bytes);
        if !self.contains(id) {
            let mut incoming = self.incoming()?;
            incoming.write(bytes)?;
            incoming.keep(false)?;
        }
        Ok(id)
    }

    /// Stores what a file holds now, and says how much that is.
    pub fn put_file(&self, source: &Path) -> io::Result<(BlobId, u64)> {
        let mut source = File::open(source)?;
        let mut incoming = self.incoming()?;
        let mut buffer = vec![0; COPY_BYTES];
        loop {
            match source.read(&mut buffer)? {
                0 => break,
                read => incoming.write(&buffer[..read])?,
            }
        }
        incoming.keep(false)
    }

    /// Begins to write a blob whose name is not known before its end.
    pub fn incoming(&self) -> io::Result<Incoming> {
        Incoming::begin(self.clone())
    }

    /// Removes a blob; it is no error if it is not there.
    pub fn remove(&self, id: BlobId) -> io::Result<()> {
        match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Makes everything that was stored so far survive a power loss.
    pub fn sync(&self) -> io::Result<()> {
        match File::open(&self.root) {
            Ok(root) => Ok(rustix::fs::syncfs(&root)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes one blob survive a power loss; an error if it is not there.
    pub fn sync_blob(&self, id: BlobId) -> io::Result<()> {
        self.open(id)?.sync_data()?;
        self.sync_name(id)
    }

    /// Makes the name of a blob, and of the folder it is in, survive a power loss.
    pub(crate) fn sync_name(&self, id: BlobId) -> io::Result<()> {
        for folder in self.path(id).ancestors().skip(1).take(2) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// Removes what was being written by processes that died, as far as nothing was added to it for `age`.
    pub fn remove_leftovers(&self, age: Duration) -> io::Result<()> {
        let folder = match fs::read_dir(self.root.join("tmp")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        for entry in folder {
            let entry = entry?;
            // Whoever renames it at this moment is quicker.
            let Ok(modified) = entry.metadata().and_then(|metadata| metadata.modified()) else { continue };
            if modified.elapsed().is_ok_and(|since| since >= age) {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// Makes the folder that a path is in.
    pub(crate) fn make_parent(path: &Path) -> io::Result<()> {
        path.parent().map_or(Ok(()), |parent| DirBuilder::new().recursive(true).mode(0o700).create(parent))
    }
}
