//! `histogram(data, bins)`: what `stepwell.Histogram` calls.

use crate::encode::array::{self, Memory};
use crate::enter::enter;
use pyo3::prelude::*;
use stepwell_sample::histogram::{Binned, histogram as bin};
use stepwell_sample::view::View;

/// Bins an array or a sequence of numbers as `np.histogram(data, bins)` does, with the GIL released.
/// Returns counts, edges and how many values were NaN or infinite (these are in no bin).
#[pyfunction]
pub(crate) fn histogram(data: &Bound<'_, PyAny>, bins: usize) -> PyResult<(Vec<u64>, Vec<f64>, u64)> {
    let py = data.py();
    let binned = if array::is_array(data)? {
        Memory::of(data)?.histogram(py, bins)?
    } else if let Ok(integers) = data.extract::<Vec<i64>>() {
        of_view(py, &View::I64((&integers[..]).into()), bins)?
    } else {
        let floats: Vec<f64> = data.extract()?;
        of_view(py, &View::F64((&floats[..]).into()), bins)?
    };
    let outside = binned.nan + binned.pos_inf + binned.neg_inf;
    Ok((binned.histogram.counts, binned.histogram.edges, outside))
}

fn of_view(py: Python<'_>, view: &View<'_>, bins: usize) -> PyResult<Binned> {
    enter(py, || bin(view, bins))
}
