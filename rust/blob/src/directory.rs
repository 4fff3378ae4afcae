//! A directory of blobs.

use crate::draft::Draft;
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use stepwell_model::BlobId;

/// Bytes that are copied at once.
const COPY_BYTES: usize = 1 << 20;
/// A draft that was not touched for so long has no writer any more.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);

/// The name of some bytes.
pub fn hash(bytes: &[u8]) -> BlobId {
    BlobId(Sha256::digest(bytes).into())
}

/// The name and the number of the bytes of a reader.
pub fn hash_reader(reader: &mut impl Read) -> io::Result<(BlobId, u64)> {
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0, vec![0; COPY_BYTES]);
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok((BlobId(hash.finalize().into()), size)),
            read => {
                hash.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
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

    /// Its path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path of a blob, which may not be there.
    pub fn path(&self, id: BlobId) -> PathBuf {
        let name = id.to_string();
        self.root.join(&name[..2]).join(name)
    }

    /// True if a blob is there.
    pub fn contains(&self, id: BlobId) -> bool {
        self.path(id).is_file()
    }

    /// True if a blob is there in full. After a power loss a name may be older than its bytes.
    pub(crate) fn has_whole(&self, id: BlobId, size: u64) -> bool {
        fs::metadata(self.path(id)).is_ok_and(|metadata| metadata.is_file() && metadata.len() == size)
    }

    /// Opens a blob for reading.
    pub fn open(&self, id: BlobId) -> io::Result<File> {
        File::open(self.path(id))
    }

    /// Stores bytes.
    pub fn put(&self, bytes: &[u8]) -> io::Result<BlobId> {
        let id = hash(bytes);
        if !self.has_whole(id, bytes.len() as u64) {
            let mut draft = self.draft()?;
            draft.write(bytes)?;
            draft.keep_as(id, false)?;
        }
        Ok(id)
    }

    /// Begins to write a blob whose name the caller knows.
    pub fn draft(&self) -> io::Result<Draft> {
        Draft::begin(self.clone())
    }

    /// Removes a blob; it is no error if it is not there.
    pub fn remove(&self, id: BlobId) -> io::Result<()> {
        match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Notes that somebody relies on a blob: it is as young as if it had just come.
    pub fn touch(&self, id: BlobId) -> io::Result<()> {
        self.open(id)?.set_modified(SystemTime::now())
    }

    /// Calls `see` with every blob, in no order. What comes or goes meanwhile may be seen or not.
    pub fn each(&self, see: &mut dyn FnMut(BlobId) -> io::Result<()>) -> io::Result<()> {
        let folders = match fs::read_dir(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            folders => folders?,
        };
        for folder in folders {
            let folder = folder?;
            if folder.file_name().len() != 2 || !folder.file_type()?.is_dir() {
                continue;
            }
            for entry in fs::read_dir(folder.path())? {
                let name = entry?.file_name();
                if let Some(id) = name.to_str().and_then(|name| name.parse().ok()) {
                    see(id)?;
                }
            }
        }
        Ok(())
    }

    /// Makes everything that was stored so far survive a power loss.
    pub fn sync(&self) -> io::Result<()> {
        match File::open(&self.root) {
            Ok(root) => Ok(rustix::fs::syncfs(&root)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes what processes that died left half-written a day ago or earlier.
    pub fn sweep(&self) -> io::Result<()> {
        let entries = match fs::read_dir(self.drafts()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let touched = entry.metadata().and_then(|metadata| metadata.modified());
            if touched.is_ok_and(|touched| SystemTime::now().duration_since(touched).is_ok_and(|age| age > OLD)) {
                // Another process may sweep as well.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// Notes that an index lists what is here. From then on a writer whose blobs are at a server removes its
    /// own links only.
    pub fn mark_indexed(&self) -> io::Result<()> {
        make_folder(&self.index_mark())
    }

    /// True if an index lists what is here; see [`mark_indexed`](Self::mark_indexed).
    pub fn is_indexed(&self) -> bool {
        self.index_mark().is_dir()
    }

    fn index_mark(&self) -> PathBuf {
        self.root.join("indexed")
    }

    /// The folder of drafts.
    pub(crate) fn drafts(&self) -> PathBuf {
        self.root.join("tmp")
    }
}

/// Makes a folder that only its owner may read, and those above it.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes the folder that a path is in.
pub(crate) fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), make_folder)
}
