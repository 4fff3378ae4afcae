//! `stepwell._native`: the ingestion core and the embedded server for Python. The only crate that knows PyO3.
//!
//! Python objects become bytes under the GIL on the calling thread ([`writer`], [`encode`]); everything that
//! waits or computes runs with the GIL released, and no native thread ever attaches to the interpreter.

mod arrays;
mod checksum;
mod content;
mod encode;
mod enter;
mod errors;
mod facts;
mod fill;
mod log;
mod read;
mod server;
mod writer;

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use stepwell_model::{Goal, SummaryKind};

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    enter::watch_forks();
    log::show();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<content::Content>()?;
    module.add_class::<writer::Writer>()?;
    module.add("LimitError", module.py().get_type::<errors::LimitError>())?;
    module.add_function(wrap_pyfunction!(writer::attach::attach, module)?)?;
    module.add_class::<server::Server>()?;
    module.add_class::<facts::Limits>()?;
    module.add("SUMMARY_KINDS", PyTuple::new(module.py(), SummaryKind::ALL.map(SummaryKind::name))?)?;
    module.add("GOALS", PyTuple::new(module.py(), Goal::ALL.map(Goal::name))?)?;
    module.add_class::<facts::Defaults>()?;
    module.add_function(wrap_pyfunction!(facts::flatten, module)?)?;
    module.add_function(wrap_pyfunction!(facts::name_problem, module)?)?;
    module.add_function(wrap_pyfunction!(facts::split_address, module)?)?;
    module.add_function(wrap_pyfunction!(read::rows::row_dicts, module)?)?;
    module.add_function(wrap_pyfunction!(arrays::binning::histogram, module)?)?;
    module.add_function(wrap_pyfunction!(checksum::crc32c, module)?)?;
    module.add_function(wrap_pyfunction!(read::decode::encode, module)?)?;
    module.add_function(wrap_pyfunction!(encode::fallback::set_fallback, module)?)?;
    module.add_function(wrap_pyfunction!(read::spools::greatest_attempt, module)?)?;
    module.add_function(wrap_pyfunction!(read::spools::spool_openings, module)?)?;
    module.add_function(wrap_pyfunction!(read::spools::spooled_streams, module)?)?;
    module.add_function(wrap_pyfunction!(read::spools::sync, module)?)?;
    module.add_function(wrap_pyfunction!(arrays::statistics::array_statistics, module)?)?;
    module.add_function(wrap_pyfunction!(read::stores::check_store, module)?)?;
    module.add_function(wrap_pyfunction!(read::stores::repair_store, module)?)?;
    Ok(())
}
