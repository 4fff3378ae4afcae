//! Files of a stream that somebody removed or replaced while it was written: noticed, and written again as
//! far as they can be.
//!
//! The last segment is open, so what is in it can still be read when its name is gone: its frames go into a
//! new segment under the same numbers. What older segments held is lost, unless the destination has it.

use super::{Segment, SpoolWriter};
use crate::disk::{Disk, DiskFile};
use crate::segment::file_name;
use std::io;
use std::path::Path;
use std::sync::Arc;
use stepwell_model::EntryNumber;

/// The files that were not at their place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absence {
    /// Entries that the destination does not have and that are lost, first and last of each stretch.
    pub lost: Vec<(EntryNumber, EntryNumber)>,
    /// Entries that it does not have and that are written again.
    pub rescued: Vec<(EntryNumber, EntryNumber)>,
}

/// Frames of a file without a name that are still to be written again.
pub(super) struct Rescue {
    file: Arc<dyn DiskFile>,
    offset: u64,
    end: u64,
    acked: EntryNumber,
}

/// The identity of a file among those of the same name; `None` where the file system has nothing that does.
pub(super) fn identity_of(disk: &dyn Disk, path: &Path, file: &dyn DiskFile) -> Option<(u64, u64)> {
    let (named, open) = (disk.identity(path).ok()?, file.identity().ok()?);
    (named == open).then_some(named)
}

impl SpoolWriter {
    /// Looks whether every segment is where it was written. What is not is written again if it can be read,
    /// and else lost; `acked` is what the destination has. `None` if nothing is amiss. An error says that a
    /// new place cannot be made; the next frame, or the next look, tries again.
    pub fn look(&mut self, acked: EntryNumber) -> io::Result<Option<Absence>> {
        let absent: Vec<bool> = self.segments.iter().map(|segment| self.is_absent(segment)).collect();
        let directory_is_there = !is_gone(self.disk.identity(&self.directory).map(drop));
        if directory_is_there && !absent.contains(&true) {
            return self.rescue_frames().map(|()| None);
        }
        let acked = acked.max(self.cursor);
        let (mut absence, mut first, last_index) = (Absence::default(), 0, self.segments.len().saturating_sub(1));
        let mut kept = Vec::new();
        for (index, (segment, absent)) in std::mem::take(&mut self.segments).into_iter().zip(absent).enumerate() {
            first = if index == 0 { segment.first } else { segment.first.max(first) };
            let entries = (first.max(acked + 1), segment.last);
            first = segment.last + 1;
            if !absent {
                kept.push(segment);
                continue;
            }
            let file = segment.file.filter(|_| index == last_index && self.rescue.is_none());
            let is_open = file.is_some();
            if let Some(file) = file {
                self.rescue = Some(Rescue { file, offset: self.header_bytes, end: segment.bytes, acked });
            }
            if entries.0 <= entries.1 {
                if is_open { &mut absence.rescued } else { &mut absence.lost }.push(entries);
            }
        }
        self.segments = kept;
        self.appending &= self.segments.len() > last_index;
        // The cursor went with the directory; the next trim writes it again.
        self.cursor = 0;
        self.synced = self.synced.min(absence.rescued.first().map_or(self.synced, |entries| entries.0 - 1));
        self.names_dirty = true;
        let made = self.disk.create_dir(&self.directory).and_then(|()| self.rescue_frames());
        // That it cannot be written just now takes nothing away from what is amiss.
        made.or_else(|error| if absence == Absence::default() { Err(error) } else { Ok(()) })?;
        Ok(Some(absence))
    }

    /// Writes what is to be rescued, before anything later is written. It is tried again from where it got
    /// to.
    pub(super) fn rescue_frames(&mut self) -> io::Result<()> {
        let Some(mut rescue) = self.rescue.take() else { return Ok(()) };
        let result = self.write_again(&*rescue.file, &mut rescue.offset, rescue.end, rescue.acked);
        if result.is_err() {
            self.rescue = Some(rescue);
        }
        result
    }

    fn is_absent(&self, segment: &Segment) -> bool {
        match self.disk.identity(&self.directory.join(file_name(segment.number))) {
            Ok(found) => segment.identity.is_some_and(|known| known != found),
            other => is_gone(other.map(drop)),
        }
    }
}

/// Returns whether an answer says that there is no such file; any other error says nothing about it.
fn is_gone(answer: io::Result<()>) -> bool {
    answer.is_err_and(|error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
}
