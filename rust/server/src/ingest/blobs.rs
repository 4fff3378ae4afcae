//! Blobs over gRPC: `Ingest.FindMissingBlobs` and `Ingest.PutBlobs`.

use crate::context::Context;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use stepwell_proto::v1;
use tonic::{Status, Streaming};

/// Answers which blobs are wanted.
pub(super) async fn find_missing(
    _context: &Arc<Context>,
    _request: v1::FindMissingBlobsRequest,
) -> Result<v1::FindMissingBlobsReply, Status> {
    Err(Status::unimplemented("FindMissingBlobs"))
}

/// Takes blobs.
pub(super) fn put(_context: Arc<Context>, _chunks: Streaming<v1::BlobChunk>) -> BoxStream<'static, Result<v1::BlobStored, Status>> {
    Box::pin(futures_util::stream::iter([Err(Status::unimplemented("PutBlobs"))]))
}
