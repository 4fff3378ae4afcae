//! The HTTP API against a real server: metadata, series, values, files, and who may ask.

use crate::rig::{Rig, opening, row};
use serde_json::json;
use std::sync::Arc;
use stepwell_model::{Entry, Histogram, LossReport, MetricDefinition, Opening, RunInfoUpdate, Value};
use stepwell_server::{Mode, Server, ServerConfig, StartError};
use stepwell_store::MemoryStore;

const RUN: &str = "entity=local&project=digits&run=r";

fn config(set: &[(&str, Value)]) -> Entry {
    let set = set.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    Entry::Config { time: 1, set, deleted: vec![] }
}

/// A run with a bit of everything.
fn rich_run() -> Rig {
    let rig = Rig::new();
    let histogram = Histogram { edges: vec![0.0, 0.5, 1.0], counts: vec![3, 4] };
    let mut entries = vec![
        config(&[("lr", Value::Float(0.1)), ("big", Value::Int(i64::MAX)), ("nested", Value::Map(vec![("a".into(), Value::Nil)]))]),
        Entry::Info { time: 1, info: RunInfoUpdate { name: Some("fancy".into()), tags: Some(vec!["t".into()]), ..Default::default() } },
        Entry::Metric {
            time: 1,
            definition: MetricDefinition { name: "val/*".into(), step_metric: Some("epoch".into()), ..Default::default() },
        },
        Entry::Lost { time: 1, report: LossReport { rows: 10, kept: 4, reason: "queue full".into() } },
    ];
    for step in 0..10 {
        entries.push(row(
            step,
            &[
                ("loss", Value::Float(if step == 9 { f64::NAN } else { step as f64 })),
                ("text", Value::Str(format!("t{step}"))),
                ("grads", histogram.to_value()),
                ("deep", Value::Map(vec![("x".into(), Value::Int(step))])),
            ],
        ));
    }
    entries.push(Entry::Exit { time: 2, code: 0 });
    rig.store(1, &opening("r"), &entries);
    rig
}

#[test]
fn metadata_is_what_was_said() {
    let rig = rich_run();
    let status = rig.get("/api/v1/status");
    assert_eq!((status.status, status.json()["mode"].clone()), (200, json!("server")));
    assert!(status.head.contains("cache-control: no-store") && status.head.contains("x-content-type-options: nosniff"));
    let projects = rig.get("/api/v1/projects").json();
    assert_eq!(projects["projects"][0]["name"], "digits");
    assert_eq!(projects["projects"][0]["runs"], 1);
    let runs = rig.get("/api/v1/runs?entity=local&project=digits").json();
    assert_eq!(runs["total"], 1);
    let run = rig.get(&format!("/api/v1/run?{RUN}")).json();
    assert_eq!(runs["runs"][0]["run"], run["run"]);
    for (field, expected) in [
        ("run", json!("r")),
        ("name", json!("fancy")),
        ("state", json!("finished")),
        ("tags", json!(["t"])),
        ("exit_code", json!(0)),
        ("labels", json!([{"label": "", "rank": null}])),
        ("config", json!({"big": {"_type": "int", "value": "9223372036854775807"}, "lr": 0.1, "nested": {"a": null}})),
        ("last_step", json!(9)),
        ("rows", json!(10)),
        ("loss", json!({"sampled_rows": 4, "lost_rows": 6})),
    ] {
        assert_eq!(run[field], expected, "{field}");
    }
    assert_eq!(run["summary"]["loss"], json!({"_type": "float", "value": "NaN"}));
    assert_eq!(run["summary"]["deep.x"], 9);
}

#[test]
fn keys_have_kinds_and_metrics_their_definitions() {
    let rig = rich_run();
    let keys = rig.get("/api/v1/keys?entity=local&project=digits&run=r&run=none").json();
    let named: Vec<_> = keys["keys"].as_array().unwrap().iter().map(|key| (key["key"].as_str().unwrap(), key["kinds"].clone())).collect();
    assert_eq!(
        named,
        [("deep.x", json!(["number"])), ("grads", json!(["histogram"])), ("loss", json!(["number"])), ("text", json!(["string"]))]
    );
    assert_eq!(keys["metrics"], json!([{"name": "val/*", "step_metric": "epoch", "hidden": false, "summary": [], "goal": null}]));
}

#[test]
fn histograms_and_other_values_come_back() {
    let rig = rich_run();
    let body = json!({"entity": "local", "project": "digits", "run": "r", "key": "grads", "label": null, "columns": 4});
    let answer = rig.post("/api/v1/histograms", &body.to_string()).json();
    assert_eq!(answer["points"], 10);
    assert_eq!(answer["steps"], json!([0, 3, 6, 9]));
    assert_eq!(answer["bins"][0], json!([0.0, 0.5, 1.0]));
    assert_eq!(answer["values"][3], json!([3, 4]));
    let body = json!({"entity": "local", "project": "digits", "run": "r", "key": "text", "limit": 2});
    let answer = rig.post("/api/v1/values", &body.to_string()).json();
    assert_eq!(answer["points"], 10);
    assert_eq!(answer["values"], json!([{"step": 8, "kind": "string", "value": "t8"}, {"step": 9, "kind": "string", "value": "t9"}]));
}

#[test]
fn errors_say_what_was_expected() {
    let rig = Rig::new();
    for (path, status, code) in [
        ("/api/v1/run?entity=local&project=digits&run=none", 404, "not_found"),
        ("/api/v1/run?entity=local&project=digits", 400, "invalid"),
        ("/api/v1/run?entity=local&project=a%2Fb&run=r", 400, "invalid"),
        ("/api/v1/keys?project=digits", 400, "invalid"),
        ("/api/v1/nothing", 404, "not_found"),
        ("/api/v1/series:batch", 400, "invalid"),
    ] {
        let answer = rig.get(path);
        assert_eq!((answer.status, answer.json()["error"]["code"].as_str().unwrap()), (status, code), "{path}");
        assert!(!answer.json()["error"]["message"].as_str().unwrap().is_empty());
    }
    let answer = rig.post("/api/v1/series:batch", "{\"entity\": 1}");
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("entity"), "{}", answer.text());
    assert_eq!(rig.post("/api/v1/values", &" ".repeat(5 << 20)).status, 413);
}

/// One panel of one series.
#[expect(clippy::needless_pass_by_value, reason = "calls read better with the value itself")]
fn batch(rig: &Rig, panel: serde_json::Value, key: &str, label: serde_json::Value) -> crate::rig::Batch {
    let mut panel = panel;
    panel["id"] = json!("p");
    panel["series"] = json!([{"run": "r", "key": key, "label": label}]);
    let body = json!({"entity": "local", "project": "digits", "panels": [panel]});
    rig.post("/api/v1/series:batch", &body.to_string()).batch()
}

fn long_run(steps: i64) -> Rig {
    let rig = Rig::new();
    let rows: Vec<Entry> = (0..steps)
        .map(|step| {
            let spike = if step == 777 { 1e6 } else { step as f64 };
            row(step, &[("loss", Value::Float(spike)), ("epoch", Value::Float(step as f64 / 100.0))])
        })
        .collect();
    rig.store(1, &opening("r"), &rows);
    rig
}

#[test]
fn a_short_series_comes_as_its_points() {
    let rig = rich_run();
    let answer = batch(&rig, json!({"x": "_step", "from": null, "to": null, "buckets": 450, "log_x": false}), "loss", json!(null));
    let series = answer.series(0, 0);
    assert_eq!((series["exact"].clone(), series["points"].clone(), series["length"].clone()), (json!(true), json!(10), json!(10)));
    assert_eq!(answer.column(0, 0, "x"), (0..10).map(f64::from).collect::<Vec<_>>());
    assert!(answer.column(0, 0, "mean")[9].is_nan());
    assert!(series["columns"].get("min").is_none());
    assert_eq!(answer.header["panels"][0]["bucket_width"], 0.0);
}

#[test]
fn a_long_series_comes_in_buckets_that_keep_its_spike() {
    let rig = long_run(5_000);
    let answer = batch(&rig, json!({"buckets": 100}), "loss", json!(null));
    let series = answer.series(0, 0);
    assert_eq!((series["exact"].clone(), series["points"].clone()), (json!(false), json!(5_000)));
    let width = answer.header["panels"][0]["bucket_width"].as_f64().unwrap();
    assert_eq!(width, 64.0);
    assert_eq!(series["length"], 79);
    assert_eq!(answer.column(0, 0, "max").into_iter().fold(0.0, f64::max), 1e6);
    assert_eq!(answer.column(0, 0, "count").iter().sum::<f64>(), 5_000.0);
    assert_eq!(answer.column(0, 0, "x")[..2], [31.5, 95.5]);
    assert_eq!((answer.column(0, 0, "first")[1], answer.column(0, 0, "last")[1], answer.column(0, 0, "mean")[1]), (64.0, 127.0, 95.5));
    // A window that holds few points is exact again.
    let zoomed = batch(&rig, json!({"buckets": 100, "from": 700.5, "to": 800}), "loss", json!(null));
    assert_eq!(zoomed.series(0, 0)["exact"], true);
    assert_eq!(zoomed.column(0, 0, "x"), (701..=800).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn any_key_is_an_axis() {
    let rig = long_run(1_000);
    let answer = batch(&rig, json!({"x": "epoch", "buckets": 1_000, "from": 2.0, "to": 3.0}), "loss", json!(null));
    assert_eq!(answer.column(0, 0, "x"), (200..=300).map(|step| f64::from(step) / 100.0).collect::<Vec<_>>());
    assert_eq!(answer.column(0, 0, "mean")[0], 200.0);
    let runtime = batch(&rig, json!({"x": "_runtime", "buckets": 1_000}), "loss", json!(null));
    assert_eq!(runtime.series(0, 0)["points"], 1_000);
    assert_eq!(runtime.column(0, 0, "x")[..3], [0.0, 1.0, 2.0]);
    let time = batch(&rig, json!({"x": "_timestamp", "buckets": 10}), "loss", json!(null));
    assert!(time.column(0, 0, "x")[0] >= 1.7e9 - 64.0);
    let none = batch(&rig, json!({"x": "nothing", "buckets": 10}), "loss", json!(null));
    assert_eq!(none.series(0, 0)["length"], 0);
}

#[test]
fn a_logarithmic_axis_has_buckets_of_equal_ratio() {
    let rig = long_run(5_000);
    let answer = batch(&rig, json!({"buckets": 20, "log_x": true}), "loss", json!(null));
    assert_eq!(answer.series(0, 0)["points"], 4_999, "step 0 has no logarithm");
    let x = answer.column(0, 0, "x");
    let width = answer.header["panels"][0]["bucket_width"].as_f64().unwrap();
    let far = x.len() - 2;
    assert!((x[far + 1] / x[far] - width.exp2()).abs() < 1e-9);
}

#[test]
fn labels_are_told_apart_or_taken_together() {
    let rig = Rig::new();
    for rank in 0..2u8 {
        let opening = Opening { label: rank.to_string(), rank: Some(rank.into()), primary: rank == 0, ..opening("r") };
        let rows: Vec<Entry> = (0..100).map(|step| row(step, &[("loss", Value::Float(f64::from(rank) * 10.0 + step as f64))])).collect();
        rig.store(rank, &opening, &rows);
    }
    let one = |label| batch(&rig, json!({"buckets": 200}), "loss", label);
    assert_eq!(one(json!(null)).column(0, 0, "mean")[0], 0.0);
    assert_eq!(one(json!("1")).column(0, 0, "mean")[0], 10.0);
    let all = one(json!("*"));
    assert_eq!((all.series(0, 0)["exact"].clone(), all.series(0, 0)["points"].clone()), (json!(false), json!(200)));
    assert_eq!((all.column(0, 0, "mean")[0], all.column(0, 0, "min")[0], all.column(0, 0, "max")[0]), (5.0, 0.0, 10.0));
    assert_eq!(one(json!("7")).series(0, 0)["length"], 0);
}

#[test]
fn an_answer_is_the_same_twice_and_newer_after_a_change() {
    let rig = long_run(3_000);
    let body =
        json!({"entity": "local", "project": "digits", "panels": [{"id": "p", "buckets": 64, "series": [{"run": "r", "key": "loss"}]}]});
    let ask = || rig.post("/api/v1/series:batch", &body.to_string()).body;
    assert_eq!(ask(), ask());
    let before = crate::rig::Batch::parse(&ask());
    let other = Opening { label: "other".into(), ..opening("r") };
    rig.store(9, &other, &[row(5, &[("x", Value::Int(1))])]);
    let after = crate::rig::Batch::parse(&ask());
    assert!(after.series(0, 0)["version"].as_u64() > before.series(0, 0)["version"].as_u64());
}

#[test]
fn a_request_beyond_its_limits_is_refused() {
    let rig = Rig::new();
    for panel in [
        json!({"id": "p", "buckets": 0, "series": []}),
        json!({"id": "p", "buckets": 100_000, "series": []}),
        json!({"id": "p", "buckets": 10, "from": 2, "to": 1, "series": []}),
        json!({"id": "p", "buckets": 10, "series": [{"run": "a/b", "key": "k"}]}),
    ] {
        let body = json!({"entity": "local", "project": "digits", "panels": [panel]});
        assert_eq!(rig.post("/api/v1/series:batch", &body.to_string()).status, 400, "{body}");
    }
}

#[test]
fn names_of_other_sites_are_not_answered_on_loopback() {
    let rig = Rig::new();
    for (host, status) in [("localhost", 200), ("127.0.0.1:1234", 200), ("[::1]", 200), ("evil.com", 403), ("evil.com:7117", 403)] {
        assert_eq!(rig.http("GET", "/api/v1/status", &[("host", host)], "").status, status, "{host}");
    }
    let body = json!({"entity": "e", "project": "p", "panels": []}).to_string();
    let post =
        |origin: &str| rig.http("POST", "/api/v1/series:batch", &[("content-type", "application/json"), ("origin", origin)], &body).status;
    assert_eq!(post("https://evil.com"), 403);
    assert_eq!(post("null"), 403);
    assert_eq!(post("http://localhost:5173"), 200);
    assert_eq!(post(&format!("http://{}", rig.address)), 200);
    for method in ["Query/GetStatus", "Ingest/Attach"] {
        let grpc =
            rig.http("POST", &format!("/stepwell.v1.{method}"), &[("content-type", "text/plain"), ("origin", "https://evil.com")], "");
        assert_eq!(grpc.status, 403, "a page of another site cannot pose as a gRPC client");
    }
    let text = rig.http("POST", "/api/v1/series:batch", &[("content-type", "text/plain")], &body);
    assert_eq!(text.status, 400, "a form of another site cannot pose as JSON");
}

#[test]
fn the_dashboard_is_served_with_its_rules() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("assets")).unwrap();
    std::fs::write(directory.path().join("index.html"), "<title>dash</title>").unwrap();
    std::fs::write(directory.path().join("assets/app-1234.js"), "let a = 1;".repeat(1_000)).unwrap();
    std::fs::write(directory.path().join("icon.svg"), "<svg/>").unwrap();
    let config = ServerConfig::loopback(Arc::new(MemoryStore::default()), Mode::Server, "/data");
    let rig = Rig::with_config(ServerConfig { ui_directory: Some(directory.path().into()), ..config });
    for path in ["/", "/local/digits", "/local/digits/runs/r1.5/charts"] {
        let page = rig.get(path);
        assert_eq!((page.status, page.text().as_str()), (200, "<title>dash</title>"), "{path}");
        assert!(page.head.contains("content-security-policy: default-src 'self'; style-src 'self' 'unsafe-inline'"), "{}", page.head);
        assert!(page.head.contains("cache-control: no-cache"), "{}", page.head);
    }
    let script = rig.http("GET", "/assets/app-1234.js", &[("accept-encoding", "gzip")], "");
    assert!(script.head.contains("immutable") && script.head.contains("content-encoding: gzip"), "{}", script.head);
    assert!(script.body.len() < 1_000);
    assert!(rig.get("/icon.svg").head.contains("image/svg+xml"));
    assert_eq!(rig.get("/assets/gone.js").status, 404);
    assert_eq!(rig.get("/api/v1/gone").status, 404);
    assert_eq!(rig.get("/../Cargo.toml").text(), "<title>dash</title>");
    assert!(!rig.get("/%2e%2e/%2e%2e/etc/passwd").text().contains("root"));
}

#[test]
fn without_a_dashboard_the_page_says_how_to_build_it() {
    let rig = Rig::new();
    let page = rig.get("/");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("npm run build"));
    assert_eq!(rig.get("/local/digits").status, 404);
}

#[test]
fn a_port_in_use_is_named() {
    let rig = Rig::new();
    let config = ServerConfig::loopback(Arc::new(MemoryStore::default()), Mode::Server, "/data");
    let Err(error) = Server::start(ServerConfig { port: rig.address.port(), ..config }) else { panic!("two servers on one port") };
    assert!(matches!(error, StartError::PortInUse { .. }));
    let said = error.to_string();
    assert!(said.contains("127.0.0.1") && said.contains(&rig.address.port().to_string()) && said.contains("another port"), "{said}");
}
