//! Bytes to values and back, every size capped: msgpack, payloads of entries, frames, and the columns of chunks.

pub mod column;
pub mod frame;
pub mod msgpack;
pub mod pack;
pub mod payload;

pub use frame::{FrameEncoder, FrameError, FrameHeader, FrameView};
pub use payload::{PayloadBuilder, PayloadError, PayloadReader, RowRef};
