//! The writing side of a stream's spool.

mod absence;
mod ballast;

pub use absence::Absence;

use crate::disk::{Disk, DiskFile, is_no_room, read_full_at, write_all_at};
use crate::mark::Mark;
use crate::segment::{META_BYTES, SegmentHeader, file_name};
use crate::{SpoolError, remove_stream};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_codec::frame::{FrameHeader, FrameView};
use stepwell_model::{EntryNumber, StreamId};

/// Settings of a spool.
#[derive(Debug, Clone)]
pub struct SpoolOptions {
    /// Bytes after which the next frame begins a new segment.
    pub segment_bytes: u64,
}

impl Default for SpoolOptions {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20 }
    }
}

/// Why a frame is not in the spool. It may be appended again, as it is: no part of it will be taken for a frame.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The disk, the quota or a limit on file sizes leaves no room.
    #[error("no room for the spool in {path}: {source}")]
    NoRoom {
        /// The stream's directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Any other error of the disk.
    #[error("cannot write the spool in {path}: {source}")]
    Io {
        /// The stream's directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A segment that is not unlinked yet.
struct Segment {
    number: u32,
    first: EntryNumber,
    /// What its file is known by, whatever becomes of its name.
    identity: Option<(u64, u64)>,
    last: EntryNumber,
    bytes: u64,
    /// How far it is known to be durable.
    synced: u64,
    /// Open until it is synced to its end and done with.
    file: Option<Arc<dyn DiskFile>>,
    suspect: bool,
}

/// Writes the frames of one stream. Only [`sync`](Self::sync), [`trim`](Self::trim) and [`close`](Self::close) wait for the
/// disk itself; the first two exist as tasks too, to be run without holding the lock that a writer is behind.
pub struct SpoolWriter {
    disk: Arc<dyn Disk>,
    root: PathBuf,
    directory: PathBuf,
    stream: StreamId,
    meta: Vec<u8>,
    header_bytes: u64,
    options: SpoolOptions,
    segments: Vec<Segment>,
    next_segment: u32,
    /// Whether frames go on into the last of `segments`.
    appending: bool,
    last: EntryNumber,
    synced: EntryNumber,
    cursor: EntryNumber,
    /// Names that a sync of the directory has not made durable yet.
    names_dirty: bool,
    /// The first entry that a failed fsync may have cost.
    lost_from: Option<EntryNumber>,
    /// What has to be written before any later frame.
    rescue: Option<absence::Rescue>,
}

/// What a sync has to do, apart from the writer.
pub struct SyncTask {
    disk: Arc<dyn Disk>,
    root: PathBuf,
    directory: PathBuf,
    files: Vec<(u32, u64, Arc<dyn DiskFile>)>,
    names: bool,
    upto: EntryNumber,
}

/// What a [`SyncTask`] found.
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

/// What a trim has to do, apart from the writer.
pub struct TrimTask {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    stream: StreamId,
    acked: EntryNumber,
    /// Whether the cursor is not there yet.
    moves_cursor: bool,
    segments: Vec<u32>,
}

impl TrimTask {
    /// Writes the cursor, waits until it is durable, then unlinks (A6). An error says that some segments may still be there.
    pub fn run(&self) -> io::Result<()> {
        if self.moves_cursor {
            Mark::Cursor.write(&*self.disk, &self.directory, self.stream, self.acked)?;
        }
        for &number in &self.segments {
            match self.disk.remove(&self.directory.join(file_name(number))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl SpoolWriter {
    /// Makes the stream's directory. Nothing is synced yet, and no segment made: the first frame does that. A disk without
    /// room is no error here; frames will say so.
    pub fn create(disk: Arc<dyn Disk>, root: &Path, stream: StreamId, meta: &[u8], options: SpoolOptions) -> Result<Self, SpoolError> {
        if meta.len() > META_BYTES {
            return Err(SpoolError::MetaTooLarge(meta.len()));
        }
        let directory = root.join(stream.to_string());
        match disk.create_dir(&directory).and_then(|()| disk.touch(&directory.join("alive"))) {
            Err(error) if !is_no_room(&error) => return Err(SpoolError::io("create", &directory)(error)),
            _ => {}
        }
        Ok(Self {
            disk,
            root: root.to_owned(),
            directory,
            stream,
            meta: meta.to_vec(),
            header_bytes: SegmentHeader { stream, first: 1, meta: meta.to_vec() }.bytes(),
            options,
            segments: Vec::new(),
            next_segment: 1,
            appending: false,
            last: 0,
            synced: 0,
            cursor: 0,
            names_dirty: true,
            lost_from: None,
            rescue: None,
        })
    }

    /// Appends a frame with one write, without waiting for the disk. `frame` is the whole frame, `header` what it begins with;
    /// its numbers must follow those of the frame before.
    pub fn append(&mut self, header: &FrameHeader, frame: &[u8]) -> Result<(), AppendError> {
        debug_assert_eq!(header.frame_bytes(), frame.len());
        debug_assert_eq!(header.first, self.last + 1, "entry numbers are dense");
        self.write(header.first, header.last(), frame).map_err(|source| {
            let path = self.directory.clone();
            if is_no_room(&source) { AppendError::NoRoom { path, source } } else { AppendError::Io { path, source } }
        })?;
        self.last = header.last();
        Ok(())
    }

    fn write(&mut self, first: EntryNumber, last: EntryNumber, bytes: &[u8]) -> io::Result<()> {
        self.rescue_frames()?;
        self.write_next(first, last, bytes)
    }

    fn write_next(&mut self, first: EntryNumber, last: EntryNumber, bytes: &[u8]) -> io::Result<()> {
        let full = self.segments.last().is_none_or(|segment| segment.bytes >= self.options.segment_bytes);
        if !self.appending || full {
            self.begin_segment(first)?;
        }
        let Some(Segment { bytes: end, last: segment_last, file: Some(file), .. }) = self.segments.last_mut() else {
            return Err(io::Error::other("the segment is closed"));
        };
        if let Err(error) = write_all_at(&**file, bytes, *end) {
            // Readers may be looking at the torn frame: its place is never written again.
            let _ = file.truncate(*end);
            self.appending = false;
            if *segment_last + 1 == first && *end == self.header_bytes {
                self.drop_empty_segment();
            }
            return Err(error);
        }
        *end += bytes.len() as u64;
        *segment_last = last;
        Ok(())
    }

    /// Retrying on a full disk must not leave a file behind each time. Its number is not used again: a reader may be in it.
    fn drop_empty_segment(&mut self) {
        if let Some(segment) = self.segments.last()
            && self.disk.remove(&self.directory.join(file_name(segment.number))).is_ok()
        {
            self.segments.pop();
        }
    }

    fn begin_segment(&mut self, first: EntryNumber) -> io::Result<()> {
        self.appending = false;
        let header = SegmentHeader { stream: self.stream, first, meta: self.meta.clone() };
        let number = self.next_segment;
        self.next_segment += 1;
        let path = self.directory.join(file_name(number));
        let file = match self.disk.create(&path) {
            // Someone removed the directory, or there was no room for it before.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.disk.create_dir(&self.directory)?;
                self.disk.create(&path)?
            }
            other => other?,
        };
        self.names_dirty = true;
        if let Err(error) = write_all_at(&*file, &header.encode(), 0) {
            // What stays of it if it cannot be removed is a torn header, which readers pass over.
            let _ = self.disk.remove(&path);
            return Err(error);
        }
        let identity = absence::identity_of(&*self.disk, &path, &*file);
        let bytes = header.bytes();
        self.segments.push(Segment { number, first, identity, last: first - 1, bytes, synced: 0, file: Some(file), suspect: false });
        self.appending = true;
        Ok(())
    }

    /// Waits until everything appended so far is durable; returns the number of the last durable entry.
    pub fn sync(&mut self) -> Result<EntryNumber, SpoolError> {
        let outcome = self.begin_sync().run();
        self.finish_sync(outcome)
    }

    /// What there is to sync now.
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

    /// Takes note of what a sync did; returns the number of the last durable entry. A file whose fsync failed is left behind
    /// as suspect, and its unsynced frames are written once more into a new segment, which the next sync covers.
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

    /// Writes the unsynced frames of a suspect segment once more. Only those of the last segment can keep their order.
    fn rescue(&mut self, at: usize, current: bool) -> io::Result<()> {
        let Some(file) = self.segments[at].file.take().filter(|_| current) else {
            return Err(io::Error::other("later segments follow"));
        };
        // The header is no frame; what was synced before is safe.
        let mut offset = self.segments[at].synced.max(self.header_bytes);
        let end = self.segments[at].bytes;
        let mut frame = Vec::new();
        while offset < end {
            let mut header = [0; stepwell_codec::frame::HEADER_BYTES];
            read_full_at(&*file, &mut header, offset)?;
            let header = FrameHeader::decode(&header).map_err(io::Error::other)?;
            frame.resize(header.frame_bytes(), 0);
            read_full_at(&*file, &mut frame, offset)?;
            FrameView::parse(&frame).map_err(io::Error::other)?;
            self.write(header.first, header.last(), &frame)?;
            offset += frame.len() as u64;
        }
        Ok(())
    }

    /// Moves the cursor and unlinks the segments that hold nothing beyond it.
    pub fn trim(&mut self, acked: EntryNumber) -> Result<(), SpoolError> {
        match self.begin_trim(acked) {
            Some(task) => {
                task.run().map_err(SpoolError::io("trim", &self.directory))?;
                self.finish_trim(&task);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// What there is to do now that the destination has everything up to `acked`; `None` if nothing.
    pub fn begin_trim(&self, acked: EntryNumber) -> Option<TrimTask> {
        let acked = acked.min(self.last).max(self.cursor);
        // A segment in which a write failed goes as well, though none follows it: on a full disk its room is what the next one needs. But
        // while blobs wait, the last one says whose they are.
        let current = self.segments.last().filter(|_| self.appending || self.has_blobs()).map(|segment| segment.number);
        let done = self.segments.iter().filter(|segment| segment.last <= acked && Some(segment.number) != current);
        let segments: Vec<u32> = done.map(|segment| segment.number).collect();
        let moves_cursor = acked > self.cursor;
        (moves_cursor || !segments.is_empty()).then(|| TrimTask {
            disk: Arc::clone(&self.disk),
            directory: self.directory.clone(),
            stream: self.stream,
            acked,
            moves_cursor,
            segments,
        })
    }

    fn has_blobs(&self) -> bool {
        self.disk.list(&self.directory.join("blobs")).is_ok_and(|names| !names.is_empty())
    }

    /// Takes note of a trim that was done.
    pub fn finish_trim(&mut self, task: &TrimTask) {
        self.cursor = self.cursor.max(task.acked);
        self.segments.retain(|segment| !task.segments.contains(&segment.number));
        if self.lost_from.is_some() && self.cursor >= self.last {
            self.lost_from = None;
        }
    }

    /// Shows readers that the writer lives.
    pub fn heartbeat(&self) -> io::Result<()> {
        self.disk.touch(&self.directory.join("alive"))
    }

    /// The stream's directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    /// Bytes of the segments that are not unlinked.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Number of the last entry appended; 0 if none.
    pub fn last(&self) -> EntryNumber {
        self.last
    }

    /// Number of the last entry known to be durable; 0 if none.
    pub fn synced(&self) -> EntryNumber {
        self.synced
    }

    /// Whether something waits for a sync.
    pub fn is_dirty(&self) -> bool {
        self.synced < self.last && self.lost_from.is_none_or(|first| first > self.synced + 1)
            || self.segments.iter().any(|segment| segment.synced < segment.bytes && !segment.suspect)
    }

    /// Ends the stream in order: syncs, and marks it as closed. It may be called again if it failed.
    pub fn close(&mut self) -> Result<(), SpoolError> {
        self.sync()?;
        self.appending = false;
        Mark::Closed
            .write(&*self.disk, &self.directory, self.stream, self.last)
            .map_err(SpoolError::io("close the stream in", &self.directory))?;
        match self.disk.remove(&self.directory.join("alive")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(SpoolError::io("close the stream in", &self.directory)(error)),
            _ => Ok(()),
        }
    }

    /// Removes a closed stream of which the destination has everything.
    pub fn remove(&self) -> Result<(), SpoolError> {
        remove_stream(&*self.disk, &self.root, self.stream)
    }
}
