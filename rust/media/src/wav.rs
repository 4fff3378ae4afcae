//! WAV of samples: PCM, as every player reads it.

use crate::array::Array;
use crate::error::MediaError;
use half::f16;

/// Bytes before the samples.
const HEADER_BYTES: usize = 44;
/// The format's lengths have 32 bits.
const MOST_BYTES: usize = u32::MAX as usize - HEADER_BYTES - 1;
/// The greatest sample of 16 bits; floats are scaled by it, as libsndfile does.
const FULL_SCALE: f64 = 32_767.0;

const SHAPES: &str = "N samples or N×channels, at most 65,535 channels and 4 GiB";
const TYPES: &str = "int16, int32, uint8, float16, float32 or float64";

/// Encodes an array N or N×channels. Integers keep their bits (8 without a sign, 16 or 32); floats are
/// clipped to [-1, 1], NaN is silence, and become 16 bits.
pub fn encode(array: &Array<'_>, sample_rate: u32) -> Result<Vec<u8>, MediaError> {
    let channels = match *array.shape {
        [_] => Some(1),
        [_, channels] => u16::try_from(channels).ok().filter(|&channels| channels > 0),
        _ => None,
    };
    let bits = match (array.dtype.kind, array.dtype.bytes) {
        (b'u', 1) => 8,
        (b'i', 2) | (b'f', 2 | 4 | 8) => 16,
        (b'i', 4) => 32,
        _ => return Err(MediaError::Type { what: "audio", found: array.dtype.to_string(), expected: TYPES }),
    };
    let shape = || MediaError::Shape { what: "audio", shape: array.shape.to_vec(), expected: SHAPES };
    let channels = channels.filter(|_| array.is_sound()).ok_or_else(shape)?;
    let bytes = array.data.len() / array.dtype.bytes * (bits / 8);
    if bytes > MOST_BYTES {
        return Err(shape());
    }
    let block = usize::from(channels) * (bits / 8);
    let byte_rate = u32::try_from(sample_rate as usize * block).ok().filter(|&rate| rate > 0).ok_or_else(|| {
        MediaError::Parameter(format!("sample_rate is {sample_rate} for {channels} channels of {bits} bits, which a WAV file cannot say"))
    })?;
    let block = u16::try_from(block).map_err(|_| shape())?;

    let mut file = Vec::with_capacity(HEADER_BYTES + bytes + 1);
    file.extend_from_slice(b"RIFF");
    // A chunk of odd length is followed by a byte that its own length does not count.
    file.extend_from_slice(&((HEADER_BYTES - 8 + bytes + bytes % 2) as u32).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0");
    file.extend_from_slice(&channels.to_le_bytes());
    file.extend_from_slice(&sample_rate.to_le_bytes());
    file.extend_from_slice(&byte_rate.to_le_bytes());
    file.extend_from_slice(&block.to_le_bytes());
    file.extend_from_slice(&(bits as u16).to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&(bytes as u32).to_le_bytes());
    match (array.dtype.kind, array.dtype.bytes) {
        (b'f', 2) => file.extend(array.data.as_chunks().0.iter().flat_map(|raw| sample(f16::from_ne_bytes(*raw).into()))),
        (b'f', 4) => file.extend(array.data.as_chunks().0.iter().flat_map(|raw| sample(f32::from_ne_bytes(*raw).into()))),
        (b'f', _) => file.extend(array.data.as_chunks().0.iter().flat_map(|raw| sample(f64::from_ne_bytes(*raw)))),
        (_, 4) => file.extend(array.data.as_chunks().0.iter().flat_map(|raw| i32::from_ne_bytes(*raw).to_le_bytes())),
        (_, 2) => file.extend(array.data.as_chunks().0.iter().flat_map(|raw| i16::from_ne_bytes(*raw).to_le_bytes())),
        _ => file.extend_from_slice(array.data),
    }
    if bytes % 2 == 1 {
        file.push(0);
    }
    Ok(file)
}

fn sample(value: f64) -> [u8; 2] {
    // The cast makes silence of NaN.
    ((value.clamp(-1.0, 1.0) * FULL_SCALE).round() as i16).to_le_bytes()
}
