//! Arrays in C order, as the caller's memory becomes them.

use std::fmt;

/// The type of an array's elements, in the words of numpy and in native byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dtype {
    /// `b` truth values, `i` and `u` integers, `f` floats, `c` complex numbers.
    pub kind: u8,
    /// Bytes of an element.
    pub bytes: usize,
}

impl Dtype {
    /// Reads numpy's name of a type, `<f4` or `|b1`; its byte order is not looked at. `None` for what is no
    /// number.
    pub fn parse(typestr: &str) -> Option<Self> {
        let (order, rest) = typestr.as_bytes().split_first()?;
        let (&kind, bytes) = rest.split_first()?;
        let bytes = std::str::from_utf8(bytes).ok()?.parse().ok()?;
        let known =
            matches!((kind, bytes), (b'b', 1) | (b'i' | b'u', 1 | 2 | 4 | 8) | (b'f', 2 | 4 | 8 | 12 | 16) | (b'c', 8 | 16 | 24 | 32));
        (known && b"<>=|".contains(order)).then_some(Self { kind, bytes })
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = 8 * self.bytes;
        match self.kind {
            b'b' => f.write_str("bool"),
            b'i' => write!(f, "int{bits}"),
            b'u' => write!(f, "uint{bits}"),
            b'f' => write!(f, "float{bits}"),
            _ => write!(f, "complex{bits}"),
        }
    }
}

/// A borrowed array: its elements one after the other in C order, not necessarily aligned.
#[derive(Debug, Clone, Copy)]
pub struct Array<'a> {
    /// The type of the elements.
    pub dtype: Dtype,
    /// Lengths of the axes.
    pub shape: &'a [usize],
    /// The elements.
    pub data: &'a [u8],
}

impl Array<'_> {
    /// True if there are as many bytes as type and shape say.
    pub(crate) fn is_sound(&self) -> bool {
        let elements = self.shape.iter().try_fold(1_usize, |product, &len| product.checked_mul(len));
        elements.and_then(|elements| elements.checked_mul(self.dtype.bytes)) == Some(self.data.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_numpy_writes_them() {
        assert_eq!(Dtype::parse("<f4"), Some(Dtype { kind: b'f', bytes: 4 }));
        assert_eq!(Dtype::parse("|b1").map(|dtype| dtype.to_string()).as_deref(), Some("bool"));
        assert_eq!(Dtype::parse(">c16").map(|dtype| dtype.to_string()).as_deref(), Some("complex128"));
        for other in ["", "<", "<f", "<U4", "|O8", "|V2", "<f3", "<M8[ns]", "xf4", "<f-4"] {
            assert_eq!(Dtype::parse(other), None, "{other}");
        }
    }
}
