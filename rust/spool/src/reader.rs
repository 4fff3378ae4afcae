//! The reading side: follows the spool of a writer that may be alive, and never writes to it.

use crate::SpoolError;
use crate::disk::{Disk, DiskFile, read_full_at};
use crate::mark::Mark;
use crate::segment::{HeaderError, SegmentHeader, file_name, parse_file_name};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use stepwell_codec::frame::{FrameHeader, FrameView, HEADER_BYTES, find_header};
use stepwell_model::{EntryNumber, StreamId};

/// Bytes looked at in one go when searching behind damage.
const SEARCH_BYTES: usize = 1 << 20;

/// What [`SpoolReader::next`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum ReadOutcome<'a> {
    /// An intact frame.
    Frame {
        /// What its header says.
        header: FrameHeader,
        /// The whole frame, header included.
        bytes: &'a [u8],
    },
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

/// The segment that is being read.
struct Open {
    number: u32,
    file: Arc<dyn DiskFile>,
    offset: u64,
}

/// Reads the frames of a stream in order, each entry once.
pub struct SpoolReader {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    stream: StreamId,
    meta: Vec<u8>,
    open: Option<Open>,
    /// Number of the next entry to return; 0 before the first segment was opened.
    expected: EntryNumber,
    damaged_bytes: u64,
    buffer: Vec<u8>,
}

/// What stands at the reader's place in a segment.
enum Found {
    Frame(FrameHeader),
    /// The file ends before a frame does.
    Nothing,
    Damage {
        /// Where to go on searching.
        from: u64,
    },
}

impl SpoolReader {
    /// Opens the spool of a stream, from its first entry that is still there. Waits for nothing: a stream whose writer has not
    /// made its first segment yet is at its end.
    pub fn open(disk: Arc<dyn Disk>, root: &Path, stream: StreamId) -> Result<Self, SpoolError> {
        let directory = root.join(stream.to_string());
        let mut reader = Self { disk, directory, stream, meta: Vec::new(), open: None, expected: 0, damaged_bytes: 0, buffer: Vec::new() };
        reader.open_after(0)?;
        Ok(reader)
    }

    /// Opens the first usable segment after `number`; whether there is one.
    fn open_after(&mut self, number: u32) -> Result<bool, SpoolError> {
        let mut refusal = None;
        for number in segment_numbers(&*self.disk, &self.directory)?.into_iter().filter(|&found| found > number) {
            match self.open_segment(number) {
                Ok(Some((open, header))) => {
                    if self.expected == 0 {
                        self.expected = header.first;
                    }
                    if self.meta.is_empty() {
                        self.meta = header.meta;
                    }
                    self.open = Some(open);
                    return Ok(true);
                }
                Ok(None) => {}
                Err(error) => refusal = Some(error),
            }
        }
        // A damaged segment header costs its segment; when nothing else is left, the reader says why.
        match refusal {
            Some(error) if self.open.is_none() => Err(error),
            _ => Ok(false),
        }
    }

    /// A segment placed at its first frame; `None` if it was unlinked meanwhile or its header is not whole.
    fn open_segment(&self, number: u32) -> Result<Option<(Open, SegmentHeader)>, SpoolError> {
        let path = self.directory.join(file_name(number));
        let file = match self.disk.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(SpoolError::io("open", &path)(error)),
        };
        let problem = match SegmentHeader::read(&*file) {
            Ok(header) if header.stream != self.stream => Some(format!("it belongs to stream {}", header.stream)),
            Ok(header) => return Ok(Some((Open { number, file, offset: header.bytes() }, header))),
            Err(HeaderError::Version(problem)) => return Err(SpoolError::Format { path, problem }),
            Err(HeaderError::Io(error)) => return Err(SpoolError::io("read", &path)(error)),
            Err(HeaderError::Damaged(problem)) => Some(problem),
            Err(HeaderError::Torn) => None,
        };
        // A damaged header costs only itself: the frames behind it need nothing of it.
        let mut buffer = Vec::new();
        let io = |error| SpoolError::io("read", &path)(error);
        if let Some(offset) = search(&*file, 0, 0, &mut buffer).map_err(io)? {
            let first = FrameHeader::decode(&buffer).map_or(1, |header| header.first);
            return Ok(Some((Open { number, file, offset }, SegmentHeader { stream: self.stream, first, meta: Vec::new() })));
        }
        problem.map_or(Ok(None), |problem| Err(SpoolError::Format { path, problem }))
    }

    /// The next frame, a gap before it, or the end. After the end it may be called again: the writer may have gone on.
    /// A frame that holds entries before and after the reader's place is returned whole.
    #[expect(clippy::should_implement_trait, reason = "the frame is lent from the reader's own buffer")]
    pub fn next(&mut self) -> Result<ReadOutcome<'_>, SpoolError> {
        loop {
            if self.open.is_none() && !self.open_after(0)? {
                return Ok(ReadOutcome::End);
            }
            let Some(open) = &mut self.open else { return Ok(ReadOutcome::End) };
            let path = || self.directory.join(file_name(open.number));
            match look(&*open.file, open.offset, &mut self.buffer).map_err(|error| SpoolError::io("read", &path())(error))? {
                Found::Frame(header) if header.last() < self.expected => {
                    open.offset += header.frame_bytes() as u64;
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
                Found::Damage { from } => {
                    let found = search(&*open.file, from, self.expected, &mut self.buffer)
                        .map_err(|error| SpoolError::io("read", &path())(error))?;
                    if let Some(at) = found {
                        self.damaged_bytes += at - open.offset;
                        open.offset = at;
                    } else if !self.go_on()? {
                        // Nothing whole behind it: no more than a torn tail, as far as one can tell.
                        return Ok(ReadOutcome::End);
                    }
                }
                Found::Nothing => {
                    if !self.go_on()? {
                        return Ok(ReadOutcome::End);
                    }
                }
            }
        }
    }

    /// Goes on to the next segment, if there is one.
    fn go_on(&mut self) -> Result<bool, SpoolError> {
        let Some(Open { number, file, offset }) = &self.open else { return Ok(false) };
        let (number, offset, file) = (*number, *offset, Arc::clone(file));
        if !self.open_after(number)? {
            // A file that was unlinked keeps its room on the disk as long as somebody has it open.
            if !segment_numbers(&*self.disk, &self.directory)?.contains(&number) {
                self.open = None;
            }
            return Ok(false);
        }
        // The writer may have finished this segment between our look and its beginning of the next: look again.
        if let Ok(Found::Frame(_)) = look(&*file, offset, &mut self.buffer) {
            self.open = Some(Open { number, file, offset });
            return Ok(true);
        }
        self.damaged_bytes += file.size().map_or(0, |size| size.saturating_sub(offset));
        Ok(true)
    }

    /// Goes to the frame that holds `number`, forwards or back. If it is not there any more, the next call reports the gap.
    pub fn seek(&mut self, number: EntryNumber) -> Result<(), SpoolError> {
        if number < self.expected || self.open.is_none() {
            self.open = None;
            self.damaged_bytes = 0;
        }
        self.expected = number.max(1);
        // Whole segments that end before the number need not be read.
        let current = self.open.as_ref().map_or(0, |open| open.number);
        let mut best = None;
        for candidate in segment_numbers(&*self.disk, &self.directory)?.into_iter().filter(|&found| found > current) {
            match self.open_segment(candidate) {
                Ok(Some((open, header))) if header.first <= self.expected => best = Some((open, header)),
                Ok(Some(_)) => break,
                _ => {}
            }
        }
        if let Some((open, header)) = best {
            self.open = Some(open);
            if self.meta.is_empty() {
                self.meta = header.meta;
            }
        }
        Ok(())
    }

    /// Number of the next entry that [`next`](Self::next) returns; 0 while there is none.
    pub fn position(&self) -> EntryNumber {
        self.expected
    }

    /// Number of the first entry of the first segment that is there; 0 if there is none.
    pub fn first(&self) -> Result<EntryNumber, SpoolError> {
        for number in segment_numbers(&*self.disk, &self.directory)? {
            if let Ok(Some((_, header))) = self.open_segment(number) {
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

    /// Whether the stream ended in order: nothing will follow.
    pub fn is_closed(&self) -> bool {
        self.closed().is_some()
    }
}

/// Looks at `offset`; a whole frame is left in `buffer`.
fn look(file: &dyn DiskFile, offset: u64, buffer: &mut Vec<u8>) -> std::io::Result<Found> {
    let mut head = [0; HEADER_BYTES];
    if read_full_at(file, &mut head, offset)? < HEADER_BYTES {
        return Ok(Found::Nothing);
    }
    let Ok(header) = FrameHeader::decode(&head) else {
        return Ok(Found::Damage { from: offset + 1 });
    };
    // Bytes may be missing within the frame, so that what follows it begins before its end: the length of a damaged frame is not believed.
    // A torn tail looks the same, but nothing whole follows it.
    let damage = Found::Damage { from: offset + HEADER_BYTES as u64 };
    // A length is believed only as far as the file goes; the header's own limit is 4 MiB.
    if file.size()?.saturating_sub(offset) < header.frame_bytes() as u64 {
        return Ok(damage);
    }
    buffer.resize(header.frame_bytes(), 0);
    if read_full_at(file, buffer, offset)? < buffer.len() {
        return Ok(damage);
    }
    Ok(FrameView::parse(buffer).map_or(damage, |view| Found::Frame(view.header)))
}

/// Where the next intact frame with entries from `expected` on begins, at or after `from`.
fn search(file: &dyn DiskFile, mut from: u64, expected: EntryNumber, buffer: &mut Vec<u8>) -> std::io::Result<Option<u64>> {
    let mut window = vec![0; SEARCH_BYTES];
    loop {
        let read = read_full_at(file, &mut window, from)?;
        match find_header(&window[..read], 0) {
            Some(at) => {
                let at = from + at as u64;
                if matches!(look(file, at, buffer)?, Found::Frame(header) if header.last() >= expected) {
                    return Ok(Some(at));
                }
                from = at + 1;
            }
            None if read < window.len() => return Ok(None),
            None => from += (read - HEADER_BYTES + 1) as u64,
        }
    }
}

/// The segments in a directory, in order; none if it is not there.
pub(crate) fn segment_numbers(disk: &dyn Disk, directory: &Path) -> Result<Vec<u32>, SpoolError> {
    let names = match disk.list(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(SpoolError::io("list", directory))?,
    };
    let mut numbers: Vec<u32> = names.iter().filter_map(|name| parse_file_name(name)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}
