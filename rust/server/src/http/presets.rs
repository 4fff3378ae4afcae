//! Presets of charts: listed, read, saved and deleted.

use super::series::rejected;
use crate::api::presets::{Preset, Presets};
use crate::error::ServiceError;
use crate::state::context::Context;
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json as object};
use std::sync::Arc;

type Shared = State<Arc<Context>>;

/// `?owner=`
#[derive(Deserialize)]
pub(super) struct ListQuery {
    #[serde(default)]
    owner: String,
}

pub(super) async fn list(State(context): Shared, query: Result<Query<ListQuery>, QueryRejection>) -> Result<Json<Value>, ServiceError> {
    let Query(query) = query.map_err(|error| ServiceError::invalid(error.body_text()))?;
    let presets = context.read(move |context| Presets::new(&context.directory).list(&query.owner)).await?;
    let listed = |preset: &Preset| object!({"name": preset.name, "title": preset.title, "saved_us": preset.saved_us, "shipped": preset.is_shipped()});
    Ok(Json(object!({"presets": presets.iter().map(listed).collect::<Vec<_>>()})))
}

/// `?name=`
#[derive(Deserialize)]
pub(super) struct NameQuery {
    name: String,
}

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

/// What is to be saved.
#[derive(Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    title: String,
    spec: Box<RawValue>,
}

pub(super) async fn get(State(context): Shared, query: Result<Query<NameQuery>, QueryRejection>) -> Result<Json<Whole>, ServiceError> {
    let Query(query) = query.map_err(|error| ServiceError::invalid(error.body_text()))?;
    Ok(context.read(move |context| Presets::new(&context.directory).get(&query.name)).await?.into())
}

pub(super) async fn put(
    State(context): Shared,
    query: Result<Query<NameQuery>, QueryRejection>,
    given: Result<Json<Given>, JsonRejection>,
) -> Result<Json<Whole>, ServiceError> {
    let Query(query) = query.map_err(|error| ServiceError::invalid(error.body_text()))?;
    let Json(given) = given.map_err(|error| rejected(&error))?;
    let save = move |context: &Context| Presets::new(&context.directory).put(&query.name, &given.title, given.spec.get());
    Ok(context.read(save).await?.into())
}

pub(super) async fn delete(State(context): Shared, query: Result<Query<NameQuery>, QueryRejection>) -> Result<Json<Value>, ServiceError> {
    let Query(query) = query.map_err(|error| ServiceError::invalid(error.body_text()))?;
    context.read(move |context| Presets::new(&context.directory).delete(&query.name)).await?;
    Ok(Json(object!({})))
}
