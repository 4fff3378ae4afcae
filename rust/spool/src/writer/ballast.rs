//! Ballast: a small file beside the segments of a stream that gives its room to the cursor when the disk is
//! full.
//!
//! A segment may go only after the cursor is durable (A6), but on a full disk there is no room for a cursor:
//! without ballast, what the destination has would keep the disk full.

use super::StreamDirectory;
use crate::disk::write_all_at;
use std::io;

/// Room for a cursor, its directory entry and the file system's own needs.
const BALLAST_BYTES: usize = 16 << 10;
/// Removed with the stream like every temporary file.
const FILE_NAME: &str = "ballast.tmp";

impl StreamDirectory {
    /// Takes ballast on, if there is none and the disk has room for it. Worth it for a stream that is
    /// trimmed.
    pub fn load_ballast(&self) {
        // That it is there already is the usual error; without room for it the writer does as well as it can.
        if let Err(error) = self.write_ballast()
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            self.drop_ballast();
        }
    }

    fn write_ballast(&self) -> io::Result<()> {
        let file = self.disk.create(&self.path.join(FILE_NAME))?;
        // Not zeros: a file system may keep those in no room at all.
        write_all_at(&*file, &[0xb5; BALLAST_BYTES], 0)
    }

    /// Gives the ballast's room back to the disk.
    pub fn drop_ballast(&self) {
        let _ = self.disk.remove(&self.path.join(FILE_NAME));
    }
}
