//! `ListFiles` and `ReadFile`: the files of a run.

use crate::context::Context;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use stepwell_proto::v1;
use tonic::Status;

/// The files of a run.
pub(super) async fn list(_context: &Arc<Context>, _request: v1::ListFilesRequest) -> Result<v1::ListFilesReply, Status> {
    Err(Status::unimplemented("ListFiles"))
}

/// The bytes of one file.
pub(super) async fn read(
    _context: &Arc<Context>,
    _request: v1::ReadFileRequest,
) -> Result<BoxStream<'static, Result<v1::FileChunk, Status>>, Status> {
    Err(Status::unimplemented("ReadFile"))
}
