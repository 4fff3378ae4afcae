//! A writer of msgpack into a byte vector.

use stepwell_model::value::Value;

/// Appends a nil.
pub fn write_nil(out: &mut Vec<u8>) {
    out.push(0xc0);
}

/// Appends a truth value.
pub fn write_bool(out: &mut Vec<u8>, value: bool) {
    out.push(0xc2 | u8::from(value));
}

/// Appends a double, always in 9 bytes, every bit kept.
#[inline]
pub fn write_f64(out: &mut Vec<u8>, value: f64) {
    // One copy of nine bytes: the marker, then the bits in network order.
    let [a, b, c, d, e, f, g, h] = value.to_bits().to_be_bytes();
    out.extend_from_slice(&[0xcb, a, b, c, d, e, f, g, h]);
}

/// Appends an integer in its shortest form.
#[inline]
pub fn write_int(out: &mut Vec<u8>, value: i64) {
    match value {
        -32..=0x7f => out.push(value as u8),
        0x80..=0xff => out.extend_from_slice(&[0xcc, value as u8]),
        0x100..=0xffff => push(out, 0xcd, &(value as u16).to_be_bytes()),
        0x1_0000..=0xffff_ffff => push(out, 0xce, &(value as u32).to_be_bytes()),
        0x1_0000_0000..=i64::MAX => push(out, 0xcf, &(value as u64).to_be_bytes()),
        -0x80..=-33 => out.extend_from_slice(&[0xd0, value as u8]),
        -0x8000..=-0x81 => push(out, 0xd1, &(value as i16).to_be_bytes()),
        -0x8000_0000..=-0x8001 => push(out, 0xd2, &(value as i32).to_be_bytes()),
        i64::MIN..=-0x8000_0001 => push(out, 0xd3, &value.to_be_bytes()),
    }
}

/// Appends text.
pub fn write_str(out: &mut Vec<u8>, text: &str) {
    match text.len() {
        len @ 0..=31 => out.push(0xa0 | len as u8),
        len @ 32..=0xff => out.extend_from_slice(&[0xd9, len as u8]),
        len @ 0x100..=0xffff => push(out, 0xda, &(len as u16).to_be_bytes()),
        len => push(out, 0xdb, &(len as u32).to_be_bytes()),
    }
    out.extend_from_slice(text.as_bytes());
}

/// Appends raw bytes.
pub fn write_bin(out: &mut Vec<u8>, bytes: &[u8]) {
    match bytes.len() {
        len @ 0..=0xff => out.extend_from_slice(&[0xc4, len as u8]),
        len @ 0x100..=0xffff => push(out, 0xc5, &(len as u16).to_be_bytes()),
        len => push(out, 0xc6, &(len as u32).to_be_bytes()),
    }
    out.extend_from_slice(bytes);
}

/// Appends an extension value.
pub fn write_ext(out: &mut Vec<u8>, kind: i8, bytes: &[u8]) {
    match bytes.len() {
        1 => out.push(0xd4),
        2 => out.push(0xd5),
        4 => out.push(0xd6),
        8 => out.push(0xd7),
        16 => out.push(0xd8),
        len @ 0..=0xff => out.extend_from_slice(&[0xc7, len as u8]),
        len @ 0x100..=0xffff => push(out, 0xc8, &(len as u16).to_be_bytes()),
        len => push(out, 0xc9, &(len as u32).to_be_bytes()),
    }
    out.push(kind as u8);
    out.extend_from_slice(bytes);
}

/// Appends the header of an array; its elements follow.
#[inline]
pub fn write_array_len(out: &mut Vec<u8>, len: usize) {
    match len {
        0..=15 => out.push(0x90 | len as u8),
        16..=0xffff => push(out, 0xdc, &(len as u16).to_be_bytes()),
        _ => push(out, 0xdd, &(len as u32).to_be_bytes()),
    }
}

/// Appends the header of a map; its keys and values follow in turn.
pub fn write_map_len(out: &mut Vec<u8>, len: usize) {
    match len {
        0..=15 => out.push(0x80 | len as u8),
        16..=0xffff => push(out, 0xde, &(len as u16).to_be_bytes()),
        _ => push(out, 0xdf, &(len as u32).to_be_bytes()),
    }
}

/// Appends any value.
pub fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Nil => write_nil(out),
        Value::Bool(value) => write_bool(out, *value),
        Value::Int(value) => write_int(out, *value),
        Value::Float(value) => write_f64(out, *value),
        Value::Str(text) => write_str(out, text),
        Value::Bin(bytes) => write_bin(out, bytes),
        Value::Ext(kind, bytes) => write_ext(out, *kind, bytes),
        Value::List(values) => {
            write_array_len(out, values.len());
            values.iter().for_each(|value| write_value(out, value));
        }
        Value::Map(pairs) => {
            write_map_len(out, pairs.len());
            write_pairs(out, pairs);
        }
    }
}

/// Appends keys and values in turn, without a header.
fn write_pairs(out: &mut Vec<u8>, pairs: &[(String, Value)]) {
    for (key, value) in pairs {
        write_str(out, key);
        write_value(out, value);
    }
}

fn push(out: &mut Vec<u8>, marker: u8, bytes: &[u8]) {
    out.push(marker);
    out.extend_from_slice(bytes);
}
