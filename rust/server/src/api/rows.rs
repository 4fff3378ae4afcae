//! Rows of a run, all or a sample of them, in batches that wait for their reader.

mod batch;
mod sample;
mod scan;

pub(crate) use batch::Batches;
pub(crate) use sample::Sample;
pub(crate) use scan::Scan;

use crate::error::ServiceError;
use crate::state::context::Context;
use batch::stream;
use std::sync::Arc;
use stepwell_store::RowBatch;

/// The rows of a sample, encoded.
pub(crate) async fn sample<T: Send + 'static>(
    context: &Arc<Context>,
    sample: Sample,
    encode: impl FnMut(&str, &RowBatch) -> Result<T, ServiceError> + Send + 'static,
) -> Result<Batches<T>, ServiceError> {
    sample.check()?;
    let (turn, store) = (context.scan_turn().await?, Arc::clone(&context.store));
    Ok(stream(turn, encode, move |send| sample.send(&*store, send)))
}

/// Every row that a scan asks for, encoded.
pub(crate) async fn scan<T: Send + 'static>(
    context: &Arc<Context>,
    scan: Scan,
    encode: impl FnMut(&str, &RowBatch) -> Result<T, ServiceError> + Send + 'static,
) -> Result<Batches<T>, ServiceError> {
    let (turn, store) = (context.scan_turn().await?, Arc::clone(&context.store));
    Ok(stream(turn, encode, move |send| scan.send(&*store, send)))
}
