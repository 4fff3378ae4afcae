//! The door from Python to the crates below: the process is checked, the GIL released, an error becomes an
//! exception.

use crate::errors::Raise;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// Forks between this process and the one that loaded the module. Asking the kernel for the process id would
/// cost `log` more than encoding a value.
static FORKS: AtomicU32 = AtomicU32::new(0);

extern "C" fn count_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// Counts forks from now on.
pub(crate) fn watch_forks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the handler is async-signal-safe: it adds to an atomic. Without memory for it (an error)
        // forks go unnoticed here, and the package's own handler still gives the child a writer of its own.
        unsafe { libc::pthread_atfork(None, None, Some(count_fork)) };
    });
}

/// The process that something belongs to. A forked child must not touch its parent's queue, threads or files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) forks: u32,
}

impl Process {
    /// This process.
    #[inline]
    pub(crate) fn current() -> Self {
        Self { forks: FORKS.load(Ordering::Relaxed) }
    }

    /// Refuses what belongs to the parent of this process.
    #[inline]
    pub(crate) fn check(self) -> PyResult<()> {
        if self == Self::current() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err("this writer belongs to the parent process; use the run of this process (stepwell.run) instead"))
    }
}

/// Does `work` with the GIL released; its error becomes an exception.
pub(crate) fn enter<T: Send, E: Raise + Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, E> + Send) -> PyResult<T> {
    py.detach(work).map_err(Raise::raise)
}
