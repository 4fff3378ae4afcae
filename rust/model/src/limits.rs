//! The limits of the formats, in one place; checked before a number from outside is believed.

/// Bytes of a frame's compressed payload. A frame fits a gRPC message with room to spare.
pub const FRAME_COMPRESSED_BYTES: usize = 4 << 20;
/// Bytes of a frame's payload before compression.
pub const FRAME_RAW_BYTES: usize = 16 << 20;
/// Log2 of the largest zstd window that a reader accepts (8 MiB).
pub const ZSTD_WINDOW_LOG: u32 = 23;
/// Nesting of a msgpack value; deeper ones are refused before the stack is at risk.
pub const VALUE_DEPTH: usize = 32;
/// Levels of dicts and lists that a logged value may have; the row and the payload around it take the rest of
/// [`VALUE_DEPTH`].
pub const LOGGED_DEPTH: usize = VALUE_DEPTH - 3;
/// Bytes of a key in UTF-8.
pub const KEY_BYTES: usize = 1 << 10;
/// Bytes of one encoded row.
pub const ROW_BYTES: usize = 8 << 20;
/// Bytes of a row besides its values: what stands before them, generously.
pub const ROW_HEAD_BYTES: usize = 64;
/// Bytes of the values of one row.
pub const ROW_VALUES_BYTES: usize = ROW_BYTES - ROW_HEAD_BYTES;
/// Keys that one frame may name; more than any frame of real rows holds.
pub const FRAME_KEYS: usize = 1 << 20;
/// Characters of a project or entity name.
pub const PROJECT_CHARS: usize = 128;
/// Characters of a run id.
pub const RUN_ID_CHARS: usize = 128;
/// Characters of a label.
pub const LABEL_CHARS: usize = 128;
/// Characters of a tag.
pub const TAG_CHARS: usize = 64;
/// Bytes of the path of a run's file.
pub const FILE_PATH_BYTES: usize = 1 << 10;
/// Bytes of one blob.
pub const BLOB_BYTES: u64 = 64 << 30;
/// Bytes of a blob in one message.
pub const BLOB_CHUNK_BYTES: usize = 1 << 20;
/// Bins of a histogram.
pub const HISTOGRAM_BINS: usize = 512;
/// Points that the uniform reservoir of a series keeps.
pub const RESERVOIR_POINTS: usize = 1_000;
/// Points of one chunk.
pub const CHUNK_POINTS: usize = 4_096;
/// Buckets per series that one query may ask for; four times the pixels of a wide screen.
pub const QUERY_BUCKETS: usize = 16_384;
/// Series that one query may ask for.
pub const QUERY_SERIES: usize = 20_000;
