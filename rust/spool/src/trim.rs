//! Trimming of a stream that nobody writes any more: the cursor moves, and segments that hold nothing beyond
//! it go.

use crate::disk::Disk;
use crate::error::SpoolError;
use crate::mark::Mark;
use crate::segment::{SegmentHeader, file_name, is_removable, segment_numbers};
use std::path::Path;
use stepwell_model::{EntryNumber, StreamId};

/// Moves the cursor of a stream that nobody writes any more, and, if `unlink`, removes the segments that hold
/// nothing beyond it. The cursor is durable before the first segment goes (A6).
pub fn trim_stream(disk: &dyn Disk, root: &Path, stream: StreamId, acked: EntryNumber, unlink: bool) -> Result<(), SpoolError> {
    let directory = root.join(stream.to_string());
    if Mark::Cursor.read(disk, &directory, stream).unwrap_or(0) < acked {
        Mark::Cursor.write(disk, &directory, stream, acked).map_err(SpoolError::io("write the cursor in", &directory))?;
    }
    if !unlink {
        return Ok(());
    }
    // A segment is done with when the next one begins at or before the entry after the cursor.
    let segments = segment_numbers(disk, &directory)?;
    for pair in segments.windows(2) {
        let [path, next] = [pair[0], pair[1]].map(|number| directory.join(file_name(number)));
        if !is_removable(disk, &path) {
            break;
        }
        let Ok(file) = disk.open(&next) else { break };
        match SegmentHeader::read(&*file) {
            Ok(header) if header.stream == stream && header.first <= acked + 1 => {
                disk.remove(&path).map_err(SpoolError::io("remove", &path))?;
            }
            _ => break,
        }
    }
    Ok(())
}

/// Notes where the destination of a stream is of which nothing is removed. Not synced: what a power loss
/// takes of it is sent again, and the destination passes over it.
pub fn note_acked(disk: &dyn Disk, root: &Path, stream: StreamId, acked: EntryNumber) -> Result<(), SpoolError> {
    let directory = root.join(stream.to_string());
    if Mark::Cursor.read(disk, &directory, stream).unwrap_or(0) >= acked {
        return Ok(());
    }
    Mark::Cursor.put(disk, &directory, stream, acked).map_err(SpoolError::io("write the cursor in", &directory))
}
