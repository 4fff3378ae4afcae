//! Removing streams of which the destination has everything.
//!
//! A stream goes as a whole: its directory gets another name, `<stream>.sent`, and only when that is durable
//! is anything in it unlinked. So after a crash at any moment a stream is there with all it had, or gone, and
//! no cursor is needed for what is gone (A6); a leftover is removed by the next sync. One sync of the root
//! serves any number of streams.

use crate::disk::Disk;
use crate::error::SpoolError;
use crate::segment::{is_removable, parse_file_name};
use std::io;
use std::path::{Path, PathBuf};
use stepwell_model::StreamId;

/// The end of the name of a directory whose stream is being removed; no stream has such a name.
const SENT: &str = ".sent";

/// Removes streams of which the destination has everything, and says of each whether that worked. Nothing of
/// a stream is removed while a blob waits in its folder: the segments say whose it is. A segment that cannot
/// be read, or is of a later version, keeps the whole stream; what is not the spool's own stays in the
/// renamed directory.
pub fn remove_streams(disk: &dyn Disk, root: &Path, streams: &[StreamId]) -> Vec<(StreamId, Result<(), SpoolError>)> {
    let mut results: Vec<_> = streams.iter().map(|&stream| (stream, set_aside(disk, root, stream))).collect();
    if results.iter().any(|(_, result)| matches!(result, Ok(Some(_)))) {
        // Where the root itself cannot be synced, nothing is unlinked.
        if let Err(error) = disk.sync_dir(root) {
            let words = error.to_string();
            for (_, result) in results.iter_mut().filter(|(_, result)| matches!(result, Ok(Some(_)))) {
                *result = Err(SpoolError::io("sync", root)(io::Error::other(words.clone())));
            }
        }
    }
    let remove =
        |result: Result<Option<PathBuf>, SpoolError>| result.and_then(|aside| aside.map_or(Ok(()), |aside| unlink_all(disk, &aside)));
    results.into_iter().map(|(stream, result)| (stream, remove(result))).collect()
}

/// Ends removals that were cut short.
pub fn remove_leftovers(disk: &dyn Disk, root: &Path) {
    for name in disk.list(root).unwrap_or_default() {
        if name.strip_suffix(SENT).is_some_and(|stream| stream.parse::<StreamId>().is_ok()) {
            // What stays costs room only.
            let _ = unlink_all(disk, &root.join(name));
        }
    }
}

/// Gives the directory of a stream its other name; `None` if there is nothing to remove.
fn set_aside(disk: &dyn Disk, root: &Path, stream: StreamId) -> Result<Option<PathBuf>, SpoolError> {
    let directory = root.join(stream.to_string());
    let blobs = directory.join("blobs");
    match disk.remove_dir(&blobs) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => return Ok(None),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(SpoolError::io("remove", &blobs)(error)),
        _ => {}
    }
    let names = match disk.list(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(SpoolError::io("list", &directory))?,
    };
    let is_unread = |name: &&String| parse_file_name(name).is_some() && !is_removable(disk, &directory.join(name));
    if let Some(unread) = names.iter().find(is_unread) {
        let source = io::Error::other(format!("{unread} is no file that this version can read"));
        return Err(SpoolError::Io { action: "remove", path: directory, source });
    }
    let aside = root.join(format!("{stream}{SENT}"));
    // Left of an earlier removal of a copy of the same stream.
    if disk.list(&aside).is_ok() {
        unlink_all(disk, &aside)?;
    }
    match disk.rename(&directory, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(|()| Some(aside)).map_err(SpoolError::io("rename", &directory)),
    }
}

/// Returns whether a file has a name that a spool gives.
fn is_own(name: &str) -> bool {
    parse_file_name(name).is_some() || ["cursor", "closed", "alive"].contains(&name) || name.ends_with(".tmp")
}

/// Unlinks what the spool made in a directory that was set aside, and the directory if nothing else is in it.
fn unlink_all(disk: &dyn Disk, directory: &Path) -> Result<(), SpoolError> {
    for name in disk.list(directory).map_err(SpoolError::io("list", directory))?.into_iter().filter(|name| is_own(name)) {
        let path = directory.join(name);
        match disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(SpoolError::io("remove", &path)(error)),
            _ => {}
        }
    }
    match disk.remove_dir(directory) {
        Err(error) if ![io::ErrorKind::NotFound, io::ErrorKind::DirectoryNotEmpty].contains(&error.kind()) => {
            Err(SpoolError::io("remove", directory)(error))
        }
        _ => Ok(()),
    }
}
