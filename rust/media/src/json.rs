//! JSON of a msgpack value for files, by the rules of docs/http-api.md, "Values in JSON": no number loses a bit on its way to JavaScript, and
//! bytes come with their content.

use crate::error::MediaError;
use stepwell_codec::msgpack::{MsgpackError, Reader, ValueRef};
use stepwell_model::limits;
use stepwell_model::value::EXT_WTF8;

/// The largest integer up to which JavaScript's numbers have no gaps.
const EXACT_INTEGER: i64 = 1 << 53;

/// The JSON of one msgpack value that fills `bytes`.
pub fn encode(bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    let mut reader = Reader::new(bytes);
    let mut out = Vec::with_capacity(2 * bytes.len());
    let written = value(&mut out, &mut reader, limits::VALUE_DEPTH);
    match written {
        Ok(()) if reader.is_empty() => Ok(out),
        Ok(()) => Err(failed(MsgpackError::Type)),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: MsgpackError) -> MediaError {
    MediaError::Encode { what: "a table", problem: format!("its msgpack {error}") }
}

fn value(out: &mut Vec<u8>, reader: &mut Reader<'_>, depth: usize) -> Result<(), MsgpackError> {
    let Some(&marker) = reader.rest().first() else { return Err(MsgpackError::Truncated) };
    let deeper = || depth.checked_sub(1).ok_or(MsgpackError::Depth);
    match marker {
        0xc0 | 0xc2 | 0xc3 => {
            reader.skip()?;
            out.extend_from_slice(match marker {
                0xc0 => b"null",
                0xc2 => b"false",
                _ => b"true",
            });
        }
        0xa0..=0xbf | 0xd9..=0xdb => text(out, reader.str()?),
        0x90..=0x9f | 0xdc | 0xdd => {
            let (len, depth) = (reader.array_len()?, deeper()?);
            out.push(b'[');
            for index in 0..len {
                if index > 0 {
                    out.push(b',');
                }
                value(out, reader, depth)?;
            }
            out.push(b']');
        }
        0x80..=0x8f | 0xde | 0xdf => {
            let (len, depth) = (reader.map_len()?, deeper()?);
            out.push(b'{');
            for index in 0..len {
                if index > 0 {
                    out.push(b',');
                }
                text(out, reader.str()?);
                out.push(b':');
                value(out, reader, depth)?;
            }
            out.push(b'}');
        }
        _ => match reader.value_ref()? {
            ValueRef::Int(number) if (-EXACT_INTEGER..=EXACT_INTEGER).contains(&number) => {
                out.extend_from_slice(number.to_string().as_bytes());
            }
            ValueRef::Int(number) => out.extend_from_slice(format!("{{\"_type\":\"int\",\"value\":\"{number}\"}}").as_bytes()),
            ValueRef::Float(number) => float(out, number),
            ValueRef::Other(bytes) => raw(out, bytes),
        },
    }
    Ok(())
}

fn float(out: &mut Vec<u8>, number: f64) {
    let name = match number {
        _ if number.is_nan() => "NaN",
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        // The shortest decimal that reads back as the same double.
        _ => return out.extend_from_slice(format!("{number:?}").as_bytes()),
    };
    out.extend_from_slice(format!("{{\"_type\":\"float\",\"value\":\"{name}\"}}").as_bytes());
}

/// Bytes and extensions, marker and length included.
fn raw(out: &mut Vec<u8>, bytes: &[u8]) {
    let (head, kind) = match bytes[0] {
        0xc4 => (2, None),
        0xc5 => (3, None),
        0xc6 => (5, None),
        0xc7 => (3, Some(2)),
        0xc8 => (4, Some(3)),
        0xc9 => (6, Some(5)),
        _ => (2, Some(1)),
    };
    let body = &bytes[head..];
    if kind.is_some_and(|at| bytes[at].cast_signed() == EXT_WTF8) {
        wtf8(out, body);
    } else {
        // A file keeps the content, which answers over HTTP leave out.
        out.extend_from_slice(format!("{{\"_type\":\"bytes\",\"length\":{},\"base64\":\"", body.len()).as_bytes());
        base64(out, body);
        out.extend_from_slice(b"\"}");
    }
}

/// The standard alphabet, with padding.
fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    out.reserve(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let number = group.iter().fold(0_u32, |number, &byte| number << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = (number >> (18 - 6 * place)) as usize & 63;
            out.push(if place <= group.len() { ALPHABET[digit] } else { b'=' });
        }
    }
}

/// Text with lone surrogates, each as an escape, which JSON can carry though UTF-8 cannot.
fn wtf8(out: &mut Vec<u8>, mut rest: &[u8]) {
    out.push(b'"');
    while let Some(at) = rest.windows(3).position(|bytes| bytes[0] == 0xed && bytes[1] >= 0xa0) {
        escaped(out, &String::from_utf8_lossy(&rest[..at]));
        let surrogate = 0xd000 | u32::from(rest[at + 1] & 0x3f) << 6 | u32::from(rest[at + 2] & 0x3f);
        out.extend_from_slice(format!("\\u{surrogate:04x}").as_bytes());
        rest = &rest[at + 3..];
    }
    escaped(out, &String::from_utf8_lossy(rest));
    out.push(b'"');
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escaped(out, text);
    out.push(b'"');
}

fn escaped(out: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            control => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest.as_bytes());
}
