//! The reading side: follows the spool of a writer that may be alive, and never writes to it.

mod first_entry;
pub(crate) mod look;
mod segments;

use crate::disk::{Disk, DiskFile};
use crate::error::SpoolError;
use crate::mark::Mark;
use crate::segment::{file_name, segment_numbers};
use look::{Found, is_torn, look, search};
use segments::{Open, Opened};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use stepwell_codec::frame::FrameHeader;
use stepwell_model::{EntryNumber, StreamId};

/// Age of a directory's time stamp from which on it tells of every change: file systems stamp by the tick of
/// a coarse clock.
const STAMP_AGE: Duration = Duration::from_secs(2);

/// The outcome of [`SpoolReader::next`].
#[derive(Debug, PartialEq, Eq)]
pub enum ReadOutcome<'a> {
    /// An intact frame.
    Frame {
        /// Its header.
        header: FrameHeader,
        /// The whole frame, header included.
        bytes: &'a [u8],
    },
    /// Bytes that are no frame. Told before what follows them; what they held may be in a later frame, else a
    /// gap follows.
    Damaged(Damage),
    /// Entries that are not there: damaged, or in segments that were unlinked.
    Gap {
        /// First missing entry.
        from: EntryNumber,
        /// Last missing entry.
        to: EntryNumber,
    },
    /// Nothing more for now: the end of the stream, a torn tail, or a frame that is being written.
    End,
}

/// Bytes of a segment that are no frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Number of the segment.
    pub segment: u32,
    /// Offset of their begin.
    pub from: u64,
    /// Offset of their end.
    pub to: u64,
    /// The problem.
    pub why: String,
    /// They look as what a crash leaves: a frame that was about to be written.
    pub torn: bool,
}

/// Reads the frames of a stream in order, each entry once.
pub struct SpoolReader {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    stream: StreamId,
    meta: Vec<u8>,
    open: Option<Open>,
    /// Segments that were listed and not looked at.
    listed: VecDeque<u32>,
    /// Segments up to this one are done with, though none after it could be opened.
    passed: u32,
    /// Sizes of segments that hold no frame.
    rubbish: BTreeMap<u32, u64>,
    /// Damage to report before anything else.
    pending: VecDeque<Damage>,
    /// Number of the next entry to return; 0 before the first segment was opened.
    expected: EntryNumber,
    /// Set once nothing will be written any more: number of the last entry, as far as the stream says it.
    ended: Option<EntryNumber>,
    writer_is_gone: bool,
    damaged_bytes: u64,
    stranger: Option<PathBuf>,
    buffer: Vec<u8>,
}

impl SpoolReader {
    /// Opens the spool of a stream, from its first entry that is still there. Waits for nothing: a stream
    /// whose writer has not made its first segment yet is at its end.
    pub fn open(disk: Arc<dyn Disk>, root: &Path, stream: StreamId) -> Result<Self, SpoolError> {
        let mut reader = Self {
            disk,
            directory: root.join(stream.to_string()),
            stream,
            meta: Vec::new(),
            open: None,
            listed: VecDeque::new(),
            passed: 0,
            rubbish: BTreeMap::new(),
            pending: VecDeque::new(),
            expected: 0,
            ended: None,
            writer_is_gone: false,
            damaged_bytes: 0,
            stranger: None,
            buffer: Vec::new(),
        };
        if reader.open_first()? && reader.meta.is_empty() {
            reader.meta = reader.meta_of_others()?;
        }
        Ok(reader)
    }

    /// The next frame, bytes that are none, a gap, or the end. After the end it may be called again: the
    /// writer may have gone on. A frame that holds entries before and after the reader's place is returned
    /// whole. An error stands at its place: nothing behind it is read, and the next call meets it again. Each
    /// call looks at a bounded part of the files.
    #[expect(clippy::should_implement_trait, reason = "the frame is lent from the reader's own buffer")]
    pub fn next(&mut self) -> Result<ReadOutcome<'_>, SpoolError> {
        loop {
            if let Some(damage) = self.pending.pop_front() {
                self.damaged_bytes += damage.to - damage.from;
                return Ok(ReadOutcome::Damaged(damage));
            }
            if self.open.is_none() && !self.open_first()? && self.pending.is_empty() {
                match self.end(None) {
                    Some(outcome) => return Ok(outcome),
                    None => continue,
                }
            }
            let Some(file) = self.file()? else { continue };
            let Some(open) = &mut self.open else { continue };
            let path = || self.directory.join(file_name(open.number));
            let found = look(&*file, open.offset, &mut self.buffer).map_err(|error| SpoolError::io("read", &path())(error))?;
            let (why, last, torn) = match found {
                Found::Frame(header) if header.last() < self.expected => {
                    open.offset += header.frame_bytes() as u64;
                    continue;
                }
                Found::Frame(header) if header.first > self.expected => {
                    let from = std::mem::replace(&mut self.expected, header.first);
                    return Ok(ReadOutcome::Gap { from, to: header.first - 1 });
                }
                Found::Frame(header) => {
                    open.offset += header.frame_bytes() as u64;
                    self.expected = header.last() + 1;
                    return Ok(ReadOutcome::Frame { header, bytes: &self.buffer });
                }
                Found::Later(what) => {
                    let what = format!("its frame has {what}");
                    return Err(SpoolError::Later { path: path(), entry: self.expected.max(1), what });
                }
                Found::Short => ("the file ends within a header".to_owned(), None, is_torn(&*file, open.offset).unwrap_or(false)),
                Found::Damage { from, why, last, torn } => {
                    let io = |error| SpoolError::io("read", &path())(error);
                    let place = (open.offset, file.size().map_err(io)?);
                    if open.fruitless != Some(place) {
                        if let Some(at) = search(&*file, from, self.expected, &mut open.searched, &mut self.buffer).map_err(io)? {
                            let from = std::mem::replace(&mut open.offset, at);
                            self.pending.push_back(Damage { segment: open.number, from, to: at, why, torn: false });
                            continue;
                        }
                        open.fruitless = Some(place);
                    }
                    (why, last, torn)
                }
            };
            if !self.go_on(&file, &why, torn)? {
                // Nothing whole behind it: no more than a torn tail, unless the stream has ended.
                match self.end(Some((&*file, why, last, torn))) {
                    Some(outcome) => return Ok(outcome),
                    None => continue,
                }
            }
        }
    }

    /// The open segment's file; `None` if it is gone and the reader has to look again.
    fn file(&mut self) -> Result<Option<Arc<dyn DiskFile>>, SpoolError> {
        let Some(open) = &mut self.open else { return Ok(None) };
        if open.file.is_none() {
            let path = self.directory.join(file_name(open.number));
            match self.disk.open(&path) {
                Ok(file) => open.file = Some(file),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.open = None,
                Err(error) => return Err(SpoolError::io("open", &path)(error)),
            }
        }
        Ok(self.open.as_ref().and_then(|open| open.file.clone()))
    }

    /// Goes on to the next segment, if there is one.
    fn go_on(&mut self, file: &Arc<dyn DiskFile>, why: &str, torn: bool) -> Result<bool, SpoolError> {
        let Some(Open { number, offset, .. }) = self.open else { return Ok(false) };
        let Some((next, damaged)) = self.find_after(number)? else {
            // A file that was unlinked keeps its room on the disk as long as somebody has it open.
            let path = self.directory.join(file_name(number));
            if self.disk.size(&path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
                self.open = None;
            }
            return Ok(!self.pending.is_empty());
        };
        // The writer may have finished this segment between our look and its beginning of the next: look
        // again.
        if let Ok(Found::Frame(_)) = look(&**file, offset, &mut self.buffer) {
            self.listed.clear();
            return Ok(true);
        }
        let size = file.size().unwrap_or(offset);
        if size > offset {
            self.pending.push_back(Damage { segment: number, from: offset, to: size, why: why.to_owned(), torn });
        }
        self.pending.extend(damaged);
        self.open = Some(next);
        Ok(true)
    }

    /// The outcome where no frame follows; `None` to look once more. `tail` is what stands at the
    /// end of the last segment.
    fn end(&mut self, tail: Option<(&dyn DiskFile, String, Option<EntryNumber>, bool)>) -> Option<ReadOutcome<'static>> {
        let Some(mut last) = self.ended else {
            // What was written before the mark is there once the mark is: look again before judging what is
            // missing.
            self.ended = self.closed().or(self.writer_is_gone.then_some(0));
            return self.ended.is_none().then_some(ReadOutcome::End);
        };
        if let (Some((file, why, frame_last, torn)), Some(open)) = (tail, &mut self.open) {
            let size = file.size().unwrap_or(open.offset);
            // What a stream that was closed holds was whole.
            let torn = torn && last == 0;
            if size > open.offset {
                last = last.max(frame_last.unwrap_or(0));
                self.ended = Some(last);
                let from = std::mem::replace(&mut open.offset, size);
                self.pending.push_back(Damage { segment: open.number, from, to: size, why, torn });
                return None;
            }
        }
        if self.expected == 0 {
            self.expected = self.acked() + 1;
        }
        if self.expected <= last {
            let from = std::mem::replace(&mut self.expected, last + 1);
            return Some(ReadOutcome::Gap { from, to: last });
        }
        Some(ReadOutcome::End)
    }

    /// Tells the reader that the stream's writer is gone for good: what is damaged at the end is no frame
    /// that is being written.
    pub fn set_writer_is_gone(&mut self) {
        self.writer_is_gone = true;
    }

    /// Goes to the frame that holds `number`, forwards or back. If it is not there any more, the next call
    /// reports the gap.
    pub fn seek(&mut self, number: EntryNumber) -> Result<(), SpoolError> {
        if number < self.expected || self.open.is_none() {
            self.open = None;
            self.pending.clear();
            self.damaged_bytes = 0;
        }
        self.expected = number.max(1);
        self.listed.clear();
        (self.passed, self.ended) = (0, None);
        // Whole segments that end before the number need not be read.
        let current = self.open.as_ref().map_or(0, |open| open.number);
        let mut best = None;
        for candidate in segment_numbers(&*self.disk, &self.directory)?.into_iter().filter(|&found| found > current) {
            match self.open_segment(candidate) {
                Ok(Opened::Segment(open, header, damage)) if header.first <= self.expected => best = Some((open, header, damage)),
                Ok(Opened::Segment(..)) => break,
                // Met in its turn, if it is not passed over.
                _ => {}
            }
        }
        if let Some((open, header, damage)) = best {
            self.open = Some(open);
            // What lies before it, the destination has.
            self.pending = damage.into_iter().collect();
            if self.meta.is_empty() {
                self.meta = header.meta;
            }
        }
        Ok(())
    }

    /// Closes the file and gives the buffer back; the place is kept.
    pub fn rest(&mut self) {
        if let Some(open) = &mut self.open {
            open.file = None;
        }
        (self.buffer, self.listed) = (Vec::new(), VecDeque::new());
    }

    /// A stamp, which changes when frames, segments or the mark of the end are written; `None` if there is
    /// none. To be taken before reading to the end.
    pub fn stamp(&self) -> Option<(u64, SystemTime)> {
        let open = self.open.as_ref()?;
        let size = self.disk.size(&self.directory.join(file_name(open.number))).ok()?;
        let modified = self.disk.modified(&self.directory).ok()?;
        modified.elapsed().is_ok_and(|age| age > STAMP_AGE).then_some((size, modified))
    }

    /// Bytes that lie in the spool from the reader's place on, as far as they can be seen.
    pub fn bytes_left(&self) -> u64 {
        let (current, offset) = self.open.as_ref().map_or((self.passed, 0), |open| (open.number, open.offset));
        let numbers = segment_numbers(&*self.disk, &self.directory).unwrap_or_default();
        let ahead = numbers.into_iter().filter(|&number| number >= current);
        let sizes = ahead.map(|number| self.disk.size(&self.directory.join(file_name(number))).unwrap_or(0));
        sizes.sum::<u64>().saturating_sub(offset)
    }

    /// The segment of the last frame that was returned, and where in it the frame begins and ends; `None`
    /// before the first.
    pub fn frame_place(&self) -> Option<(u32, u64, u64)> {
        let open = self.open.as_ref()?;
        let bytes = self.buffer.len() as u64;
        Some((open.number, open.offset.checked_sub(bytes)?, open.offset))
    }

    /// Number of the next entry that [`next`](Self::next) returns; 0 while there is none.
    pub fn position(&self) -> EntryNumber {
        self.expected
    }

    /// Number of the first entry of the first segment that is there; 0 if there is none.
    pub fn first(&mut self) -> Result<EntryNumber, SpoolError> {
        for number in segment_numbers(&*self.disk, &self.directory)? {
            if let Opened::Segment(_, header, _) = self.open_segment(number)? {
                return Ok(header.first);
            }
        }
        Ok(0)
    }

    /// The meta bytes of the stream; empty while it has no segment.
    pub fn meta(&self) -> &[u8] {
        &self.meta
    }

    /// The stream.
    pub fn stream(&self) -> StreamId {
        self.stream
    }

    /// Bytes passed over so far because they are damaged or torn.
    pub fn damaged_bytes(&self) -> u64 {
        self.damaged_bytes
    }

    /// Something with the name of a segment that is no regular file, and was passed over.
    pub(crate) fn stranger(&self) -> Option<&Path> {
        self.stranger.as_deref()
    }

    /// Number of the last entry that the destination has; 0 if none is known.
    pub fn acked(&self) -> EntryNumber {
        Mark::Cursor.read(&*self.disk, &self.directory, self.stream).unwrap_or(0)
    }

    /// The writer's last heartbeat, by the clock of the file system; `None` once it is closed.
    pub fn last_alive(&self) -> Option<SystemTime> {
        self.disk.modified(&self.directory.join("alive")).ok()
    }

    /// Number of the last entry, if the stream ended in order.
    pub fn closed(&self) -> Option<EntryNumber> {
        Mark::Closed.read(&*self.disk, &self.directory, self.stream)
    }

    /// Returns whether the stream ended in order: nothing will follow.
    pub fn is_closed(&self) -> bool {
        self.closed().is_some()
    }
}
