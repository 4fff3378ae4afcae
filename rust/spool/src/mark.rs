//! Marks: small files that hold one number of a stream, replaced as a whole.

use crate::disk::{Disk, DiskFile, read_full_at, write_all_at};
use crate::{SpoolError, reader, segment};
use std::io;
use std::path::Path;
use stepwell_model::{EntryNumber, StreamId};

/// Bytes of a mark.
const BYTES: usize = 36;

/// Which mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The last entry that the destination has.
    Cursor,
    /// The last entry of a stream that ended in order.
    Closed,
}

impl Mark {
    fn magic(self) -> [u8; 4] {
        match self {
            Self::Cursor => *b"SWC1",
            Self::Closed => *b"SWE1",
        }
    }

    fn file_name(self) -> &'static str {
        match self {
            Self::Cursor => "cursor",
            Self::Closed => "closed",
        }
    }

    /// Replaces the mark; durable when this returns.
    pub(crate) fn write(self, disk: &dyn Disk, directory: &Path, stream: StreamId, number: EntryNumber) -> io::Result<()> {
        self.replace(disk, directory, stream, number, |file| file.sync())?;
        disk.sync_dir(directory)
    }

    /// Replaces the mark, without waiting for the disk.
    fn put(self, disk: &dyn Disk, directory: &Path, stream: StreamId, number: EntryNumber) -> io::Result<()> {
        self.replace(disk, directory, stream, number, |_| Ok(()))
    }

    fn replace(
        self,
        disk: &dyn Disk,
        directory: &Path,
        stream: StreamId,
        number: EntryNumber,
        sync: impl FnOnce(&dyn DiskFile) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut bytes = [0; BYTES];
        bytes[..4].copy_from_slice(&self.magic());
        bytes[4..20].copy_from_slice(&stream.0);
        bytes[20..28].copy_from_slice(&number.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..BYTES - 4]);
        bytes[BYTES - 4..].copy_from_slice(&crc.to_le_bytes());
        // The process id keeps a writer and a `sync` of the same stream from writing into each other's file.
        let beside = directory.join(format!("{}.{}.tmp", self.file_name(), std::process::id()));
        match disk.remove(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let written = (|| {
            let file = disk.create(&beside)?;
            write_all_at(&*file, &bytes, 0)?;
            sync(&*file)?;
            disk.rename(&beside, &directory.join(self.file_name()))
        })();
        if let Err(error) = written {
            // A leftover would cost a block of a full disk; it is not looked at by anyone.
            let _ = disk.remove(&beside);
            return Err(error);
        }
        Ok(())
    }

    /// Reads the mark; `None` if there is none or it is damaged, which costs no more than sending some entries again.
    pub(crate) fn read(self, disk: &dyn Disk, directory: &Path, stream: StreamId) -> Option<EntryNumber> {
        let file = disk.open(&directory.join(self.file_name())).ok()?;
        let mut bytes = [0; BYTES];
        if read_full_at(&*file, &mut bytes, 0).ok()? < BYTES
            || bytes[..4] != self.magic()
            || bytes[4..20] != stream.0
            || bytes[BYTES - 4..] != crc32c::crc32c(&bytes[..BYTES - 4]).to_le_bytes()
        {
            return None;
        }
        Some(u64::from_le_bytes([bytes[20], bytes[21], bytes[22], bytes[23], bytes[24], bytes[25], bytes[26], bytes[27]]))
    }
}

/// Moves the cursor of a stream that nobody writes any more, and, if `unlink`, removes the segments that hold nothing beyond
/// it. The cursor is durable before the first segment goes (A6).
pub fn trim_stream(disk: &dyn Disk, root: &Path, stream: StreamId, acked: EntryNumber, unlink: bool) -> Result<(), SpoolError> {
    let directory = root.join(stream.to_string());
    if Mark::Cursor.read(disk, &directory, stream).unwrap_or(0) < acked {
        Mark::Cursor.write(disk, &directory, stream, acked).map_err(SpoolError::io("write the cursor in", &directory))?;
    }
    if !unlink {
        return Ok(());
    }
    // A segment is done with when the next one begins at or before the entry after the cursor.
    let segments = reader::segment_numbers(disk, &directory)?;
    for pair in segments.windows(2) {
        let [path, next] = [pair[0], pair[1]].map(|number| directory.join(segment::file_name(number)));
        if !is_removable(disk, &path) {
            break;
        }
        let Ok(file) = disk.open(&next) else { break };
        match segment::SegmentHeader::read(&*file) {
            Ok(header) if header.stream == stream && header.first <= acked + 1 => {
                disk.remove(&path).map_err(SpoolError::io("remove", &path))?;
            }
            _ => break,
        }
    }
    Ok(())
}

/// Notes where the destination of a stream is of which nothing is removed. Not synced: what a power loss takes of it is sent again, and the
/// destination passes over it.
pub fn note_acked(disk: &dyn Disk, root: &Path, stream: StreamId, acked: EntryNumber) -> Result<(), SpoolError> {
    let directory = root.join(stream.to_string());
    if Mark::Cursor.read(disk, &directory, stream).unwrap_or(0) >= acked {
        return Ok(());
    }
    Mark::Cursor.put(disk, &directory, stream, acked).map_err(SpoolError::io("write the cursor in", &directory))
}

/// Whether a file may be a segment that this version understands; what is unreadable or of a later version stays.
pub(crate) fn is_removable(disk: &dyn Disk, path: &Path) -> bool {
    match disk.open(path) {
        Ok(file) => !matches!(segment::SegmentHeader::read(&*file), Err(segment::HeaderError::Later(_) | segment::HeaderError::Io(_))),
        Err(_) => false,
    }
}
