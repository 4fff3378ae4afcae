//! One zstd frame of bytes without a header of ours: how columns of rows travel to readers.

use crate::frame::FrameError;
use std::io::Read;
use stepwell_model::limits;

/// Level 1, as for frames: what is packed here is read once and soon.
const ZSTD_LEVEL: i32 = 1;
/// What decides whether the rest is packed, too.
const TRIAL_BYTES: usize = 64 << 10;

/// Packs bytes.
pub fn pack(raw: &[u8]) -> Result<Vec<u8>, FrameError> {
    zstd::bulk::compress(raw, ZSTD_LEVEL).map_err(|error| FrameError::Zstd(error.to_string()))
}

/// Packs bytes if that saves a tenth: of noise it saves less, and takes longer than all the rest. The first
/// bytes decide.
pub fn pack_if_smaller(raw: &[u8]) -> Result<Option<Vec<u8>>, FrameError> {
    let (trial, rest) = raw.split_at(raw.len().min(TRIAL_BYTES));
    let packed = pack(trial)?;
    if packed.len() > trial.len() - trial.len() / 10 {
        return Ok(None);
    }
    if rest.is_empty() { Ok(Some(packed)) } else { pack(raw).map(Some) }
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

    #[test]
    fn what_would_not_become_smaller_is_left_as_it_is() {
        let noise: Vec<u8> = (0..100_000u64).flat_map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ i << 17).to_le_bytes()).collect();
        assert_eq!(pack_if_smaller(&noise), Ok(None));
        assert_eq!(pack_if_smaller(b""), Ok(None));
        for repeated in [1, 100_000] {
            let even = b"12345678901234567890".repeat(repeated);
            let packed = pack_if_smaller(&even).unwrap();
            assert_eq!(packed.is_some(), repeated > 1);
            assert!(packed.is_none_or(|packed| unpack(&packed, even.len()) == Ok(even)));
        }
    }
}
