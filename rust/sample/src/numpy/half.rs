//! IEEE half precision: reading its bits, and arithmetic that rounds after every operation as numpy's float16
//! does.

use std::ops::{Add, Div, Mul, Sub};

/// Bits of the mantissa after the leading one.
const FRACTION_BITS: i32 = 10;
/// Exponent of the smallest normal number.
const MIN_EXPONENT: i32 = -14;
/// The first magnitude that rounds to infinity: 65504 and half a step.
const OVERFLOW: f64 = 65_520.0;

/// A half-precision number, held as the double of the same value.
///
/// A sum, product or quotient of two halves is first rounded to 53 bits, then to 11. Because 53 ≥ 2 · 11 + 2
/// the double rounding is harmless (Figueroa, "When is double rounding innocuous?", 1995), as it is for
/// numpy, which goes through 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) struct Half(pub(crate) f64);

impl Half {
    /// The half nearest to `value`, ties to even.
    pub(crate) fn round(value: f64) -> Self {
        if value == 0.0 || !value.is_finite() {
            return Self(value);
        }
        if value.abs() >= OVERFLOW {
            return Self(f64::INFINITY.copysign(value));
        }
        let exponent = ((value.to_bits() >> 52) & 0x7ff) as i32 - 1023;
        let quantum = 2f64.powi(exponent.max(MIN_EXPONENT) - FRACTION_BITS);
        Self((value / quantum).round_ties_even() * quantum)
    }

    /// The number that these bits stand for.
    pub(crate) fn from_bits(bits: u16) -> Self {
        Self(half::f16::from_bits(bits).to_f64())
    }
}

impl Add for Half {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::round(self.0 + other.0)
    }
}

impl Sub for Half {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::round(self.0 - other.0)
    }
}

impl Mul for Half {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::round(self.0 * other.0)
    }
}

impl Div for Half {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self::round(self.0 / other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_survives_rounding() {
        for bits in 0..=u16::MAX {
            let half = Half::from_bits(bits);
            assert!(half.0.is_nan() || Half::round(half.0) == half, "{bits:#06x}");
        }
    }

    #[test]
    fn rounding_goes_to_the_nearest_and_ties_to_even() {
        assert_eq!(Half::round(1.0 + 1.0 / 2048.0).0, 1.0);
        assert_eq!(Half::round(1.0 + 3.0 / 2048.0).0, 1.0 + 4.0 / 2048.0);
        assert_eq!(Half::round(65_519.9).0, 65_504.0);
        assert_eq!(Half::round(-65_520.0).0, f64::NEG_INFINITY);
        assert_eq!(Half::round(2f64.powi(-25)).0, 0.0);
        assert_eq!(Half::round(1.5 * 2f64.powi(-24)).0, 2f64.powi(-23));
    }
}
