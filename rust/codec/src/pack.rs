//! One zstd frame of bytes without a header of ours: how batches of rows travel to readers.

use crate::frame::FrameError;
use std::io::Read;
use stepwell_model::limits;

/// Level 1, as for frames: what is packed here is read once and soon.
const ZSTD_LEVEL: i32 = 1;

/// Packs bytes.
pub fn pack(raw: &[u8]) -> Result<Vec<u8>, FrameError> {
    zstd::bulk::compress(raw, ZSTD_LEVEL).map_err(|error| FrameError::Zstd(error.to_string()))
}

/// Unpacks what is one zstd frame of at most `limit` bytes; memory grows with what is really there.
pub fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, FrameError> {
    let zstd = |error: std::io::Error| FrameError::Zstd(error.to_string());
    let mut raw = Vec::new();
    let mut decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(zstd)?.single_frame();
    decoder.window_log_max(limits::ZSTD_WINDOW_LOG).map_err(zstd)?;
    decoder.by_ref().take(limit as u64 + 1).read_to_end(&mut raw).map_err(zstd)?;
    if raw.len() > limit {
        return Err(FrameError::Zstd(format!("more than {limit} bytes")));
    }
    if !decoder.finish().is_empty() {
        return Err(FrameError::Zstd("more than one zstd frame".into()));
    }
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_up_to_the_limit() {
        let raw = b"abc".repeat(1000);
        let packed = pack(&raw).unwrap();
        assert_eq!(unpack(&packed, raw.len()), Ok(raw.clone()));
        assert!(unpack(&packed, raw.len() - 1).is_err());
        assert!(unpack(&[&packed[..], &packed].concat(), 10_000).is_err());
        assert!(unpack(b"not zstd", 10).is_err());
    }
}
