//! Values to files: pixels to PNG, frames to GIF, samples to WAV, arrays to NPY, tables to JSON. Pure: no Python, no disk, no threads.
