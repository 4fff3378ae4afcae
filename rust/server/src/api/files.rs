//! Files of runs: their list, and their contents, read from the blobs piece by piece as the reader takes
//! them.

use crate::error::{ErrorCode, ServiceError};
use crate::state::context::Context;
use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt, unfold};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use stepwell_model::{BlobId, RunPath, wall_time};
use stepwell_store::FileInfo;

/// A file of a run, and whether its content is here.
pub(crate) struct ListedFile {
    pub(crate) info: FileInfo,
    pub(crate) present: bool,
}

/// The files of a run, by path.
pub(crate) fn list(context: &Context, run: &RunPath) -> Result<Vec<ListedFile>, ServiceError> {
    let files = context.store.files(run)?;
    if files.is_empty() {
        // A run without files and no run are not the same.
        context.store.run(run, wall_time())?;
    }
    Ok(files.into_iter().map(|info| ListedFile { present: context.blobs.contains(info.file.blob), info }).collect())
}

/// The content of a file, open.
pub(crate) struct Content {
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    file: Arc<File>,
}

/// Opens the content of a file of a run.
pub(crate) fn open_file(context: &Context, run: &RunPath, path: &str) -> Result<Content, ServiceError> {
    let Some(found) = context.store.file(run, path)? else {
        context.store.run(run, wall_time())?;
        return Err(ServiceError::new(ErrorCode::NotFound, format!("run {run} has no file {path:?}")));
    };
    match open(context, found.file.blob) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ServiceError::unavailable(format!("the content of {path:?} has not arrived yet; it may still be with its writer")))
        }
        other => other.map_err(|error| unreadable(&error)),
    }
}

/// Opens a blob, whichever run it belongs to.
pub(crate) fn open_blob(context: &Context, blob: BlobId) -> Result<Content, ServiceError> {
    match open(context, blob) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ServiceError::new(ErrorCode::NotFound, format!("there is no blob {blob}")))
        }
        other => other.map_err(|error| unreadable(&error)),
    }
}

fn open(context: &Context, blob: BlobId) -> io::Result<Content> {
    let file = context.blobs.open(blob)?;
    Ok(Content { blob, size: file.metadata()?.len(), file: Arc::new(file) })
}

fn unreadable(error: &io::Error) -> ServiceError {
    ServiceError::new(ErrorCode::Internal, format!("the content cannot be read: {error}"))
}

impl Content {
    /// The bytes of `range`, which lies within the content, in pieces of `piece_bytes`. Each is read when the
    /// one before is taken.
    pub(crate) fn pieces(
        self,
        context: Arc<Context>,
        range: Range<u64>,
        piece_bytes: usize,
    ) -> BoxStream<'static, Result<Bytes, ServiceError>> {
        unfold(Some(range), move |range| {
            let (context, file) = (Arc::clone(&context), Arc::clone(&self.file));
            async move {
                let range = range.filter(|range| !range.is_empty())?;
                let length = (range.end - range.start).min(piece_bytes as u64);
                let read = move |_: &Context| {
                    let mut bytes = vec![0; length as usize];
                    file.read_exact_at(&mut bytes, range.start).map_err(|error| unreadable(&error))?;
                    Ok(Bytes::from(bytes))
                };
                match context.read(read).await {
                    Ok(bytes) => Some((Ok(bytes), Some(range.start + length..range.end))),
                    Err(error) => Some((Err(error), None)),
                }
            }
        })
        .boxed()
    }
}
