//! Bytes to values and back, every size capped: msgpack, payloads of entries, frames, gap frames, JSON, and
//! the columns of chunks.

pub mod column;
pub mod frame;
pub mod gap;
pub mod json;
pub mod msgpack;
pub mod pack;
pub mod packing;
pub mod payload;

pub use frame::{FrameDecoder, FrameEncoder, FrameError, FrameHeader, FrameView};
pub use gap::{GapError, GapFrames};
pub use packing::Packing;
pub use payload::{PayloadBuilder, PayloadError, PayloadReader, RowRef};
