//! Rows on their way to a client: encoded on a blocking thread, sent through a bounded channel.

use crate::error::ServiceError;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::time::Duration;
use stepwell_store::RowBatch;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;

/// Bytes of a batch, about; only a single row that is larger goes beyond. What a store hands out is smaller
/// unless there are large values in it.
const BATCH_BYTES: usize = 4 << 20;
/// Batches that wait for the client; with the one being made, some 8 MiB per reader.
const WAITING_BATCHES: usize = 2;
/// Time that a reader may take for one batch before it counts as gone.
const READER_WAIT: Duration = Duration::from_secs(60);

/// Encoded batches as the reader takes them.
pub(crate) type Batches<T> = BoxStream<'static, Result<T, ServiceError>>;

/// The reader is gone or too slow; there is nobody to tell.
#[derive(Debug)]
pub(super) struct ReaderGone;

/// Reason why sending ended early.
#[derive(Debug)]
pub(super) enum SendError {
    /// Nobody takes rows any more.
    Gone,
    /// The rows cannot be read; the reader is told.
    Failed(ServiceError),
}

impl From<ReaderGone> for SendError {
    fn from(_: ReaderGone) -> Self {
        Self::Gone
    }
}

impl<E: Into<ServiceError>> From<E> for SendError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Takes the rows of a label.
pub(super) type SendRows<'a> = dyn FnMut(&str, RowBatch) -> Result<(), ReaderGone> + 'a;

/// Runs `work` on a blocking thread; what it sends comes out of the stream as `encode` makes it there. `turn`
/// is given back when it ends.
pub(super) fn stream<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    mut encode: impl FnMut(&str, &RowBatch) -> Result<T, ServiceError> + Send + 'static,
    work: impl FnOnce(&mut SendRows<'_>) -> Result<(), SendError> + Send + 'static,
) -> Batches<T> {
    let (channel, batches) = mpsc::channel(WAITING_BATCHES);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let put = |batch: Result<T, ServiceError>| {
            let sending = tokio::time::timeout(READER_WAIT, channel.send(batch));
            runtime.block_on(sending).map_err(|_| ReaderGone)?.map_err(|_| ReaderGone)
        };
        let outcome = work(&mut |label, batch| in_parts(&batch, &mut |part| put(encode(label, part))));
        if let Err(SendError::Failed(error)) = outcome {
            let _ = put(Err(error));
        }
    });
    ReceiverStream::new(batches).boxed()
}

/// Hands on a batch in parts that are small enough; waits while the reader is behind.
fn in_parts(batch: &RowBatch, put: &mut dyn FnMut(&RowBatch) -> Result<(), ReaderGone>) -> Result<(), ReaderGone> {
    if batch.bytes() <= BATCH_BYTES || batch.len() == 1 {
        return put(batch);
    }
    let middle = batch.len() / 2;
    in_parts(&batch.slice(0..middle), put)?;
    in_parts(&batch.slice(middle..batch.len()), put)
}
