//! Statistics of the columns of rows, cheap enough to be kept of everything: about a nanosecond per number.

use stepwell_codec::msgpack::{DOUBLE_BYTES, Reader, ValueRef, all_doubles};
use stepwell_sample::{Aggregate, PointStats};

/// The numbers of the columns of a shape. What is no number is passed over.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    columns: Vec<Column>,
}

#[derive(Debug, Clone)]
struct Column {
    stats: PointStats,
    /// Number of those that came as integers.
    integers: u64,
}

impl Columns {
    pub(crate) fn new(columns: usize) -> Self {
        Self { columns: vec![Column { stats: PointStats::EMPTY, integers: 0 }; columns] }
    }

    /// Adds a row.
    #[inline]
    pub(crate) fn add(&mut self, row: &[u8]) {
        if all_doubles(row, self.columns.len()) {
            for (column, cell) in self.columns.iter_mut().zip(row.as_chunks::<DOUBLE_BYTES>().0) {
                let [_, bytes @ ..] = cell;
                column.stats.add(f64::from_be_bytes(*bytes));
            }
            return;
        }
        let mut reader = Reader::new(row);
        for column in &mut self.columns {
            match reader.value_ref() {
                Ok(ValueRef::Float(value)) => column.stats.add(value),
                Ok(ValueRef::Int(value)) => {
                    column.integers += 1;
                    column.stats.add(value as f64);
                }
                Ok(ValueRef::Other(_)) => {}
                Err(_) => return,
            }
        }
    }

    /// Aggregate of a column. Its extremes are integers if all of its numbers are.
    pub(crate) fn aggregate(&self, column: usize) -> Aggregate {
        let Column { stats, integers } = &self.columns[column];
        Aggregate::of_stats(stats, *integers == stats.numbers)
    }
}
