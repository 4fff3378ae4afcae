//! The rows of one frame as columns: what a store keeps of a frame once it leaves the journal.
//!
//! Rows are sorted into row groups by the set of flat keys that hold numbers; what is not a number is listed
//! beside them. Within a row group a step that comes twice keeps its last row: both have the same keys, so
//! the earlier one has lost everywhere (invariant 3 of [`crate::Store`]). Every row of the frame is in some
//! row group, if only in the one without columns, so steps and clocks are complete.

use crate::row::{flat_cells, is_automatic};
use rustc_hash::FxHashMap;
use std::ops::Range;
use stepwell_codec::column::{Number, Numbers};
use stepwell_codec::msgpack::ValueRef;
use stepwell_codec::payload::{EntryRef, RowForm};
use stepwell_codec::{PayloadError, PayloadReader, RowRef};
use stepwell_model::{EntryNumber, Kind, Step, TimeMicros, Value};

/// Bytes of a row beside its numbers.
const ROW_BYTES: usize = 25;
/// Bytes of a cell that is not a number, beside what its value refers to.
const VALUE_BYTES: usize = 96;

/// Rows of one stream that have numbers under the same keys, by rising step, each step once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RowGroup {
    /// Indices into [`FrameRows::keys`], by name of the key.
    pub keys: Vec<u32>,
    /// Steps, rising.
    pub steps: Vec<Step>,
    /// Numbers of the entries.
    pub entries: Vec<EntryNumber>,
    /// When the rows were logged.
    pub times: Vec<TimeMicros>,
    /// Whether the rows were kept by the `sample` policy.
    pub sampled: Vec<bool>,
    /// One column per key, each with a number per row.
    pub columns: Vec<Numbers>,
}

/// A cell that is not a number.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueCell {
    /// Index into [`FrameRows::keys`].
    pub key: u32,
    /// Step.
    pub step: Step,
    /// Number of the entry.
    pub entry: EntryNumber,
    /// Kind of the value.
    pub kind: Kind,
    /// The value.
    pub value: Value,
}

/// The rows of one frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FrameRows {
    /// Flat keys.
    pub keys: Vec<Box<str>>,
    /// Rows and their numbers.
    pub groups: Vec<RowGroup>,
    /// Everything that is not a number.
    pub values: Vec<ValueCell>,
    /// Latest time of any row, replaced ones included.
    pub latest_time: Option<TimeMicros>,
}

impl FrameRows {
    /// Reads the rows of a payload whose first entry has the number `first`; passes over all other entries.
    pub fn decode(payload: &[u8], first: EntryNumber, count: u32) -> Result<Self, PayloadError> {
        let mut reader = PayloadReader::new(payload, count)?;
        let names: Vec<&str> = reader.keys.clone();
        // Rows that are not there take no room.
        let most = u32::try_from(payload.len() / 8).unwrap_or(u32::MAX);
        let mut decoder = RowsDecoder::new(&names, &reader.shapes, count.min(most), usize::MAX);
        let mut number = first;
        while let Some(entry) = reader.next_entry()? {
            if let EntryRef::Row(row) = entry {
                decoder.row(&row, number)?;
            }
            number += 1;
        }
        Ok(decoder.finish().unwrap_or_default())
    }

    /// About how many bytes this takes in memory.
    pub fn bytes(&self) -> usize {
        let cells: usize = self.groups.iter().map(|group| group.steps.len() * (ROW_BYTES + 8 * group.columns.len())).sum();
        let values: usize = self.values.iter().map(|other| VALUE_BYTES + value_bytes(&other.value)).sum();
        let keys: usize = self.keys.iter().map(|key| 16 + key.len()).sum();
        256 + cells + values + keys
    }
}

/// About how many bytes a value takes beside its 32.
pub(crate) fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len(),
        Value::Bin(bytes) | Value::Ext(_, bytes) => bytes.len(),
        Value::List(values) => values.iter().map(|value| 32 + value_bytes(value)).sum(),
        Value::Map(pairs) => pairs.iter().map(|(key, value)| 64 + key.len() + value_bytes(value)).sum(),
        _ => 0,
    }
}

/// Way of rows of one shape of the payload into a row group if all their values are numbers.
#[derive(Debug)]
struct Plan {
    group: usize,
    /// Column of each cell, in the order of the cells.
    columns: Vec<usize>,
}

/// Decoder of the rows of one frame, for whoever reads the frame for another reason: nothing is read twice.
#[derive(Debug)]
pub struct RowsDecoder<'n> {
    names: &'n [&'n str],
    index: FxHashMap<Box<str>, u32>,
    by_keys: FxHashMap<Vec<u32>, usize>,
    plans: Vec<Option<Plan>>,
    rows: FrameRows,
    numbers: Vec<Number>,
    /// Bytes that the rows may still take, about.
    room: usize,
    is_full: bool,
}

impl<'n> RowsDecoder<'n> {
    /// A decoder of rows of these keys and shapes that gives up once they take more than `limit` bytes: a
    /// payload of nothing but small values becomes a hundred times as large.
    ///
    /// `count` is the number of entries to come; where all rows have one shape, they have their room at once.
    pub fn new(names: &'n [&'n str], shapes: &[Vec<u32>], count: u32, limit: usize) -> Self {
        let (index, by_keys, rows) = (FxHashMap::default(), FxHashMap::default(), FrameRows::default());
        let (plans, numbers) = (Vec::new(), Vec::new());
        let mut decoder = Self { names, index, by_keys, plans, rows, numbers, room: limit, is_full: false };
        // A key takes its name twice and an entry of a map, a shape its keys and their columns.
        decoder.take(names.iter().map(|name| 64 + 2 * name.len()).sum());
        for shape in shapes {
            decoder.take(256 + 64 * shape.len());
            if decoder.is_full {
                break;
            }
            let plan = decoder.plan(shape);
            decoder.plans.push(plan);
        }
        let count = count as usize;
        if let ([Some(plan)], [shape]) = (&decoder.plans[..], shapes)
            && count.saturating_mul(ROW_BYTES + 8 * shape.len()) <= decoder.room
        {
            decoder.rows.groups[plan.group].reserve(count);
        }
        decoder
    }

    fn take(&mut self, bytes: usize) {
        match self.room.checked_sub(bytes) {
            Some(room) => self.room = room,
            None => {
                self.is_full = true;
                self.rows = FrameRows::default();
            }
        }
    }

    /// A shape that names a key twice or an automatic key has no plan: its rows go the careful way.
    fn plan(&mut self, shape: &[u32]) -> Option<Plan> {
        let mut order: Vec<usize> = (0..shape.len()).collect();
        order.sort_by_key(|&cell| self.names[shape[cell] as usize]);
        let name = |cell: usize| self.names[shape[cell] as usize];
        if order.windows(2).any(|pair| name(pair[0]) == name(pair[1])) || order.iter().any(|&cell| is_automatic(name(cell))) {
            return None;
        }
        let keys: Vec<u32> = order.iter().map(|&cell| self.key(self.names[shape[cell] as usize])).collect();
        let mut columns = vec![0; shape.len()];
        for (column, &cell) in order.iter().enumerate() {
            columns[cell] = column;
        }
        Some(Plan { group: self.group(keys), columns })
    }

    fn key(&mut self, name: &str) -> u32 {
        if let Some(&key) = self.index.get(name) {
            return key;
        }
        let key = self.rows.keys.len() as u32;
        self.rows.keys.push(name.into());
        self.index.insert(name.into(), key);
        key
    }

    fn group(&mut self, keys: Vec<u32>) -> usize {
        if let Some(&group) = self.by_keys.get(&keys) {
            return group;
        }
        let columns = vec![Numbers::default(); keys.len()];
        self.rows.groups.push(RowGroup { keys: keys.clone(), columns, ..RowGroup::default() });
        self.by_keys.insert(keys, self.rows.groups.len() - 1);
        self.rows.groups.len() - 1
    }

    /// Takes in the next row, which has this number.
    pub fn row(&mut self, row: &RowRef<'_>, entry: EntryNumber) -> Result<(), PayloadError> {
        self.take(ROW_BYTES + row.keys.len() * if row.form == RowForm::Doubles { 8 } else { 16 });
        if self.is_full {
            return Ok(());
        }
        self.rows.latest_time = self.rows.latest_time.max(Some(row.time));
        if let (RowForm::Doubles, Some(plan)) = (row.form, &self.plans[row.shape as usize]) {
            let group = &mut self.rows.groups[plan.group];
            for (&column, number) in plan.columns.iter().zip(row.doubles()) {
                match &mut group.columns[column] {
                    Numbers::Float(numbers) => numbers.push(number),
                    other => other.push(Number::Float(number)),
                }
            }
            group.push(row.step, entry, row.time, row.sampled);
            return Ok(());
        }
        if let Some(plan) = self.plans[row.shape as usize].as_ref().filter(|_| row.form == RowForm::Numbers) {
            self.numbers.clear();
            for (_, value) in row.cells() {
                match value {
                    ValueRef::Float(value) => self.numbers.push(Number::Float(value)),
                    ValueRef::Int(value) => self.numbers.push(Number::Int(value)),
                    ValueRef::Other(_) => break,
                }
            }
            let group = &mut self.rows.groups[plan.group];
            for (&column, &number) in plan.columns.iter().zip(&self.numbers) {
                group.columns[column].push(number);
            }
            group.push(row.step, entry, row.time, row.sampled);
            return Ok(());
        }
        let (mut keys, mut numbers) = (Vec::new(), Vec::new());
        for (name, value) in flat_cells(&row.to_row(self.names)?.cells) {
            let key = self.key(&name);
            match value.as_number() {
                Some(number) => {
                    keys.push(key);
                    numbers.push(number);
                }
                None => {
                    self.take(VALUE_BYTES + value_bytes(&value));
                    self.rows.values.push(ValueCell { key, step: row.step, entry, kind: value.kind(), value });
                }
            }
        }
        if self.is_full {
            return Ok(());
        }
        let group = self.group(keys);
        let group = &mut self.rows.groups[group];
        group.columns.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
        group.push(row.step, entry, row.time, row.sampled);
        Ok(())
    }

    /// The rows; `None` if they take too much room.
    pub fn finish(mut self) -> Option<FrameRows> {
        self.rows.groups.retain(|group| !group.steps.is_empty());
        self.rows.groups.iter_mut().for_each(RowGroup::settle);
        (!self.is_full).then_some(self.rows)
    }
}

impl RowGroup {
    fn reserve(&mut self, rows: usize) {
        self.steps.reserve_exact(rows);
        self.entries.reserve_exact(rows);
        self.times.reserve_exact(rows);
        self.sampled.reserve_exact(rows);
        self.columns.iter_mut().for_each(|column| *column = Numbers::Float(Vec::with_capacity(rows)));
    }

    fn push(&mut self, step: Step, entry: EntryNumber, time: TimeMicros, sampled: bool) {
        self.steps.push(step);
        self.entries.push(entry);
        self.times.push(time);
        self.sampled.push(sampled);
    }

    /// Adds the rows of a row group with the same keys. [`settle`](Self::settle) must follow.
    pub fn extend(&mut self, other: &Self) {
        self.steps.extend_from_slice(&other.steps);
        self.entries.extend_from_slice(&other.entries);
        self.times.extend_from_slice(&other.times);
        self.sampled.extend_from_slice(&other.sampled);
        for (column, more) in self.columns.iter_mut().zip(&other.columns) {
            append(column, more);
        }
    }

    /// Sorts the rows by step and keeps of each step the row of the highest entry.
    pub fn settle(&mut self) {
        if self.steps.windows(2).all(|pair| pair[0] < pair[1]) {
            return;
        }
        let mut order: Vec<usize> = (0..self.steps.len()).collect();
        order.sort_unstable_by_key(|&row| (self.steps[row], self.entries[row]));
        let last = |at: usize| order.get(at + 1).is_none_or(|&next| self.steps[next] != self.steps[order[at]]);
        let kept: Vec<usize> = (0..order.len()).filter(|&at| last(at)).map(|at| order[at]).collect();
        *self = self.gather(&kept);
    }

    /// The rows from `from` up to `to`, not included.
    pub fn slice(&self, from: usize, to: usize) -> Self {
        Self {
            keys: self.keys.clone(),
            steps: self.steps[from..to].to_vec(),
            entries: self.entries[from..to].to_vec(),
            times: self.times[from..to].to_vec(),
            sampled: self.sampled[from..to].to_vec(),
            columns: self.columns.iter().map(|column| part(column, from..to)).collect(),
        }
    }

    fn gather(&self, rows: &[usize]) -> Self {
        Self {
            keys: self.keys.clone(),
            steps: rows.iter().map(|&row| self.steps[row]).collect(),
            entries: rows.iter().map(|&row| self.entries[row]).collect(),
            times: rows.iter().map(|&row| self.times[row]).collect(),
            sampled: rows.iter().map(|&row| self.sampled[row]).collect(),
            columns: self.columns.iter().map(|column| select(column, rows)).collect(),
        }
    }
}

/// Adds numbers at the end of a column.
pub fn append(column: &mut Numbers, more: &Numbers) {
    match (&mut *column, more) {
        (Numbers::Float(all), Numbers::Float(more)) => all.extend_from_slice(more),
        (Numbers::Int(all), Numbers::Int(more)) => all.extend_from_slice(more),
        (all, more) if all.is_empty() => *all = more.clone(),
        (all, more) => more.iter().for_each(|number| all.push(number)),
    }
}

/// The numbers in `rows`, in the plainest form that holds them.
fn part(column: &Numbers, rows: Range<usize>) -> Numbers {
    match column {
        Numbers::Float(values) => Numbers::Float(values[rows].to_vec()),
        Numbers::Int(values) => Numbers::Int(values[rows].to_vec()),
        Numbers::Mixed(values) => values[rows].iter().copied().collect(),
    }
}

/// The numbers at `rows`, in the plainest form that holds them.
pub fn select(column: &Numbers, rows: &[usize]) -> Numbers {
    match column {
        Numbers::Float(values) => Numbers::Float(rows.iter().map(|&row| values[row]).collect()),
        Numbers::Int(values) if !rows.is_empty() => Numbers::Int(rows.iter().map(|&row| values[row]).collect()),
        _ => rows.iter().map(|&row| column.get(row)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_codec::msgpack;
    use stepwell_codec::payload::{KeyTable, PayloadBuilder};

    #[test]
    fn rows_of_the_same_keys_share_a_block_whatever_their_order() {
        let table = KeyTable { keys: ["b", "a"].map(Box::from).to_vec(), shapes: vec![Box::new([0, 1]), Box::new([1, 0])] };
        let (mut builder, mut payload) = (PayloadBuilder::new(), Vec::new());
        let values = |one: Value, two: Value| [msgpack::to_bytes(&one), msgpack::to_bytes(&two)].concat();
        builder.row(&table, 0, 3, 30, false, &values(Value::Int(1), Value::Float(2.0)));
        builder.row(&table, 1, 1, 10, false, &values(Value::Float(4.0), Value::Int(3)));
        builder.row(&table, 0, 3, 31, true, &values(Value::Int(5), Value::Float(6.0)));
        builder.row(&table, 0, 4, 40, false, &values(Value::Int(7), Value::Str("x".into())));
        let count = builder.finish(&table, &mut payload);
        let rows = FrameRows::decode(&payload, 10, count).unwrap();
        let names: Vec<&str> = rows.groups[0].keys.iter().map(|&key| &*rows.keys[key as usize]).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!((&rows.groups[0].steps[..], &rows.groups[0].entries[..]), (&[1, 3][..], &[11, 12][..]));
        assert_eq!(rows.groups[0].columns, [Numbers::Float(vec![4.0, 6.0]), Numbers::Int(vec![3, 5])]);
        assert_eq!(rows.groups[0].sampled, [false, true]);
        assert_eq!((rows.groups[1].steps[0], rows.values[0].entry), (4, 13));
    }
}
