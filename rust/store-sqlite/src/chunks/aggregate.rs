//! Aggregate of the numbers of a column, beside it in the table `tallies`, so that a long series is summed up
//! without being read.
//!
//! ```text
//! tally    := numbers: u32 LE, first: number, last: number, extremes?, term: f64 LE …, CRC32C: u32 LE
//! number   := 'F' f64 LE | 'I' i64 LE
//! extremes := min: number, max: number            if `numbers`, the count of those that are not NaN, is not 0
//! ```
//!
//! The terms add up to the exact sum of the numbers that are not NaN.

use crate::chunks::column::{blob, sealed, unsealed};
use crate::db::error::{damaged, store_error};
use rusqlite::{Connection, params};
use stepwell_codec::column::{Number, Numbers};
use stepwell_sample::Aggregate;
use stepwell_store::StoreError;

/// Columns of fewer points are read instead: that is quick, and an aggregate would be large beside them.
pub(crate) const FROM_POINTS: usize = 256;

/// A column in short.
#[derive(Debug, Clone)]
pub(crate) struct ColumnAggregate {
    pub(crate) first: Number,
    pub(crate) last: Number,
    pub(crate) numbers: Aggregate,
}

impl ColumnAggregate {
    /// That of these numbers, if there are any.
    pub(crate) fn of(numbers: &Numbers) -> Option<Self> {
        let last = numbers.len().checked_sub(1)?;
        Some(Self { first: numbers.get(0), last: numbers.get(last), numbers: numbers.iter().collect() })
    }
}

/// Writes the aggregate of a column that is not empty.
pub(crate) fn write(connection: &Connection, column: i64, numbers: &Numbers) -> Result<(), StoreError> {
    let Some(aggregate) = ColumnAggregate::of(numbers) else { return Ok(()) };
    connection
        .prepare_cached("INSERT INTO tallies (id, tally) VALUES (?1, ?2)")
        .and_then(|mut insert| insert.execute(params![column, pack(&aggregate)]))
        .map_err(store_error)?;
    Ok(())
}

/// Reads the aggregate of a column, if it has one.
pub(crate) fn read(connection: &Connection, column: i64) -> Result<Option<ColumnAggregate>, StoreError> {
    let sql = "SELECT tally, count FROM tallies JOIN columns ON columns.id = tallies.id WHERE tallies.id = ?1";
    let mut select = connection.prepare_cached(sql).map_err(store_error)?;
    let mut rows = select.query([column]).map_err(store_error)?;
    let Some(row) = rows.next().map_err(store_error)? else { return Ok(None) };
    let count: u32 = row.get(1).map_err(store_error)?;
    unpack(blob(row, 0)?, u64::from(count)).map(Some)
}

fn pack(column: &ColumnAggregate) -> Vec<u8> {
    let mut bytes = (column.numbers.numbers() as u32).to_le_bytes().to_vec();
    let ends = [column.first, column.last].into_iter();
    for number in ends.chain(column.numbers.extremes().into_iter().flat_map(|(min, max)| [min, max])) {
        let (form, word) = match number {
            Number::Float(value) => (b'F', value.to_bits().to_le_bytes()),
            Number::Int(value) => (b'I', value.to_le_bytes()),
        };
        bytes.push(form);
        bytes.extend_from_slice(&word);
    }
    column.numbers.terms().iter().for_each(|term| bytes.extend_from_slice(&term.to_le_bytes()));
    sealed(bytes)
}

fn unpack(bytes: &[u8], count: u64) -> Result<ColumnAggregate, StoreError> {
    let mut rest = unsealed(bytes)?;
    let cut_off = || damaged("an aggregate that is cut off");
    let numbers = u32::from_le_bytes(*take(&mut rest).ok_or_else(cut_off)?);
    let mut number = || match take(&mut rest) {
        Some([b'F']) => Ok(Number::Float(f64::from_le_bytes(*take(&mut rest).ok_or_else(cut_off)?))),
        Some([b'I']) => Ok(Number::Int(i64::from_le_bytes(*take(&mut rest).ok_or_else(cut_off)?))),
        _ => Err(damaged("an aggregate with a number in an unknown form")),
    };
    let (first, last) = (number()?, number()?);
    let extremes = if numbers > 0 { Some((number()?, number()?)) } else { None };
    let (terms, []) = rest.as_chunks::<8>() else { return Err(cut_off()) };
    let terms = terms.iter().map(|term| f64::from_le_bytes(*term));
    Ok(ColumnAggregate { first, last, numbers: Aggregate::from_parts(count, u64::from(numbers), extremes, terms) })
}

fn take<'b, const N: usize>(bytes: &mut &'b [u8]) -> Option<&'b [u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aggregate_reads_back_and_a_flipped_bit_is_found() {
        let (int, float) = (Number::Int, Number::Float);
        for numbers in [
            vec![float(0.1), int(i64::MAX), float(f64::NAN), float(1e300), float(f64::NEG_INFINITY)],
            vec![float(f64::NAN)],
            vec![float(1e-300), float(0.1), float(1e17), float(-0.0)],
        ] {
            let column = ColumnAggregate::of(&numbers.iter().copied().collect()).unwrap();
            let packed = pack(&column);
            let read = unpack(&packed, numbers.len() as u64).unwrap();
            assert_eq!(format!("{:?} {:?}", read.first, read.last), format!("{:?} {:?}", column.first, column.last));
            let facts = |all: &Aggregate| format!("{:?} {:?} {:?} {} {}", all.min(), all.max(), all.mean(), all.count(), all.numbers());
            assert_eq!(facts(&read.numbers), facts(&column.numbers));
            for bit in 0..packed.len() * 8 {
                let mut flipped = packed.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(unpack(&flipped, numbers.len() as u64).is_err(), "bit {bit}");
            }
        }
    }
}
