//! `log_columns`: many rows in one call, from arrays to the queue with the GIL released.
//!
//! The rows are those of a loop of `log`. Everything is checked before the first of them is pushed.

use super::shape::Pointers;
use super::{BLOCKED_SLICE, Writer};
use crate::encode::array::Memory;
use crate::encode::{self, fallback};
use crate::errors::Raise;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use stepwell_client::{OnFull, PushError, Refusal};
use stepwell_codec::msgpack;
use stepwell_model::{Step, wall_time};

/// Bytes that are pushed at a time, so that other threads that log wait for no more than this.
const SLICE_BYTES: usize = 256 << 10;
/// Bytes that a row and a number take in the queue at most.
const ROW_BYTES: usize = 24;
/// Times that `BLOCKED_SLICE` passes without room before rows are sampled, if that is the policy: the disk is
/// stuck then.
const PATIENCE: u32 = 20;

/// The element type of a column. Others are widened when it is taken: a pass over them, which takes a fifth of
/// the time. So float32, which tensors have, is one of these.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    F64,
    F32,
    I64,
    U64,
    Bool,
}

/// An array of one dimension.
struct Column {
    memory: Memory,
    stride: isize,
    kind: Kind,
    rows: usize,
}

impl Column {
    fn of(what: &str, array: &Bound<'_, PyAny>) -> PyResult<Self> {
        let typestr: String = array.getattr("dtype")?.getattr("str")?.extract()?;
        let (kind, wide) = match &typestr[1..] {
            "u8" => (Kind::U64, None),
            "b1" => (Kind::Bool, None),
            "f4" => (Kind::F32, None),
            kind if kind.starts_with('f') => (Kind::F64, Some("f8")),
            kind if kind.starts_with(['i', 'u']) => (Kind::I64, Some("i8")),
            _ => return Err(PyTypeError::new_err(format!("{what} holds {typestr}, expected real numbers; nothing of this call was kept"))),
        };
        let memory = match wide {
            Some(wide) if typestr[1..] != *wide => Memory::of_elements(&array.call_method1("astype", (wide,))?)?,
            _ => Memory::of_elements(array)?,
        };
        let [rows] = memory.shape[..] else {
            return Err(PyValueError::new_err(format!(
                "{what} has the shape {:?}, expected one dimension; nothing of this call was kept",
                memory.shape
            )));
        };
        Ok(Self { stride: memory.strides[0], kind, rows, memory })
    }

    #[inline]
    fn get<T: Copy>(&self, row: usize) -> T {
        debug_assert!(row < self.rows);
        // SAFETY: numpy vouches for address, rows and stride, `memory` keeps it alive, and callers
        // stay below `rows`. Another thread that writes to the array meanwhile changes what is logged, as
        // with numpy itself.
        unsafe { std::ptr::read_unaligned((self.memory.address as *const u8).wrapping_offset(self.stride * row as isize).cast::<T>()) }
    }

    /// Appends the number at `row` as `log` encodes it.
    #[inline]
    fn write(&self, out: &mut Vec<u8>, row: usize) {
        match self.kind {
            Kind::F64 => msgpack::write_f64(out, self.get(row)),
            Kind::F32 => msgpack::write_f64(out, f64::from(self.get::<f32>(row))),
            Kind::I64 => msgpack::write_int(out, self.get(row)),
            Kind::U64 => match i64::try_from(self.get::<u64>(row)) {
                Ok(number) => msgpack::write_int(out, number),
                Err(_) => msgpack::write_f64(out, self.get::<u64>(row) as f64),
            },
            Kind::Bool => msgpack::write_bool(out, self.get::<u8>(row) != 0),
        }
    }

    /// True if a number does not fit the integers that are stored.
    fn exceeds_integers(&self) -> bool {
        self.kind == Kind::U64 && (0..self.rows).any(|row| self.get::<u64>(row) > i64::MAX as u64)
    }
}

/// The steps of the rows.
fn steps_of(steps: &Bound<'_, PyAny>) -> PyResult<Vec<Step>> {
    let column = Column::of("steps", steps)?;
    if matches!(column.kind, Kind::F64 | Kind::F32 | Kind::Bool) {
        return Err(PyTypeError::new_err("steps must be integers; nothing of this call was kept"));
    }
    if column.exceeds_integers() {
        return Err(PyValueError::new_err("steps must fit 64 bits; nothing of this call was kept"));
    }
    Ok((0..column.rows).map(|row| column.get(row)).collect())
}

/// The rows of one call.
struct Rows {
    columns: Vec<Column>,
    steps: Option<Vec<Step>>,
    count: usize,
    shape: u32,
}

/// Logs a row for every element of the columns, arrays of numpy under their keys.
pub(crate) fn log(writer: &Writer, columns: &Bound<'_, PyDict>, steps: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let py = columns.py();
    // A copy that nobody else has keeps keys and arrays alive and in order.
    let copy = columns.copy()?;
    let mut rows = Rows { columns: Vec::with_capacity(copy.len()), steps: steps.map(steps_of).transpose()?, count: 0, shape: 0 };
    let mut keys = Pointers::with_capacity(copy.len());
    let mut first = rows.steps.as_ref().map(|steps| ("steps".to_owned(), steps.len()));
    for (key, array) in copy.iter() {
        let key = encode::key(&key)?;
        let name = format!("{:?}", key.to_string_lossy());
        let column = Column::of(&name, &array)?;
        let (other, count) = first.get_or_insert_with(|| (name.clone(), column.rows));
        if column.rows != *count {
            let error = format!("{name} has {} rows, but {other} has {count}; nothing of this call was kept", column.rows);
            return Err(PyValueError::new_err(error));
        }
        keys.push(key.as_ptr());
        rows.columns.push(column);
    }
    let Some((_, count)) = first.filter(|_| !keys.is_empty()) else { return Ok(()) };
    let mut refused = 0;
    rows.count = count;
    for (column, key) in rows.columns.iter().zip(copy.keys()) {
        if py.detach(|| column.exceeds_integers()) {
            fallback::tell_of_integer(py, &key.to_string())?;
        }
    }
    {
        let state = &mut *writer.state.lock();
        if writer.strict_steps {
            check_order(rows.steps.as_deref().unwrap_or_default(), state.steps.current)?;
        }
        // SAFETY: the GIL is held, and `copy` keeps the keys alive.
        let found = unsafe { state.shapes.find(py, &keys, writer.client.queue()) }?;
        if found.is_none() {
            // SAFETY: as above.
            let allowed = unsafe { state.shapes.allowed(py, &keys, writer.client.queue()) }?;
            refused = allowed.iter().filter(|allowed| !**allowed).count();
            let (mut first, mut second) = (allowed.iter(), allowed.iter());
            keys.retain(|_| first.next() == Some(&true));
            rows.columns.retain(|_| second.next() == Some(&true));
        }
        rows.shape = match found {
            Some(shape) => shape,
            // SAFETY: as above.
            None => unsafe { state.shapes.find(py, &keys, writer.client.queue()) }?.unwrap_or_default(),
        };
    }
    if refused > 0 {
        writer.refuse_values(py, (refused * rows.count) as u64)?;
        if rows.columns.is_empty() {
            return rows.refuse(writer);
        }
    }
    rows.push(py, writer)
}

fn check_order(steps: &[Step], mut current: Step) -> PyResult<()> {
    for (row, &step) in steps.iter().enumerate() {
        if step < current {
            return Err(PyValueError::new_err(format!(
                "steps[{row}] is {step}, which lies before the current step {current}, and strict_steps is set; nothing of this call was kept"
            )));
        }
        current = step;
    }
    Ok(())
}

impl Rows {
    /// Takes note of rows of which no column may be stored.
    fn refuse(&self, writer: &Writer) -> PyResult<()> {
        let state = &mut *writer.state.lock();
        for row in 0..self.count {
            let placed = state.steps.place(self.steps.as_ref().map(|steps| steps[row]), None);
            writer.client.queue().refuse_row(Refusal::Keys).map_err(Raise::raise)?;
            state.steps = placed.next;
        }
        Ok(())
    }

    fn push(&self, py: Python<'_>, writer: &Writer) -> PyResult<()> {
        let queue = writer.client.queue();
        let row_bytes = ROW_BYTES + msgpack::DOUBLE_BYTES * self.columns.len();
        // A small queue takes small slices.
        let slice = (SLICE_BYTES.min(queue.capacity() / 8) / row_bytes).max(1);
        let mut patience = PATIENCE;
        let mut row = 0;
        while row < self.count {
            let rows = row..(row + slice).min(self.count);
            // The rows are there already: better to let the disk catch up than to sample, as long as it does.
            while writer.on_full != OnFull::Raise
                && patience > 0
                && !py.detach(|| queue.wait_for_room(rows.len() * row_bytes, BLOCKED_SLICE))
            {
                py.check_signals()?;
                patience -= u32::from(writer.on_full == OnFull::Sample);
            }
            let (pushed, result) = py.detach(|| self.push_slice(writer, rows));
            row += pushed;
            match result {
                Ok(()) => {}
                Err(PushError::Full) if writer.on_full == OnFull::Block => {}
                Err(error @ PushError::Closed) if row == 0 => return Err(error.raise()),
                Err(error) => {
                    let count = self.count;
                    return Err(PyRuntimeError::new_err(format!("{error}; the first {row} of {count} rows of this call were kept")));
                }
            }
            py.check_signals()?;
        }
        Ok(())
    }

    /// Pushes some rows; returns how many, and why not all.
    fn push_slice(&self, writer: &Writer, rows: std::ops::Range<usize>) -> (usize, Result<(), PushError>) {
        let queue = writer.client.queue();
        let time = wall_time();
        let mut values = Vec::with_capacity(msgpack::DOUBLE_BYTES * self.columns.len());
        let state = &mut *writer.state.lock();
        let (first, all) = (rows.start, rows.len());
        for row in rows {
            let (step, commit) = match &self.steps {
                None => (None, None),
                // A row that a greater step follows is complete; saying so spares the writer the collecting.
                Some(steps) => (Some(steps[row]), steps.get(row + 1).is_some_and(|&next| next > steps[row]).then_some(true)),
            };
            let placed = state.steps.place(step, commit);
            values.clear();
            self.columns.iter().for_each(|column| column.write(&mut values, row));
            if let Err(error) = queue.push_row(placed.step, time, placed.commit, self.shape, &values) {
                return (row - first, Err(error));
            }
            state.steps = placed.next;
        }
        (all, Ok(()))
    }
}
