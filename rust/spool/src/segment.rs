//! Segments: their names, and the header that each begins with.

use crate::disk::{Disk, DiskFile, read_full_at};
use crate::error::SpoolError;
use std::io;
use std::path::Path;
use stepwell_model::{EntryNumber, StreamId};

/// Most bytes of meta that a header carries; an opening is a few hundred.
pub const META_BYTES: usize = 64 << 10;
const MAGIC: [u8; 4] = *b"SWS1";
const VERSION: u32 = 1;
/// Bytes before the meta.
const FIXED_BYTES: usize = 36;

/// The header of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) stream: StreamId,
    pub(crate) first: EntryNumber,
    pub(crate) meta: Vec<u8>,
}

/// Reason why a file does not begin with a segment's header.
#[derive(Debug)]
pub(crate) enum HeaderError {
    /// It is shorter than its header: torn, or just being made.
    Torn,
    /// It is damaged, or the file is something else.
    Damaged(String),
    /// It is intact, of a version that this library does not read.
    Later(String),
    /// It cannot be read.
    Io(io::Error),
}

impl SegmentHeader {
    /// Bytes of the header on disk: where the first frame begins.
    pub(crate) fn bytes(&self) -> u64 {
        (FIXED_BYTES + self.meta.len() + 4) as u64
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FIXED_BYTES + self.meta.len() + 4);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.stream.0);
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&(self.meta.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.meta);
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    pub(crate) fn read(file: &dyn DiskFile) -> Result<Self, HeaderError> {
        let mut fixed = [0; FIXED_BYTES];
        let have = read_full_at(file, &mut fixed, 0).map_err(HeaderError::Io)?;
        if have < FIXED_BYTES {
            return Err(HeaderError::Torn);
        }
        if fixed == [0; FIXED_BYTES] {
            // A power loss may leave the length of a file and none of its bytes.
            return Err(HeaderError::Torn);
        }
        if fixed[..3] != MAGIC[..3] {
            return Err(HeaderError::Damaged("it does not begin with SWS1".into()));
        }
        let u32_at = |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        let meta_bytes = u32_at(32) as usize;
        if meta_bytes > META_BYTES {
            return Err(HeaderError::Damaged(format!("its meta is said to have {meta_bytes} bytes, the limit is {META_BYTES}")));
        }
        let mut rest = vec![0; meta_bytes + 4];
        if read_full_at(file, &mut rest, FIXED_BYTES as u64).map_err(HeaderError::Io)? < rest.len() {
            return Err(HeaderError::Torn);
        }
        let crc = u32::from_le_bytes([rest[meta_bytes], rest[meta_bytes + 1], rest[meta_bytes + 2], rest[meta_bytes + 3]]);
        rest.truncate(meta_bytes);
        if crc32c::crc32c_append(crc32c::crc32c(&fixed), &rest) != crc {
            return Err(HeaderError::Damaged("the checksum of its header does not match".into()));
        }
        // Bytes with a right checksum are as their writer meant them: what is unknown here is not damage.
        if fixed[..4] != MAGIC {
            return Err(HeaderError::Later(format!("it begins with {}, this library reads SWS1", fixed[..4].escape_ascii())));
        }
        if u32_at(4) != VERSION {
            return Err(HeaderError::Later(format!("its version is {}, this library reads {VERSION}", u32_at(4))));
        }
        let mut stream = [0; 16];
        stream.copy_from_slice(&fixed[8..24]);
        let first = u64::from(u32_at(24)) | u64::from(u32_at(28)) << 32;
        if first == 0 {
            return Err(HeaderError::Damaged("its first entry has the number 0".into()));
        }
        Ok(Self { stream: StreamId(stream), first, meta: rest })
    }
}

/// The file name of a segment.
pub(crate) fn file_name(segment: u32) -> String {
    format!("{segment:08}.seg")
}

/// The segment of a file name.
pub(crate) fn parse_file_name(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".seg")?;
    let is_name = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    // The first segment has the number 1.
    is_name.then(|| digits.parse().ok()).flatten().filter(|&number| number > 0)
}

/// The segments in a directory, in order; none if it is not there.
pub(crate) fn segment_numbers(disk: &dyn Disk, directory: &Path) -> Result<Vec<u32>, SpoolError> {
    let names = match disk.list(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(SpoolError::io("list", directory))?,
    };
    let mut numbers: Vec<u32> = names.iter().filter_map(|name| parse_file_name(name)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Returns whether a file may be a segment that this version understands; what is unreadable or of a later
/// version stays.
pub(crate) fn is_removable(disk: &dyn Disk, path: &Path) -> bool {
    match disk.open(path) {
        Ok(file) => !matches!(SegmentHeader::read(&*file), Err(HeaderError::Later(_) | HeaderError::Io(_))),
        Err(_) => false,
    }
}
