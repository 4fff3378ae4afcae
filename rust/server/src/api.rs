//! Answers to everything that can be asked, one file per resource: the request is checked, the store is asked, and the answer has a type.
//!
//! What is here knows neither HTTP nor gRPC; `http/` and `grpc/` decode questions and encode these answers. Its functions block, so they run on
//! the threads of [`Context::read`](crate::state::context::Context::read).

pub(crate) mod columns;
pub(crate) mod deletion;
pub(crate) mod files;
mod filter;
pub(crate) mod keys;
pub(crate) mod presets;
pub(crate) mod rows;
pub(crate) mod runs;

use stepwell_store::LabelChoice;

/// Which label a request means.
pub(crate) fn label_choice(label: Option<&str>) -> LabelChoice {
    match label {
        None => LabelChoice::Primary,
        Some(stepwell_model::ALL_LABELS) => LabelChoice::All,
        Some(label) => LabelChoice::Is(label.to_owned()),
    }
}
