//! Animated GIF of frames.

use crate::error::MediaError;
use crate::palette::{Indexed, indexed};
use crate::pixels::Frames;
use gif::{DisposalMethod, Encoder, Frame, Repeat};

/// Browsers take a shorter delay, in hundredths of a second, for a mistake and show ten frames a second.
const LEAST_DELAY: u16 = 2;

/// Encodes frames that follow each other `fps` times a second, for ever. Up to 256 colours of a frame are
/// exact; more are brought down to 256. Alpha is either 0 or everything else.
///
/// GIF counts in hundredths of a second: the frames are as long as that allows and on average as long as was
/// asked for, but never shorter than 0.02 s.
pub fn encode(frames: &Frames, fps: f64) -> Result<Vec<u8>, MediaError> {
    check_fps(fps)?;
    let grey: Vec<u8> = if frames.channels == 1 { (0..=255).flat_map(|level| [level; 3]).collect() } else { Vec::new() };
    let mut file = Vec::new();
    write(&mut file, frames, fps, &grey).map_err(|error| MediaError::Encode { what: "a video", problem: error.to_string() })?;
    Ok(file)
}

/// Refuses a rate that no file can hold: it must be finite and above zero.
pub fn check_fps(fps: f64) -> Result<(), MediaError> {
    if fps.is_finite() && fps > 0.0 { Ok(()) } else { Err(MediaError::Parameter(format!("fps is {fps}, expected a number above 0"))) }
}

fn write(file: &mut Vec<u8>, frames: &Frames, fps: f64, palette: &[u8]) -> Result<(), gif::EncodingError> {
    let (width, height) = (frames.width, frames.height);
    let mut encoder = Encoder::new(file, width, height, palette)?;
    encoder.set_repeat(Repeat::Infinite)?;
    let mut shown = 0.0;
    for (index, pixels) in frames.each().enumerate() {
        let mut frame = if frames.channels == 1 {
            Frame::from_indexed_pixels(width, height, pixels, None)
        } else {
            let Indexed { indices, colors, transparent } = indexed(pixels, frames.channels);
            Frame::from_palette_pixels(width, height, indices, colors, transparent)
        };
        // Where a frame is transparent, the one before must not shine through.
        frame.dispose = if frames.channels == 4 { DisposalMethod::Background } else { DisposalMethod::Keep };
        let end = (index as f64 + 1.0) * 100.0 / fps;
        frame.delay = ((end - shown).round() as u16).max(LEAST_DELAY);
        shown += f64::from(frame.delay);
        encoder.write_frame(&frame)?;
    }
    Ok(())
}
