//! The route of `series:batch`: every series that a page shows, in one request.

use super::decode::JsonBody;
use super::typed_arrays::{Shown, encode};
use crate::api::series::{self as api, SeriesQuery};
use crate::connections::Request;
use crate::error::ServiceError;
use crate::series::{Panel, PanelLines};
use crate::state::context::Context;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::Map;
use std::sync::Arc;

pub(super) async fn batch(
    State(context): State<Arc<Context>>,
    Extension(asked): Extension<Arc<Request>>,
    JsonBody(query): JsonBody<SeriesQuery>,
) -> Result<Response, ServiceError> {
    // Once it is made, what the answer takes is counted where it is sent.
    let bytes = api::read(&context, asked.peer(), query, |panels, lines| encode(Map::new(), panels.iter().zip(lines).map(whole))).await?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))], bytes).into_response())
}

/// A panel with all its lines.
fn whole<'a>((panel, lines): (&'a Panel, &'a PanelLines)) -> Shown<'a> {
    Shown { panel, bucket_width: lines.bucket_width, lines: lines.lines.iter().map(|line| &**line).enumerate().collect() }
}
