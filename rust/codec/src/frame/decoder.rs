//! Decoder of frames, for whoever reads many of them: it keeps what each would take anew.

use super::{FrameError, FrameView, HEADER_BYTES};

/// Reads the payloads of frames; keeps its decompression context and its memory from one to the next.
pub struct FrameDecoder {
    zstd: zstd::bulk::Decompressor<'static>,
    pub(super) raw: Vec<u8>,
}

impl FrameDecoder {
    /// A decoder with a fresh context.
    pub fn new() -> Result<Self, FrameError> {
        let zstd = zstd::bulk::Decompressor::new().map_err(|error| FrameError::Zstd(error.to_string()))?;
        Ok(Self { zstd, raw: Vec::new() })
    }

    /// The payload of a frame before compression, until the next call. Address space is taken as the header
    /// declares, memory as the payload really holds.
    pub fn payload<'a>(&'a mut self, frame: &FrameView<'a>) -> Result<&'a [u8], FrameError> {
        let stored = &frame.bytes[HEADER_BYTES..];
        let declared = frame.header.raw_bytes as usize;
        let raw = if frame.header.compressed {
            if zstd::zstd_safe::find_frame_compressed_size(stored) != Ok(stored.len()) {
                return Err(FrameError::Zstd("not one whole zstd frame".into()));
            }
            self.raw.clear();
            self.raw.reserve_exact(declared);
            self.zstd.decompress_to_buffer(stored, &mut self.raw).map_err(|error| FrameError::Zstd(error.to_string()))?;
            &self.raw
        } else {
            stored
        };
        if raw.len() != declared {
            return Err(FrameError::Zstd(format!("{} bytes where the header says {declared}", raw.len())));
        }
        Ok(raw)
    }

    /// Bytes that it keeps for the next payload.
    pub fn kept_bytes(&self) -> usize {
        self.raw.capacity()
    }
}
