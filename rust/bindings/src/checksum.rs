//! `crc32c(data)`: the checksum of TensorBoard's event files.

use pyo3::prelude::*;

/// Returns the CRC-32C of bytes.
#[pyfunction]
pub(crate) fn crc32c(data: &[u8]) -> u32 {
    ::crc32c::crc32c(data)
}
