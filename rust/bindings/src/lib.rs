//! `stepwell._native`: the ingestion core and the embedded server for Python. The only crate that knows PyO3.
//!
//! Python objects become bytes under the GIL on the calling thread ([`row`], [`encode`]); everything that waits or computes runs with the
//! GIL released, and no native thread ever attaches to the interpreter.

mod attach;
mod batch;
mod binning;
mod buffer;
mod checksum;
mod columns;
mod content;
mod decode;
mod encode;
mod facts;
mod fork;
mod log;
mod row;
mod server;
mod shape;
mod spools;
mod statistics;
mod stores;
mod writer;

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use stepwell_model::{Goal, SummaryKind};

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    fork::watch();
    log::show();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<content::Content>()?;
    module.add_class::<writer::Writer>()?;
    module.add_function(wrap_pyfunction!(attach::attach, module)?)?;
    module.add_class::<server::Server>()?;
    module.add_class::<facts::Limits>()?;
    module.add("SUMMARY_KINDS", PyTuple::new(module.py(), SummaryKind::ALL.map(SummaryKind::name))?)?;
    module.add("GOALS", PyTuple::new(module.py(), Goal::ALL.map(Goal::name))?)?;
    module.add_class::<facts::Defaults>()?;
    module.add_function(wrap_pyfunction!(facts::flatten, module)?)?;
    module.add_function(wrap_pyfunction!(facts::name_problem, module)?)?;
    module.add_function(wrap_pyfunction!(facts::split_address, module)?)?;
    module.add_function(wrap_pyfunction!(batch::decode_rows, module)?)?;
    module.add_function(wrap_pyfunction!(binning::histogram, module)?)?;
    module.add_function(wrap_pyfunction!(checksum::crc32c, module)?)?;
    module.add_function(wrap_pyfunction!(decode::decode, module)?)?;
    module.add_function(wrap_pyfunction!(decode::encode, module)?)?;
    module.add_function(wrap_pyfunction!(encode::fallback::set_fallback, module)?)?;
    module.add_function(wrap_pyfunction!(spools::greatest_attempt, module)?)?;
    module.add_function(wrap_pyfunction!(spools::spool_openings, module)?)?;
    module.add_function(wrap_pyfunction!(spools::spooled_streams, module)?)?;
    module.add_function(wrap_pyfunction!(spools::sync, module)?)?;
    module.add_function(wrap_pyfunction!(statistics::array_statistics, module)?)?;
    module.add_function(wrap_pyfunction!(stores::check_store, module)?)?;
    module.add_function(wrap_pyfunction!(stores::repair_store, module)?)?;
    Ok(())
}
