//! PNG of pixels.

use crate::error::MediaError;
use crate::pixels::Pixels;
use png::{BitDepth, ColorType, Compression, Encoder};

/// Bytes of a file besides its pixels, about.
const FRAME_BYTES: usize = 1 << 10;

/// Encodes with 8 bits per channel. The encoder is the fast one (fdeflate): the threads that wait for it are
/// those of a training.
pub fn encode(pixels: &Pixels) -> Result<Vec<u8>, MediaError> {
    let mut file = Vec::with_capacity(pixels.data.len() / 2 + FRAME_BYTES);
    let mut encoder = Encoder::new(&mut file, pixels.width, pixels.height);
    encoder.set_color(match pixels.channels {
        1 => ColorType::Grayscale,
        2 => ColorType::GrayscaleAlpha,
        3 => ColorType::Rgb,
        _ => ColorType::Rgba,
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(&pixels.data)?;
        writer.finish()
    });
    written.map_err(|error| MediaError::Encode { what: "an image", problem: error.to_string() })?;
    Ok(file)
}
