//! From wire messages to what is asked, and from answers to wire messages.

use crate::api::columns::ListedRun;
use crate::api::label_choice;
use crate::api::rows::{RowBatch, Rows};
use crate::error::ServiceError;
use crate::series::{Panel, PanelLines, SeriesName};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use stepwell_codec::msgpack;
use stepwell_model::{MetricDefinition, RunPath, Value};
use stepwell_proto::v1;
use stepwell_store::{KeyInfo, ProjectInfo, RunInfo};
use tonic::Status;

pub(super) fn project(project: ProjectInfo) -> v1::Project {
    v1::Project {
        entity: project.entity,
        name: project.name,
        runs: project.runs,
        running: project.running,
        last_activity_us: project.last_activity,
    }
}

pub(super) fn run(run: RunInfo) -> v1::Run {
    let summary_keys = run.summary.len() as u64;
    listed(ListedRun { run, summary_keys })
}

pub(super) fn listed(listed: ListedRun) -> v1::Run {
    let ListedRun { run, summary_keys } = listed;
    v1::Run {
        summary_keys,
        path: Some(run.path.into()),
        name: run.name,
        state: run.state.name().into(),
        created_us: run.created,
        heartbeat_us: run.heartbeat,
        runtime_s: run.runtime_seconds,
        slot: run.slot,
        tags: run.tags,
        notes: run.notes,
        group: run.group,
        job_type: run.job_type,
        exit_code: run.exit_code,
        labels: run.labels.into_iter().map(|label| v1::Label { label: label.label, rank: label.rank }).collect(),
        config: msgpack::to_bytes(&Value::Map(run.config)).into(),
        summary: msgpack::to_bytes(&Value::Map(run.summary)).into(),
        last_step: run.last_step,
        rows: run.rows,
        sampled_rows: run.loss.sampled_rows,
        lost_rows: run.loss.lost_rows,
        metrics: msgpack::to_bytes(&Value::List(run.metrics.into_iter().map(metric).collect())).into(),
    }
}

/// The map of a payload's `metric` entry: what was not said is not there.
fn metric(metric: MetricDefinition) -> Value {
    let texts = |texts: Vec<String>| Value::List(texts.into_iter().map(Value::Str).collect());
    let mut pairs = vec![
        ("name".into(), Value::Str(metric.name)),
        ("summary".into(), texts(metric.summary)),
        ("overwrite".into(), Value::Bool(metric.overwrite)),
    ];
    pairs.extend(metric.step_metric.map(|key| ("step_metric".into(), Value::Str(key))));
    pairs.extend(metric.step_sync.map(|sync| ("step_sync".into(), Value::Bool(sync))));
    pairs.extend(metric.hidden.map(|hidden| ("hidden".into(), Value::Bool(hidden))));
    pairs.extend(metric.goal.map(|goal| ("goal".into(), Value::Str(goal))));
    Value::Map(pairs)
}

pub(super) fn key(key: KeyInfo) -> v1::Key {
    v1::Key {
        key: key.key,
        kinds: key.kinds.iter().map(|kind| kind.name().to_owned()).collect(),
        runs: key.runs,
        points: key.points,
        first_step: key.first_step,
        last_step: key.last_step,
    }
}

/// The one panel of a request.
pub(super) fn panel(request: &v1::GetSeriesRequest) -> Result<Panel, ServiceError> {
    let name = |selector: &v1::SeriesSelector| {
        let path =
            RunPath::new(&request.entity, &request.project, &selector.run).map_err(|error| ServiceError::invalid(error.to_string()))?;
        Ok(SeriesName { path, key: selector.key.clone(), label: label_choice(selector.label.as_deref()) })
    };
    Ok(Panel {
        id: "series".into(),
        x: if request.x.is_empty() { "_step".into() } else { request.x.clone() },
        window: (request.from, request.to),
        buckets: request.buckets as usize,
        log_x: request.log_x,
        series: request.series.iter().map(name).collect::<Result<_, ServiceError>>()?,
    })
}

pub(super) fn series(panel: &PanelLines) -> v1::GetSeriesReply {
    let floats = |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Bytes>();
    let series = panel.lines.iter().map(|line| v1::Series {
        exact: line.exact,
        points: line.points,
        x: floats(&line.columns.x),
        mean: floats(&line.columns.mean),
        min: floats(&line.columns.min),
        max: floats(&line.columns.max),
        first: floats(&line.columns.first),
        last: floats(&line.columns.last),
        count: line.columns.count.iter().flat_map(|count| count.to_le_bytes()).collect(),
    });
    v1::GetSeriesReply { series: series.collect(), bucket_width: panel.bucket_width }
}

/// Batches of rows.
pub(super) fn rows(rows: Rows) -> BoxStream<'static, Result<v1::RowBatch, Status>> {
    rows.map(|batch| {
        let RowBatch { payload, rows, label } = batch?;
        Ok(v1::RowBatch { payload: payload.into(), rows, label })
    })
    .boxed()
}
