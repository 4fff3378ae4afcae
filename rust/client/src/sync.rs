//! Uploading what is left in a directory of spools.

mod files;
pub(crate) mod openings;
mod pace;
mod rows;
mod streams;

pub use streams::{SyncOptions, SyncProgress, SyncedStream, spooled_streams};

use crate::upload::uploader::runtime;
use pace::Pace;
use std::cell::RefCell;
use std::path::Path;
use stepwell_spool::{SpoolError, remove_leftovers, remove_streams};
use streams::spooled_stream;

/// Streams that are removed together: their names are made durable at once.
const REMOVED_TOGETHER: usize = 512;

/// Uploads every entry of a directory that its server does not have yet. May be repeated and interrupted at
/// any time: the server takes each entry once. `progress` is called at least every 200 ms and ends the sync
/// by returning `false`.
///
/// A stream that cannot be read or sent hides no other: what is wrong stands in its `damage`. What the server
/// has is removed if the stream was meant for a server and its writer is dead; the streams of local mode stay
/// as they are, apart from a cursor.
pub fn sync(root: &Path, options: &SyncOptions, progress: &mut dyn FnMut(SyncProgress) -> bool) -> Result<Vec<SyncedStream>, SpoolError> {
    let pace = RefCell::new(Pace::new(options, progress));
    let mut stops = || pace.borrow_mut().is_over();
    let disk = &options.disk;
    remove_leftovers(&**disk, root);
    let mut ids = stepwell_spool::streams(&**disk, root)?;
    if let Some(wanted) = &options.streams {
        let wanted: std::collections::BTreeSet<_> = wanted.iter().collect();
        ids.retain(|id| wanted.contains(id));
    }
    let mut found: Vec<_> = ids.into_iter().map(|id| spooled_stream(disk, root, id, &mut stops)).collect();
    let contents: Vec<_> = found.iter().map(|stream| files::contents(root, options, stream, &mut stops)).collect();
    for (stream, ids) in found.iter_mut().zip(&contents) {
        stream.files = ids.len() as u64;
    }
    pace.borrow_mut().so_far = SyncProgress {
        sent: 0,
        total: found.iter().map(SyncedStream::left).sum(),
        files_sent: 0,
        files_total: contents.iter().map(|ids| ids.len() as u64).sum(),
    };
    let runtime = runtime().map_err(|source| SpoolError::Io { action: "start a sync of", path: root.to_owned(), source })?;
    if let Err(error) = runtime.block_on(rows::upload(root, options, &mut found, &pace))
        && let Some(first) = found.iter_mut().find(|stream| !stream.settled && stream.summary.last > 0)
    {
        first.complain(&error.to_string());
    }
    // Numbers first: files may take hours.
    for (stream, ids) in found.iter_mut().zip(contents) {
        // What the server refuses stays here with all that belongs to it.
        if ids.is_empty() || stream.opening.is_none() || stream.refused || pace.borrow_mut().is_over() {
            continue;
        }
        if let Err(error) = runtime.block_on(files::upload(root, options, stream, ids, &pace)) {
            stream.complain(&format!("files: {error}"));
        }
    }
    remove_sent(root, options, &mut found);
    pace.borrow_mut().call();
    runtime.shutdown_background();
    Ok(found)
}

/// Removes the streams of which the server has everything.
fn remove_sent(root: &Path, options: &SyncOptions, found: &mut [SyncedStream]) {
    let sent: Vec<_> = found.iter().filter(|stream| stream.is_removable()).map(|stream| stream.summary.stream).collect();
    let results = sent.chunks(REMOVED_TOGETHER).flat_map(|sent| remove_streams(&*options.disk, root, sent));
    let mut failed: std::collections::BTreeMap<_, _> = results.filter_map(|(stream, result)| Some((stream, result.err()?))).collect();
    for stream in found {
        if let Some(error) = failed.remove(&stream.summary.stream) {
            stream.complain(&error.to_string());
        }
    }
}
