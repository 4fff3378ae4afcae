//! Routes for values that are no numbers.

use super::decode::JsonBody;
use super::json;
use crate::api::values::{self as api, HistogramsQuery, ValuesQuery};
use crate::error::ServiceError;
use crate::state::context::Context;
use axum::Json;
use axum::extract::State;
use serde_json::Value;
use std::sync::Arc;

type Answer = Result<Json<Value>, ServiceError>;

pub(super) async fn histograms(State(context): State<Arc<Context>>, JsonBody(query): JsonBody<HistogramsQuery>) -> Answer {
    Ok(Json(context.read(move |context| Ok(json::histograms(api::histograms(context, &query)?))).await?))
}

pub(super) async fn newest(State(context): State<Arc<Context>>, JsonBody(query): JsonBody<ValuesQuery>) -> Answer {
    Ok(Json(context.read(move |context| Ok(json::values(&api::newest(context, &query)?))).await?))
}
