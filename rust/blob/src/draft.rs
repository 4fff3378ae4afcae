//! A file that is being written and has no name yet.

use crate::directory::{BlobDirectory, make_parent};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use stepwell_model::BlobId;

static COUNT: AtomicU64 = AtomicU64::new(0);

/// A name that nobody else in this process uses.
pub(crate) fn next_name() -> String {
    format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A blob whose name the caller knows, while it is written. Dropped before [`keep_as`](Self::keep_as), it
/// leaves nothing behind.
#[derive(Debug)]
pub struct Draft {
    directory: BlobDirectory,
    path: PathBuf,
    file: File,
    kept: bool,
}

impl Draft {
    pub(crate) fn begin(directory: BlobDirectory) -> io::Result<Self> {
        loop {
            let path = directory.drafts().join(next_name());
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => return Ok(Self { directory, path, file, kept: false }),
                // Somebody's of the same number: dead, or alive in another container.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => make_parent(&path)?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Gives the blob its name, which must be that of its bytes. With `sync` they are on the disk when this
    /// returns, and so is the name.
    pub fn keep_as(mut self, id: BlobId, sync: bool) -> io::Result<()> {
        if sync {
            self.file.sync_data()?;
        }
        let path = self.directory.path(id);
        match fs::rename(&self.path, &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_parent(&path)?;
                fs::rename(&self.path, &path)?;
            }
            renamed => renamed?,
        }
        self.kept = true;
        if sync {
            path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())?;
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}
