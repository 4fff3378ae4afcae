//! Columns of a chunk: steps and numbers, compressed with pco, every bit kept.
//!
//! ```text
//! steps  := pco of i64
//! values := 'f' pco of f64 bits as f64          all floats
//!         | 'i' pco of i64                      all integers
//!         | 'm' u32 LE bitmap bytes, bitmap (bit set: integer), pco of u64 bits      mixed
//! ```

use crate::packing::Packing;
use pco::standalone::simple_decompress;
pub use stepwell_model::Number;
use stepwell_model::limits;

/// A column that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a damaged column: {0}")]
pub struct ColumnError(String);

/// The numbers of a series in one of three forms, so that the usual case stays a plain vector.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// All floats.
    Float(Vec<f64>),
    /// All integers.
    Int(Vec<i64>),
    /// Both.
    Mixed(Vec<Number>),
}

impl Default for Numbers {
    fn default() -> Self {
        Self::Float(Vec::new())
    }
}

impl Numbers {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Int(values) => values.len(),
            Self::Mixed(values) => values.len(),
        }
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at `index`.
    ///
    /// # Panics
    /// If there is none.
    pub fn get(&self, index: usize) -> Number {
        match self {
            Self::Float(values) => Number::Float(values[index]),
            Self::Int(values) => Number::Int(values[index]),
            Self::Mixed(values) => values[index],
        }
    }

    /// Adds a number at the end.
    #[inline]
    pub fn push(&mut self, number: Number) {
        match (&mut *self, number) {
            (Self::Float(values), Number::Float(value)) => values.push(value),
            (Self::Int(values), Number::Int(value)) => values.push(value),
            (Self::Mixed(values), number) => values.push(number),
            (Self::Float(values), Number::Int(value)) if values.is_empty() => {
                *self = Self::Int(vec![value]);
            }
            _ => {
                let mut values: Vec<Number> = self.iter().collect();
                values.push(number);
                *self = Self::Mixed(values);
            }
        }
    }

    /// All numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = Number> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// As [`to_f64`](Self::to_f64), of numbers that are no longer needed.
    pub fn into_f64(self) -> Vec<f64> {
        match self {
            Self::Float(values) => values,
            other => other.to_f64(),
        }
    }

    /// All numbers as the nearest doubles.
    pub fn to_f64(&self) -> Vec<f64> {
        match self {
            Self::Float(values) => values.clone(),
            _ => self.iter().map(Number::to_f64).collect(),
        }
    }
}

impl FromIterator<Number> for Numbers {
    fn from_iter<I: IntoIterator<Item = Number>>(numbers: I) -> Self {
        let mut all = Self::default();
        numbers.into_iter().for_each(|number| all.push(number));
        all
    }
}

fn damaged(error: impl std::fmt::Display) -> ColumnError {
    ColumnError(error.to_string())
}

fn unpack<T: pco::data_types::Number>(bytes: &[u8]) -> Result<Vec<T>, ColumnError> {
    let values = simple_decompress::<T>(bytes).map_err(damaged)?;
    // A chunk being merged with its neighbour may hold up to twice its usual points.
    if values.len() > 2 * limits::CHUNK_POINTS { Err(damaged("more points than a chunk may hold")) } else { Ok(values) }
}

/// Packs a column of steps, behind `head`.
pub fn pack_steps(head: &[u8], steps: &[i64], packing: &mut Packing) -> Vec<u8> {
    packing.pack(b'p', head, steps)
}

/// Reads a column of steps.
pub fn unpack_steps(bytes: &[u8]) -> Result<Vec<i64>, ColumnError> {
    unpack(bytes)
}

/// Packs a column of numbers.
pub fn pack_numbers(numbers: &Numbers, packing: &mut Packing) -> Vec<u8> {
    match numbers {
        Numbers::Float(values) => packing.pack(b'f', b"f", values),
        Numbers::Int(values) => packing.pack(b'i', b"i", values),
        Numbers::Mixed(values) => {
            let mut bitmap = vec![0u8; values.len().div_ceil(8)];
            let bits: Vec<u64> = values
                .iter()
                .enumerate()
                .map(|(index, number)| match *number {
                    Number::Float(value) => value.to_bits(),
                    Number::Int(value) => {
                        bitmap[index / 8] |= 1 << (index % 8);
                        value as u64
                    }
                })
                .collect();
            packing.pack(b'm', &[b"m", &(bitmap.len() as u32).to_le_bytes()[..], &bitmap].concat(), &bits)
        }
    }
}

/// Reads a column of numbers.
pub fn unpack_numbers(bytes: &[u8]) -> Result<Numbers, ColumnError> {
    match bytes.split_first() {
        Some((b'f', rest)) => Ok(Numbers::Float(unpack(rest)?)),
        Some((b'i', rest)) => Ok(Numbers::Int(unpack(rest)?)),
        Some((b'm', rest)) => {
            let (len, rest) = rest.split_first_chunk::<4>().ok_or_else(|| damaged("cut off"))?;
            let (bitmap, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize).ok_or_else(|| damaged("cut off"))?;
            let bits: Vec<u64> = unpack(rest)?;
            if bitmap.len() != bits.len().div_ceil(8) {
                return Err(damaged("a bitmap of the wrong length"));
            }
            let number = |(index, bits): (usize, u64)| {
                if bitmap[index / 8] >> (index % 8) & 1 == 1 { Number::Int(bits as i64) } else { Number::Float(f64::from_bits(bits)) }
            };
            Ok(Numbers::Mixed(bits.into_iter().enumerate().map(number).collect()))
        }
        _ => Err(damaged("an unknown form")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_number() -> impl Strategy<Value = Number> {
        prop_oneof![any::<f64>().prop_map(Number::Float), any::<i64>().prop_map(Number::Int)]
    }

    fn bits(numbers: &Numbers) -> Vec<(bool, u64)> {
        let bits = |number| match number {
            Number::Float(value) => (false, f64::to_bits(value)),
            Number::Int(value) => (true, value as u64),
        };
        numbers.iter().map(bits).collect()
    }

    proptest! {
        #[test]
        fn numbers_keep_every_bit(values in proptest::collection::vec(any_number(), 0..200), only in 0..3) {
            let keep = |number: &Number| match only { 0 => true, 1 => matches!(number, Number::Int(_)), _ => matches!(number, Number::Float(_)) };
            let numbers: Numbers = values.into_iter().filter(keep).collect();
            prop_assert_eq!(bits(&unpack_numbers(&pack_numbers(&numbers, &mut Packing::default())).unwrap()), bits(&numbers));
        }

        #[test]
        fn steps_read_back(steps in proptest::collection::vec(any::<i64>(), 0..200)) {
            prop_assert_eq!(unpack_steps(&pack_steps(b"", &steps, &mut Packing::default())).unwrap(), steps);
        }

        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack_numbers(&bytes);
            let _ = unpack_steps(&bytes);
        }
    }
}
