//! Looking into a segment: what stands at a place, and where the next frame begins behind damage.

use crate::disk::{DiskFile, read_full_at};
use std::io;
use stepwell_codec::frame::{FrameError, FrameHeader, FrameView, HEADER_BYTES, find_header};
use stepwell_model::EntryNumber;

/// Bytes looked at in one go when searching behind damage, at first and at most: damage is mostly small.
const FIRST_WINDOW_BYTES: usize = 4 << 10;
const WINDOW_BYTES: usize = 1 << 20;
/// Bytes of one segment that are searched in all. A writer begins the next segment after 64 MiB; a file that
/// holds more rubbish than this, or a hole of a terabyte, must not keep a reader.
pub(crate) const SEARCHED_BYTES: u64 = 128 << 20;

/// The content of a place in a segment.
pub(crate) enum Found {
    /// A whole frame; it is in the buffer.
    Frame(FrameHeader),
    /// A frame of a later version, and what it has that is not known here.
    Later(String),
    /// The file ends here, or too soon for a header.
    Short,
    /// No whole frame.
    Damage {
        /// Offset from which to go on searching.
        from: u64,
        /// The problem.
        why: String,
        /// Number of the last entry of the frame that stood here, if its header is whole and the file does
        /// not end within it.
        last: Option<EntryNumber>,
        /// It looks as what a crash leaves: the file ends within the frame, or holds zeros.
        torn: bool,
    },
}

/// Looks at `offset`; a whole frame is left in `buffer`.
pub(crate) fn look(file: &dyn DiskFile, offset: u64, buffer: &mut Vec<u8>) -> io::Result<Found> {
    let mut head = [0; HEADER_BYTES];
    if read_full_at(file, &mut head, offset)? < HEADER_BYTES {
        return Ok(Found::Short);
    }
    let header = match FrameHeader::decode(&head) {
        Ok(header) => header,
        Err(FrameError::Later(unknown)) => return Ok(Found::Later(unknown)),
        // No version that is known here writes such a frame.
        Err(FrameError::Limit { what, value, limit }) => return Ok(Found::Later(format!("{value} {what} where {limit} are the limit"))),
        Err(error) => {
            let torn = head == [0; HEADER_BYTES];
            return Ok(Found::Damage { from: offset + 1, why: error.to_string(), last: None, torn });
        }
    };
    // Bytes may be missing within the frame, so that what follows it begins before its end: the length of a
    // damaged frame is not believed. A torn tail looks the same, but nothing whole follows it.
    let from = offset + HEADER_BYTES as u64;
    let cut = || Found::Damage { from, why: "the file ends within the frame".into(), last: None, torn: true };
    // A length is believed only as far as the file goes; the header's own limit is 4 MiB.
    if file.size()?.saturating_sub(offset) < header.frame_bytes() as u64 {
        return Ok(cut());
    }
    buffer.resize(header.frame_bytes(), 0);
    if read_full_at(file, buffer, offset)? < buffer.len() {
        return Ok(cut());
    }
    Ok(match FrameView::parse(buffer) {
        Ok(view) => Found::Frame(view.header),
        Err(error) => Found::Damage { from, why: error.to_string(), last: Some(header.last()), torn: false },
    })
}

/// Offset of the next frame with entries from `expected` on, at or after `from`; one of a later version
/// counts. `searched` are the bytes of this segment that were looked at, which end the search at
/// [`SEARCHED_BYTES`].
pub(crate) fn search(
    file: &dyn DiskFile,
    mut from: u64,
    expected: EntryNumber,
    searched: &mut u64,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<u64>> {
    let mut window = vec![0; FIRST_WINDOW_BYTES];
    while *searched < SEARCHED_BYTES {
        let read = read_full_at(file, &mut window, from)?;
        *searched += read as u64;
        match find_header(&window[..read], 0) {
            Some(at) => {
                let at = from + at as u64;
                match look(file, at, buffer)? {
                    Found::Frame(header) if header.last() >= expected => return Ok(Some(at)),
                    Found::Later(_) => return Ok(Some(at)),
                    // Headers that lie one behind the other cost a payload each.
                    _ => *searched += buffer.len() as u64,
                }
                from = at + 1;
            }
            None if read < window.len() => return Ok(None),
            None => from += (read - HEADER_BYTES + 1) as u64,
        }
        if window.len() < WINDOW_BYTES {
            window.resize(window.len() * 4, 0);
        }
    }
    Ok(None)
}

/// Returns whether the bytes from `offset` on are what a crash leaves of a frame that was about to be
/// written: fewer than a header, or zeros.
pub(crate) fn is_torn(file: &dyn DiskFile, offset: u64) -> io::Result<bool> {
    let mut head = [0; HEADER_BYTES];
    let read = read_full_at(file, &mut head, offset)?;
    let begun = &head[..read.min(4)];
    Ok(read < HEADER_BYTES && b"SWF1".starts_with(begun) || head == [0; HEADER_BYTES])
}
