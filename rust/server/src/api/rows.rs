//! Rows of a run, all or a sample of them, in batches that wait for their reader.

mod batch;
mod sample;
mod scan;

pub(crate) use batch::{RowBatch, Rows};
pub(crate) use sample::Sample;
pub(crate) use scan::Scan;

use crate::error::ServiceError;
use crate::state::context::Context;
use batch::stream;
use std::sync::Arc;

/// The rows of a sample.
pub(crate) async fn sample(context: &Arc<Context>, sample: Sample) -> Result<Rows, ServiceError> {
    sample.check()?;
    let (turn, store) = (context.scan_turn().await?, Arc::clone(&context.store));
    Ok(stream(turn, move |sender| sample.send(&*store, sender)))
}

/// Every row that a scan asks for.
pub(crate) async fn scan(context: &Arc<Context>, scan: Scan) -> Result<Rows, ServiceError> {
    let (turn, store) = (context.scan_turn().await?, Arc::clone(&context.store));
    Ok(stream(turn, move |sender| scan.send(&*store, sender)))
}
