//! Frames: immutable batches of numbered entries, the unit of the spool, the wire and the journal.
//!
//! A frame is a header of 40 bytes and a payload. All integers are little-endian.
//!
//! | offset | bytes | field |
//! |---:|---:|---|
//! | 0 | 4 | magic `SWF1` |
//! | 4 | 1 | kind: 1 = entries |
//! | 5 | 1 | codec of the payload: 0 = none, 1 = zstd (one zstd frame) |
//! | 6 | 2 | zero |
//! | 8 | 4 | payload length as stored |
//! | 12 | 4 | payload length before compression |
//! | 16 | 8 | number of the first entry |
//! | 24 | 4 | count of entries, at least 1 |
//! | 28 | 4 | CRC32C of the payload as stored |
//! | 32 | 4 | zero |
//! | 36 | 4 | CRC32C of the 36 bytes before |
//!
//! The header has a checksum of its own so that a damaged length cannot lead a reader astray (invariant A5).
//! [`crate::payload`] has the form of the payload.

mod decoder;

pub use decoder::FrameDecoder;

use stepwell_model::{EntryNumber, limits};

/// Bytes of a frame header.
pub const HEADER_BYTES: usize = 40;
/// The first four bytes of a frame.
pub const MAGIC: [u8; 4] = *b"SWF1";
/// Bytes in which a search looks for the first byte of the magic before it looks at each.
const SEARCH_BLOCK_BYTES: usize = 128;
/// Level 1: on rows of metrics, level 3 packs no better at half the speed.
const ZSTD_LEVEL: i32 = 1;

/// The checksum of all formats: CRC32C.
pub fn checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
}

/// Bytes that are not a whole, intact frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes end before the frame does: a torn tail, or more is to come.
    #[error("the frame is cut off: {have} of {need} bytes")]
    Truncated {
        /// Bytes there are.
        have: usize,
        /// Bytes the frame needs.
        need: usize,
    },
    /// No frame begins here, or its header is damaged.
    #[error("no frame header here ({0})")]
    Header(&'static str),
    /// The header is whole, and of a version that this one does not read: nothing of the frame is understood,
    /// and none of it may be given up.
    #[error("the frame has {0}, which this version does not know: a newer stepwell is needed")]
    Later(String),
    /// The header is whole but says more than the limits allow.
    #[error("the frame says {what} {value}, the limit is {limit}")]
    Limit {
        /// The field that is too large.
        what: &'static str,
        /// Its value.
        value: u64,
        /// The limit.
        limit: u64,
    },
    /// The payload does not match its checksum.
    #[error("the checksum of the payload does not match")]
    Checksum,
    /// The payload does not decompress to what the header says.
    #[error("the payload does not decompress: {0}")]
    Zstd(String),
}

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// True if the payload is compressed with zstd.
    pub compressed: bool,
    /// Payload bytes as stored.
    pub payload_bytes: u32,
    /// Payload bytes before compression.
    pub raw_bytes: u32,
    /// Number of the first entry.
    pub first: EntryNumber,
    /// Entries in the frame.
    pub count: u32,
    /// CRC32C of the payload as stored.
    pub crc: u32,
}

impl FrameHeader {
    /// Number of the last entry.
    pub fn last(&self) -> EntryNumber {
        self.first + u64::from(self.count) - 1
    }

    /// Bytes of the whole frame.
    pub fn frame_bytes(&self) -> usize {
        HEADER_BYTES + self.payload_bytes as usize
    }

    /// The header's bytes.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        out[..4].copy_from_slice(&MAGIC);
        out[4] = 1;
        out[5] = u8::from(self.compressed);
        out[8..12].copy_from_slice(&self.payload_bytes.to_le_bytes());
        out[12..16].copy_from_slice(&self.raw_bytes.to_le_bytes());
        out[16..24].copy_from_slice(&self.first.to_le_bytes());
        out[24..28].copy_from_slice(&self.count.to_le_bytes());
        out[28..32].copy_from_slice(&self.crc.to_le_bytes());
        let crc = crc32c::crc32c(&out[..36]);
        out[36..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads the header at the front of `bytes` and checks it against the limits.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Err(FrameError::Truncated { have: bytes.len(), need: HEADER_BYTES });
        };
        let u32_at = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        if header[..3] != MAGIC[..3] {
            return Err(FrameError::Header("wrong magic"));
        }
        if u32_at(36) != crc32c::crc32c(&header[..36]) {
            return Err(FrameError::Header("checksum of the header does not match"));
        }
        // Bytes with a right checksum are as their writer meant them: what is unknown here is not damage.
        if let Some(unknown) = unknown(header) {
            return Err(FrameError::Later(unknown));
        }
        let decoded = Self {
            compressed: header[5] == 1,
            payload_bytes: u32_at(8),
            raw_bytes: u32_at(12),
            first: u64::from(u32_at(16)) | u64::from(u32_at(20)) << 32,
            count: u32_at(24),
            crc: u32_at(28),
        };
        let limit = |what, value: u64, limit: usize| {
            if value > limit as u64 { Err(FrameError::Limit { what, value, limit: limit as u64 }) } else { Ok(()) }
        };
        limit("payload bytes", u64::from(decoded.payload_bytes), limits::FRAME_COMPRESSED_BYTES)?;
        limit("raw bytes", u64::from(decoded.raw_bytes), limits::FRAME_RAW_BYTES)?;
        // An entry is at least one byte long.
        limit("entries", u64::from(decoded.count), decoded.raw_bytes as usize)?;
        if decoded.count == 0 || decoded.first == 0 || decoded.first.checked_add(u64::from(decoded.count)).is_none() {
            return Err(FrameError::Header("entry numbers that cannot be"));
        }
        Ok(decoded)
    }
}

/// The part of a header with a right checksum that this version does not know.
fn unknown(header: &[u8; HEADER_BYTES]) -> Option<String> {
    if header[..4] != MAGIC {
        Some(format!("the magic {}", header[..4].escape_ascii()))
    } else if header[4] != 1 {
        Some(format!("the kind {}", header[4]))
    } else if header[5] > 1 {
        Some(format!("the codec {}", header[5]))
    } else if header[6..8] != [0; 2] || header[32..36] != [0; 4] {
        Some("fields that are reserved".into())
    } else {
        None
    }
}

/// A whole frame in memory: header checked, payload checksum checked, nothing decompressed.
#[derive(Debug, Clone, Copy)]
pub struct FrameView<'a> {
    /// The header.
    pub header: FrameHeader,
    /// The frame's bytes, header included.
    pub bytes: &'a [u8],
}

impl<'a> FrameView<'a> {
    /// The frame at the front of `bytes`, which may go on after it.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let header = FrameHeader::decode(bytes)?;
        let Some(bytes) = bytes.get(..header.frame_bytes()) else {
            return Err(FrameError::Truncated { have: bytes.len(), need: header.frame_bytes() });
        };
        if crc32c::crc32c(&bytes[HEADER_BYTES..]) != header.crc {
            return Err(FrameError::Checksum);
        }
        Ok(Self { header, bytes })
    }

    /// The payload before compression: at most [`limits::FRAME_RAW_BYTES`].
    pub fn payload(&self) -> Result<Vec<u8>, FrameError> {
        let mut decoder = FrameDecoder::new()?;
        let raw = decoder.payload(self)?;
        Ok(if self.header.compressed { decoder.raw } else { raw.to_vec() })
    }
}

/// Makes frames; keeps its compression context from one to the next.
pub struct FrameEncoder {
    zstd: zstd::bulk::Compressor<'static>,
    packed: Vec<u8>,
}

impl FrameEncoder {
    /// An encoder with a fresh context.
    pub fn new() -> Result<Self, FrameError> {
        let zstd = zstd::bulk::Compressor::new(ZSTD_LEVEL).map_err(|error| FrameError::Zstd(error.to_string()))?;
        Ok(Self { zstd, packed: Vec::new() })
    }

    /// Appends to `out` the frame of `count` entries from number `first` on, whose payload is `raw`
    /// (at most [`limits::FRAME_RAW_BYTES`]).
    pub fn encode(&mut self, first: EntryNumber, count: u32, raw: &[u8], out: &mut Vec<u8>) -> Result<FrameHeader, FrameError> {
        let raw_bytes = raw.len() as u64;
        if raw.len() > limits::FRAME_RAW_BYTES {
            return Err(FrameError::Limit { what: "raw bytes", value: raw_bytes, limit: limits::FRAME_RAW_BYTES as u64 });
        }
        self.packed.clear();
        self.packed.reserve(zstd::zstd_safe::compress_bound(raw.len()));
        self.zstd.compress_to_buffer(raw, &mut self.packed).map_err(|error| FrameError::Zstd(error.to_string()))?;
        let compressed = self.packed.len() < raw.len();
        let payload = if compressed { &self.packed[..] } else { raw };
        if payload.len() > limits::FRAME_COMPRESSED_BYTES {
            let (value, limit) = (payload.len() as u64, limits::FRAME_COMPRESSED_BYTES as u64);
            return Err(FrameError::Limit { what: "payload bytes", value, limit });
        }
        let header = FrameHeader {
            compressed,
            payload_bytes: payload.len() as u32,
            raw_bytes: raw.len() as u32,
            first,
            count,
            crc: crc32c::crc32c(payload),
        };
        out.extend_from_slice(&header.encode());
        out.extend_from_slice(payload);
        Ok(header)
    }
}

/// The position of the next intact frame header in `bytes`, at or after `from`; also of one of a later
/// version.
pub fn find_header(bytes: &[u8], from: usize) -> Option<usize> {
    let is_header = |at: usize| {
        let decoded = FrameHeader::decode(&bytes[at..]);
        matches!(decoded, Ok(_) | Err(FrameError::Later(_) | FrameError::Limit { .. }))
    };
    let (end, mut block) = (bytes.len().saturating_sub(HEADER_BYTES - 1), from);
    while block < end {
        let next = end.min(block + SEARCH_BLOCK_BYTES);
        // Most blocks of a hole or of rubbish are passed over at the speed of memory.
        if bytes[block..next].contains(&MAGIC[0]) {
            let found = (block..next).find(|&at| bytes[at] == MAGIC[0] && bytes[at..].starts_with(&MAGIC[..3]) && is_header(at));
            if found.is_some() {
                return found;
            }
        }
        block = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(first: u64, count: u32, raw: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        FrameEncoder::new().unwrap().encode(first, count, raw, &mut out).unwrap();
        out
    }

    proptest! {
        #[test]
        fn a_frame_reads_back(raw in proptest::collection::vec(any::<u8>(), 1..2000), first in 1u64..u64::MAX / 2) {
            let bytes = frame(first, 1, &raw);
            let view = FrameView::parse(&bytes).unwrap();
            prop_assert_eq!(view.header.first, first);
            prop_assert_eq!(view.payload().unwrap(), raw);
        }
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let bytes = frame(7, 3, b"abcabcabcabcabcabcabcabcabcabcabcabc");
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(FrameView::parse(&damaged).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn every_cut_is_a_truncation() {
        let bytes = frame(7, 3, b"abcabcabcabcabcabcabcabcabcabcabcabc");
        for len in 0..bytes.len() {
            assert!(matches!(FrameView::parse(&bytes[..len]), Err(FrameError::Truncated { .. })), "cut at {len}");
        }
    }

    #[test]
    fn a_header_that_lies_is_refused_before_anything_is_read() {
        let honest = FrameHeader { compressed: true, payload_bytes: 10, raw_bytes: 10, first: 1, count: 1, crc: 0 };
        for header in [
            FrameHeader { payload_bytes: u32::MAX, ..honest },
            FrameHeader { raw_bytes: u32::MAX, ..honest },
            FrameHeader { count: u32::MAX, ..honest },
            FrameHeader { count: 0, ..honest },
            FrameHeader { first: 0, ..honest },
            FrameHeader { first: u64::MAX, ..honest },
        ] {
            assert!(!matches!(FrameHeader::decode(&header.encode()), Ok(_) | Err(FrameError::Truncated { .. })), "{header:?}");
        }
    }

    #[test]
    fn what_a_later_version_wrote_is_told_from_damage() {
        let frame = frame(7, 3, b"abcabcabc");
        for (at, byte, what) in
            [(3, b'2', "the magic SWF2"), (4, 2, "the kind 2"), (5, 7, "the codec 7"), (6, 1, "reserved"), (33, 1, "reserved")]
        {
            let mut bytes = frame.clone();
            bytes[at] = byte;
            assert!(matches!(FrameHeader::decode(&bytes), Err(FrameError::Header(_))), "a wrong checksum is damage: {what}");
            let crc = crc32c::crc32c(&bytes[..36]);
            bytes[36..40].copy_from_slice(&crc.to_le_bytes());
            let error = FrameHeader::decode(&bytes).unwrap_err();
            assert!(matches!(&error, FrameError::Later(said) if said.contains(what)), "{error:?}");
            assert!(error.to_string().contains("a newer stepwell is needed"), "{error}");
            assert_eq!(find_header(&[&b"xx"[..], &bytes].concat(), 0), Some(2), "a search stops at it");
        }
    }

    #[test]
    fn a_bomb_stops_at_what_the_header_declared() {
        let zeros = vec![0; 1 << 20];
        let packed = zstd::bulk::compress(&zeros, 1).unwrap();
        for raw_bytes in [100, (1 << 20) + 1] {
            let header = FrameHeader {
                compressed: true,
                payload_bytes: packed.len() as u32,
                raw_bytes,
                first: 1,
                count: 1,
                crc: crc32c::crc32c(&packed),
            };
            let bytes = [&header.encode()[..], &packed].concat();
            assert!(matches!(FrameView::parse(&bytes).unwrap().payload(), Err(FrameError::Zstd(_))));
        }
    }

    #[test]
    fn the_next_header_is_found_behind_damage() {
        let (one, two) = (frame(1, 1, b"one"), frame(2, 1, b"two"));
        let bytes = [&one[..], b"SWF1 not a header", &two].concat();
        assert_eq!(find_header(&bytes, 0), Some(0));
        assert_eq!(find_header(&bytes, 1), Some(one.len() + 17));
        assert_eq!(find_header(&bytes, one.len() + 18), None);
    }
}
