//! Replacement of `store.sqlite` by another file, whenever the process dies in between and whoever else has
//! it open.
//!
//! It is written under a name of its own, synced, and named `….salvaged` or `….upgraded`: from then on it is
//! the store, and whoever opens the directory brings that to its end (`finish`). The log goes before its
//! database, so that it is never taken for that of the new file. SQLite neither checkpoints nor removes the
//! log of a database that was moved; so connections to the old file do no harm, and end at their next use.

use crate::db::pages::{VFS, log_of};
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use stepwell_model::clock;

/// Time that one process waits for another that replaces the file.
const LOCK_WAIT: Duration = Duration::from_secs(600);

/// Id of a file, to notice that another has its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId(u64, u64);

impl FileId {
    /// That of the file of this name, if there is one.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        #[cfg(unix)]
        let id = {
            use std::os::unix::fs::MetadataExt;
            Self(metadata.dev(), metadata.ino())
        };
        #[cfg(not(unix))]
        let id = Self(0, clock::micros(metadata.created().ok()?) as u64);
        Some(id)
    }
}

/// Fate of the file that was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Old {
    /// It stays beside the new one.
    Keep,
    /// All that it held is in the new one.
    Remove,
}

impl Old {
    fn suffix(self) -> &'static str {
        match self {
            Self::Keep => "salvaged",
            Self::Remove => "upgraded",
        }
    }
}

fn named(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// Name of the file while it is written.
pub(crate) fn unfinished(database: &Path) -> PathBuf {
    named(database, "new")
}

/// Makes the file that was written, which is closed, the store. Returns the name of the old one if it is
/// kept.
pub(crate) fn replace(database: &Path, old: Old) -> io::Result<Option<PathBuf>> {
    let written = unfinished(database);
    File::options().write(true).open(&written)?.sync_all()?;
    fs::rename(&written, named(database, old.suffix()))?;
    sync_directory(database)?;
    finish(database)
}

/// Whether a replacement was begun and not brought to its end.
pub(crate) fn is_begun(database: &Path) -> bool {
    [Old::Keep, Old::Remove].iter().any(|old| named(database, old.suffix()).exists())
}

/// Brings a replacement to its end, if one was begun.
pub(crate) fn finish(database: &Path) -> io::Result<Option<PathBuf>> {
    let mut kept = None;
    for old in [Old::Keep, Old::Remove] {
        let new = named(database, old.suffix());
        if !new.exists() {
            continue;
        }
        let aside = aside(database);
        for (part, aside) in [(log_of(database), log_of(&aside)), (database.to_owned(), aside.clone())] {
            match old {
                Old::Keep => pass_over_missing(fs::rename(&part, aside))?,
                Old::Remove => pass_over_missing(fs::remove_file(&part))?,
            }
            sync_directory(database)?;
        }
        let mut index = database.as_os_str().to_owned();
        index.push("-shm");
        pass_over_missing(fs::remove_file(index))?;
        fs::rename(&new, database)?;
        sync_directory(database)?;
        kept = (old == Old::Keep).then_some(aside);
    }
    Ok(kept)
}

fn pass_over_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// A name for a damaged file that none has yet.
fn aside(database: &Path) -> PathBuf {
    let seconds = clock::wall_time() / 1_000_000;
    let free = (seconds..).map(|seconds| named(database, &format!("damaged-{seconds}"))).find(|name| !name.exists());
    free.unwrap_or_else(|| named(database, "damaged"))
}

#[cfg(unix)]
fn sync_directory(database: &Path) -> io::Result<()> {
    database.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Name of the file that [`lock`] locks. It is there since the store was made.
pub(crate) fn lock_name(database: &Path) -> PathBuf {
    named(database, "lock")
}

/// Whether there was a store in the directory before.
pub(crate) fn is_known(database: &Path) -> bool {
    lock_name(database).exists()
}

/// Keeps other processes from replacing the file until it is dropped: a transaction in a database of its own,
/// which holds nothing.
pub(crate) fn lock(database: &Path) -> rusqlite::Result<Connection> {
    // It may be the first that this process has of SQLite.
    crate::db::pages::register();
    let path = lock_name(database);
    crate::db::connection::create_file(&path).map_err(|_| rusqlite::Error::InvalidPath(path.clone()))?;
    let lock = Connection::open_with_flags_and_vfs(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX, VFS)?;
    lock.busy_timeout(LOCK_WAIT)?;
    lock.execute_batch("BEGIN EXCLUSIVE")?;
    Ok(lock)
}
