//! NPY, version 1: numpy's file of one array.

use crate::array::Dtype;

/// The header's length is a multiple of this, so that the elements are aligned when the file is mapped.
const ALIGNMENT: usize = 64;

/// The header of the file of an array in C order and native byte order; its elements follow.
pub fn header(dtype: Dtype, shape: &[usize]) -> Vec<u8> {
    let order = match (dtype.bytes, cfg!(target_endian = "big")) {
        (1, _) => '|',
        (_, false) => '<',
        (_, true) => '>',
    };
    // A tuple of one ends with a comma.
    let mut lengths = shape.iter().map(|len| format!("{len}, ")).collect::<String>();
    if shape.len() > 1 {
        lengths.truncate(lengths.len() - 2);
    }
    let lengths = lengths.trim_end();
    let kind = char::from(dtype.kind);
    let mut text = format!("{{'descr': '{order}{kind}{}', 'fortran_order': False, 'shape': ({lengths}), }}", dtype.bytes);
    let before = b"\x93NUMPY\x01\x00".len() + 2;
    let total = (before + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.extend(std::iter::repeat_n(' ', total - before - text.len() - 1));
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    // 64 axes of 20 digits stay far below 64 KiB.
    bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}
