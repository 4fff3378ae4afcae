//! Batches of rows as columns, for readers of long histories.

use super::decode::object;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use stepwell_codec::msgpack::ValueRef;
use stepwell_codec::pack::unpack;
use stepwell_codec::payload::{EntryRef, PayloadReader};
use stepwell_model::Value;

/// Bytes of a batch before compression. A batch is small, but a single row of it is merged of any number of
/// calls.
const ANSWER_BYTES: usize = 256 << 20;

/// The cells of one key of a batch, sort by sort, each with the rows it stands in.
#[derive(Default)]
struct Cells {
    ints: (Vec<u32>, Vec<u8>),
    floats: (Vec<u32>, Vec<u8>),
    objects: (Vec<u32>, Vec<Value>),
}

/// A batch of rows, column by column.
#[derive(Default)]
struct Batch {
    rows: u32,
    steps: Vec<u8>,
    times: Vec<u8>,
    keys: Vec<(String, Cells)>,
}

impl Batch {
    fn read(payload: &[u8], count: u32) -> Result<Self, String> {
        let raw = unpack(payload, ANSWER_BYTES).map_err(|error| error.to_string())?;
        let mut reader = PayloadReader::of_answer(&raw, count).map_err(|error| error.to_string())?;
        let mut batch = Self { keys: reader.keys.iter().map(|&key| (key.to_owned(), Cells::default())).collect(), ..Self::default() };
        while let Some(entry) = reader.next_entry().map_err(|error| error.to_string())? {
            let EntryRef::Row(row) = entry else { return Err("a batch holds an entry that is no row".into()) };
            batch.steps.extend_from_slice(&row.step.to_le_bytes());
            batch.times.extend_from_slice(&row.time.to_le_bytes());
            for (key, value) in row.cells() {
                let cells = &mut batch.keys[key as usize].1;
                match value {
                    ValueRef::Int(value) => {
                        cells.ints.0.push(batch.rows);
                        cells.ints.1.extend_from_slice(&value.to_le_bytes());
                    }
                    ValueRef::Float(value) => {
                        cells.floats.0.push(batch.rows);
                        cells.floats.1.extend_from_slice(&value.to_le_bytes());
                    }
                    ValueRef::Other(bytes) => {
                        let value = stepwell_codec::msgpack::from_bytes(bytes).map_err(|error| format!("the batch {error}"))?;
                        cells.objects.0.push(batch.rows);
                        cells.objects.1.push(value);
                    }
                }
            }
            batch.rows += 1;
        }
        Ok(batch)
    }
}

/// Decodes a batch of rows into `(steps, times, columns)`: little-endian int64 steps and microseconds since
/// 1970, and per key and sort of value `(key, sort, rows, values)`. The sort is `int` or `float`, with values
/// as little-endian int64 or float64, or `other`, with a list of objects; rows are the little-endian uint32
/// indices of the rows that have the value, or `None` where all have.
#[pyfunction]
pub(crate) fn decode_rows<'py>(
    py: Python<'py>,
    payload: &[u8],
    count: u32,
) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyList>)> {
    let batch = py.detach(|| Batch::read(payload, count)).map_err(PyValueError::new_err)?;
    let columns = PyList::empty(py);
    let indices = |rows: &[u32]| {
        let all = rows.len() == batch.rows as usize;
        if all { None } else { Some(PyBytes::new(py, &rows.iter().flat_map(|row| row.to_le_bytes()).collect::<Vec<u8>>())) }
    };
    for (key, cells) in &batch.keys {
        for (sort, (rows, values)) in [("int", &cells.ints), ("float", &cells.floats)] {
            if !rows.is_empty() {
                columns.append((key, sort, indices(rows), PyBytes::new(py, values)))?;
            }
        }
        if !cells.objects.0.is_empty() {
            let values = PyList::empty(py);
            for value in &cells.objects.1 {
                values.append(object(py, value)?)?;
            }
            columns.append((key, "other", indices(&cells.objects.0), values))?;
        }
    }
    Ok((PyBytes::new(py, &batch.steps), PyBytes::new(py, &batch.times), columns))
}
