//! A named thread that can be waited for with a deadline.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// A running thread. Dropping it leaves the thread alone.
pub(crate) struct Worker {
    name: &'static str,
    ended: mpsc::Receiver<()>,
}

impl Worker {
    /// Starts a thread. Linux shows at most 15 bytes of its name.
    pub(crate) fn start(name: &'static str, work: impl FnOnce() + Send + 'static) -> std::io::Result<Self> {
        debug_assert!(name.len() <= 15, "{name} would be cut");
        let (running, ended) = mpsc::sync_channel::<()>(0);
        std::thread::Builder::new().name(name.into()).spawn(move || {
            let _ends_with_the_thread = running;
            work();
        })?;
        Ok(Self { name, ended })
    }

    /// Waits for the thread's end. Returns whether it came in time.
    pub(crate) fn join_until(&self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let ended = !matches!(self.ended.recv_timeout(left), Err(RecvTimeoutError::Timeout));
        if !ended {
            tracing::warn!("the thread {} did not end in time", self.name);
        }
        ended
    }
}
