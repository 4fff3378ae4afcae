//! Items of the queue between two threads of one process: a head of 24 bytes and a body.
//!
//! | offset | bytes | field |
//! |---:|---:|---|
//! | 0 | 4 | body length |
//! | 4 | 4 | kind in the upper 4 bits; below it the shape of a row, or 0 |
//! | 8 | 8 | step of a row; id of a definition; number of a barrier |
//! | 16 | 8 | time of a row |
//!
//! Never written to disk, so native byte order and no checksums.

use stepwell_model::{Step, TimeMicros};

/// Bytes of an item's head.
pub(crate) const HEAD_BYTES: usize = 24;
/// Largest shape id that a head can hold.
pub(crate) const SHAPE_MASK: u32 = (1 << 28) - 1;

/// The kind of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    /// A row that is complete with this call. Body: the msgpack of its values.
    Row = 0,
    /// A row that more calls may add to.
    Part = 1,
    /// A key. Body: its name.
    Key = 2,
    /// A shape. Body: its key ids, four bytes each.
    Shape = 3,
    /// An entry that is no row. Body: empty; the entry itself waits in a list beside the buffer.
    Entry = 4,
    /// Someone waits until everything before it is spooled (shape 0) or seen (shape 1).
    Barrier = 5,
    /// Rows that found no room were sampled here; the sample waits in a list beside the buffer.
    Shed = 6,
    /// A row that cannot be stored. Its number says why: an index of [`REASONS`].
    Refused = 7,
}

/// Reason why rows are refused.
pub(crate) const REASONS: [&str; 3] =
    ["a row larger than a frame may be", "only keys above the limit", "keys of nested dicts above the limit"];
/// Index of the last of them.
pub(crate) const NESTED: usize = 2;

impl Kind {
    fn from_bits(bits: u32) -> Self {
        match bits {
            0 => Self::Row,
            1 => Self::Part,
            2 => Self::Key,
            3 => Self::Shape,
            4 => Self::Entry,
            5 => Self::Barrier,
            6 => Self::Shed,
            _ => Self::Refused,
        }
    }
}

/// An item, lent from the buffer it is in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) kind: Kind,
    pub(crate) shape: u32,
    /// Step, id or number.
    pub(crate) number: i64,
    pub(crate) time: TimeMicros,
    pub(crate) body: &'a [u8],
}

impl Item<'_> {
    /// The keys of a shape.
    pub(crate) fn key_ids<T: FromIterator<u32>>(&self) -> T {
        self.body.as_chunks::<4>().0.iter().map(|id| u32::from_ne_bytes(*id)).collect()
    }
}

/// Makes an item of a row that begins at `offset` one that is refused for the keys of its nested dicts.
pub(crate) fn refuse(chunk: &mut [u8], offset: usize) {
    chunk[offset + 4..offset + 8].copy_from_slice(&((Kind::Refused as u32) << 28).to_ne_bytes());
    chunk[offset + 8..offset + 16].copy_from_slice(&(NESTED as i64).to_ne_bytes());
}

/// Appends an item.
#[inline]
pub(crate) fn write(out: &mut Vec<u8>, kind: Kind, shape: u32, number: Step, time: TimeMicros, body: &[u8]) {
    let mut head = [0; HEAD_BYTES];
    head[..4].copy_from_slice(&(body.len() as u32).to_ne_bytes());
    head[4..8].copy_from_slice(&((kind as u32) << 28 | shape).to_ne_bytes());
    head[8..16].copy_from_slice(&number.to_ne_bytes());
    head[16..].copy_from_slice(&time.to_ne_bytes());
    out.reserve(HEAD_BYTES + body.len());
    out.extend_from_slice(&head);
    out.extend_from_slice(body);
}

/// The item at `offset` of a buffer that [`write`] filled, and where the next one begins.
#[inline]
pub(crate) fn read(buffer: &[u8], offset: usize) -> Option<(Item<'_>, usize)> {
    let head = buffer.get(offset..)?.first_chunk::<HEAD_BYTES>()?;
    let u32_at = |at: usize| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let i64_at = |at: usize| {
        i64::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3], head[at + 4], head[at + 5], head[at + 6], head[at + 7]])
    };
    let body_at = offset + HEAD_BYTES;
    let end = body_at + u32_at(0) as usize;
    let word = u32_at(4);
    let item = Item {
        kind: Kind::from_bits(word >> 28),
        shape: word & SHAPE_MASK,
        number: i64_at(8),
        time: i64_at(16),
        body: buffer.get(body_at..end)?,
    };
    Some((item, end))
}
