//! `ListFiles` and `ReadFile`: the files of a run.

use super::run_path;
use crate::api::files as content;
use crate::state::context::Context;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use stepwell_model::limits;
use stepwell_proto::v1;
use tonic::Status;

/// The files of a run.
pub(super) async fn list(context: &Arc<Context>, request: v1::ListFilesRequest) -> Result<v1::ListFilesReply, Status> {
    let files = content::list(context, run_path(request.path)?).await?;
    let file = |listed: content::ListedFile| v1::File {
        path: listed.info.file.path,
        sha256: listed.info.file.blob.0.to_vec().into(),
        size: listed.info.file.size,
        time_us: listed.info.time,
        present: listed.present,
    };
    Ok(v1::ListFilesReply { files: files.into_iter().map(file).collect() })
}

/// The bytes of one file.
pub(super) async fn read(
    context: &Arc<Context>,
    request: v1::ReadFileRequest,
) -> Result<BoxStream<'static, Result<v1::FileChunk, Status>>, Status> {
    let content = content::open_file(context, run_path(request.path)?, request.file).await?;
    let (offset, size) = (request.offset, content.size);
    if offset > size {
        return Err(Status::out_of_range(format!("the file has {size} bytes, so none at {offset}")));
    }
    let pieces = content.pieces(Arc::clone(context), offset..size, limits::BLOB_CHUNK_BYTES);
    Ok(pieces.map(|piece| Ok(v1::FileChunk { data: piece? })).boxed())
}
