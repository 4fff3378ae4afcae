//! Answers as wire messages.

use crate::api::files::ListedFile;
use crate::api::keys::KeyPage;
use crate::api::runs::RunPage;
use crate::api::status::{ServerStatus, VERSION};
use crate::api::values::{Histograms, Values};
use crate::series::PanelLines;
use bytes::Bytes;
use stepwell_codec::msgpack;
use stepwell_codec::payload::statement::metric_to_value;
use stepwell_model::{MetricDefinition, TimeMicros, Value};
use stepwell_proto::v1;
use stepwell_store::{KeyInfo, ProjectInfo, RunInfo, StoredValue};

pub(super) fn status(status: ServerStatus, caught_up_us: TimeMicros) -> v1::GetStatusReply {
    let ServerStatus { mode, started, directory, backlog } = status;
    v1::GetStatusReply {
        version: VERSION.into(),
        mode: mode.into(),
        started_us: started,
        directory,
        caught_up_us,
        backlog_read_bytes: backlog.read,
        backlog_left_bytes: backlog.left,
    }
}

pub(super) fn projects(projects: Vec<ProjectInfo>) -> v1::ListProjectsReply {
    let project = |project: ProjectInfo| v1::Project {
        entity: project.entity,
        name: project.name,
        runs: project.runs,
        running: project.running,
        last_activity_us: project.last_activity,
    };
    v1::ListProjectsReply { projects: projects.into_iter().map(project).collect() }
}

pub(super) fn run_page(page: RunPage) -> v1::ListRunsReply {
    v1::ListRunsReply { runs: page.runs.into_iter().map(run).collect(), total: page.total }
}

pub(super) fn run(run: RunInfo) -> v1::Run {
    v1::Run {
        summary_keys: run.summary_keys,
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
        metrics: metrics(&run.metrics),
    }
}

pub(super) fn key_page(page: KeyPage) -> v1::ListKeysReply {
    v1::ListKeysReply { keys: page.keys.into_iter().map(key).collect(), total: page.total, metrics: metrics(&page.metrics) }
}

fn key(key: KeyInfo) -> v1::Key {
    v1::Key {
        key: key.key,
        kinds: key.kinds.iter().map(|kind| kind.name().to_owned()).collect(),
        runs: key.runs,
        points: key.points,
        first_step: key.first_step,
        last_step: key.last_step,
    }
}

fn metrics(metrics: &[MetricDefinition]) -> Bytes {
    msgpack::to_bytes(&Value::List(metrics.iter().map(metric_to_value).collect())).into()
}

pub(super) fn series(panel: &PanelLines) -> v1::GetSeriesReply {
    let floats = |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Bytes>();
    let series = panel.lines.iter().map(|line| v1::Series {
        version: line.version,
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

pub(super) fn histograms(histograms: Histograms) -> v1::GetHistogramsReply {
    let one =
        |(step, histogram): (i64, stepwell_model::Histogram)| v1::StepHistogram { step, edges: histogram.edges, counts: histogram.counts };
    v1::GetHistogramsReply { points: histograms.points, histograms: histograms.chosen.into_iter().map(one).collect() }
}

pub(super) fn values(values: Values) -> v1::GetValuesReply {
    let one = |stored: StoredValue| v1::StepValue {
        step: stored.step,
        kind: stored.value.kind().name().into(),
        value: msgpack::to_bytes(&stored.value).into(),
    };
    v1::GetValuesReply { points: values.points, values: values.values.into_iter().map(one).collect() }
}

pub(super) fn files(files: Vec<ListedFile>) -> v1::ListFilesReply {
    let file = |listed: ListedFile| v1::File {
        path: listed.info.file.path,
        sha256: listed.info.file.blob.0.to_vec().into(),
        size: listed.info.file.size,
        time_us: listed.info.time,
        present: listed.present,
    };
    v1::ListFilesReply { files: files.into_iter().map(file).collect() }
}
