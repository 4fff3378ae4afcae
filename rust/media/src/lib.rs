//! Values to files: pixels to PNG, frames to GIF, samples to WAV, arrays to NPY, tables to JSON. Pure: no
//! Python, no disk, no threads.

mod array;
mod error;
pub mod gif;
pub mod json;
pub mod npy;
mod palette;
mod pixels;
pub mod png;
pub mod wav;

pub use array::{Array, Dtype};
pub use error::MediaError;
pub use pixels::{Frames, Pixels};
