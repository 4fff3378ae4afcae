//! The writing side of a stream's spool.

mod absence;
mod ballast;
mod syncing;
mod trimming;

pub use absence::Absence;
pub use syncing::{SyncOutcome, SyncTask};
pub use trimming::TrimTask;

use crate::disk::{Disk, DiskFile, is_no_room, write_all_at};
use crate::error::SpoolError;
use crate::mark::Mark;
use crate::removal::remove_streams;
use crate::segment::{META_BYTES, SegmentHeader, file_name};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_codec::frame::FrameHeader;
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

/// Reason why a frame is not in the spool. It may be appended again, as it is: no part of it will be taken
/// for a frame.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The disk, the quota or a limit on file sizes leaves no room.
    #[error("no room for the spool in {path}: {source}")]
    NoRoom {
        /// The stream's directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Any other error of the disk.
    #[error("cannot write the spool in {path}: {source}")]
    Io {
        /// The stream's directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// A segment that is not unlinked yet.
struct Segment {
    number: u32,
    first: EntryNumber,
    /// The identity of its file, whatever becomes of its name.
    identity: Option<(u64, u64)>,
    last: EntryNumber,
    bytes: u64,
    /// Offset up to which it is known to be durable.
    synced: u64,
    /// Open until it is synced to its end and done with.
    file: Option<Arc<dyn DiskFile>>,
    suspect: bool,
}

/// Directory of one stream: signs of life and ballast. A disk that takes its time with either holds up no
/// frame.
pub struct StreamDirectory {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

impl StreamDirectory {
    /// Shows readers that the writer lives.
    pub fn heartbeat(&self) -> io::Result<()> {
        self.disk.touch(&self.path.join("alive"))
    }
}

/// Writes the frames of one stream. Only [`sync`](Self::sync), [`trim`](Self::trim) and
/// [`close`](Self::close) wait for the disk itself; the first two exist as tasks too, to be run without
/// holding the lock that a writer is behind.
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
    /// True if frames go on into the last of `segments`.
    appending: bool,
    last: EntryNumber,
    synced: EntryNumber,
    cursor: EntryNumber,
    /// Names that a sync of the directory has not made durable yet.
    names_dirty: bool,
    /// The first entry that a failed fsync may have cost.
    lost_from: Option<EntryNumber>,
    /// Frames that have to be written before any later one.
    rescue: Option<absence::Rescue>,
}

impl SpoolWriter {
    /// Makes the stream's directory. Nothing is synced yet, and no segment made: the first frame does that. A
    /// disk without room is no error here; frames will say so.
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

    /// Appends a frame with one write, without waiting for the disk. `frame` is the whole frame, `header`
    /// what it begins with; its numbers must follow those of the frame before.
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

    /// Retrying on a full disk must not leave a file behind each time. Its number is not used again: a reader
    /// may be in it.
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

    /// The stream's directory, for what needs no lock of this writer.
    pub fn stream_directory(&self) -> StreamDirectory {
        StreamDirectory { disk: Arc::clone(&self.disk), path: self.directory.clone() }
    }

    /// The stream's directory.
    pub fn directory(&self) -> &Path {
        &self.directory
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

    /// Returns whether something waits for a sync.
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
        remove_streams(&*self.disk, &self.root, &[self.stream]).into_iter().try_for_each(|(_, result)| result)
    }
}
