//! Answers to everything that can be asked, one file per resource: a question is checked, the store asked,
//! the answer typed.
//!
//! Nothing here knows HTTP or gRPC: `http/` and `grpc/` decode questions and encode these answers, and
//! neither knows the other. What is not `async` blocks, and runs on the threads of
//! [`Context::read`](crate::state::context::Context::read).

pub(crate) mod deletion;
pub(crate) mod files;
pub(crate) mod keys;
pub(crate) mod presets;
pub(crate) mod projects;
pub(crate) mod rows;
pub(crate) mod runs;
pub(crate) mod series;
pub(crate) mod status;
pub(crate) mod values;

use crate::error::ServiceError;
use stepwell_model::RunPath;
use stepwell_store::LabelChoice;

/// Bytes of a question; the longest names 20,000 series.
pub(crate) const REQUEST_BYTES: usize = 4 << 20;

/// The run that a question names in parts.
pub(crate) fn run_path(entity: &str, project: &str, run: &str) -> Result<RunPath, ServiceError> {
    RunPath::new(entity, project, run).map_err(|error| ServiceError::invalid(error.to_string()))
}

/// The labels that a question means.
pub(crate) fn label_choice(label: Option<&str>) -> LabelChoice {
    match label {
        None => LabelChoice::Primary,
        Some(stepwell_model::ALL_LABELS) => LabelChoice::All,
        Some(label) => LabelChoice::Is(label.to_owned()),
    }
}
