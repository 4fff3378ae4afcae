//! Histograms over a run, and the newest of any other values.

use super::json;
use super::metadata::path;
use super::series::rejected;
use crate::api::label_choice;
use crate::error::ServiceError;
use crate::state::context::Context;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::Deserialize;
use serde_json::{Value, json as object};
use std::sync::Arc;
use stepwell_model::{Histogram, Kind};
use stepwell_store::{LabelChoice, StepRange};

/// Histograms in an answer, at most: the pixels of a wide screen.
const MOST_COLUMNS: usize = 4_096;
/// Values in an answer, at most.
const MOST_VALUES: usize = 10_000;

type Answer = Result<Json<Value>, ServiceError>;

#[derive(Deserialize)]
pub(super) struct HistogramsRequest {
    entity: String,
    project: String,
    run: String,
    key: String,
    label: Option<String>,
    #[serde(default = "default_columns")]
    columns: usize,
}

fn default_columns() -> usize {
    200
}

pub(super) async fn histograms(State(context): State<Arc<Context>>, request: Result<Json<HistogramsRequest>, JsonRejection>) -> Answer {
    let Json(request) = request.map_err(|error| rejected(&error))?;
    if !(1..=MOST_COLUMNS).contains(&request.columns) {
        return Err(ServiceError::invalid(format!("`columns` must be 1 to {MOST_COLUMNS}, not {}", request.columns)));
    }
    let path = path(&request.entity, &request.project, &request.run)?;
    let label = one_label(request.label.as_deref())?;
    let read = move |context: &Context| {
        let kind = Kind::Object("histogram".into());
        let (points, values) = context.store.values(&path, &request.key, Some(&kind), &label, StepRange::ALL, usize::MAX)?;
        let (mut steps, mut bins, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for index in evenly(values.len(), request.columns) {
            let Some(histogram) = Histogram::from_value(&values[index].value) else { continue };
            steps.push(values[index].step);
            bins.push(histogram.edges.iter().map(|&edge| json::float(edge)).collect::<Vec<_>>());
            counts.push(histogram.counts);
        }
        Ok(object!({"points": points, "steps": steps, "bins": bins, "values": counts}))
    };
    Ok(Json(context.read(read).await?))
}

#[derive(Deserialize)]
pub(super) struct ValuesRequest {
    entity: String,
    project: String,
    run: String,
    key: String,
    label: Option<String>,
    #[serde(default = "default_limit")]
    limit: usize,
}

fn default_limit() -> usize {
    100
}

pub(super) async fn values(State(context): State<Arc<Context>>, request: Result<Json<ValuesRequest>, JsonRejection>) -> Answer {
    let Json(request) = request.map_err(|error| rejected(&error))?;
    let path = path(&request.entity, &request.project, &request.run)?;
    let label = one_label(request.label.as_deref())?;
    let limit = request.limit.min(MOST_VALUES);
    let read = move |context: &Context| {
        let (points, values) = context.store.values(&path, &request.key, None, &label, StepRange::ALL, limit)?;
        let values: Vec<Value> = values
            .iter()
            .map(|stored| object!({"step": stored.step, "kind": stored.value.kind().name(), "value": json::value(&stored.value)}))
            .collect();
        Ok(object!({"points": points, "values": values}))
    };
    Ok(Json(context.read(read).await?))
}

fn one_label(label: Option<&str>) -> Result<LabelChoice, ServiceError> {
    match label_choice(label) {
        LabelChoice::All => Err(ServiceError::invalid("`label` must name one label; only series can be taken together with `*`")),
        one => Ok(one),
    }
}

/// At most `most` indices below `len`, evenly spread, the first and last included.
fn evenly(len: usize, most: usize) -> impl Iterator<Item = usize> {
    let count = len.min(most);
    // One column alone shows the latest.
    (0..count).map(move |i| if count == 1 { len - 1 } else { i * (len - 1) / (count - 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_spread_evenly_with_both_ends() {
        assert_eq!(evenly(10, 4).collect::<Vec<_>>(), [0, 3, 6, 9]);
        assert_eq!(evenly(3, 10).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(evenly(5, 1).collect::<Vec<_>>(), [4]);
        assert_eq!(evenly(0, 5).count(), 0);
    }
}
