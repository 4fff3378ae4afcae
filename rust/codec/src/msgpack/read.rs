//! A bounds-checked reader of msgpack.

use super::MsgpackError;
use stepwell_model::limits;
use stepwell_model::value::Value;

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

    /// True if all was read.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes that are not read yet.
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
    pub(crate) fn array_len(&mut self) -> Result<usize, MsgpackError> {
        match self.be::<1>()?[0] {
            marker @ 0x90..=0x9f => Ok(usize::from(marker & 0x0f)),
            0xdc => self.len16(),
            0xdd => self.len32(),
            _ => Err(MsgpackError::Type),
        }
    }

    /// Reads the header of a map.
    pub(crate) fn map_len(&mut self) -> Result<usize, MsgpackError> {
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

    /// Reads one value, whatever it is. Unsigned integers beyond 63 bits become floats; map keys must be
    /// text.
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
