//! Count, sum and extremes of the columns of rows, cheap enough to be kept of everything: about a nanosecond
//! per number.

use stepwell_codec::msgpack::{DOUBLE_BYTES, Reader, ValueRef, all_doubles};
use stepwell_model::Number;
use stepwell_sample::tally::Tally;

/// The numbers of the columns of a shape. What is no number is passed over.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    columns: Vec<Column>,
}

#[derive(Debug, Clone)]
struct Column {
    /// Those that are not NaN.
    numbers: u64,
    nans: u64,
    /// How many came as integers.
    integers: u64,
    min: f64,
    max: f64,
    sum: f64,
    /// What rounding lost of the sum.
    lost: f64,
}

impl Column {
    #[inline(always)]
    fn add(&mut self, value: f64) {
        let is_number = !value.is_nan();
        self.numbers += u64::from(is_number);
        self.nans += u64::from(!is_number);
        self.min = if value < self.min { value } else { self.min };
        self.max = if value > self.max { value } else { self.max };
        // Knuth's exact sum of two, as in `stepwell_sample::summary`.
        let value = if is_number { value } else { 0.0 };
        let sum = self.sum + value;
        let part = sum - self.sum;
        self.lost += (self.sum - (sum - part)) + (value - part);
        self.sum = sum;
    }
}

impl Columns {
    pub(crate) fn new(columns: usize) -> Self {
        let column = Column { numbers: 0, nans: 0, integers: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, sum: 0.0, lost: 0.0 };
        Self { columns: vec![column; columns] }
    }

    /// Adds a row.
    #[inline]
    pub(crate) fn add(&mut self, row: &[u8]) {
        if all_doubles(row, self.columns.len()) {
            for (column, cell) in self.columns.iter_mut().zip(row.as_chunks::<DOUBLE_BYTES>().0) {
                let [_, bytes @ ..] = cell;
                column.add(f64::from_be_bytes(*bytes));
            }
            return;
        }
        let mut reader = Reader::new(row);
        for column in &mut self.columns {
            match reader.value_ref() {
                Ok(ValueRef::Float(value)) => column.add(value),
                Ok(ValueRef::Int(value)) => {
                    column.integers += 1;
                    column.add(value as f64);
                }
                Ok(ValueRef::Other(_)) => {}
                Err(_) => return,
            }
        }
    }

    /// What a column adds up to. Its extremes are integers if all of its numbers are.
    pub(crate) fn tally(&self, column: usize) -> Tally {
        let Column { numbers, nans, integers, min, max, sum, lost } = self.columns[column];
        let number = |value: f64| if integers == numbers { Number::Int(value as i64) } else { Number::Float(value) };
        let extremes = (numbers > 0).then(|| (number(min), number(max)));
        // A sum that has left the finite numbers has no finite error.
        let terms = [Some(sum).filter(|sum| !sum.is_nan()), Some(lost).filter(|lost| lost.is_finite())];
        let infinities = if sum.is_nan() { [Some(f64::INFINITY), Some(f64::NEG_INFINITY)] } else { [None, None] };
        Tally::from_parts(numbers + nans, numbers, extremes, terms.into_iter().chain(infinities).flatten())
    }
}
