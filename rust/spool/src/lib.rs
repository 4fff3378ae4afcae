//! A crash-safe log of frames on disk. It knows bytes and entry numbers, not rows.
//!
//! # Layout
//!
//! ```text
//! <root>/<stream id, 32 hexadecimal digits>/  0700; one per stream, that is, per process life
//!     00000001.seg 00000002.seg …             0600; segments, in the order they were begun
//!     cursor                                  number of the last entry that the destination has
//!     closed                                  number of the last entry; made when the writer ends in order
//!     ballast.tmp                             room for the cursor on a full disk, with a destination
//!     alive                                   empty; its modification time is the writer's heartbeat
//!     blobs/                                  links to all blobs, or to those that a destination misses
//! <root>/<stream id>.sent/                    a stream that is being removed: its destination has everything
//! <root>/rejected/                            what a server refused, what is damaged, and why; it all stays
//! ```
//!
//! The files of a stream are written by one process, and never opened for append by another: so there are no
//! locks, and network file systems work.
//!
//! # Segment
//!
//! A header, then frames as [`stepwell_codec::frame`] defines them, nothing between them. All integers are
//! little-endian.
//!
//! | offset | bytes | field |
//! |---:|---:|---|
//! | 0 | 4 | magic `SWS1` |
//! | 4 | 4 | version, 1 |
//! | 8 | 16 | stream id |
//! | 24 | 8 | number of the segment's first entry |
//! | 32 | 4 | length of the meta bytes, at most 64 KiB |
//! | 36 | n | meta: opaque here (the msgpack of the stream's opening) |
//! | 36 + n | 4 | CRC32C of the bytes before |
//!
//! # Marks
//!
//! `cursor` and `closed` are 36 bytes: magic `SWC1` or `SWE1`, stream id, number, four zero bytes, CRC32C of
//! the 32 bytes before. They are written beside their name, synced, renamed over it, and the directory is
//! synced.
//!
//! # Invariants
//!
//! 1. A frame is one write call, and nothing half-written is ever taken for a frame: a segment in which a
//!    write failed is cut back to its last whole frame, if the disk lets us, and never written again; the
//!    next frame begins a new segment.
//! 2. A synced frame is found after a power loss. A segment whose fsync failed is suspect: it is never synced
//!    or written again, and what it held unsynced is written once more, in a new segment, under the same
//!    numbers.
//! 3. The cursor is durable before a segment is unlinked (A6), and never moves back; a stream of which
//!    everything is sent goes as a whole (see `removal`). The last segment stays until no blob waits.
//! 4. A torn tail is no error; a damaged frame costs itself and nothing else, and the gap in numbers is
//!    reported (A5).
//! 5. A segment whose name is gone while it is written is written again under another, as far as it is open
//!    (`writer/absence.rs`).
//! 6. Readers never write. What they read is hostile: the codec's limits hold before a length is believed,
//!    and each step of a reader looks at a bounded part of a file.
//! 7. Bytes with a right checksum are never damage: what is unknown in them was written by a later version,
//!    and the reader stops there.
//! 8. What is not understood is not removed: a segment with damage in it is in `rejected/`, durable, before
//!    its entries are stated as lost; one that cannot be read, or is of a later version, keeps its stream.

pub mod disk;
mod error;
mod liveness;
mod mark;
mod reader;
mod rejected;
mod removal;
mod segment;
mod stream_summary;
mod trim;
mod writer;

#[cfg(feature = "simulation")]
pub use disk::simulation;
pub use disk::{Disk, DiskFile, OsDisk, is_no_room};
pub use error::SpoolError;
pub use liveness::{stream_lives, writer_lives};
pub use reader::{Damage, ReadOutcome, SpoolReader};
pub use rejected::{keep_damaged, keep_rejected};
pub use removal::{remove_leftovers, remove_streams};
pub use segment::META_BYTES;
pub use stream_summary::{StreamSummary, meta, streams, summarize};
pub use trim::{note_acked, trim_stream};
pub use writer::{Absence, AppendError, SpoolOptions, SpoolWriter, StreamDirectory, SyncOutcome, SyncTask, TrimTask};
