//! Projects, the latest active first.

use crate::error::ServiceError;
use crate::state::context::Context;
use stepwell_model::wall_time;
use stepwell_store::ProjectInfo;

/// All projects.
pub(crate) fn list(context: &Context) -> Result<Vec<ProjectInfo>, ServiceError> {
    Ok(context.store.projects(wall_time())?)
}
