//! Routes for status, projects, runs and keys.

use super::decode::Parameters;
use super::json;
use crate::api::keys::{self as api_keys, ListKeys};
use crate::api::runs::{self as api_runs, ListRuns};
use crate::api::{projects as api_projects, status as api_status};
use crate::error::ServiceError;
use crate::state::context::Context;
use axum::Json;
use axum::extract::State;
use serde_json::Value;
use std::sync::Arc;

/// Values of the summary of one run, if the request says nothing.
const RUN_VALUES: usize = 10_000;

type Answer = Result<Json<Value>, ServiceError>;
type Shared = State<Arc<Context>>;

pub(super) async fn status(State(context): Shared) -> Json<Value> {
    Json(json::status(&api_status::get(&context)))
}

pub(super) async fn projects(State(context): Shared) -> Answer {
    Ok(Json(context.read(|context| Ok(json::projects(&api_projects::list(context)?))).await?))
}

/// `?entity=&project=&limit=&offset=&filters=&order=&columns=FIELD&columns=…&summary_limit=&summary=KEY&summary=…`
pub(super) async fn runs(State(context): Shared, query: Parameters) -> Answer {
    let query = ListRuns {
        entity: query.needed("entity")?,
        project: query.needed("project")?,
        limit: query.number("limit")?,
        offset: query.number("offset")?.unwrap_or(0),
        filters: query.one("filters").unwrap_or_default(),
        order: query.one("order").unwrap_or_default(),
        columns: query.all("columns"),
        summary: query.all("summary"),
        summary_limit: query.number("summary_limit")?,
    };
    Ok(Json(context.read(move |context| Ok(json::run_page(&api_runs::list(context, query)?))).await?))
}

/// `?entity=&project=&run=&summary_limit=`
pub(super) async fn run(State(context): Shared, query: Parameters) -> Answer {
    let (path, limit) = (query.run_path()?, query.number("summary_limit")?.unwrap_or(RUN_VALUES));
    Ok(Json(context.read(move |context| Ok(json::run(&api_runs::get(context, &path, Some(limit))?))).await?))
}

/// `?entity=&project=&run=ID&run=…&search=&limit=&offset=`
pub(super) async fn keys(State(context): Shared, query: Parameters) -> Answer {
    let query = ListKeys {
        entity: query.needed("entity")?,
        project: query.needed("project")?,
        runs: query.all("run"),
        search: query.one("search").unwrap_or_default(),
        limit: query.number("limit")?,
        offset: query.number("offset")?.unwrap_or(0),
        with_metrics: true,
    };
    Ok(Json(context.read(move |context| Ok(json::key_page(&api_keys::list(context, query)?))).await?))
}
