//! A writer: one stream, from the queue to the server.

use crate::options::WriterOptions;
use crate::queue::Queue;
use crate::status::{FinishReport, FlushLevel, Status};
use std::sync::Arc;
use std::time::Duration;
use stepwell_model::{StreamId, Value};
use stepwell_spool::SpoolError;

/// Why a writer cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The spool cannot be made.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// No thread, no random numbers.
    #[error("cannot start the writer: {0}")]
    System(#[from] std::io::Error),
}

/// Takes rows and brings them to disk and to the server on threads of its own.
///
/// All methods may be called from any thread. In a forked child nothing but [`abandon_in_child`](Self::abandon_in_child) may be.
pub struct Writer {
    stream: StreamId,
    queue: Arc<Queue>,
}

impl Writer {
    /// Starts the threads. Does no network; makes the stream's directory and waits for nothing else.
    pub fn start(options: WriterOptions) -> Result<Self, StartError> {
        Ok(Self { stream: options.stream, queue: Arc::new(Queue::new(options.queue_bytes, options.on_full)) })
    }

    /// The stream.
    pub fn stream(&self) -> StreamId {
        self.stream
    }

    /// Where rows go in. Cheap to clone and to keep.
    pub fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Waits until everything pushed before this call is as safe as `level` says; `false` if that takes longer than `timeout`.
    /// A row that is still collecting is written as it stands.
    pub fn flush(&self, _level: FlushLevel, _timeout: Duration) -> bool {
        false
    }

    /// The value at the greatest step of every key, nested dicts flattened with `.`, in the order the keys came first. Sees
    /// everything pushed before this call.
    pub fn last_values(&self) -> Vec<(String, Value)> {
        Vec::new()
    }

    /// Where the rows are. Cheap.
    pub fn status(&self) -> Status {
        Status::default()
    }

    /// Ends the stream: writes what is queued, the exit, and waits until it is where it belongs, at most for `timeout`. Later
    /// pushes are refused; a second call returns the first report.
    pub fn finish(&self, _exit_code: i32, _timeout: Duration) -> FinishReport {
        FinishReport::default()
    }

    /// In a forked child: forgets the writer without touching its threads, locks or files.
    pub fn abandon_in_child(self) {
        std::mem::forget(self);
    }
}
