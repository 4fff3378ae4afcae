//! msgpack: a writer into a byte vector and a bounds-checked reader, by the specification of msgpack.org.

use stepwell_model::limits;
use stepwell_model::value::Value;

/// Why bytes are not the msgpack that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MsgpackError {
    /// The bytes end inside a value.
    #[error("ends inside a value")]
    Truncated,
    /// The first byte of a value has no meaning in msgpack (0xc1).
    #[error("has a byte that begins no value")]
    Unknown,
    /// A value of another type stands where one was expected.
    #[error("has a value of another type than expected")]
    Type,
    /// Text that is not UTF-8.
    #[error("has text that is not UTF-8")]
    Utf8,
    /// Nested deeper than [`limits::VALUE_DEPTH`].
    #[error("is nested deeper than {} levels", limits::VALUE_DEPTH)]
    Depth,
}

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

/// Encodes one value.
pub fn to_bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write_value(&mut out, value);
    out
}

/// Decodes one value that fills `bytes`.
pub fn from_bytes(bytes: &[u8]) -> Result<Value, MsgpackError> {
    let mut reader = Reader::new(bytes);
    let value = reader.value()?;
    if reader.is_empty() { Ok(value) } else { Err(MsgpackError::Type) }
}

/// A scalar, or the bytes of a value that is none: what a hot loop looks at without allocating.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueRef<'a> {
    /// An integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// Any other value, as its msgpack bytes.
    Other(&'a [u8]),
}

/// Reads msgpack from the front of a slice. Nothing is allocated from a length that was only declared.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader over all of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Whether all was read.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What is not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    #[inline]
    fn take(&mut self, len: usize) -> Result<&'a [u8], MsgpackError> {
        let (head, tail) = self.bytes.split_at_checked(len).ok_or(MsgpackError::Truncated)?;
        self.bytes = tail;
        Ok(head)
    }

    #[inline]
    fn be<const N: usize>(&mut self) -> Result<[u8; N], MsgpackError> {
        let (head, tail) = self.bytes.split_first_chunk::<N>().ok_or(MsgpackError::Truncated)?;
        self.bytes = tail;
        Ok(*head)
    }

    fn len8(&mut self) -> Result<usize, MsgpackError> {
        Ok(usize::from(u8::from_be_bytes(self.be()?)))
    }

    fn len16(&mut self) -> Result<usize, MsgpackError> {
        Ok(usize::from(u16::from_be_bytes(self.be()?)))
    }

    fn len32(&mut self) -> Result<usize, MsgpackError> {
        Ok(u32::from_be_bytes(self.be()?) as usize)
    }

    /// Reads the header of an array.
    pub fn array_len(&mut self) -> Result<usize, MsgpackError> {
        match self.be::<1>()?[0] {
            marker @ 0x90..=0x9f => Ok(usize::from(marker & 0x0f)),
            0xdc => self.len16(),
            0xdd => self.len32(),
            _ => Err(MsgpackError::Type),
        }
    }

    /// Reads the header of a map.
    pub fn map_len(&mut self) -> Result<usize, MsgpackError> {
        match self.be::<1>()?[0] {
            marker @ 0x80..=0x8f => Ok(usize::from(marker & 0x0f)),
            0xde => self.len16(),
            0xdf => self.len32(),
            _ => Err(MsgpackError::Type),
        }
    }

    /// Reads an integer that fits 64 bits with a sign.
    pub fn int(&mut self) -> Result<i64, MsgpackError> {
        match self.value_ref()? {
            ValueRef::Int(value) => Ok(value),
            _ => Err(MsgpackError::Type),
        }
    }

    /// Reads text.
    pub fn str(&mut self) -> Result<&'a str, MsgpackError> {
        let len = match self.be::<1>()?[0] {
            marker @ 0xa0..=0xbf => usize::from(marker & 0x1f),
            0xd9 => self.len8()?,
            0xda => self.len16()?,
            0xdb => self.len32()?,
            _ => return Err(MsgpackError::Type),
        };
        std::str::from_utf8(self.take(len)?).map_err(|_| MsgpackError::Utf8)
    }

    /// Reads a number, or passes over any other value and returns its bytes.
    #[inline]
    pub fn value_ref(&mut self) -> Result<ValueRef<'a>, MsgpackError> {
        let start = self.bytes;
        Ok(match self.be::<1>()?[0] {
            0xcb => ValueRef::Float(f64::from_bits(u64::from_be_bytes(self.be()?))),
            marker @ (0x00..=0x7f | 0xe0..=0xff) => ValueRef::Int(i64::from(marker as i8)),
            0xca => ValueRef::Float(f64::from(f32::from_bits(u32::from_be_bytes(self.be()?)))),
            0xcc => ValueRef::Int(i64::from(u8::from_be_bytes(self.be()?))),
            0xcd => ValueRef::Int(i64::from(u16::from_be_bytes(self.be()?))),
            0xce => ValueRef::Int(i64::from(u32::from_be_bytes(self.be()?))),
            0xcf => match i64::try_from(u64::from_be_bytes(self.be()?)) {
                Ok(value) => ValueRef::Int(value),
                Err(_) => return Err(MsgpackError::Type),
            },
            0xd0 => ValueRef::Int(i64::from(i8::from_be_bytes(self.be()?))),
            0xd1 => ValueRef::Int(i64::from(i16::from_be_bytes(self.be()?))),
            0xd2 => ValueRef::Int(i64::from(i32::from_be_bytes(self.be()?))),
            0xd3 => ValueRef::Int(i64::from_be_bytes(self.be()?)),
            _ => {
                self.bytes = start;
                self.skip()?;
                ValueRef::Other(&start[..start.len() - self.bytes.len()])
            }
        })
    }

    /// Passes over one value, whatever it is.
    pub fn skip(&mut self) -> Result<(), MsgpackError> {
        self.skip_nested(limits::VALUE_DEPTH)
    }

    fn skip_nested(&mut self, depth: usize) -> Result<(), MsgpackError> {
        let children = match self.be::<1>()?[0] {
            0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => return Ok(()),
            0xc1 => return Err(MsgpackError::Unknown),
            marker @ 0xa0..=0xbf => return self.take(usize::from(marker & 0x1f)).map(drop),
            0xc4 | 0xd9 => return self.len8().and_then(|len| self.take(len)).map(drop),
            0xc5 | 0xda => return self.len16().and_then(|len| self.take(len)).map(drop),
            0xc6 | 0xdb => return self.len32().and_then(|len| self.take(len)).map(drop),
            0xc7 => return self.len8().and_then(|len| self.take(len + 1)).map(drop),
            0xc8 => return self.len16().and_then(|len| self.take(len + 1)).map(drop),
            0xc9 => return self.len32().and_then(|len| self.take(len + 1)).map(drop),
            0xca | 0xce | 0xd2 => return self.take(4).map(drop),
            0xcb | 0xcf | 0xd3 => return self.take(8).map(drop),
            0xcc | 0xd0 => return self.take(1).map(drop),
            0xcd | 0xd1 => return self.take(2).map(drop),
            marker @ 0xd4..=0xd8 => return self.take(1 + (1 << (marker - 0xd4))).map(drop),
            marker @ 0x80..=0x8f => usize::from(marker & 0x0f) * 2,
            marker @ 0x90..=0x9f => usize::from(marker & 0x0f),
            0xdc => self.len16()?,
            0xdd => self.len32()?,
            0xde => self.len16()? * 2,
            0xdf => self.len32()?.saturating_mul(2),
        };
        let depth = depth.checked_sub(1).ok_or(MsgpackError::Depth)?;
        (0..children).try_for_each(|_| self.skip_nested(depth))
    }

    /// Reads one value, whatever it is. Unsigned integers beyond 63 bits become floats; map keys must be text.
    pub fn value(&mut self) -> Result<Value, MsgpackError> {
        self.value_nested(limits::VALUE_DEPTH)
    }

    fn value_nested(&mut self, depth: usize) -> Result<Value, MsgpackError> {
        let mut ahead = self.clone();
        Ok(match ahead.be::<1>()?[0] {
            0xc0 => {
                *self = ahead;
                Value::Nil
            }
            marker @ (0xc2 | 0xc3) => {
                *self = ahead;
                Value::Bool(marker == 0xc3)
            }
            0xa0..=0xbf | 0xd9..=0xdb => Value::Str(self.str()?.to_owned()),
            0xc4..=0xc6 | 0xc7..=0xc9 | 0xd4..=0xd8 => self.bytes_or_ext()?,
            0xcf => {
                *self = ahead;
                let value = u64::from_be_bytes(self.be()?);
                i64::try_from(value).map_or(Value::Float(value as f64), Value::Int)
            }
            0x80..=0x8f | 0xde | 0xdf => {
                let depth = depth.checked_sub(1).ok_or(MsgpackError::Depth)?;
                let len = self.map_len()?;
                let mut pairs = Vec::new();
                for _ in 0..len {
                    let key = self.str()?.to_owned();
                    pairs.push((key, self.value_nested(depth)?));
                }
                Value::Map(pairs)
            }
            0x90..=0x9f | 0xdc | 0xdd => {
                let depth = depth.checked_sub(1).ok_or(MsgpackError::Depth)?;
                let len = self.array_len()?;
                let mut values = Vec::new();
                for _ in 0..len {
                    values.push(self.value_nested(depth)?);
                }
                Value::List(values)
            }
            _ => match self.value_ref()? {
                ValueRef::Int(value) => Value::Int(value),
                ValueRef::Float(value) => Value::Float(value),
                ValueRef::Other(_) => return Err(MsgpackError::Unknown),
            },
        })
    }

    fn bytes_or_ext(&mut self) -> Result<Value, MsgpackError> {
        let marker = self.be::<1>()?[0];
        let len = match marker {
            0xc4 | 0xc7 => self.len8()?,
            0xc5 | 0xc8 => self.len16()?,
            0xc6 | 0xc9 => self.len32()?,
            _ => 1 << (marker - 0xd4),
        };
        if marker <= 0xc6 {
            return Ok(Value::Bin(self.take(len)?.to_vec()));
        }
        let kind = self.be::<1>()?[0] as i8;
        Ok(Value::Ext(kind, self.take(len)?.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Nil),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (-300i64..70_000).prop_map(Value::Int),
            any::<f64>().prop_filter("NaN is not equal to itself", |f| !f.is_nan()).prop_map(Value::Float),
            "\\PC{0,40}".prop_map(Value::Str),
            proptest::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bin),
            (any::<i8>(), proptest::collection::vec(any::<u8>(), 0..20)).prop_map(|(kind, bytes)| Value::Ext(kind, bytes)),
        ];
        leaf.prop_recursive(4, 64, 20, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..20).prop_map(Value::List),
                proptest::collection::vec(("[a-z]{0,5}", inner), 0..20).prop_map(Value::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_reads_back(value in any_value()) {
            let bytes = to_bytes(&value);
            prop_assert_eq!(from_bytes(&bytes), Ok(value));
            let mut reader = Reader::new(&bytes);
            reader.skip().unwrap();
            prop_assert!(reader.is_empty());
            for cut in 0..bytes.len() {
                prop_assert!(from_bytes(&bytes[..cut]).is_err());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = from_bytes(&bytes);
            let _ = Reader::new(&bytes).skip();
            let _ = Reader::new(&bytes).value_ref();
        }
    }

    #[test]
    fn a_nan_keeps_its_bits() {
        let bits = 0x7ff8_0000_dead_beef;
        let Ok(Value::Float(value)) = from_bytes(&to_bytes(&Value::Float(f64::from_bits(bits)))) else { panic!() };
        assert_eq!(value.to_bits(), bits);
    }

    #[test]
    fn deep_nesting_is_refused_not_recursed_into() {
        let bytes = vec![0x91; 1 << 20];
        assert_eq!(from_bytes(&bytes), Err(MsgpackError::Depth));
        assert_eq!(Reader::new(&bytes).skip(), Err(MsgpackError::Depth));
    }

    #[test]
    fn a_lying_length_allocates_nothing() {
        assert_eq!(from_bytes(&[0xdd, 0xff, 0xff, 0xff, 0xff]), Err(MsgpackError::Truncated));
        assert_eq!(from_bytes(&[0xdb, 0xff, 0xff, 0xff, 0xff, b'a']), Err(MsgpackError::Truncated));
    }
}
