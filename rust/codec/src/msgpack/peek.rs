//! Questions about msgpack that need no decoding: the form of a value, and what rows hold.

use super::{MsgpackError, Reader};
use stepwell_model::limits;

/// Bytes of a double: a marker and eight.
pub const DOUBLE_BYTES: usize = 9;
const DOUBLE: u8 = 0xcb;

/// The form of a value, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `None`.
    Nil,
    /// A truth value.
    Bool(bool),
    /// An integer or a float.
    Number,
    /// Text.
    Str,
    /// Bytes.
    Bin,
    /// An extension.
    Ext,
    /// An array.
    List,
    /// A map.
    Map,
}

/// The form of the value that `bytes` begin with.
#[inline]
pub(crate) fn form_of(bytes: &[u8]) -> Result<Form, MsgpackError> {
    Ok(match bytes.first().ok_or(MsgpackError::Truncated)? {
        0xc0 => Form::Nil,
        0xc1 => return Err(MsgpackError::Unknown),
        0xc2 => Form::Bool(false),
        0xc3 => Form::Bool(true),
        0xa0..=0xbf | 0xd9..=0xdb => Form::Str,
        0xc4..=0xc6 => Form::Bin,
        0xc7..=0xc9 | 0xd4..=0xd8 => Form::Ext,
        0x90..=0x9f | 0xdc | 0xdd => Form::List,
        0x80..=0x8f | 0xde | 0xdf => Form::Map,
        0x00..=0x7f | 0xca..=0xd3 | 0xe0..=0xff => Form::Number,
    })
}

/// Returns whether `bytes` begin with a map.
#[inline]
pub fn is_map(bytes: &[u8]) -> bool {
    form_of(bytes) == Ok(Form::Map)
}

/// The type (of an extension) and the content of a value of bytes or an extension that fills `bytes`.
pub(crate) fn split_bytes(bytes: &[u8]) -> Option<(Option<i8>, &[u8])> {
    let (head, kind_at) = match bytes.first()? {
        0xc4 => (2, None),
        0xc5 => (3, None),
        0xc6 => (5, None),
        0xc7 => (3, Some(2)),
        0xc8 => (4, Some(3)),
        0xc9 => (6, Some(5)),
        0xd4..=0xd8 => (2, Some(1)),
        _ => return None,
    };
    let kind = match kind_at {
        Some(at) => Some(bytes.get(at)?.cast_signed()),
        None => None,
    };
    Some((kind, bytes.get(head..)?))
}

/// Returns whether a row of `count` values is all doubles.
#[inline]
pub fn all_doubles(values: &[u8], count: usize) -> bool {
    values.len() == DOUBLE_BYTES * count && values.iter().step_by(DOUBLE_BYTES).all(|&marker| marker == DOUBLE)
}

/// Returns whether no value of a row of `count` is a nested dict.
#[inline]
pub fn all_leaves(values: &[u8], count: usize) -> bool {
    // Nearly every row is of doubles.
    if all_doubles(values, count) {
        return true;
    }
    let mut reader = Reader::new(values);
    (0..count).all(|_| !has_children(reader.rest()) && reader.skip().is_ok())
}

/// Returns whether `bytes` begin with a nested dict, which [`stepwell_model::flatten`] takes apart: a map
/// that is not empty and no typed object.
fn has_children(bytes: &[u8]) -> bool {
    is_map(bytes) && bytes[0] != 0x80 && !is_typed(Reader::new(bytes)).unwrap_or(false)
}

/// Returns whether a map is a typed object: has a text as `_type`.
fn is_typed(mut map: Reader<'_>) -> Result<bool, MsgpackError> {
    for _ in 0..map.map_len()? {
        let is_type = map.str()? == "_type";
        if is_type && form_of(map.rest())? == Form::Str {
            return Ok(true);
        }
        map.skip()?;
    }
    Ok(false)
}

/// The length of the longest key that the leaves of the next value have by [`stepwell_model::flatten`], where
/// its own key has `key_bytes`.
pub fn longest_path(reader: &mut Reader<'_>, key_bytes: usize) -> Result<usize, MsgpackError> {
    if !is_map(reader.rest()) || is_typed(reader.clone())? {
        reader.skip()?;
        return Ok(key_bytes);
    }
    let mut longest = key_bytes;
    for _ in 0..reader.map_len()? {
        let name = reader.str()?.len();
        longest = longest.max(longest_path(reader, key_bytes + 1 + name)?);
    }
    Ok(longest)
}

/// Checks that a value which can be passed over can also be decoded later: text is UTF-8, the keys of maps
/// are text. Allocates nothing.
pub fn check_well_formed(bytes: &[u8]) -> Result<(), MsgpackError> {
    well_formed(&mut Reader::new(bytes), limits::VALUE_DEPTH)
}

fn well_formed(reader: &mut Reader<'_>, depth: usize) -> Result<(), MsgpackError> {
    let deeper = || depth.checked_sub(1).ok_or(MsgpackError::Depth);
    match form_of(reader.rest())? {
        Form::Str => reader.str().map(drop),
        Form::List => {
            let depth = deeper()?;
            (0..reader.array_len()?).try_for_each(|_| well_formed(reader, depth))
        }
        Form::Map => {
            let depth = deeper()?;
            (0..reader.map_len()?).try_for_each(|_| {
                reader.str()?;
                well_formed(reader, depth)
            })
        }
        _ => reader.skip(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msgpack::{from_bytes, to_bytes};
    use stepwell_model::{Kind, Value, flatten};

    fn map(pairs: &[(&str, Value)]) -> Value {
        Value::Map(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    }

    #[test]
    fn every_first_byte_has_the_form_that_the_reader_finds() {
        for first in 0..=0xff_u8 {
            let bytes: Vec<u8> = std::iter::once(first).chain([0; 64]).collect();
            let mut reader = Reader::new(&bytes);
            let value = reader.value();
            let expected = match value.as_ref().map(Value::kind) {
                _ if first == 0xc1 => Err(MsgpackError::Unknown),
                // Maps with keys that are numbers, which are no values here.
                Err(_) => Ok(Form::Map),
                Ok(Kind::Null) => Ok(Form::Nil),
                Ok(Kind::Bool) => Ok(Form::Bool(first == 0xc3)),
                Ok(Kind::Number) => Ok(Form::Number),
                Ok(Kind::String) => Ok(Form::Str),
                Ok(Kind::List) => Ok(Form::List),
                Ok(Kind::Object(_)) => Ok(match value {
                    Ok(Value::Map(_)) => Form::Map,
                    Ok(Value::Bin(_)) => Form::Bin,
                    _ => Form::Ext,
                }),
            };
            assert_eq!(form_of(&bytes), expected, "{first:#x}");
        }
        assert_eq!(form_of(&[]), Err(MsgpackError::Truncated));
    }

    #[test]
    fn nested_dicts_are_those_that_flatten_takes_apart() {
        for value in [
            map(&[]),
            map(&[("a", Value::Nil)]),
            map(&[("a", map(&[("bb", Value::Nil)])), ("ccc", Value::Nil)]),
            map(&[("_type", Value::Str("x".into())), ("a", Value::Nil)]),
            map(&[("_type", Value::Int(1)), ("a", Value::Nil)]),
            Value::List(vec![map(&[("a", Value::Nil)])]),
            Value::Float(0.5),
        ] {
            let (mut names, bytes) = (Vec::new(), to_bytes(&value));
            flatten("key", &value, &mut |name, _| names.push(name.to_owned()));
            assert_eq!(has_children(&bytes), names != ["key"], "{value:?}");
            assert_eq!(all_leaves(&[&to_bytes(&Value::Nil)[..], &bytes].concat(), 2), names == ["key"], "{value:?}");
            assert_eq!(longest_path(&mut Reader::new(&bytes), 3), Ok(names.iter().map(String::len).max().unwrap_or(3)), "{value:?}");
        }
    }

    #[test]
    fn bytes_and_extensions_are_split_as_they_are_read() {
        for length in [0, 1, 2, 4, 8, 16, 17, 300, 70_000] {
            let content = vec![7; length];
            let (bin, ext) = (to_bytes(&Value::Bin(content.clone())), to_bytes(&Value::Ext(-2, content.clone())));
            assert_eq!(split_bytes(&bin), Some((None, &content[..])));
            assert_eq!(split_bytes(&ext), Some((Some(-2), &content[..])));
            assert_eq!(from_bytes(&ext), Ok(Value::Ext(-2, content)));
        }
        assert_eq!((split_bytes(&[0x01]), split_bytes(&[])), (None, None));
    }

    #[test]
    fn what_is_well_formed_is_what_can_be_decoded() {
        for bytes in [&[0x91, 0xa1, 0xff][..], &[0x81, 0x01, 0x02], &[0x81, 0xa1, b'a', 0x02], &[0x92, 0xc0], &[0xc4, 0x01, 0xff]] {
            assert_eq!(check_well_formed(bytes).is_ok(), from_bytes(bytes).is_ok(), "{bytes:?}");
        }
    }
}
