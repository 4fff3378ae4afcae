//! Keeping the contents that a server refused, beside the frames that it rejected.

use super::UploadError;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use stepwell_model::{BlobId, StreamId};

/// Moves the link of a refused content to `<root>/rejected/<stream>-<blob>`, which keeps the blob, and writes
/// the reason beside it in a `.txt`.
pub(crate) fn keep_refused(root: &Path, stream: StreamId, folder: &Path, id: BlobId, reason: &str) -> Result<(), UploadError> {
    let directory = root.join("rejected");
    let kept = directory.join(format!("{stream}-{id}"));
    let keep = || {
        DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        fs::write(kept.with_extension("txt"), format!("the content {id}: {reason}\n"))?;
        match fs::rename(folder.join(id.to_string()), &kept) {
            // It was no link that was refused, or it was kept by an earlier try.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    };
    keep().map_err(UploadError::disk("keep what was refused in", &kept))
}
