//! Rows as dicts, made of columns.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString};

/// The cells of a column.
enum Cells<'a, 'py> {
    Ints(&'a [[u8; 8]]),
    Floats(&'a [[u8; 8]]),
    Objects(&'a Bound<'py, PyList>),
}

/// A column, and the place of its cell in the row that is being made.
struct Column<'a, 'py> {
    key: &'a Bound<'py, PyString>,
    rows: Option<&'a [[u8; 4]]>,
    cells: Cells<'a, 'py>,
    /// Place of the first cell that is not in a row before.
    next: usize,
}

/// A column as Python hands it over: key, sort, rows and cells.
type GivenColumn<'py> = (Bound<'py, PyString>, String, Option<Bound<'py, PyAny>>, Bound<'py, PyAny>);

impl<'a, 'py> Column<'a, 'py> {
    /// The column from row `first` on.
    fn new((key, sort, rows, cells): &'a GivenColumn<'py>, first: usize) -> PyResult<Self> {
        let rows = rows.as_ref().map(words::<4>).transpose()?;
        let next = rows.map_or(0, |rows| rows.partition_point(|row| (u32::from_le_bytes(*row) as usize) < first));
        let cells = match &**sort {
            "int" => Cells::Ints(words(cells)?),
            "float" => Cells::Floats(words(cells)?),
            _ => Cells::Objects(cells.cast()?),
        };
        Ok(Self { key, rows, cells, next })
    }

    /// The place of the row's cell, if it has one; rows are asked for by rising number.
    fn place(&mut self, row: usize) -> Option<usize> {
        let Some(rows) = self.rows else { return Some(row) };
        let place = self.next;
        let has = rows.get(place).is_some_and(|next| u32::from_le_bytes(*next) as usize == row);
        self.next += usize::from(has);
        has.then_some(place)
    }

    fn cell(&self, py: Python<'py>, place: usize) -> PyResult<Bound<'py, PyAny>> {
        let cell = |cells: &[[u8; 8]]| cells.get(place).copied().ok_or_else(|| PyValueError::new_err("a column is too short"));
        Ok(match self.cells {
            Cells::Ints(cells) => PyInt::new(py, i64::from_le_bytes(cell(cells)?)).into_any(),
            Cells::Floats(cells) => PyFloat::new(py, f64::from_le_bytes(cell(cells)?)).into_any(),
            Cells::Objects(cells) => cells.get_item(place)?,
        })
    }
}

/// The words of a column of bytes.
fn words<'a, const N: usize>(bytes: &'a Bound<'_, PyAny>) -> PyResult<&'a [[u8; N]]> {
    match bytes.cast::<PyBytes>()?.as_bytes().as_chunks::<N>() {
        (words, []) => Ok(words),
        _ => Err(PyValueError::new_err("a column is cut off")),
    }
}

/// Makes dicts of the rows from `first` up to `last`, not included: `_step`, `_runtime` and `_timestamp` in
/// seconds, then the cells in the order of the columns. Steps, times and columns are those of
/// `stepwell.api.columns.Batch`; `created` is where the runtime is zero if no column says it.
#[pyfunction]
pub(crate) fn row_dicts<'py>(
    py: Python<'py>,
    steps: &Bound<'py, PyBytes>,
    times: &Bound<'py, PyBytes>,
    columns: &Bound<'py, PyList>,
    created: f64,
    first: usize,
    last: usize,
) -> PyResult<Bound<'py, PyList>> {
    let (steps, times) = (words::<8>(steps)?, words::<8>(times)?);
    let rows = steps.get(first..last).zip(times.get(first..last));
    let (steps, times) = rows.ok_or_else(|| PyValueError::new_err("there are no such rows"))?;
    let columns: Vec<GivenColumn<'py>> = columns.extract()?;
    let mut columns = columns.iter().map(|given| Column::new(given, first)).collect::<PyResult<Vec<_>>>()?;
    let own = ["_step", "_runtime", "_timestamp"].map(|key| PyString::intern(py, key));
    let made = PyList::empty(py);
    // Most rows have the keys of the row before: its dict is copied, for that needs no hash and no growing.
    let (mut places, mut before) = (vec![None; columns.len()], Vec::<bool>::new());
    let mut model: Option<Bound<'py, PyDict>> = None;
    for (row, (step, time)) in (first..).zip(steps.iter().zip(times)) {
        places.iter_mut().zip(&mut columns).for_each(|(place, column)| *place = column.place(row));
        let is_alike = before.iter().copied().eq(places.iter().map(Option::is_some));
        let dict = match &model {
            Some(model) if is_alike => model.copy()?,
            _ => PyDict::new(py),
        };
        let time = i64::from_le_bytes(*time) as f64 / 1e6;
        dict.set_item(&own[0], i64::from_le_bytes(*step))?;
        dict.set_item(&own[1], time - created)?;
        dict.set_item(&own[2], time)?;
        for (column, place) in columns.iter().zip(&places) {
            if let Some(place) = *place {
                dict.set_item(column.key, column.cell(py, place)?)?;
            }
        }
        if !is_alike {
            before = places.iter().map(Option::is_some).collect();
        }
        made.append(&dict)?;
        model = Some(dict);
    }
    Ok(made)
}
