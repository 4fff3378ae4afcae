//! Comparison of HTTP and gRPC: each question of each resource is asked both ways, and the two answers say
//! the same.
//!
//! A gRPC message is written here in the form that docs/http-api.md gives to the same answer. Rows are read
//! over gRPC alone; `/live` pushes the answers of `/series:batch`, `/runs` and `/keys`, and has a test of its
//! own.

use crate::rig::json_form::{self, form};
use crate::rig::questions::{run_lists, series};
use crate::rig::{HttpAnswer, Rig, opening, row};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;
use stepwell_blob::{BlobDirectory, hash};
use stepwell_codec::msgpack;
use stepwell_model::{Entry, FileVersion, Histogram, LossReport, MetricDefinition, Opening, RunInfoUpdate, Value};
use stepwell_proto::v1;
use stepwell_server::{Mode, ServerConfig};
use stepwell_store::MemoryStore;
use tonic::{Code, Status};

const RUN: &str = "entity=local&project=digits&run=r";

/// A question: what it is about, how it is asked over HTTP, and how over gRPC, with the answer in the form of
/// HTTP.
type Question = (&'static str, Box<dyn Fn(&Rig) -> HttpAnswer>, Box<dyn Fn(&Rig) -> Result<Json, Status>>);

fn question(
    name: &'static str,
    http: impl Fn(&Rig) -> HttpAnswer + 'static,
    grpc: impl Fn(&Rig) -> Result<Json, Status> + 'static,
) -> Question {
    (name, Box::new(http), Box::new(grpc))
}

#[test]
fn every_question_has_the_same_answer_both_ways() {
    let directory = tempfile::tempdir().unwrap();
    let rig = full(directory.path());
    for (name, http, grpc) in questions() {
        let (http, grpc) = (http(&rig), grpc(&rig));
        assert!(http.status < 300, "{name}: {}", http.text());
        let grpc = grpc.unwrap_or_else(|status| panic!("{name}: {status}"));
        let http = if http.head.contains("application/json") { http.json() } else { json!(http.body) };
        assert_eq!(http, grpc, "{name}");
        assert_ne!(http, json!({}), "{name} has an answer to compare");
    }
}

#[test]
fn every_mistake_has_the_same_code_and_words_both_ways() {
    let directory = tempfile::tempdir().unwrap();
    let rig = full(directory.path());
    for (name, http, grpc) in mistakes() {
        let (http, grpc) = (http(&rig).json(), grpc(&rig).unwrap_err());
        let code = match grpc.code() {
            Code::InvalidArgument => "invalid",
            Code::NotFound => "not_found",
            Code::Unavailable => "unavailable",
            Code::ResourceExhausted => "too_large",
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(http["error"], json!({"code": code, "message": grpc.message()}), "{name}");
    }
}

/// A server with two runs that have a bit of everything.
fn full(directory: &Path) -> Rig {
    let rig = Rig::with_config(ServerConfig::loopback(Arc::new(MemoryStore::default()), Mode::Server, directory));
    let blob = BlobDirectory::new(directory.join("blobs")).put(b"content").unwrap();
    let file = |path: &str, blob| Entry::File { time: 1, file: FileVersion { path: path.into(), blob, size: 7 } };
    let set = [("lr", Value::Float(0.1)), ("big", Value::Int(i64::MAX)), ("nested", Value::Map(vec![("a".into(), Value::Nil)]))];
    let metric = |name: &str, step: &str| Entry::Metric {
        time: 1,
        definition: MetricDefinition { name: name.into(), step_metric: Some(step.into()), hidden: Some(true), ..Default::default() },
    };
    let histogram = Histogram { edges: vec![0.0, 0.5, f64::INFINITY], counts: vec![3, 4] };
    let entries = |extra: &str| {
        let mut entries = vec![
            Entry::Config { time: 1, set: set.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(), deleted: vec![] },
            Entry::Info { time: 1, info: RunInfoUpdate { name: Some(extra.into()), tags: Some(vec!["t".into()]), ..Default::default() } },
            metric("val/*", "epoch"),
            metric(extra, "loss"),
            Entry::Lost { time: 1, report: LossReport { rows: 10, kept: 4, reason: "queue full".into() } },
            file("a/b.bin", blob),
            file("away.txt", hash(b"elsewhere")),
        ];
        entries.extend((0..500).map(|step| {
            let loss = if step == 9 { f64::NAN } else { (step as f64).sin() };
            let text = if step % 2 == 0 { Value::Str(format!("t{step}")) } else { Value::Bin(vec![1, 2, 3]) };
            let cells = [("loss", Value::Float(loss)), ("text", text), ("grads", histogram.to_value()), (extra, Value::Int(step))];
            row(step, &cells)
        }));
        entries.push(Entry::Exit { time: 2, code: 0 });
        entries
    };
    rig.store(1, &opening("r"), &entries("first"));
    rig.store(2, &Opening { label: "1".into(), rank: Some(1), primary: false, ..opening("r") }, &[row(3, &[("loss", Value::Int(7))])]);
    rig.store(3, &Opening { time: 1_700_000_100_000_000, ..opening("s") }, &entries("second"));
    rig
}

fn questions() -> Vec<Question> {
    let mut all = vec![
        question(
            "status",
            |rig| rig.get("/api/v1/status"),
            |rig| {
                let status = rig.runtime.block_on(rig.query().get_status(v1::GetStatusRequest {}))?.into_inner();
                let v1::GetStatusReply { version, mode, started_us, directory, backlog_read_bytes, backlog_left_bytes, .. } = status;
                let backlog = json!({"read_bytes": backlog_read_bytes, "left_bytes": backlog_left_bytes});
                Ok(json!({"version": version, "mode": mode, "started_us": started_us, "directory": directory, "backlog": backlog}))
            },
        ),
        question(
            "projects",
            |rig| rig.get("/api/v1/projects"),
            |rig| {
                let reply = rig.runtime.block_on(rig.query().list_projects(v1::ListProjectsRequest {}))?.into_inner();
                let project = |p: v1::Project| json!({"entity": p.entity, "name": p.name, "runs": p.runs, "running": p.running, "last_activity_us": p.last_activity_us});
                Ok(json!({"projects": reply.projects.into_iter().map(project).collect::<Vec<_>>()}))
            },
        ),
        question("files", |rig| rig.get(&format!("/api/v1/files?{RUN}")), |rig| files(rig, "r")),
        question("file", |rig| rig.get(&format!("/api/v1/file?{RUN}&path=a%2Fb.bin")), |rig| file(rig, "a/b.bin", 0, None)),
        question(
            "part of a file",
            |rig| rig.http("GET", &format!("/api/v1/file?{RUN}&path=a/b.bin"), &[("range", "bytes=2-4")], ""),
            |rig| file(rig, "a/b.bin", 2, Some(3)),
        ),
        question("blob", |rig| rig.get(&format!("/api/v1/blob/{}", hash(b"content"))), |rig| blob(rig, &hash(b"content").0)),
        question(
            "presets",
            |rig| rig.get("/api/v1/presets?owner=wandb"),
            |rig| {
                let request = v1::ListPresetsRequest { owner: "wandb".into() };
                let reply = rig.runtime.block_on(rig.manage().list_presets(request))?.into_inner();
                Ok(json!({"presets": reply.presets.into_iter().map(|preset| json_form::preset(&preset, false)).collect::<Vec<_>>()}))
            },
        ),
        question("preset", |rig| rig.get("/api/v1/preset?name=wandb/line/v0"), |rig| preset(rig, "wandb/line/v0")),
        question(
            "saving a preset",
            |rig| {
                rig.http("PUT", "/api/v1/preset?name=me/x", &[("content-type", "application/json")], r#"{"title": "T", "spec": {"a": 1}}"#)
            },
            |rig| preset(rig, "me/x"),
        ),
    ];
    for (name, parameters, request) in run_lists() {
        all.push(question(
            name,
            move |rig| rig.get(&format!("/api/v1/runs?entity=local&project=digits{parameters}")),
            move |rig| {
                let request = v1::ListRunsRequest { entity: "local".into(), project: "digits".into(), ..request.clone() };
                let reply = rig.runtime.block_on(rig.query().list_runs(request))?.into_inner();
                Ok(json!({"runs": reply.runs.iter().map(json_form::run).collect::<Vec<_>>(), "total": reply.total}))
            },
        ));
    }
    for (name, limit) in [("run", 10_000), ("run with a part of its summary", 1)] {
        all.push(question(
            name,
            move |rig| rig.get(&format!("/api/v1/run?{RUN}&summary_limit={limit}")),
            move |rig| get_run(rig, "r", limit),
        ));
    }
    for (name, parameters, runs, search, limit) in [
        ("keys of all runs", "", vec![], "", 0),
        ("keys of some runs", "&run=r&run=none", vec!["r", "none"], "", 0),
        ("keys that contain a text", "&search=LOS", vec![], "LOS", 0),
        ("a page of keys", "&limit=2&offset=1", vec![], "", 2),
    ] {
        all.push(question(
            name,
            move |rig| rig.get(&format!("/api/v1/keys?entity=local&project=digits{parameters}")),
            move |rig| keys(rig, &runs, search, limit, u32::from(limit > 0)),
        ));
    }
    for (name, panel, request) in series() {
        all.push(question(
            name,
            move |rig| {
                let mut panel = panel.clone();
                (panel["id"], panel["series"]) =
                    (json!("p"), json!([{"run": "r", "key": "loss"}, {"run": "r", "key": "loss", "label": "*"}]));
                let batch =
                    rig.post("/api/v1/series:batch", &json!({"entity": "local", "project": "digits", "panels": [panel]}).to_string());
                json_form::batch(&batch)
            },
            move |rig| get_series(rig, &request),
        ));
    }
    for columns in [0, 1, 7] {
        all.push(question(
            "histograms",
            move |rig| {
                let mut body = json!({"entity": "local", "project": "digits", "run": "r", "key": "grads"});
                if columns > 0 {
                    body["columns"] = json!(columns);
                }
                rig.post("/api/v1/histograms", &body.to_string())
            },
            move |rig| histograms(rig, None, columns),
        ));
    }
    for (label, limit) in [(None, 3), (Some("1"), 5), (None, 20_000)] {
        all.push(question(
            "values",
            move |rig| {
                let body = json!({"entity": "local", "project": "digits", "run": "r", "key": "text", "label": label, "limit": limit});
                rig.post("/api/v1/values", &body.to_string())
            },
            move |rig| values(rig, label, limit),
        ));
    }
    all
}

fn mistakes() -> Vec<Question> {
    vec![
        question("no such run", |rig| rig.get("/api/v1/run?entity=local&project=digits&run=no"), |rig| get_run(rig, "no", 0)),
        question("no name of a run", |rig| rig.get("/api/v1/run?entity=local&project=digits&run=a%2Fb"), |rig| get_run(rig, "a/b", 0)),
        question(
            "no filter",
            |rig| rig.get("/api/v1/runs?entity=local&project=digits&filters=%5B1%5D"),
            |rig| {
                let request =
                    v1::ListRunsRequest { entity: "local".into(), project: "digits".into(), filters: "[1]".into(), ..Default::default() };
                rig.runtime.block_on(rig.query().list_runs(request)).map(|_| json!(null))
            },
        ),
        question(
            "keys of no name",
            |rig| rig.get("/api/v1/keys?entity=local&project=digits&run=a%2Fb"),
            |rig| keys(rig, &["a/b"], "", 0, 0),
        ),
        question(
            "too many buckets",
            |rig| {
                let panel = json!({"id": "series", "buckets": 20_000, "series": []});
                rig.post("/api/v1/series:batch", &json!({"entity": "local", "project": "digits", "panels": [panel]}).to_string())
            },
            |rig| {
                let request =
                    v1::GetSeriesRequest { entity: "local".into(), project: "digits".into(), buckets: 20_000, ..Default::default() };
                rig.runtime.block_on(rig.query().get_series(request)).map(|_| json!(null))
            },
        ),
        question(
            "too many histograms",
            |rig| {
                rig.post("/api/v1/histograms", r#"{"entity": "local", "project": "digits", "run": "r", "key": "grads", "columns": 5000}"#)
            },
            |rig| histograms(rig, None, 5_000),
        ),
        question(
            "values of all labels",
            |rig| rig.post("/api/v1/values", r#"{"entity": "local", "project": "digits", "run": "r", "key": "text", "label": "*"}"#),
            |rig| values(rig, Some("*"), 1),
        ),
        question("files of no run", |rig| rig.get("/api/v1/files?entity=local&project=digits&run=no"), |rig| files(rig, "no")),
        question("no such file", |rig| rig.get(&format!("/api/v1/file?{RUN}&path=x")), |rig| file(rig, "x", 0, None)),
        question("a file that is away", |rig| rig.get(&format!("/api/v1/file?{RUN}&path=away.txt")), |rig| file(rig, "away.txt", 0, None)),
        question("no such blob", |rig| rig.get(&format!("/api/v1/blob/{}", hash(b"no"))), |rig| blob(rig, &hash(b"no").0)),
        question("no such preset", |rig| rig.get("/api/v1/preset?name=me/none"), |rig| preset(rig, "me/none")),
        question(
            "a shipped preset",
            |rig| rig.http("DELETE", "/api/v1/preset?name=wandb/line/v0", &[], ""),
            |rig| {
                let request = v1::DeletePresetRequest { name: "wandb/line/v0".into() };
                rig.runtime.block_on(rig.manage().delete_preset(request)).map(|_| json!(null))
            },
        ),
    ]
}

fn path(run: &str) -> Option<v1::RunPath> {
    Some(v1::RunPath { entity: "local".into(), project: "digits".into(), run: run.into() })
}

fn get_run(rig: &Rig, run: &str, summary_limit: u32) -> Result<Json, Status> {
    let request = v1::GetRunRequest { path: path(run), summary_limit };
    Ok(json_form::run(&rig.runtime.block_on(rig.query().get_run(request))?.into_inner()))
}

fn keys(rig: &Rig, runs: &[&str], search: &str, limit: u32, offset: u32) -> Result<Json, Status> {
    let runs = runs.iter().map(|&run| run.to_owned()).collect();
    let request = v1::ListKeysRequest {
        entity: "local".into(),
        project: "digits".into(),
        runs,
        search: search.into(),
        limit,
        offset,
        with_metrics: true,
    };
    let reply = rig.runtime.block_on(rig.query().list_keys(request))?.into_inner();
    let Value::List(metrics) = msgpack::from_bytes(&reply.metrics).unwrap() else { panic!("a list") };
    let metric = |metric: &Value| {
        let said = |name: &str| metric.get(name).map_or(Json::Null, form);
        let hidden = metric.get("hidden").map_or(json!(false), form);
        json!({"name": said("name"), "step_metric": said("step_metric"), "hidden": hidden, "summary": said("summary"), "goal": said("goal")})
    };
    let keys: Vec<Json> = reply.keys.iter().map(json_form::key).collect();
    Ok(json!({"keys": keys, "total": reply.total, "metrics": metrics.iter().map(metric).collect::<Vec<_>>()}))
}

fn get_series(rig: &Rig, request: &v1::GetSeriesRequest) -> Result<Json, Status> {
    let selector = |label: Option<&str>| v1::SeriesSelector { run: "r".into(), key: "loss".into(), label: label.map(str::to_owned) };
    let series = vec![selector(None), selector(Some("*"))];
    let request = v1::GetSeriesRequest { entity: "local".into(), project: "digits".into(), series, ..request.clone() };
    let reply = rig.runtime.block_on(rig.query().get_series(request))?.into_inner();
    let floats = |bytes: &[u8]| -> Vec<Json> {
        bytes.chunks(8).map(|bytes| form(&Value::Float(f64::from_le_bytes(bytes.try_into().unwrap())))).collect()
    };
    let one = |line: &v1::Series| {
        let counts = line.count.chunks(4).map(|bytes| form(&Value::Float(f64::from(u32::from_le_bytes(bytes.try_into().unwrap())))));
        let (mut columns, inexact) = (json!({"x": floats(&line.x), "mean": floats(&line.mean)}), !line.exact);
        if inexact {
            for (name, bytes) in [("min", &line.min), ("max", &line.max), ("first", &line.first), ("last", &line.last)] {
                columns[name] = json!(floats(bytes));
            }
            columns["count"] = json!(counts.collect::<Vec<_>>());
        }
        json!({"exact": line.exact, "points": line.points, "version": line.version, "columns": columns})
    };
    Ok(json!({"bucket_width": reply.bucket_width, "series": reply.series.iter().map(one).collect::<Vec<_>>()}))
}

fn histograms(rig: &Rig, label: Option<&str>, columns: u32) -> Result<Json, Status> {
    let request = v1::GetHistogramsRequest { path: path("r"), key: "grads".into(), label: label.map(str::to_owned), columns };
    let reply = rig.runtime.block_on(rig.query().get_histograms(request))?.into_inner();
    let all = |of: &dyn Fn(&v1::StepHistogram) -> Json| reply.histograms.iter().map(of).collect::<Vec<_>>();
    Ok(json!({
        "points": reply.points,
        "steps": all(&|one| json!(one.step)),
        "bins": all(&|one| one.edges.iter().map(|&edge| form(&Value::Float(edge))).collect()),
        "values": all(&|one| json!(one.counts)),
    }))
}

fn values(rig: &Rig, label: Option<&str>, limit: u32) -> Result<Json, Status> {
    let request = v1::GetValuesRequest { path: path("r"), key: "text".into(), label: label.map(str::to_owned), limit };
    let reply = rig.runtime.block_on(rig.query().get_values(request))?.into_inner();
    let one = |one: v1::StepValue| json!({"step": one.step, "kind": one.kind, "value": form(&msgpack::from_bytes(&one.value).unwrap())});
    Ok(json!({"points": reply.points, "values": reply.values.into_iter().map(one).collect::<Vec<_>>()}))
}

fn files(rig: &Rig, run: &str) -> Result<Json, Status> {
    let reply = rig.runtime.block_on(rig.query().list_files(v1::ListFilesRequest { path: path(run) }))?.into_inner();
    let one = |file: v1::File| {
        let sha256: String = file.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"path": file.path, "sha256": sha256, "size": file.size, "time_us": file.time_us, "present": file.present})
    };
    Ok(json!({"files": reply.files.into_iter().map(one).collect::<Vec<_>>()}))
}

fn file(rig: &Rig, file: &str, offset: u64, length: Option<u64>) -> Result<Json, Status> {
    let request = v1::ReadFileRequest { path: path("r"), file: file.into(), offset, length };
    let mut query = rig.query();
    rig.runtime.block_on(async { json_form::whole(query.read_file(request).await?.into_inner()).await })
}

fn blob(rig: &Rig, sha256: &[u8]) -> Result<Json, Status> {
    let request = v1::ReadBlobRequest { sha256: sha256.to_vec().into(), ..Default::default() };
    let mut query = rig.query();
    rig.runtime.block_on(async { json_form::whole(query.read_blob(request).await?.into_inner()).await })
}

fn preset(rig: &Rig, name: &str) -> Result<Json, Status> {
    let reply = rig.runtime.block_on(rig.manage().get_preset(v1::GetPresetRequest { name: name.into() }))?;
    Ok(json_form::preset(&reply.into_inner(), true))
}
