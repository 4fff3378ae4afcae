//! A sum of doubles without rounding: the same whatever the order and the grouping.
//!
//! The sum is held as digits to the base 2^32 of a fixed-point number that reaches from the smallest
//! subnormal to beyond the largest double (Neal, "Fast exact summation using small and large
//! superaccumulators", 2015); only digits in use are kept. Digits are signed and carry late, so that adding
//! is three additions.

/// Bits of a digit.
const DIGIT_BITS: u32 = 32;
/// The weight of the lowest bit of digit 0 is 2 to this power: that of the smallest subnormal.
const LOWEST_EXPONENT: i32 = -1074;
/// Additions after which digits, growing by less than 2^32 each, are carried: long before 63 bits are full.
const CARRY_AFTER: u32 = 1 << 30;

/// An exact sum. NaN must not be added.
#[derive(Debug, Clone, Default)]
pub struct ExactSum {
    /// Place of the first digit that is kept.
    low: usize,
    digits: Vec<i64>,
    additions: u32,
    infinities: Infinities,
}

/// Infinities that were added.
#[derive(Debug, Clone, Copy, Default)]
struct Infinities {
    positive: bool,
    negative: bool,
}

impl ExactSum {
    /// Adds a number.
    #[inline]
    pub fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7ff) as u32;
        if exponent == 0x7ff {
            let infinities = &mut self.infinities;
            *(if value > 0.0 { &mut infinities.positive } else { &mut infinities.negative }) = true;
            return;
        }
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, shift) = if exponent == 0 { (fraction, 0) } else { (fraction | 1 << 52, exponent - 1) };
        let place = (shift / DIGIT_BITS) as usize;
        let wide = u128::from(mantissa) << (shift % DIGIT_BITS);
        let sign = if value.is_sign_negative() { -1 } else { 1 };
        let digits = self.digits_at(place);
        for (digit, at) in digits.iter_mut().zip(0..3) {
            *digit += sign * i64::from((wide >> (at * DIGIT_BITS)) as u32);
        }
        self.additions += 1;
        if self.additions == CARRY_AFTER {
            self.carry();
        }
    }

    /// The three digits from `place` on.
    #[inline]
    fn digits_at(&mut self, place: usize) -> &mut [i64] {
        if self.digits.is_empty() || place < self.low || place + 3 > self.low + self.digits.len() {
            self.widen(place);
        }
        let at = place - self.low;
        &mut self.digits[at..at + 3]
    }

    #[cold]
    fn widen(&mut self, place: usize) {
        if self.digits.is_empty() {
            self.low = place;
        }
        if place < self.low {
            self.digits.splice(0..0, std::iter::repeat_n(0, self.low - place));
            self.low = place;
        }
        self.digits.resize(self.digits.len().max(place + 3 - self.low), 0);
    }

    /// Brings all digits but the highest, which has the sign, between 0 and 2^32.
    fn carry(&mut self) {
        let mut carried = 0;
        for digit in &mut self.digits {
            *digit += carried;
            carried = *digit >> DIGIT_BITS;
            *digit &= i64::from(u32::MAX);
        }
        if carried != 0 {
            self.digits.push(carried);
        }
        self.additions = 0;
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.carry();
        let mut other = other.clone();
        other.carry();
        for (place, digit) in (other.low..).zip(&other.digits) {
            self.digits_at(place)[0] += digit;
        }
        self.carry();
        self.infinities.positive |= other.infinities.positive;
        self.infinities.negative |= other.infinities.negative;
    }

    /// The nearest double; infinite beyond the largest one, NaN if infinities of both signs were added.
    pub fn to_f64(&self) -> f64 {
        self.scaled(0)
    }

    /// The sum divided by `count`, infinite only if an infinity was added.
    pub fn mean(&self, count: u64) -> f64 {
        let mean = self.to_f64() / count as f64;
        let is_finite = !(self.infinities.positive || self.infinities.negative);
        // The sum may leave the range of doubles where the mean does not.
        if is_finite && mean.is_infinite() { self.scaled(-64) / count as f64 * 2f64.powi(64) } else { mean }
    }

    /// The nearest double to the sum times 2 to the power of `shift`.
    fn scaled(&self, shift: i32) -> f64 {
        match (self.infinities.positive, self.infinities.negative) {
            (true, true) => return f64::NAN,
            (true, false) => return f64::INFINITY,
            (false, true) => return f64::NEG_INFINITY,
            (false, false) => {}
        }
        let mut sum = self.clone();
        sum.carry();
        let is_negative = sum.digits.last().is_some_and(|digit| *digit < 0);
        if is_negative {
            sum.digits.iter_mut().for_each(|digit| *digit = -*digit);
            sum.carry();
        }
        let Some(high) = sum.digits.iter().rposition(|digit| *digit != 0) else { return 0.0 };
        // The three highest digits have at least 65 bits: what is below them can only decide which side of a
        // tie it is.
        let digit = |below: usize| high.checked_sub(below).map_or(0, |at| sum.digits[at] as u128);
        let top = digit(0) << (2 * DIGIT_BITS) | digit(1) << DIGIT_BITS | digit(2);
        let rest = sum.digits[..high.saturating_sub(2)].iter().any(|digit| *digit != 0);
        let magnitude = (top | u128::from(rest)) as f64;
        let exponent = LOWEST_EXPONENT + DIGIT_BITS as i32 * ((sum.low + high) as i32 - 2) + shift;
        // In two steps, as the power itself may be no double. A subnormal result has few enough bits to be
        // exact.
        let half = exponent / 2;
        let magnitude = magnitude * 2f64.powi(half) * 2f64.powi(exponent - half);
        if is_negative { -magnitude } else { magnitude }
    }

    /// A few numbers with this sum, the greatest first: what is stored of it.
    pub fn terms(&self) -> Vec<f64> {
        let infinities = [(self.infinities.positive, f64::INFINITY), (self.infinities.negative, f64::NEG_INFINITY)];
        let mut terms: Vec<f64> = infinities.into_iter().filter(|(added, _)| *added).map(|(_, infinity)| infinity).collect();
        let mut rest = Self { infinities: Infinities::default(), ..self.clone() };
        loop {
            let term = rest.to_f64().clamp(f64::MIN, f64::MAX);
            if term == 0.0 {
                return terms;
            }
            terms.push(term);
            rest.add(-term);
        }
    }
}

impl Extend<f64> for ExactSum {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.add(value));
    }
}

impl FromIterator<f64> for ExactSum {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sum = Self::default();
        sum.extend(values);
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(values: &[f64]) -> f64 {
        values.iter().copied().collect::<ExactSum>().to_f64()
    }

    #[test]
    fn known_sums_are_rounded_once() {
        for (values, expected) in [
            (&[][..], 0.0),
            (&[0.1; 10], 1.0),
            (&[1e308, 1e308, -1e308, -1e308, 5e-324], 5e-324),
            (&[1.0, 1e100, 1.0, -1e100], 2.0),
            // Half of the last bit is a tie, and goes to even; a little more does not.
            (&[1.0, f64::EPSILON / 2.0], 1.0),
            (&[1.0, f64::EPSILON / 2.0, 5e-324], 1.0 + f64::EPSILON),
            (&[-1.0, -f64::EPSILON / 2.0, -5e-324], -1.0 - f64::EPSILON),
            (&[5e-324, 5e-324], 1e-323),
            (&[2.225_073_858_507_201e-308, 5e-324], 2.225_073_858_507_201_4e-308),
            (&[f64::MAX, f64::MAX], f64::INFINITY),
            (&[f64::INFINITY, f64::MIN], f64::INFINITY),
            (&[f64::NEG_INFINITY, 1.0], f64::NEG_INFINITY),
        ] {
            assert_eq!(sum(values), expected, "{values:?}");
        }
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    }

    #[test]
    fn a_mean_stays_within_the_range_of_doubles() {
        let all: ExactSum = [f64::MAX; 1000].into_iter().collect();
        assert_eq!(all.mean(1000), f64::MAX);
        assert_eq!([f64::INFINITY, 1.0].into_iter().collect::<ExactSum>().mean(2), f64::INFINITY);
    }

    fn doubles() -> impl Strategy<Value = Vec<f64>> {
        let double = prop_oneof![
            any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite()),
            (-1000i32..1000).prop_map(f64::from),
            (0i32..40).prop_map(|exponent| 2f64.powi(exponent - 20) * 1.1),
        ];
        proptest::collection::vec(double, 0..60)
    }

    /// Multiples of 2^-20 below 2^60: their sum fits an `i128`.
    fn moderate() -> impl Strategy<Value = Vec<i64>> {
        proptest::collection::vec(-(1i64 << 52)..1 << 52, 0..200)
    }

    proptest! {
        #[test]
        fn it_is_the_sum_of_integers(values in moderate()) {
            let exact: i128 = values.iter().map(|value| i128::from(*value)).sum();
            prop_assert_eq!(values.iter().map(|value| *value as f64 / 1_048_576.0).collect::<ExactSum>().to_f64(), exact as f64 / 1_048_576.0);
        }

        #[test]
        fn order_and_grouping_do_not_matter(values in doubles(), cut in 0usize..60, seed: u64) {
            let whole: ExactSum = values.iter().copied().collect();
            let (one, two) = values.split_at(cut.min(values.len()));
            let mut merged: ExactSum = two.iter().copied().collect();
            merged.merge(&one.iter().rev().copied().collect());
            prop_assert_eq!(merged.to_f64().to_bits(), whole.to_f64().to_bits());
            let mut shuffled = values.clone();
            shuffled.sort_by_key(|value| value.to_bits().wrapping_mul(seed | 1));
            prop_assert_eq!(sum(&shuffled).to_bits(), whole.to_f64().to_bits());
            let again: ExactSum = whole.terms().into_iter().collect();
            prop_assert_eq!(again.to_f64().to_bits(), whole.to_f64().to_bits());
            let mut nothing = again;
            nothing.extend(values.iter().map(|value| -value));
            prop_assert_eq!(nothing.to_f64(), 0.0);
        }
    }
}
