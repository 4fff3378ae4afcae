//! Marks: small files that hold one number of a stream, replaced as a whole.

use crate::disk::{Disk, DiskFile, read_full_at, write_all_at};
use std::io;
use std::path::Path;
use stepwell_model::{EntryNumber, StreamId};

/// Bytes of a mark.
const BYTES: usize = 36;

/// The kinds of marks.
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
    pub(crate) fn put(self, disk: &dyn Disk, directory: &Path, stream: StreamId, number: EntryNumber) -> io::Result<()> {
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

    /// Reads the mark; `None` if there is none or it is damaged, which costs no more than sending some
    /// entries again.
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
