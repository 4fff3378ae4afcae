//! gRPC services that read and change runs: requests are decoded, answers of `api/` encoded.

mod encode;
mod files;
pub(crate) mod manage;
pub(crate) mod query;

use crate::error::ServiceError;
use stepwell_model::RunPath;
use stepwell_proto::v1;

/// The path that a request names.
fn run_path(path: Option<v1::RunPath>) -> Result<RunPath, ServiceError> {
    let path = path.ok_or_else(|| ServiceError::invalid("the field `path` is missing"))?;
    Ok(RunPath::try_from(path)?)
}
