//! Pixels: any real array as bytes from 0 to 255.
//!
//! | elements | become |
//! |---|---|
//! | truth values | 0 and 255 |
//! | integers | themselves, clipped |
//! | floats, all within [0, 1] | `255 x`, truncated |
//! | floats, all within [-1, 1] | `127.5 (x + 1)`, truncated |
//! | other floats, and all of them where nothing is to be normalised | themselves, clipped and truncated |
//!
//! NaN becomes 0 and has no part in what is "all". Sums and products are made in the type of the array, so
//! that the result is that of numpy; half floats are computed as floats.

use crate::array::Array;
use crate::error::MediaError;
use half::f16;

/// Floats that are compared at once.
const LANES: usize = 8;
/// Bytes of one image or clip before it is encoded: what one file can hold without surprising anyone's
/// memory.
const RAW_BYTES: usize = 2 << 30;

const SHAPES: &str = "H×W, H×W×1 (grey), H×W×2 (grey with alpha), H×W×3 (RGB) or H×W×4 (RGBA), at least 1×1 pixel and at most 2 GiB";
const CLIP_SHAPES: &str = "T×H×W×1 (grey), T×H×W×3 (RGB) or T×H×W×4 (RGBA), at least one frame of 1×1 pixel, at most 65,535 pixels wide and high, and at most 2 GiB";
const TYPES: &str = "bool, integers, float16, float32 or float64";

/// An image: `height * width * channels` bytes, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    pub(crate) height: u32,
    pub(crate) width: u32,
    /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
    pub(crate) channels: usize,
    pub(crate) data: Vec<u8>,
}

/// Images of one size, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frames {
    pub(crate) height: u16,
    pub(crate) width: u16,
    /// 1 grey, 3 RGB, 4 RGBA.
    pub(crate) channels: usize,
    pub(crate) data: Vec<u8>,
}

impl Pixels {
    /// The pixels of an array H×W or H×W×{1, 2, 3, 4}; without `normalize`, floats are clipped and never
    /// scaled.
    pub fn new(array: &Array<'_>, normalize: bool) -> Result<Self, MediaError> {
        let (height, width, channels) = match *array.shape {
            [height, width] => (height, width, 1),
            [height, width, channels @ 1..=4] => (height, width, channels),
            _ => return Err(shape("an image", array, SHAPES)),
        };
        let (Ok(height), Ok(width)) = (i32::try_from(height), i32::try_from(width)) else { return Err(shape("an image", array, SHAPES)) };
        if height == 0 || width == 0 || !fits(array) {
            return Err(shape("an image", array, SHAPES));
        }
        let data = bytes("an image", array, normalize)?;
        Ok(Self { height: height as u32, width: width as u32, channels, data })
    }

    /// The same of an array {2, 3, 4}×H×W, as it lies in memory where an array with its channels in front was
    /// turned.
    pub fn from_planes(array: &Array<'_>, normalize: bool) -> Result<Self, MediaError> {
        let [channels, height, width] = *array.shape else { return Err(shape("an image", array, SHAPES)) };
        let mut pixels = Self::new(&Array { shape: &[height, width, channels], ..*array }, normalize)?;
        pixels.data = interleaved(&pixels.data, channels, 1);
        Ok(pixels)
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> usize {
        self.data.len()
    }
}

impl Frames {
    /// The frames of an array T×H×W×{1, 3, 4}. Floats are normalised over all frames, so that brightness does
    /// not flicker.
    pub fn new(array: &Array<'_>) -> Result<Self, MediaError> {
        let [count, height, width, channels @ (1 | 3 | 4)] = *array.shape else { return Err(shape("a video", array, CLIP_SHAPES)) };
        let (Ok(height), Ok(width)) = (u16::try_from(height), u16::try_from(width)) else {
            return Err(shape("a video", array, CLIP_SHAPES));
        };
        if count == 0 || height == 0 || width == 0 || !fits(array) {
            return Err(shape("a video", array, CLIP_SHAPES));
        }
        Ok(Self { height, width, channels, data: bytes("a video", array, true)? })
    }

    /// The same of an array T×{3, 4}×H×W.
    pub fn from_planes(array: &Array<'_>) -> Result<Self, MediaError> {
        let [count, channels, height, width] = *array.shape else { return Err(shape("a video", array, CLIP_SHAPES)) };
        let mut frames = Self::new(&Array { shape: &[count, height, width, channels], ..*array })?;
        frames.data = interleaved(&frames.data, channels, count);
        Ok(frames)
    }

    /// Bytes that they hold.
    pub fn bytes(&self) -> usize {
        self.data.len()
    }

    /// The frames in turn.
    pub(crate) fn each(&self) -> impl Iterator<Item = &[u8]> {
        self.data.chunks_exact(usize::from(self.height) * usize::from(self.width) * self.channels)
    }
}

fn fits(array: &Array<'_>) -> bool {
    array.is_sound() && array.data.len() / array.dtype.bytes <= RAW_BYTES
}

fn shape(what: &'static str, array: &Array<'_>, expected: &'static str) -> MediaError {
    MediaError::Shape { what, shape: array.shape.to_vec(), expected }
}

/// Turns images that lie channel by channel into images that lie pixel by pixel.
fn interleaved(planes: &[u8], channels: usize, images: usize) -> Vec<u8> {
    let mut data = vec![0; planes.len()];
    let image_bytes = planes.len() / images;
    for (from, to) in planes.chunks_exact(image_bytes).zip(data.chunks_exact_mut(image_bytes)) {
        let plane_bytes = image_bytes / channels;
        if channels == 3 {
            // The usual case, in one pass.
            let (red, rest) = from.split_at(plane_bytes);
            let (green, blue) = rest.split_at(plane_bytes);
            for (((pixel, &red), &green), &blue) in to.as_chunks_mut::<3>().0.iter_mut().zip(red).zip(green).zip(blue) {
                *pixel = [red, green, blue];
            }
        } else {
            for (channel, plane) in from.chunks_exact(plane_bytes).enumerate() {
                to.iter_mut().skip(channel).step_by(channels).zip(plane).for_each(|(to, from)| *to = *from);
            }
        }
    }
    data
}

/// The elements as bytes from 0 to 255.
fn bytes(what: &'static str, array: &Array<'_>, normalize: bool) -> Result<Vec<u8>, MediaError> {
    macro_rules! integers {
        ($type:ty) => {
            elements(array.data).map(|raw| <$type>::from_ne_bytes(*raw).clamp(0, 255) as u8).collect()
        };
    }
    macro_rules! floats {
        ($convert:expr) => {{
            let convert = $convert;
            match if normalize { range(array.data, convert) } else { Range::Any } {
                Range::Unit => elements(array.data).map(|raw| (convert(raw) * 255.0) as u8).collect(),
                Range::Signed => elements(array.data).map(|raw| ((convert(raw) + 1.0) * 127.5) as u8).collect(),
                // The cast clips.
                Range::Any => elements(array.data).map(|raw| convert(raw) as u8).collect(),
            }
        }};
    }
    Ok(match (array.dtype.kind, array.dtype.bytes) {
        (b'b', 1) => array.data.iter().map(|&value| if value == 0 { 0 } else { 255 }).collect(),
        (b'u', 1) => array.data.to_vec(),
        (b'u', 2) => integers!(u16),
        (b'u', 4) => integers!(u32),
        (b'u', 8) => integers!(u64),
        (b'i', 1) => array.data.iter().map(|&value| value.cast_signed().max(0).cast_unsigned()).collect(),
        (b'i', 2) => integers!(i16),
        (b'i', 4) => integers!(i32),
        (b'i', 8) => integers!(i64),
        (b'f', 2) => floats!(|raw: &[u8; 2]| f16::from_ne_bytes(*raw).to_f32()),
        (b'f', 4) => floats!(|raw: &[u8; 4]| f32::from_ne_bytes(*raw)),
        (b'f', 8) => floats!(|raw: &[u8; 8]| f64::from_ne_bytes(*raw)),
        _ => return Err(MediaError::Type { what, found: array.dtype.to_string(), expected: TYPES }),
    })
}

fn elements<const N: usize>(data: &[u8]) -> impl ExactSizeIterator<Item = &[u8; N]> {
    data.as_chunks::<N>().0.iter()
}

/// A range that all floats of an array lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    /// [0, 1]
    Unit,
    /// [-1, 1]
    Signed,
    Any,
}

/// The range of the floats of `data`. Several minima and maxima side by side become vector instructions; NaN
/// compares with nothing and so changes none.
fn range<const N: usize, T: Copy + PartialOrd + From<i8>>(data: &[u8], convert: impl Fn(&[u8; N]) -> T) -> Range {
    let (mut least, mut greatest) = ([T::from(0); LANES], [T::from(0); LANES]);
    let mut see = |lane: usize, value: T| {
        least[lane] = if value < least[lane] { value } else { least[lane] };
        greatest[lane] = if value > greatest[lane] { value } else { greatest[lane] };
    };
    let (chunks, rest) = data.as_chunks::<N>().0.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, raw) in chunk.iter().enumerate() {
            see(lane, convert(raw));
        }
    }
    rest.iter().enumerate().for_each(|(lane, raw)| see(lane, convert(raw)));
    if greatest.iter().any(|value| *value > T::from(1)) || least.iter().any(|value| *value < T::from(-1)) {
        Range::Any
    } else if least.iter().any(|value| *value < T::from(0)) {
        Range::Signed
    } else {
        Range::Unit
    }
}
