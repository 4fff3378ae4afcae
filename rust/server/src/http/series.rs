//! `series:batch`: every series that a page shows, in one request.

use super::metadata::path;
use super::typed_arrays::{Shown, encode};
use crate::api::label_choice;
use crate::connections::Request as Asked;
use crate::error::{ErrorCode, ServiceError};
use crate::series::{Panel, PanelLines, SeriesName, answer_bytes};
use crate::state::context::Context;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::Map;
use std::sync::Arc;

/// The body of `series:batch`, also of a live subscription.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BatchRequest {
    pub(crate) entity: String,
    pub(crate) project: String,
    panels: Vec<PanelRequest>,
}

#[derive(Debug, Clone, Deserialize)]
struct PanelRequest {
    id: String,
    x: Option<String>,
    from: Option<f64>,
    to: Option<f64>,
    buckets: usize,
    #[serde(default)]
    log_x: bool,
    series: Vec<SeriesRequest>,
}

#[derive(Debug, Clone, Deserialize)]
struct SeriesRequest {
    run: String,
    key: String,
    label: Option<String>,
}

impl BatchRequest {
    /// The panels, their names checked.
    pub(crate) fn panels(self) -> Result<Vec<Panel>, ServiceError> {
        let (entity, project) = (self.entity, self.project);
        let name = |series: SeriesRequest| {
            let path = path(&entity, &project, &series.run)?;
            Ok(SeriesName { path, key: series.key, label: label_choice(series.label.as_deref()) })
        };
        let panel = |panel: PanelRequest| {
            Ok(Panel {
                id: panel.id,
                x: panel.x.unwrap_or_else(|| "_step".into()),
                window: (panel.from, panel.to),
                buckets: panel.buckets,
                log_x: panel.log_x,
                series: panel.series.into_iter().map(name).collect::<Result<_, ServiceError>>()?,
            })
        };
        let panels = self.panels.into_iter().map(panel).collect::<Result<Vec<_>, ServiceError>>()?;
        crate::series::check_panels(&panels)?;
        Ok(panels)
    }
}

pub(super) async fn batch(
    State(context): State<Arc<Context>>,
    Extension(asked): Extension<Arc<Asked>>,
    request: Result<Json<BatchRequest>, JsonRejection>,
) -> Result<Response, ServiceError> {
    let Json(request) = request.map_err(|error| rejected(&error))?;
    let (entity, project) = (request.entity.clone(), request.project.clone());
    let panels = request.panels()?;
    // Held until the answer is made; then what it takes is counted where it is sent.
    let _share = context.answer_room(asked.peer(), answer_bytes(&panels)).await?;
    let read = move |context: &Context| {
        let lines = context.series.read(&entity, &project, &panels)?;
        Ok(encode(Map::new(), panels.iter().zip(&lines).map(whole)))
    };
    let bytes = context.read(read).await?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))], bytes).into_response())
}

/// A panel with all its lines.
fn whole<'a>((panel, lines): (&'a Panel, &'a PanelLines)) -> Shown<'a> {
    Shown { panel, bucket_width: lines.bucket_width, lines: lines.lines.iter().map(|line| &**line).enumerate().collect() }
}

/// A body that cannot be read.
pub(super) fn rejected(error: &JsonRejection) -> ServiceError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ServiceError::new(ErrorCode::TooLarge, "a request may have at most 4 MiB"),
        _ => ServiceError::invalid(error.body_text()),
    }
}
