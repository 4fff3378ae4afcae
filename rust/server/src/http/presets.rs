//! Routes for presets of charts.

use super::decode::{JsonBody, Parameters};
use super::json;
use crate::api::presets::{Preset, Presets};
use crate::error::ServiceError;
use crate::state::context::Context;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json as object};
use std::sync::Arc;

type Shared = State<Arc<Context>>;
type Answer<T> = Result<Json<T>, ServiceError>;

/// A preset with its specification.
#[derive(Serialize)]
pub(super) struct Whole {
    shipped: bool,
    #[serde(flatten)]
    preset: Preset,
}

impl From<Preset> for Json<Whole> {
    fn from(preset: Preset) -> Self {
        Self(Whole { shipped: preset.is_shipped(), preset })
    }
}

/// A preset to be saved.
#[derive(Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    title: String,
    spec: Box<RawValue>,
}

/// `?owner=`
pub(super) async fn list(State(context): Shared, query: Parameters) -> Answer<Value> {
    let owner = query.one("owner").unwrap_or_default();
    Ok(Json(context.read(move |context| Ok(json::presets(&Presets::new(&context.directory).list(&owner)?))).await?))
}

/// `?name=`
pub(super) async fn get(State(context): Shared, query: Parameters) -> Answer<Whole> {
    let name = query.needed("name")?;
    Ok(context.read(move |context| Presets::new(&context.directory).get(&name)).await?.into())
}

/// `?name=`
pub(super) async fn put(State(context): Shared, query: Parameters, JsonBody(given): JsonBody<Given>) -> Answer<Whole> {
    let name = query.needed("name")?;
    let save = move |context: &Context| Presets::new(&context.directory).put(&name, &given.title, given.spec.get());
    Ok(context.read(save).await?.into())
}

/// `?name=`
pub(super) async fn delete(State(context): Shared, query: Parameters) -> Answer<Value> {
    let name = query.needed("name")?;
    context.read(move |context| Presets::new(&context.directory).delete(&name)).await?;
    Ok(Json(object!({})))
}
