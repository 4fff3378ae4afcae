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
    /// Reads numpy's name of a type, `<f4` or `|b1`; its byte order is not looked at. `None` for what is no number.
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
    /// What the elements are.
    pub dtype: Dtype,
    /// Lengths of the axes.
    pub shape: &'a [usize],
    /// The elements.
    pub data: &'a [u8],
}

impl Array<'_> {
    /// Whether there are as many bytes as type and shape say.
    pub(crate) fn is_sound(&self) -> bool {
        let elements = self.shape.iter().try_fold(1_usize, |product, &len| product.checked_mul(len));
        elements.and_then(|elements| elements.checked_mul(self.dtype.bytes)) == Some(self.data.len())
    }
}

/// The float of a half float's bits.
pub(crate) fn f16_to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, fraction) = (u32::from(bits >> 10) & 0x1f, u32::from(bits) & 0x3ff);
    match exponent {
        0 => f32::from_bits(sign | (fraction as f32 / 16_777_216.0).to_bits()),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
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

    #[test]
    fn half_floats_are_exact() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x0400, 6.103_515_6e-5),
            (0x3555, 0.333_251_95),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65_504.0),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(f16_to_f32(bits), value, "{bits:#x}");
        }
        assert!(f16_to_f32(0x7e00).is_nan());
        assert!(f16_to_f32(0x8000).is_sign_negative());
    }
}
