//! Status, projects, runs and keys.

use super::json;
use crate::context::Context;
use crate::error::ServiceError;
use crate::query::runs::RunSelection;
use axum::Json;
use axum::extract::{Query, RawQuery, State};
use serde::Deserialize;
use serde_json::{Value, json as object};
use std::sync::Arc;
use stepwell_model::{MetricDefinition, RunPath};
use stepwell_store::{Page, Store, StoreError};

/// Runs in a list if the request names no limit, and at most.
const RUNS: usize = 1_000;
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
    let projects = context.read(|context| Ok(context.store.projects(crate::clock::now())?)).await?;
    Ok(Json(object!({"projects": projects.iter().map(json::project).collect::<Vec<_>>()})))
}

/// `?entity=&project=&limit=&offset=&filters=&order=`
#[derive(Deserialize)]
pub(super) struct RunsQuery {
    entity: String,
    project: String,
    limit: Option<usize>,
    offset: Option<usize>,
    #[serde(default)]
    filters: String,
    #[serde(default)]
    order: String,
}

pub(super) async fn runs(State(context): Shared, query: Result<Query<RunsQuery>, axum::extract::rejection::QueryRejection>) -> Answer {
    let Query(query) = query.map_err(|error| ServiceError::invalid(error.body_text()))?;
    let page = Page { limit: query.limit.unwrap_or(RUNS).min(MOST_RUNS), offset: query.offset.unwrap_or(0) };
    let selection = RunSelection::parse(query.entity, query.project, page, &query.filters, &query.order)?;
    let read = move |context: &Context| {
        let (runs, total) = selection.read(&*context.store, crate::clock::now())?;
        Ok(object!({"runs": runs.iter().map(json::run).collect::<Vec<_>>(), "total": total}))
    };
    Ok(Json(context.read(read).await?))
}

/// `?entity=&project=&run=`
#[derive(Deserialize)]
pub(super) struct RunQuery {
    entity: String,
    project: String,
    run: String,
}

impl RunQuery {
    /// The run that is named.
    pub(super) fn path(&self) -> Result<RunPath, ServiceError> {
        path(&self.entity, &self.project, &self.run)
    }
}

pub(super) async fn run(State(context): Shared, query: Result<Query<RunQuery>, axum::extract::rejection::QueryRejection>) -> Answer {
    let Query(query) = query.map_err(|error| ServiceError::invalid(error.body_text()))?;
    let path = query.path()?;
    Ok(Json(context.read(move |context| Ok(json::run(&context.store.run(&path, crate::clock::now())?))).await?))
}

pub(super) async fn keys(State(context): Shared, RawQuery(query): RawQuery) -> Answer {
    let pairs = pairs(query.as_deref().unwrap_or_default());
    let one = |name: &str| {
        let found = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        found.ok_or_else(|| ServiceError::invalid(format!("the parameter `{name}` is missing")))
    };
    let (entity, project) = (one("entity")?, one("project")?);
    let runs: Vec<String> = pairs.iter().filter(|(key, _)| key == "run").map(|(_, value)| value.clone()).collect();
    let read = move |context: &Context| {
        let keys = context.store.keys(&entity, &project, &runs)?;
        let metrics = metrics(&*context.store, &entity, &project, &runs)?;
        Ok(object!({
            "keys": keys.iter().map(json::key).collect::<Vec<_>>(),
            "metrics": metrics.iter().map(json::metric).collect::<Vec<_>>(),
        }))
    };
    Ok(Json(context.read(read).await?))
}

/// The metric definitions of the named runs (of all without one), one per name: what the newest run said counts.
fn metrics(store: &dyn Store, entity: &str, project: &str, runs: &[String]) -> Result<Vec<MetricDefinition>, ServiceError> {
    let now = crate::clock::now();
    let mut infos = Vec::new();
    if runs.is_empty() {
        (infos, _) = store.runs(entity, project, Page { limit: MOST_RUNS, offset: 0 }, now)?;
    }
    for run in runs {
        match store.run(&path(entity, project, run)?, now) {
            Ok(info) => infos.push(info),
            Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    infos.sort_by_key(|info| std::cmp::Reverse(info.created));
    let mut metrics: Vec<MetricDefinition> = Vec::new();
    for run in infos {
        let known = metrics.len();
        for metric in run.metrics {
            // Within a run a later definition stands for the earlier ones of its name; between runs the newer run's.
            match metrics.iter().position(|other| other.name == metric.name) {
                None => metrics.push(metric),
                Some(at) if at >= known => metrics[at] = refined(std::mem::take(&mut metrics[at]), metric),
                Some(_) => {}
            }
        }
    }
    metrics.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(metrics)
}

/// An earlier definition and a later one of the same name in the same run.
fn refined(earlier: MetricDefinition, later: MetricDefinition) -> MetricDefinition {
    if later.overwrite {
        return later;
    }
    MetricDefinition {
        name: later.name,
        step_metric: later.step_metric.or(earlier.step_metric),
        step_sync: later.step_sync.or(earlier.step_sync),
        hidden: later.hidden.or(earlier.hidden),
        summary: if later.summary.is_empty() { earlier.summary } else { later.summary },
        goal: later.goal.or(earlier.goal),
        overwrite: false,
    }
}

/// A path that was named in parts.
pub(super) fn path(entity: &str, project: &str, run: &str) -> Result<RunPath, ServiceError> {
    RunPath::new(entity, project, run).map_err(|error| ServiceError::invalid(error.to_string()))
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
