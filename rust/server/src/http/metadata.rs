//! Status, projects, runs and keys.

use super::json;
use crate::api::columns::{Columns, LISTED_VALUES, RUN_VALUES};
use crate::api::keys::{self, KeyPage, ListKeys};
use crate::api::runs::RunSelection;
use crate::error::ServiceError;
use crate::state::context::Context;
use axum::Json;
use axum::extract::{Query, RawQuery, State};
use serde::Deserialize;
use serde_json::{Value, json as object};
use std::sync::Arc;
use stepwell_model::RunPath;
use stepwell_store::Page;

/// Runs in a list if the request names no limit, and at most.
const RUNS: usize = stepwell_model::defaults::RUNS_PAGE;
const MOST_RUNS: usize = 100_000;

type Answer = Result<Json<Value>, ServiceError>;
type Shared = State<Arc<Context>>;

pub(super) async fn status(State(context): Shared) -> Json<Value> {
    Json(object!({
        "version": env!("CARGO_PKG_VERSION"), "mode": context.mode.name(), "started_us": context.started,
        "directory": context.directory.display().to_string(),
    }))
}

pub(super) async fn projects(State(context): Shared) -> Answer {
    let projects = context.read(|context| Ok(context.store.projects(crate::state::clock::now())?)).await?;
    Ok(Json(object!({"projects": projects.iter().map(json::project).collect::<Vec<_>>()})))
}

/// `?entity=&project=&limit=&offset=&filters=&order=&summary_limit=&summary=KEY&summary=…`
pub(super) async fn runs(State(context): Shared, RawQuery(query): RawQuery) -> Answer {
    let query = Parameters::new(query.as_deref());
    let page = Page { limit: query.number("limit")?.unwrap_or(RUNS).min(MOST_RUNS), offset: query.number("offset")?.unwrap_or(0) };
    let columns = Columns::new(query.all("summary"), query.number("summary_limit")?, LISTED_VALUES);
    let (filters, order) = (query.one("filters").unwrap_or_default(), query.one("order").unwrap_or_default());
    let selection = RunSelection::parse(query.needed("entity")?, query.needed("project")?, page, &filters, &order, columns)?;
    let read = move |context: &Context| {
        let (runs, total) = selection.read(&*context.store, crate::state::clock::now())?;
        Ok(object!({"runs": runs.iter().map(json::listed).collect::<Vec<_>>(), "total": total}))
    };
    Ok(Json(context.read(read).await?))
}

/// `?entity=&project=&run=`
#[derive(Deserialize)]
pub(super) struct RunQuery {
    entity: String,
    project: String,
    run: String,
    summary_limit: Option<usize>,
}

impl RunQuery {
    /// The run that is named.
    pub(super) fn path(&self) -> Result<RunPath, ServiceError> {
        path(&self.entity, &self.project, &self.run)
    }
}

pub(super) async fn run(State(context): Shared, query: Result<Query<RunQuery>, axum::extract::rejection::QueryRejection>) -> Answer {
    let Query(query) = query.map_err(|error| ServiceError::invalid(error.body_text()))?;
    let (path, columns) = (query.path()?, Columns::new(Vec::new(), query.summary_limit, RUN_VALUES));
    Ok(Json(context.read(move |context| Ok(json::listed(&columns.cut(context.store.run(&path, crate::state::clock::now())?)))).await?))
}

pub(super) async fn key_list(State(context): Shared, RawQuery(query): RawQuery) -> Answer {
    let query = Parameters::new(query.as_deref());
    let query = ListKeys {
        entity: query.needed("entity")?,
        project: query.needed("project")?,
        runs: query.all("run"),
        limit: query.number("limit")?,
        offset: query.number("offset")?.unwrap_or(0),
        with_metrics: true,
    };
    let read = move |context: &Context| {
        let KeyPage { keys, total, metrics } = keys::list(context, &query)?;
        Ok(object!({
            "keys": keys.iter().map(json::key).collect::<Vec<_>>(), "total": total,
            "metrics": metrics.iter().map(json::metric).collect::<Vec<_>>(),
        }))
    };
    Ok(Json(context.read(read).await?))
}

/// A path that was named in parts.
pub(super) fn path(entity: &str, project: &str, run: &str) -> Result<RunPath, ServiceError> {
    RunPath::new(entity, project, run).map_err(|error| ServiceError::invalid(error.to_string()))
}

/// The parameters of a request.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn new(query: Option<&str>) -> Self {
        Self(pairs(query.unwrap_or_default()))
    }

    fn one(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    fn needed(&self, name: &str) -> Result<String, ServiceError> {
        self.one(name).ok_or_else(|| ServiceError::invalid(format!("the parameter `{name}` is missing")))
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    fn number(&self, name: &str) -> Result<Option<usize>, ServiceError> {
        let number = |text: String| text.parse().map_err(|_| ServiceError::invalid(format!("`{name}` must be a number, not {text:?}")));
        self.one(name).map(number).transpose()
    }
}

/// The parameters of a query string, in order; names may come more than once.
fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// Undoes percent-encoding and `+`; what is not valid stays as it is.
fn decode(text: &str) -> String {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = |byte: &u8| char::from(*byte).to_digit(16);
        match (byte, tail.first().and_then(hex), tail.get(1).and_then(hex)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            _ => {
                out.push(if byte == b'+' { b' ' } else { byte });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_come_more_than_once() {
        let expected = [("run", "a b"), ("run", "ü"), ("x", ""), ("bad", "%zz")];
        assert_eq!(pairs("run=a+b&run=%C3%BC&&x&bad=%zz"), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
