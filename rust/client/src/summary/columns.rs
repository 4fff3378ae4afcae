//! Statistics of the columns of rows, cheap enough to be kept of everything: about a nanosecond per number.

use stepwell_codec::msgpack::{DOUBLE_BYTES, Reader, ValueRef, all_doubles};
use stepwell_sample::{Aggregate, NumberStats};

/// The numbers of the columns of a shape. What is no number is passed over.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    stats: Vec<NumberStats>,
    /// Per column, the number of those that came as integers. Apart, so that a row of doubles touches less.
    integers: Vec<u64>,
}

impl Columns {
    pub(crate) fn new(columns: usize) -> Self {
        Self { stats: vec![NumberStats::EMPTY; columns], integers: vec![0; columns] }
    }

    /// Adds a row.
    #[inline]
    pub(crate) fn add(&mut self, row: &[u8]) {
        if all_doubles(row, self.stats.len()) {
            for (stats, cell) in self.stats.iter_mut().zip(row.as_chunks::<DOUBLE_BYTES>().0) {
                let [_, bytes @ ..] = cell;
                stats.add(f64::from_be_bytes(*bytes));
            }
            return;
        }
        let mut reader = Reader::new(row);
        for (stats, integers) in self.stats.iter_mut().zip(&mut self.integers) {
            match reader.value_ref() {
                Ok(ValueRef::Float(value)) => stats.add(value),
                Ok(ValueRef::Int(value)) => {
                    *integers += 1;
                    stats.add(value as f64);
                }
                Ok(ValueRef::Other(_)) => {}
                Err(_) => return,
            }
        }
    }

    /// Aggregate of a column. Its extremes are integers if all of its numbers are.
    pub(crate) fn aggregate(&self, column: usize) -> Aggregate {
        let stats = &self.stats[column];
        Aggregate::of_stats(stats, self.integers[column] == stats.numbers)
    }
}
