//! The columns of a row group as blobs: pco for many numbers, plain bytes for a few.
//!
//! ```text
//! numbers := the forms of stepwell_codec::column | 'F' (f64 LE)* | 'I' (i64 LE)*
//! steps, entries, times := 'p' pco of i64 | 'I' (i64 LE)* | 'A' first: i64 LE, distance: i64 LE, count: u32 LE
//! sampled := one bit per row, lowest first
//! ```
//!
//! Numbers and integers are followed by the CRC32C of what is before: neither SQLite nor pco would notice a
//! flipped bit (A5).

use crate::db::error::{damaged, store_error};
use rusqlite::Connection;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use stepwell_codec::Packing;
use stepwell_codec::column::{Number, Numbers, pack_numbers, pack_steps, unpack_numbers, unpack_steps};
use stepwell_model::EntryNumber;
use stepwell_store::StoreError;

/// Up to so many numbers the header of pco costs more, in bytes and in time, than it saves.
const PLAIN: usize = 16;

/// Packs numbers.
pub(crate) fn pack(numbers: &Numbers, packing: &mut Packing) -> Vec<u8> {
    sealed(match numbers {
        Numbers::Float(values) if values.len() <= PLAIN => plain(b'F', values.iter().map(|value| value.to_bits().to_le_bytes())),
        Numbers::Int(values) if values.len() <= PLAIN => plain(b'I', values.iter().map(|value| value.to_le_bytes())),
        _ => pack_numbers(numbers, packing),
    })
}

/// Reads numbers; there must be `count`.
pub(crate) fn unpack(bytes: &[u8], count: usize) -> Result<Numbers, StoreError> {
    let bytes = unsealed(bytes)?;
    let numbers = match bytes.split_first() {
        Some((b'F', rest)) => Numbers::Float(words(rest)?.map(f64::from_le_bytes).collect()),
        Some((b'I', rest)) => Numbers::Int(words(rest)?.map(i64::from_le_bytes).collect()),
        _ => unpack_numbers(bytes).map_err(damaged)?,
    };
    check(numbers.len(), count).map(|()| numbers)
}

/// Packs integers.
pub(crate) fn pack_integers(values: &[i64], packing: &mut Packing) -> Vec<u8> {
    sealed(if values.len() <= 2 {
        plain(b'I', values.iter().map(|value| value.to_le_bytes()))
    } else if let Some(distance) = distance_of(values) {
        [b"A", &values[0].to_le_bytes()[..], &distance.to_le_bytes(), &(values.len() as u32).to_le_bytes()].concat()
    } else if values.len() <= PLAIN {
        plain(b'I', values.iter().map(|value| value.to_le_bytes()))
    } else {
        pack_steps(b"p", values, packing)
    })
}

/// The distance of integers that are equally far apart; there are two at least.
fn distance_of(values: &[i64]) -> Option<i64> {
    let distance = values[1].wrapping_sub(values[0]);
    values.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == distance).then_some(distance)
}

/// Reads integers; there must be `count`.
pub(crate) fn unpack_integers(bytes: &[u8], count: usize) -> Result<Vec<i64>, StoreError> {
    let values: Vec<i64> = match unsealed(bytes)?.split_first() {
        Some((b'I', rest)) => words(rest)?.map(i64::from_le_bytes).collect(),
        Some((b'A', rest)) => {
            let parts = rest.split_first_chunk::<8>().and_then(|(first, rest)| Some((first, rest.split_first_chunk::<8>()?)));
            let Some((first, (distance, counted))) = parts else { return Err(damaged("a column that is cut off")) };
            check(u32::from_le_bytes(counted.try_into().map_err(damaged)?) as usize, count)?;
            let (first, distance) = (i64::from_le_bytes(*first), i64::from_le_bytes(*distance));
            (0..count as i64).map(|at| first.wrapping_add(at.wrapping_mul(distance))).collect()
        }
        Some((b'p', rest)) => unpack_steps(rest).map_err(damaged)?,
        _ => return Err(damaged("a column of integers in an unknown form")),
    };
    check(values.len(), count).map(|()| values)
}

/// The bytes with their checksum.
pub(crate) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let crc = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes
}

/// The bytes without their checksum, which must match.
pub(crate) fn unsealed(bytes: &[u8]) -> Result<&[u8], StoreError> {
    match bytes.split_last_chunk::<4>() {
        Some((bytes, crc)) if crc32c::crc32c(bytes) == u32::from_le_bytes(*crc) => Ok(bytes),
        _ => Err(damaged("the checksum of a chunk's column does not match")),
    }
}

/// Packs truth values; `None` if all are false.
pub(crate) fn pack_bits(bits: &[bool]) -> Option<Vec<u8>> {
    let mut bytes = vec![0u8; bits.len().div_ceil(8)];
    bits.iter().enumerate().filter(|(_, bit)| **bit).for_each(|(at, _)| bytes[at / 8] |= 1 << (at % 8));
    bytes.iter().any(|byte| *byte != 0).then_some(bytes)
}

/// Reads truth values.
pub(crate) fn unpack_bits(bytes: Option<&[u8]>, count: usize) -> Vec<bool> {
    (0..count).map(|at| bytes.and_then(|bytes| bytes.get(at / 8)).is_some_and(|byte| byte >> (at % 8) & 1 == 1)).collect()
}

fn plain(form: u8, words: impl Iterator<Item = [u8; 8]>) -> Vec<u8> {
    let mut bytes = vec![form];
    words.for_each(|word| bytes.extend_from_slice(&word));
    bytes
}

fn words(bytes: &[u8]) -> Result<impl Iterator<Item = [u8; 8]>, StoreError> {
    let (words, rest) = bytes.as_chunks::<8>();
    if rest.is_empty() { Ok(words.iter().copied()) } else { Err(damaged("a column that is cut off")) }
}

fn check(found: usize, expected: usize) -> Result<(), StoreError> {
    if found == expected { Ok(()) } else { Err(damaged(format!("a column of {found} numbers where {expected} are expected"))) }
}

/// A number in a cell of the database, every bit kept: SQLite turns NaN into NULL and may turn -0.0 into 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell(pub(crate) Number);

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Number::Int(value) => value.into(),
            Number::Float(value) if value.is_nan() || (value == 0.0 && value.is_sign_negative()) => {
                value.to_bits().to_le_bytes().to_vec().into()
            }
            Number::Float(value) => value.into(),
        })
    }
}

impl FromSql for Cell {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(match value {
            ValueRef::Integer(value) => Number::Int(value),
            ValueRef::Real(value) => Number::Float(value),
            ValueRef::Blob(bytes) => {
                let bits = bytes.try_into().map_err(|_| FromSqlError::InvalidType)?;
                Number::Float(f64::from_bits(u64::from_le_bytes(bits)))
            }
            _ => return Err(FromSqlError::InvalidType),
        }))
    }
}

/// Bits of the ordinal of a column in its row group: a row of 8 MiB has fewer cells: the key of `columns` is
/// `block << ORDINAL_BITS | ordinal`.
pub(crate) const ORDINAL_BITS: u32 = 22;

/// Entry numbers are kept as the signed integers of the same bits.
pub(crate) fn unsigned(entries: Vec<i64>) -> Vec<EntryNumber> {
    entries.into_iter().map(|entry| entry as u64).collect()
}

/// The bytes in a column of a row.
pub(crate) fn blob<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> Result<&'r [u8], StoreError> {
    row.get_ref(column).map_err(store_error)?.as_blob().map_err(|error| store_error(error.into()))
}

/// Reads the row that must be there; its first column is the count of rows.
pub(crate) fn read_one<T>(
    connection: &Connection,
    sql: &str,
    id: i64,
    read: impl FnOnce(usize, &rusqlite::Row<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut select = connection.prepare_cached(sql).map_err(store_error)?;
    let mut rows = select.query([id]).map_err(store_error)?;
    let row = rows.next().map_err(store_error)?.ok_or_else(|| damaged(format!("there is no chunk {id}")))?;
    let count: u32 = row.get(0).map_err(store_error)?;
    read(count as usize, row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_every_length_and_form_read_back() {
        for count in [0, 1, 16, 17, 4096] {
            let integers: Vec<i64> = (0..count).map(|i| i * i - 7).collect();
            let apart: Vec<i64> = (0..count).map(|i| i64::MAX.wrapping_add(i.wrapping_mul(i64::MAX - 3))).collect();
            for integers in [&integers, &apart] {
                assert_eq!(unpack_integers(&pack_integers(integers, &mut Packing::default()), count as usize).unwrap(), *integers);
            }
            let floats = Numbers::Float(integers.iter().map(|&i| i as f64 / 3.0).collect());
            let mixed: Numbers = integers.iter().map(|&i| if i % 2 == 0 { Number::Int(i) } else { Number::Float(0.5) }).collect();
            for numbers in [floats, Numbers::Int(integers.clone()), mixed] {
                let read = unpack(&pack(&numbers, &mut Packing::default()), count as usize).unwrap();
                assert!(read.iter().eq(numbers.iter()), "{count}");
            }
            let bits: Vec<bool> = integers.iter().map(|i| i % 3 == 0).collect();
            assert_eq!(unpack_bits(pack_bits(&bits).as_deref(), bits.len()), bits);
        }
        let words = |count: usize| sealed([b"F", &[0; 8].repeat(count)[..]].concat());
        assert!(unpack(&words(1), 1).is_ok() && unpack(&words(1), 2).is_err() && unpack(&sealed(b"F1234567".to_vec()), 1).is_err());
        assert!(unpack_integers(&sealed(b"x".to_vec()), 0).is_err());
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let packed = pack(&(0..40).map(|i| Number::Float(f64::from(i) / 3.0)).collect(), &mut Packing::default());
        for bit in 0..packed.len() * 8 {
            let mut flipped = packed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(unpack(&flipped, 40).is_err(), "bit {bit}");
        }
    }
}
