//! Keeping what a server refused: a copy of the frames concerned, in a segment of its own beside the streams.

use crate::disk::{Disk, write_all_at};
use crate::segment::SegmentHeader;
use crate::{ReadOutcome, SpoolError, SpoolReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_model::{EntryNumber, StreamId};

/// Copies the frames that hold the entries from `first` to `last` to `<root>/rejected/<stream>-<first>.seg`, with the reason
/// beside them in a `.txt`. Durable when this returns; frames that are not there any more are left out.
pub fn keep_rejected(
    disk: &Arc<dyn Disk>,
    root: &Path,
    stream: StreamId,
    first: EntryNumber,
    last: EntryNumber,
    reason: &str,
) -> Result<PathBuf, SpoolError> {
    let directory = root.join("rejected");
    let path = directory.join(format!("{stream}-{first}.seg"));
    let mut reader = SpoolReader::open(Arc::clone(disk), root, stream)?;
    reader.seek(first)?;
    disk.create_dir(&directory).map_err(SpoolError::io("create", &directory))?;
    let create = |path: &Path| match disk.create(path) {
        // From an earlier try, which may have been cut short.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            disk.remove(path).and_then(|()| disk.create(path)).map_err(SpoolError::io("create", path))
        }
        other => other.map_err(SpoolError::io("create", path)),
    };
    let file = create(&path)?;
    let header = SegmentHeader { stream, first, meta: reader.meta().to_vec() };
    let io = |error| SpoolError::io("write", &path)(error);
    write_all_at(&*file, &header.encode(), 0).map_err(io)?;
    let mut offset = header.bytes();
    while reader.position() <= last {
        match reader.next()? {
            ReadOutcome::Frame { header, bytes } if header.first <= last => {
                write_all_at(&*file, bytes, offset).map_err(io)?;
                offset += bytes.len() as u64;
            }
            ReadOutcome::Gap { .. } => {}
            _ => break,
        }
    }
    file.sync().map_err(io)?;
    let beside = path.with_extension("txt");
    let text = create(&beside)?;
    let reason = format!("entries {first} to {last}: {reason}\n");
    write_all_at(&*text, reason.as_bytes(), 0).and_then(|()| text.sync()).map_err(SpoolError::io("write", &beside))?;
    disk.sync_dir(&directory).map_err(SpoolError::io("sync", &directory))?;
    Ok(path)
}
