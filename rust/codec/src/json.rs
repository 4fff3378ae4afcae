//! JSON of values, by the rules of docs/http-api.md, "Values in JSON": no number loses a bit on its way to
//! JavaScript.
//!
//! [`encode`] writes the JSON of files, in which bytes come with their content;
//! `tests/data/golden_values.tsv` has examples for all languages.

use crate::msgpack::{Form, MsgpackError, Reader, ValueRef, form_of, split_bytes};
use stepwell_model::limits;
use stepwell_model::value::EXT_WTF8;

/// The largest integer up to which JavaScript's numbers have no gaps.
const EXACT_INTEGER: i64 = 1 << 53;

/// True if a number of JavaScript holds the integer, and all between it and 0.
pub fn is_exact(integer: i64) -> bool {
    (-EXACT_INTEGER..=EXACT_INTEGER).contains(&integer)
}

/// The name of a float that JSON has no number for.
pub fn float_name(value: f64) -> Option<&'static str> {
    match value {
        _ if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

/// The JSON of one msgpack value that fills `bytes`.
pub fn encode(bytes: &[u8]) -> Result<Vec<u8>, MsgpackError> {
    let mut reader = Reader::new(bytes);
    let mut out = Vec::with_capacity(2 * bytes.len());
    value(&mut out, &mut reader, limits::VALUE_DEPTH)?;
    if reader.is_empty() { Ok(out) } else { Err(MsgpackError::Type) }
}

fn value(out: &mut Vec<u8>, reader: &mut Reader<'_>, depth: usize) -> Result<(), MsgpackError> {
    let deeper = || depth.checked_sub(1).ok_or(MsgpackError::Depth);
    let form = form_of(reader.rest())?;
    match form {
        Form::Nil | Form::Bool(_) => {
            reader.skip()?;
            out.extend_from_slice(match form {
                Form::Nil => b"null",
                Form::Bool(false) => b"false",
                _ => b"true",
            });
        }
        Form::Str => text(out, reader.str()?),
        Form::List => {
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
        Form::Map => {
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
        Form::Number | Form::Bin | Form::Ext => match reader.value_ref()? {
            ValueRef::Int(number) if is_exact(number) => out.extend_from_slice(number.to_string().as_bytes()),
            ValueRef::Int(number) => out.extend_from_slice(format!("{{\"_type\":\"int\",\"value\":\"{number}\"}}").as_bytes()),
            ValueRef::Float(number) => match float_name(number) {
                Some(name) => out.extend_from_slice(format!("{{\"_type\":\"float\",\"value\":\"{name}\"}}").as_bytes()),
                // The shortest decimal that reads back as the same double.
                None => out.extend_from_slice(format!("{number:?}").as_bytes()),
            },
            ValueRef::Other(bytes) => match split_bytes(bytes).ok_or(MsgpackError::Type)? {
                (Some(EXT_WTF8), content) => wtf8(out, content),
                (_, content) => {
                    // A file keeps the content, which answers over HTTP leave out.
                    out.extend_from_slice(format!("{{\"_type\":\"bytes\",\"length\":{},\"base64\":\"", content.len()).as_bytes());
                    base64(out, content);
                    out.extend_from_slice(b"\"}");
                }
            },
        },
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_hold_the_golden_values() {
        let golden = include_str!("../../../tests/data/golden_values.tsv");
        let mut seen = 0;
        for line in golden.lines().filter(|line| !line.starts_with('#')) {
            let [name, msgpack, file, ..] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let digits = |at: usize| u8::from_str_radix(&msgpack[at..at + 2], 16).unwrap();
            let bytes: Vec<u8> = (0..msgpack.len()).step_by(2).map(digits).collect();
            assert_eq!(String::from_utf8(encode(&bytes).unwrap()).as_deref(), Ok(file), "{name}");
            seen += 1;
        }
        assert!(seen > 20);
    }
}
