//! Links: the blobs that a stream refers to, as files in a folder of its own.
//!
//! A link is a hard link to the blob, named by its id, or an empty file where the file system has no hard
//! links. The blob has one link for its own name and one for each stream; so it is known when the last stream
//! lets go of it.
//!
//! Invariants:
//!
//! 1. A blob is never removed while a stream has a hard link to it: [`BlobDirectory::release`] first takes
//!    its name away, so that no further link can be made, and gives the name back if one was made before.
//! 2. Whoever dies in between leaves a link without a blob, which can be released again, or a draft, which is
//!    swept.

use crate::directory::{BlobDirectory, make_folder};
use crate::draft::next_name;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};
use stepwell_model::BlobId;

/// Attempts to store a blob whose name other streams take away at the same moment. Only busy streams of the
/// same content meet so, and each time one of them gets on.
const ATTEMPTS: u32 = 200;
/// Pause before a further attempt, once per attempt so far: 2 s in all.
const PAUSE: Duration = Duration::from_micros(100);

/// The blobs that the links of a folder stand for, in no order; none if there is no folder.
pub fn links(folder: &Path) -> io::Result<Vec<BlobId>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut ids = Vec::new();
    for entry in entries {
        ids.extend(entry?.file_name().to_str().and_then(|name| name.parse::<BlobId>().ok()));
    }
    Ok(ids)
}

impl BlobDirectory {
    /// Adds a link to a blob; returns whether it is new. `NotFound` means that the blob is gone and must be
    /// stored again.
    pub fn link(&self, id: BlobId, folder: &Path) -> io::Result<bool> {
        let (blob, link) = (self.path(id), folder.join(id.to_string()));
        let mut made = fs::hard_link(&blob, &link);
        if made.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            make_folder(folder)?;
            made = fs::hard_link(&blob, &link);
        }
        match made {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound || is_no_room(&error) => Err(error),
            // No hard links here, or too many of this blob.
            Err(_) => match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&link) {
                Ok(_) => Ok(true),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                Err(error) => Err(error),
            },
        }
    }

    /// Opens the blob of a link, under its own name or, should that be gone, through the link; also returns
    /// its size.
    pub fn open_link(&self, id: BlobId, folder: &Path) -> io::Result<(File, u64)> {
        let own = open_regular(&self.path(id));
        if own.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
            && let Ok((file, size)) = open_regular(&folder.join(id.to_string()))
            // Where there are no hard links, a link is an empty file.
            && (size > 0 || id == crate::hash(&[]))
        {
            return Ok((file, size));
        }
        own
    }

    /// Removes a link, and the blob with it if this was the last one. Where links are empty files, blobs
    /// stay.
    pub fn release(&self, id: BlobId, folder: &Path) -> io::Result<()> {
        let (blob, link) = (self.path(id), folder.join(id.to_string()));
        let (is_own, is_hard) = match (fs::symlink_metadata(&link), fs::symlink_metadata(&blob)) {
            (Ok(link), Ok(blob)) => {
                let is_own = link.ino() == blob.ino() && link.dev() == blob.dev();
                // A blob that was stored again, while its name was away, is another file than its link.
                (is_own, is_own || link.len() > 0)
            }
            _ => (false, false),
        };
        if is_own {
            unless_gone(self.remove_unless_linked(&blob, 2))?;
        }
        unless_gone(fs::remove_file(&link))?;
        // Two streams that let go at once have each seen the link of the other.
        if is_hard { unless_gone(self.remove_unless_linked(&blob, 1)) } else { Ok(()) }
    }

    /// Removes a blob if it has no more than `names` names, its own among them, unless it gets another one
    /// meanwhile.
    fn remove_unless_linked(&self, blob: &Path, names: u64) -> io::Result<()> {
        if fs::symlink_metadata(blob)?.nlink() > names {
            return Ok(());
        }
        let aside = self.drafts().join(format!("released-{}", next_name()));
        make_folder(&self.drafts())?;
        // Who sweeps must not take it for old.
        File::open(blob)?.set_modified(SystemTime::now())?;
        fs::rename(blob, &aside)?;
        if fs::symlink_metadata(&aside)?.nlink() <= names { fs::remove_file(&aside) } else { fs::rename(&aside, blob) }
    }

    /// Stores bytes whose name the caller knows and links them, whatever other processes remove meanwhile;
    /// returns whether the link is new. `write` writes the bytes, and is called only if they are not there.
    pub fn put_linked(
        &self,
        id: BlobId,
        size: u64,
        folder: &Path,
        mut write: impl FnMut(&mut crate::Draft) -> io::Result<()>,
    ) -> io::Result<bool> {
        let (mut attempts, mut is_new) = (0, false);
        loop {
            if !self.has_whole(id, size) {
                let mut draft = self.draft()?;
                write(&mut draft)?;
                draft.keep_as(id, false)?;
            }
            attempts += 1;
            let linked = self.link(id, folder);
            // Another stream may take the name away between the two, and give it back or not.
            let retry = match &linked {
                Ok(now) => {
                    is_new |= now;
                    !self.contains(id)
                }
                Err(error) => error.kind() == io::ErrorKind::NotFound,
            };
            if !retry || attempts == ATTEMPTS {
                return linked.map(|_| is_new);
            }
            std::thread::sleep(PAUSE * attempts);
        }
    }
}

/// Opens a regular file. A hostile directory may hold anything under the name: opening it must neither block nor
/// lead elsewhere.
fn open_regular(path: &Path) -> io::Result<(File, u64)> {
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)?;
    let metadata = file.metadata()?;
    let size = metadata.is_file().then_some(metadata.len());
    size.map(|size| (file, size)).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
}

/// It is no error if somebody else was quicker.
fn unless_gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn is_no_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_streams_that_let_go_at_once_the_last_one_takes_the_blob_along() {
        let directory = tempfile::tempdir().unwrap();
        let blobs = BlobDirectory::new(directory.path().join("blobs"));
        for round in 0..200_u32 {
            let bytes = round.to_le_bytes();
            let id = crate::hash(&bytes);
            let folders: Vec<_> = (0..3).map(|stream| directory.path().join(stream.to_string())).collect();
            for folder in &folders {
                blobs.put_linked(id, 4, folder, |draft| draft.write(&bytes)).unwrap();
            }
            let barrier = std::sync::Barrier::new(folders.len());
            std::thread::scope(|scope| {
                for folder in &folders {
                    scope.spawn(|| {
                        barrier.wait();
                        blobs.release(id, folder).unwrap();
                    });
                }
            });
            assert!(!blobs.contains(id), "round {round}");
            assert!(folders.iter().all(|folder| links(folder).unwrap().is_empty()));
        }
        assert_eq!(fs::read_dir(blobs.root().join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn a_blob_that_was_stored_again_beside_its_link_goes_with_the_last_link() {
        let directory = tempfile::tempdir().unwrap();
        let blobs = BlobDirectory::new(directory.path().join("blobs"));
        let id = crate::hash(b"same");
        let (old, new) = (directory.path().join("old"), directory.path().join("new"));
        blobs.put_linked(id, 4, &old, |draft| draft.write(b"same")).unwrap();
        fs::remove_file(blobs.path(id)).unwrap();
        blobs.put_linked(id, 4, &new, |draft| draft.write(b"same")).unwrap();
        blobs.release(id, &old).unwrap();
        assert!(blobs.contains(id), "another stream has it");
        blobs.put_linked(id, 4, &old, |draft| draft.write(b"same")).unwrap();
        fs::remove_file(blobs.path(id)).unwrap();
        let mut draft = blobs.draft().unwrap();
        draft.write(b"same").unwrap();
        draft.keep_as(id, false).unwrap();
        blobs.release(id, &old).unwrap();
        blobs.release(id, &new).unwrap();
        assert!(!blobs.contains(id));
    }
}
