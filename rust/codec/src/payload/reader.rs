//! Reader of payloads: one entry after another, its sizes checked before they are believed.

use super::{PayloadError, ROW, SAMPLED_ROW, statement};
use crate::msgpack::{DOUBLE_BYTES, Reader, ValueRef, all_doubles};
use stepwell_model::{Entry, Row, Step, TimeMicros, limits};

/// An entry as it stands in a payload.
#[derive(Debug)]
pub enum EntryRef<'p> {
    /// A row, its values not decoded.
    Row(RowRef<'p>),
    /// Any other entry.
    Statement(Entry),
}

/// A row whose values are still msgpack.
#[derive(Debug, Clone)]
pub struct RowRef<'p> {
    /// The step.
    pub step: Step,
    /// Time of the call of `log`.
    pub time: TimeMicros,
    /// Kept by the `sample` policy.
    pub sampled: bool,
    /// Index of its shape in the frame; rows of one shape have the same keys in the same order.
    pub shape: u32,
    /// Indices of its keys in [`PayloadReader::keys`].
    pub keys: &'p [u32],
    /// Form of its values.
    pub form: RowForm,
    values: Reader<'p>,
}

/// The form of the values of a row, as far as whoever reads many rows can use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowForm {
    /// All are doubles.
    Doubles,
    /// All are numbers.
    Numbers,
    /// Some are others.
    Any,
}

impl<'p> RowRef<'p> {
    /// The values of a row of doubles.
    pub fn doubles(&self) -> impl Iterator<Item = f64> + use<'p> {
        let (cells, _) = self.values.rest().as_chunks::<DOUBLE_BYTES>();
        let double = |&[_, a, b, c, d, e, f, g, h]: &[u8; DOUBLE_BYTES]| f64::from_be_bytes([a, b, c, d, e, f, g, h]);
        cells[..self.keys.len()].iter().map(double)
    }

    /// The row's (key index, value) pairs. They were checked when the row was read, so none is missing.
    pub fn cells(&self) -> impl Iterator<Item = (u32, ValueRef<'p>)> + use<'p> {
        let mut values = self.values.clone();
        self.keys.iter().map_while(move |&key| Some((key, values.value_ref().ok()?)))
    }

    /// The row with all its values decoded.
    pub fn to_row(&self, keys: &[&str]) -> Result<Row, PayloadError> {
        let mut values = self.values.clone();
        let cells = self.keys.iter().map(|&key| Ok((keys[key as usize].to_owned(), values.value()?)));
        Ok(Row { step: self.step, time: self.time, sampled: self.sampled, cells: cells.collect::<Result<_, PayloadError>>()? })
    }
}

/// The tables of a payload and its entries, read one by one with [`next_entry`](Self::next_entry).
#[derive(Debug)]
pub struct PayloadReader<'a> {
    /// The frame's keys.
    pub keys: Vec<&'a str>,
    /// The frame's shapes, as indices into `keys`.
    pub shapes: Vec<Vec<u32>>,
    entries: Reader<'a>,
    left: usize,
}

impl<'a> PayloadReader<'a> {
    /// Reads the tables of a payload that must hold `count` entries.
    pub fn new(payload: &'a [u8], count: u32) -> Result<Self, PayloadError> {
        let mut reader = Reader::new(payload);
        match reader.array_len()? {
            3 => {}
            4.. => return Err(PayloadError::Later("more than keys, shapes and entries")),
            _ => return Err(PayloadError::Form("not an array of keys, shapes and entries")),
        }
        let mut keys = Vec::new();
        for _ in 0..bounded(reader.array_len()?)? {
            let key = reader.str()?;
            if key.len() > limits::KEY_BYTES {
                return Err(PayloadError::Form("a key longer than 1,024 bytes"));
            }
            keys.push(key);
        }
        let mut shapes = Vec::new();
        for _ in 0..bounded(reader.array_len()?)? {
            let mut shape = Vec::new();
            for _ in 0..bounded(reader.array_len()?)? {
                let key = u32::try_from(reader.int()?).ok().filter(|&key| (key as usize) < keys.len());
                shape.push(key.ok_or(PayloadError::Form("a shape with a key that is not there"))?);
            }
            shapes.push(shape);
        }
        let left = reader.array_len()?;
        if left != count as usize {
            return Err(PayloadError::Form("another number of entries than the header says"));
        }
        Ok(Self { keys, shapes, entries: reader, left })
    }

    /// The next entry, or `None` after the last. Each value of a row is checked to be well-formed here.
    pub fn next_entry(&mut self) -> Result<Option<EntryRef<'_>>, PayloadError> {
        if self.left == 0 {
            return if self.entries.is_empty() { Ok(None) } else { Err(PayloadError::Form("bytes behind the last entry")) };
        }
        self.left -= 1;
        let before = self.entries.rest().len();
        let len = self.entries.array_len()?;
        let kind = self.entries.int()?;
        if kind != ROW && kind != SAMPLED_ROW {
            return Ok(Some(EntryRef::Statement(statement::read(kind, len, &mut self.entries)?)));
        }
        let (step, time) = (self.entries.int()?, self.entries.int()?);
        let shape = u32::try_from(self.entries.int()?).map_err(|_| PayloadError::Form("a row with a shape that is not there"))?;
        let keys = self.shapes.get(shape as usize).ok_or(PayloadError::Form("a row with a shape that is not there"))?;
        if len != 4 + keys.len() {
            return Err(PayloadError::Form("a row with more or fewer values than keys"));
        }
        let values = self.entries.clone();
        let form = match values.rest().get(..DOUBLE_BYTES * keys.len()).filter(|cells| all_doubles(cells, keys.len())) {
            Some(cells) => {
                self.entries = Reader::new(&values.rest()[cells.len()..]);
                RowForm::Doubles
            }
            None => {
                let mut form = RowForm::Numbers;
                for _ in keys {
                    if let ValueRef::Other(_) = self.entries.value_ref()? {
                        form = RowForm::Any;
                    }
                }
                form
            }
        };
        if before - self.entries.rest().len() > limits::ROW_BYTES {
            return Err(PayloadError::Form("a row larger than 8 MiB"));
        }
        Ok(Some(EntryRef::Row(RowRef { step, time, sampled: kind == SAMPLED_ROW, shape, keys, form, values })))
    }

    /// All entries from here on, decoded.
    pub fn entries(mut self) -> Result<Vec<Entry>, PayloadError> {
        let names = self.keys.clone();
        let mut entries = Vec::new();
        while let Some(entry) = self.next_entry()? {
            entries.push(match entry {
                EntryRef::Row(row) => Entry::Row(row.to_row(&names)?),
                EntryRef::Statement(entry) => entry,
            });
        }
        Ok(entries)
    }
}

fn bounded(len: usize) -> Result<usize, PayloadError> {
    if len > limits::FRAME_KEYS { Err(PayloadError::Form("more keys or shapes than a frame may have")) } else { Ok(len) }
}
