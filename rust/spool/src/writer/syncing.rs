//! Making what was appended durable, as a task that runs without the writer's lock.

use super::SpoolWriter;
use crate::disk::{Disk, DiskFile, read_full_at};
use crate::error::SpoolError;
use crate::segment::file_name;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use stepwell_codec::frame::{FrameHeader, FrameView, HEADER_BYTES};
use stepwell_model::EntryNumber;

/// The work of a sync, apart from the writer.
pub struct SyncTask {
    disk: Arc<dyn Disk>,
    root: PathBuf,
    directory: PathBuf,
    files: Vec<(u32, u64, Arc<dyn DiskFile>)>,
    names: bool,
    upto: EntryNumber,
}

/// The outcome of a [`SyncTask`].
pub struct SyncOutcome {
    upto: EntryNumber,
    files: Vec<(u32, u64, io::Result<()>)>,
    names: io::Result<bool>,
}

impl SyncTask {
    /// Waits for the disk.
    pub fn run(&self) -> SyncOutcome {
        let files = self.files.iter().map(|(number, end, file)| (*number, *end, file.sync())).collect();
        let names = if self.names { self.sync_names().map(|()| true) } else { Ok(false) };
        SyncOutcome { upto: self.upto, files, names }
    }

    fn sync_names(&self) -> io::Result<()> {
        self.disk.sync_dir(&self.directory)?;
        self.disk.sync_dir(&self.root)?;
        // Whoever made the root may have made it just now; a parent that we may not open was there before.
        if let Some(parent) = self.root.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            let _ = self.disk.sync_dir(parent);
        }
        Ok(())
    }
}

impl SpoolWriter {
    /// Waits until everything appended so far is durable; returns the number of the last durable entry.
    pub fn sync(&mut self) -> Result<EntryNumber, SpoolError> {
        let outcome = self.begin_sync().run();
        self.finish_sync(outcome)
    }

    /// The work of a sync now.
    pub fn begin_sync(&self) -> SyncTask {
        let dirty = self.segments.iter().filter(|segment| segment.synced < segment.bytes && !segment.suspect);
        SyncTask {
            disk: Arc::clone(&self.disk),
            root: self.root.clone(),
            directory: self.directory.clone(),
            files: dirty.filter_map(|segment| Some((segment.number, segment.bytes, Arc::clone(segment.file.as_ref()?)))).collect(),
            names: self.names_dirty,
            upto: self.last,
        }
    }

    /// Takes note of what a sync did; returns the number of the last durable entry. A file whose fsync failed
    /// is left behind as suspect, and its unsynced frames are written once more into a new segment, which the
    /// next sync covers.
    pub fn finish_sync(&mut self, outcome: SyncOutcome) -> Result<EntryNumber, SpoolError> {
        let mut failed = None;
        for (number, end, result) in outcome.files {
            let current = self.segments.last().is_some_and(|segment| segment.number == number);
            let Some(at) = self.segments.iter().position(|segment| segment.number == number) else { continue };
            let segment = &mut self.segments[at];
            match result {
                Ok(()) => {
                    segment.synced = segment.synced.max(end);
                    if segment.synced == segment.bytes && !(current && self.appending) {
                        segment.file = None;
                    }
                }
                Err(error) => {
                    segment.suspect = true;
                    if current {
                        self.appending = false;
                    }
                    if self.rescue(at, current).is_err() {
                        let first = self.synced + 1;
                        self.lost_from = Some(self.lost_from.map_or(first, |lost| lost.min(first)));
                    }
                    failed = Some(SpoolError::io("sync", &self.directory.join(file_name(number)))(error));
                }
            }
        }
        match outcome.names {
            Ok(synced) => self.names_dirty &= !synced || self.segments.last().is_some_and(|segment| segment.synced == 0),
            Err(error) => failed = failed.or(Some(SpoolError::io("sync", &self.directory)(error))),
        }
        match failed {
            Some(error) => Err(error),
            None => {
                self.synced = self.synced.max(outcome.upto).min(self.lost_from.map_or(u64::MAX, |first| first - 1));
                Ok(self.synced)
            }
        }
    }

    /// Writes the unsynced frames of a suspect segment once more. Only those of the last segment can keep
    /// their order.
    fn rescue(&mut self, at: usize, current: bool) -> io::Result<()> {
        let Some(file) = self.segments[at].file.take().filter(|_| current) else {
            return Err(io::Error::other("later segments follow"));
        };
        // The header is no frame; what was synced before is safe.
        let mut offset = self.segments[at].synced.max(self.header_bytes);
        let end = self.segments[at].bytes;
        if offset < end {
            self.rescue_frames()?;
        }
        self.write_again(&*file, &mut offset, end, 0)
    }

    /// Writes the frames of a file, from `offset` to `end`, into the last segment or a new one, but for those
    /// up to entry `acked`. `offset` is where it got to.
    pub(super) fn write_again(&mut self, file: &dyn DiskFile, offset: &mut u64, end: u64, acked: EntryNumber) -> io::Result<()> {
        let mut frame = Vec::new();
        while *offset < end {
            let mut header = [0; HEADER_BYTES];
            read_full_at(file, &mut header, *offset)?;
            let header = FrameHeader::decode(&header).map_err(io::Error::other)?;
            frame.resize(header.frame_bytes(), 0);
            read_full_at(file, &mut frame, *offset)?;
            FrameView::parse(&frame).map_err(io::Error::other)?;
            if header.last() > acked {
                self.write_next(header.first, header.last(), &frame)?;
            }
            *offset += frame.len() as u64;
        }
        Ok(())
    }
}
