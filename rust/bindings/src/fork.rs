//! Whether this process is a fork of the one that made a writer. A child must not touch its parent's queue, threads or files.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);

extern "C" fn count_fork() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Counts forks from now on.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the handler is async-signal-safe: it adds to an atomic. Without memory for it (an error) forks go unnoticed here, and
        // the package's own handler still gives the child a writer of its own.
        unsafe { libc::pthread_atfork(None, None, Some(count_fork)) };
    });
}

/// How many forks lie between this process and the one that loaded the module. Asking the kernel for the process id would cost `log` more
/// than encoding a value.
#[inline]
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}
