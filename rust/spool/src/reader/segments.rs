//! Segments of a stream as its reader goes from one to the next.

use super::look::search;
use super::{Damage, SpoolReader, first_entry};
use crate::disk::{DiskFile, is_stranger};
use crate::error::SpoolError;
use crate::segment::{HeaderError, SegmentHeader, file_name, segment_numbers};
use std::sync::Arc;
use stepwell_codec::frame::FrameHeader;

/// Segments remembered as holding no frame, so that a spool that is followed is not searched again each time.
const RUBBISH: usize = 1_024;
/// The segment that is being read.
pub(super) struct Open {
    pub(super) number: u32,
    /// Closed while the reader rests.
    pub(super) file: Option<Arc<dyn DiskFile>>,
    pub(super) offset: u64,
    /// Bytes that searches have looked at.
    pub(super) searched: u64,
    /// The offset and the size of the file at the last search that found nothing.
    pub(super) fruitless: Option<(u64, u64)>,
}

/// A segment that was looked at.
pub(super) enum Opened {
    Segment(Open, SegmentHeader, Option<Damage>),
    /// It is not there, or is no regular file.
    Nothing,
    /// It is not whole and holds no frame; the problem, unless it is merely torn.
    Rubbish(Damage, Option<String>),
}

impl SpoolReader {
    /// The meta that another segment has, for one whose header is damaged.
    pub(super) fn meta_of_others(&self) -> Result<Vec<u8>, SpoolError> {
        let numbers = segment_numbers(&*self.disk, &self.directory)?;
        let header = |number| {
            let file = self.disk.open(&self.directory.join(file_name(number))).ok()?;
            SegmentHeader::read(&*file).ok().filter(|header| header.stream == self.stream)
        };
        Ok(numbers.into_iter().find_map(header).map(|header| header.meta).unwrap_or_default())
    }

    pub(super) fn open_first(&mut self) -> Result<bool, SpoolError> {
        let found = self.find_after(0)?;
        let is_there = found.is_some();
        if let Some((open, damage)) = found {
            self.pending.extend(damage);
            self.open = Some(open);
        }
        Ok(is_there)
    }

    /// The first usable segment after `number`, and what is damaged between; nothing of the reader's place is
    /// changed. Where there is none: once the stream has ended, what is damaged is to be told; an error if it
    /// is all there is.
    pub(super) fn find_after(&mut self, number: u32) -> Result<Option<(Open, Vec<Damage>)>, SpoolError> {
        let after = number.max(self.passed);
        let (mut damaged, mut refusal, mut is_fresh) = (Vec::new(), None, false);
        loop {
            let Some(candidate) = self.listed.pop_front() else {
                if is_fresh {
                    break;
                }
                is_fresh = true;
                self.listed = segment_numbers(&*self.disk, &self.directory)?.into();
                continue;
            };
            if candidate <= after || damaged.last().is_some_and(|last: &Damage| candidate <= last.segment) {
                continue;
            }
            let opened = self.open_segment(candidate);
            if opened.is_err() {
                // The next call meets it again, not what follows it.
                self.listed.clear();
            }
            let opened = opened?;
            match opened {
                Opened::Segment(open, header, damage) => {
                    damaged.extend(damage);
                    if self.expected == 0 {
                        self.expected = header.first;
                    }
                    if self.meta.is_empty() {
                        self.meta = header.meta;
                    }
                    return Ok(Some((open, damaged)));
                }
                Opened::Nothing => {}
                Opened::Rubbish(damage, problem) => {
                    if let Some(problem) = problem {
                        refusal = Some(SpoolError::Format { path: self.directory.join(file_name(candidate)), problem });
                    }
                    damaged.push(damage);
                }
            }
        }
        match refusal {
            // A damaged segment costs itself; when nothing else is left, the reader says why.
            Some(error) if self.open.is_none() => return Err(error),
            _ if self.ended.is_some() => {
                self.passed = damaged.last().map_or(self.passed, |last| last.segment);
                self.pending.extend(damaged.into_iter().filter(|damage| damage.to > 0));
            }
            _ => {}
        }
        Ok(None)
    }

    /// A segment, placed at its first frame. An error if it cannot be read, or is of a later version.
    pub(super) fn open_segment(&mut self, number: u32) -> Result<Opened, SpoolError> {
        let path = self.directory.join(file_name(number));
        let file = match self.disk.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Opened::Nothing),
            Err(error) if is_stranger(&error) => {
                self.stranger.get_or_insert(path);
                return Ok(Opened::Nothing);
            }
            Err(error) => return Err(SpoolError::io("open", &path)(error)),
        };
        let open = |offset, searched, file| Open { number, file: Some(file), offset, searched, fruitless: None };
        let mut is_ours = true;
        let problem = match SegmentHeader::read(&*file) {
            Ok(header) if header.stream != self.stream => {
                is_ours = false;
                Some(format!("it belongs to stream {}", header.stream))
            }
            Ok(header) => return Ok(Opened::Segment(open(header.bytes(), 0, file), header, None)),
            Err(HeaderError::Later(what)) => return Err(SpoolError::Later { path, entry: self.expected.max(1), what }),
            Err(HeaderError::Io(error)) => return Err(SpoolError::io("read", &path)(error)),
            Err(HeaderError::Damaged(problem)) => Some(problem),
            Err(HeaderError::Torn) => None,
        };
        // A damaged header costs only itself: the frames behind it need nothing of it.
        let io = |error| SpoolError::io("read", &path)(error);
        let why = problem.clone().unwrap_or_else(|| "the header is cut off".into());
        let damage = |to| Damage { segment: number, from: 0, to, why, torn: problem.is_none() };
        let size = file.size().map_err(io)?;
        if self.rubbish.get(&number) != Some(&size) {
            let mut searched = 0;
            if let Some(offset) = search(&*file, 0, 0, &mut searched, &mut self.buffer).map_err(io)? {
                let first = FrameHeader::decode(&self.buffer).map_or(self.expected.max(1), |header| header.first);
                let meta = if is_ours { first_entry::meta_of(&self.buffer) } else { Vec::new() };
                let header = SegmentHeader { stream: self.stream, first, meta };
                // A crash leaves nothing whole behind a torn header.
                return Ok(Opened::Segment(open(offset, searched, file), header, Some(Damage { torn: false, ..damage(offset) })));
            }
            if self.rubbish.len() >= RUBBISH {
                self.rubbish.clear();
            }
            self.rubbish.insert(number, size);
        }
        Ok(Opened::Rubbish(damage(size), problem))
    }
}
