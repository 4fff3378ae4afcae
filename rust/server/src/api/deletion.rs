//! Deletion of a run, and in local mode of the spools that would bring it back.
//!
//! A run that is being written stays: while a stream of it is open on a connection, while it shows signs of
//! life, and in local mode while a process that writes to a spool lives. What comes for a run that was
//! deleted is refused by the store, and stays with its writer. The spools go first: what a fault or a crash
//! leaves is still a run, which can be deleted again. Contents of files go with the last run that names them:
//! in local mode with the last link of a stream, else by [`crate::maintenance::sweep`].

use crate::error::{ErrorCode, ServiceError};
use crate::state::config::Mode;
use crate::state::context::Context;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use stepwell_blob::BlobDirectory;
use stepwell_codec::payload::statement::opening_from_bytes;
use stepwell_model::{Opening, RunPath, StreamId, wall_time};
use stepwell_spool::{OsDisk, SpoolError, SpoolReader};
use stepwell_store::{CRASHED_AFTER_MICROS, RunState};
use tracing::warn;

/// The folder of a stream with links to the contents that it refers to.
const LINKS: &str = "blobs";

/// Removes a run and everything that belongs to it.
pub(crate) fn delete_run(context: &Context, path: &RunPath) -> Result<(), ServiceError> {
    // An unknown run is an error even where spools of its path lie about.
    let run = context.store.run(path, wall_time())?;
    if let Some(opening) = context.writers.of(path) {
        return Err(is_being_written(path, &opening));
    }
    if matches!(context.mode, Mode::Server) && run.state == RunState::Running {
        let seconds = wall_time().saturating_sub(run.heartbeat) / 1_000_000;
        let message = format!(
            "run {path} is being written: it showed a sign of life {seconds} s ago. End it first; without one for {} s it counts as crashed",
            CRASHED_AFTER_MICROS / 1_000_000
        );
        return Err(ServiceError::new(ErrorCode::Busy, message));
    }
    if let Mode::Local { spool_root } = &context.mode {
        for stream in streams_of(spool_root, path)? {
            remove(&context.blobs, spool_root, stream)?;
        }
    }
    let contents: Vec<_> = context.store.files(path)?.into_iter().map(|file| file.file.blob).collect();
    context.store.delete_run(path)?;
    context.appended.nudge();
    crate::maintenance::sweep::of_deleted(context, &contents);
    Ok(())
}

/// The streams of a run in a spool, none of which has a writer that lives.
fn streams_of(root: &Path, path: &RunPath) -> Result<Vec<StreamId>, ServiceError> {
    let mut found = Vec::new();
    for stream in stepwell_spool::streams(&OsDisk, root).map_err(|error| unavailable(&error))? {
        let Ok(reader) = SpoolReader::open(Arc::new(OsDisk), root, stream) else { continue };
        let Some(opening) = opening_from_bytes(reader.meta()).ok().filter(|opening| opening.path == *path) else { continue };
        if !reader.is_closed() && stepwell_spool::writer_lives(reader.last_alive(), &opening.host, opening.pid) {
            return Err(is_being_written(path, &opening));
        }
        found.push(stream);
    }
    Ok(found)
}

fn is_being_written(path: &RunPath, opening: &Opening) -> ServiceError {
    let message = format!("run {path} is being written by process {} of {}; end it first", opening.pid, opening.host);
    ServiceError::new(ErrorCode::Busy, message)
}

/// Removes the directory of a stream: under another name first, so that nobody reads half of it.
fn remove(blobs: &BlobDirectory, root: &Path, stream: StreamId) -> Result<(), ServiceError> {
    let gone = root.join(format!("{stream}.deleted"));
    match fs::rename(root.join(stream.to_string()), &gone) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(ServiceError::unavailable(format!("the spool of stream {stream} cannot be removed: {error}"))),
        Ok(()) => {}
    }
    let links = gone.join(LINKS);
    for id in stepwell_blob::links(&links).unwrap_or_default() {
        if let Err(error) = blobs.release(id, &links) {
            warn!("the content {id} of a run that was deleted stays: {error}");
        }
    }
    if let Err(error) = fs::remove_dir_all(&gone) {
        warn!("{} is left of a run that was deleted, and may be removed: {error}", gone.display());
    }
    Ok(())
}

fn unavailable(error: &SpoolError) -> ServiceError {
    ServiceError::unavailable(error.to_string())
}
