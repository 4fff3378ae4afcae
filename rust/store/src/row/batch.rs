//! Rows of one label as columns: how a scan hands them out, so that no number has a key or a place of its own.

use crate::decode::value_bytes;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use stepwell_codec::column::Numbers;
use stepwell_model::{Number, Row, Step, TimeMicros, Value};

/// Some rows of one label by rising step, each step once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RowBatch {
    /// Steps.
    pub steps: Vec<Step>,
    /// When the rows were logged.
    pub times: Vec<TimeMicros>,
    /// Whether they were kept by the `sample` policy.
    pub sampled: Vec<bool>,
    /// Their cells by key. A key whose cells are of several sorts has a column of each, and no row is in two.
    pub columns: Vec<RowColumn>,
}

/// Cells of one key and sort.
#[derive(Debug, Clone, PartialEq)]
pub struct RowColumn {
    /// Flat key.
    pub key: Arc<str>,
    /// Indices of the rows that have these cells, rising; `None` if all have.
    pub rows: Option<Vec<u32>>,
    /// The cells, at least one.
    pub cells: Cells,
}

/// Cells of one sort.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Integers.
    Ints(Vec<i64>),
    /// Doubles.
    Floats(Vec<f64>),
    /// Everything else.
    Values(Vec<Value>),
}

impl Cells {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Ints(cells) => cells.len(),
            Self::Floats(cells) => cells.len(),
            Self::Values(cells) => cells.len(),
        }
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell at `index`.
    ///
    /// # Panics
    /// If there is none.
    pub fn get(&self, index: usize) -> Value {
        match self {
            Self::Ints(cells) => Value::Int(cells[index]),
            Self::Floats(cells) => Value::Float(cells[index]),
            Self::Values(cells) => cells[index].clone(),
        }
    }

    fn slice(&self, at: Range<usize>) -> Self {
        match self {
            Self::Ints(cells) => Self::Ints(cells[at].to_vec()),
            Self::Floats(cells) => Self::Floats(cells[at].to_vec()),
            Self::Values(cells) => Self::Values(cells[at].to_vec()),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Values(cells) => cells.iter().map(|cell| 32 + value_bytes(cell)).sum(),
            numbers => 8 * numbers.len(),
        }
    }
}

impl RowColumn {
    /// Where the cells of a range of rows stand.
    fn places(&self, rows: &Range<usize>) -> Range<usize> {
        match &self.rows {
            None => rows.clone(),
            Some(own) => {
                let place = |row: usize| own.partition_point(|&each| (each as usize) < row);
                place(rows.start)..place(rows.end)
            }
        }
    }

    fn slice(&self, rows: &Range<usize>) -> Option<Self> {
        let at = self.places(rows);
        let own = self.rows.as_ref().filter(|_| at.len() < rows.len());
        let own = own.map(|own| own[at.clone()].iter().map(|row| row - rows.start as u32).collect());
        (!at.is_empty()).then(|| Self { key: Arc::clone(&self.key), rows: own, cells: self.cells.slice(at) })
    }
}

impl RowBatch {
    /// Those rows as columns; their cells are sorted by key.
    pub fn from_rows<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Self {
        let (mut batch, mut builders) = (Self::default(), BTreeMap::<&str, ColumnBuilder>::new());
        for (at, row) in (0..).zip(rows) {
            batch.steps.push(row.step);
            batch.times.push(row.time);
            batch.sampled.push(row.sampled);
            for (key, value) in &row.cells {
                builders.entry(key).or_default().value(at, value.clone());
            }
        }
        let count = batch.len();
        batch.columns = builders.into_iter().flat_map(|(key, builder)| builder.finish(&key.into(), count)).collect();
        batch
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        let column = |column: &RowColumn| 4 * column.rows.as_ref().map_or(0, Vec::len) + column.cells.bytes();
        17 * self.len() + self.columns.iter().map(column).sum::<usize>()
    }

    /// Some of the rows.
    ///
    /// # Panics
    /// If there are no such rows.
    pub fn slice(&self, rows: Range<usize>) -> Self {
        Self {
            steps: self.steps[rows.clone()].to_vec(),
            times: self.times[rows.clone()].to_vec(),
            sampled: self.sampled[rows.clone()].to_vec(),
            columns: self.columns.iter().filter_map(|column| column.slice(&rows)).collect(),
        }
    }

    /// One row, its cells sorted by key.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, at: usize) -> Row {
        let cells = self.columns.iter().flat_map(|column| {
            let places = column.places(&(at..at + 1));
            places.map(|place| (column.key.to_string(), column.cells.get(place)))
        });
        Row { step: self.steps[at], time: self.times[at], sampled: self.sampled[at], cells: cells.collect() }
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        (0..self.len()).map(|at| self.row(at))
    }
}

/// Cells of one sort, and the rows they stand in.
#[derive(Debug)]
struct Part<T> {
    spans: Vec<Range<u32>>,
    cells: Vec<T>,
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self { spans: Vec::new(), cells: Vec::new() }
    }
}

impl<T: Clone> Part<T> {
    fn extend(&mut self, first_row: u32, cells: &[T]) {
        self.span(first_row, cells.len() as u32);
        self.cells.extend_from_slice(cells);
    }

    fn push(&mut self, row: u32, cell: T) {
        self.span(row, 1);
        self.cells.push(cell);
    }

    fn span(&mut self, first_row: u32, len: u32) {
        match self.spans.last_mut() {
            Some(last) if last.end == first_row => last.end += len,
            _ => self.spans.push(first_row..first_row + len),
        }
    }

    fn finish(self, key: &Arc<str>, rows: usize, cells: impl FnOnce(Vec<T>) -> Cells) -> Option<RowColumn> {
        let rows = (self.cells.len() < rows).then(|| self.spans.into_iter().flatten().collect());
        (!self.cells.is_empty()).then(|| RowColumn { key: Arc::clone(key), rows, cells: cells(self.cells) })
    }
}

/// Collects the cells of one key by rising row.
#[derive(Debug, Default)]
pub struct ColumnBuilder {
    ints: Part<i64>,
    floats: Part<f64>,
    values: Part<Value>,
}

impl ColumnBuilder {
    /// Adds some of `numbers` for consecutive rows.
    ///
    /// # Panics
    /// If there are no such numbers.
    pub fn numbers(&mut self, first_row: u32, numbers: &Numbers, some: Range<usize>) {
        match numbers {
            Numbers::Float(values) => self.floats.extend(first_row, &values[some]),
            Numbers::Int(values) => self.ints.extend(first_row, &values[some]),
            Numbers::Mixed(values) => (first_row..).zip(&values[some]).for_each(|(row, number)| self.number(row, *number)),
        }
    }

    /// Adds a number.
    pub fn number(&mut self, row: u32, number: Number) {
        match number {
            Number::Int(value) => self.ints.push(row, value),
            Number::Float(value) => self.floats.push(row, value),
        }
    }

    /// Adds any value.
    pub fn value(&mut self, row: u32, value: Value) {
        match value.as_number() {
            Some(number) => self.number(row, number),
            None => self.values.push(row, value),
        }
    }

    /// The columns of the key in a batch of so many rows.
    pub fn finish(self, key: &Arc<str>, rows: usize) -> impl Iterator<Item = RowColumn> + use<> {
        let numbers = [self.ints.finish(key, rows, Cells::Ints), self.floats.finish(key, rows, Cells::Floats)];
        numbers.into_iter().chain([self.values.finish(key, rows, Cells::Values)]).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let text = |text: &str| Value::Str(text.into());
        let cells = [
            vec![("a", Value::Int(1)), ("b", Value::Float(f64::INFINITY))],
            vec![("a", Value::Float(2.0)), ("b", Value::Float(0.5))],
            vec![("b", Value::Float(-0.0)), ("c", Value::Nil)],
            vec![],
            vec![("a", text("x")), ("b", Value::Float(1.0))],
        ];
        let row = |(step, cells): (Step, Vec<(&str, Value)>)| Row {
            step,
            time: 10 * step,
            sampled: step == 2,
            cells: cells.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        };
        (0..).zip(cells).map(row).collect()
    }

    #[test]
    fn rows_are_the_same_again_and_every_sort_of_a_key_is_a_column() {
        let batch = RowBatch::from_rows(&rows());
        assert_eq!(batch.rows().collect::<Vec<_>>(), rows());
        let columns: Vec<(&str, Option<&[u32]>, usize)> =
            batch.columns.iter().map(|column| (&*column.key, column.rows.as_deref(), column.cells.len())).collect();
        let expected: [(&str, &[u32]); 5] = [("a", &[0]), ("a", &[1]), ("a", &[4]), ("b", &[0, 1, 2, 4]), ("c", &[2])];
        assert_eq!(columns, expected.map(|(key, rows)| (key, Some(rows), rows.len())));
        assert!(batch.bytes() > 5 * 17 + 8 * 8);
    }

    #[test]
    fn every_slice_holds_its_rows() {
        let (rows, batch) = (rows(), RowBatch::from_rows(&rows()));
        for from in 0..=rows.len() {
            for to in from..=rows.len() {
                let slice = batch.slice(from..to);
                assert_eq!(slice.rows().collect::<Vec<_>>(), rows[from..to]);
                assert_eq!(slice, RowBatch::from_rows(&rows[from..to]));
            }
        }
    }
}
