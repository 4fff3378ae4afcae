//! gRPC services that read and change runs: requests are decoded, answers of `api/` encoded.

mod encode;
mod manage;
mod query;
mod row_batch;
mod row_payload;

pub(crate) use manage::ManageService;
pub(crate) use query::QueryService;

use crate::api::files::Content;
use crate::error::ServiceError;
use crate::state::context::Context;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use stepwell_model::{RunPath, limits};
use stepwell_proto::v1;
use tonic::{Response, Status};

type Reply<T> = Result<Response<T>, Status>;
type Chunks = BoxStream<'static, Result<v1::FileChunk, Status>>;

/// The path that a request names.
fn run_path(path: Option<v1::RunPath>) -> Result<RunPath, ServiceError> {
    let path = path.ok_or_else(|| ServiceError::invalid("the field `path` is missing"))?;
    Ok(RunPath::try_from(path)?)
}

/// A number of which 0 says nothing.
fn unless_zero(number: u32) -> Option<usize> {
    (number > 0).then_some(number as usize)
}

/// The bytes of a content from `offset` on, at most `length` of them.
fn chunks(context: &Arc<Context>, content: Content, offset: u64, length: Option<u64>) -> Result<Chunks, Status> {
    let size = content.size;
    if offset > size {
        return Err(Status::out_of_range(format!("the file has {size} bytes, so none at {offset}")));
    }
    let end = length.map_or(size, |length| size.min(offset.saturating_add(length)));
    let pieces = content.pieces(Arc::clone(context), offset..end, limits::BLOB_CHUNK_BYTES);
    Ok(pieces.map(|piece| Ok(v1::FileChunk { data: piece? })).boxed())
}
