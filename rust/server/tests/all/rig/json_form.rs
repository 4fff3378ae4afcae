//! Answers in the JSON of docs/http-api.md: messages of gRPC, and typed arrays in place.

use super::HttpAnswer;
use serde_json::{Value as Json, json};
use stepwell_codec::msgpack;
use stepwell_model::Value;
use stepwell_proto::v1;
use tonic::{Status, Streaming};

/// An answer of typed arrays as JSON with the arrays in place.
pub fn batch(answer: &HttpAnswer) -> HttpAnswer {
    let batch = answer.batch();
    let panel = &batch.header["panels"][0];
    let one = |(index, line): (usize, &Json)| {
        let mut columns = json!({});
        for name in line["columns"].as_object().unwrap().keys() {
            columns[name] = batch.column(0, index, name).into_iter().map(|value| form(&Value::Float(value))).collect();
        }
        json!({"exact": line["exact"], "points": line["points"], "version": line["version"], "columns": columns})
    };
    let series: Vec<Json> = panel["series"].as_array().unwrap().iter().enumerate().map(one).collect();
    let body = json!({"bucket_width": panel["bucket_width"], "series": series});
    HttpAnswer { status: answer.status, head: "content-type: application/json".into(), body: body.to_string().into_bytes() }
}

/// The bytes of a file.
pub async fn whole(mut chunks: Streaming<v1::FileChunk>) -> Result<Json, Status> {
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.message().await? {
        bytes.extend_from_slice(&chunk.data);
    }
    Ok(json!(bytes))
}

/// A key.
pub fn key(key: &v1::Key) -> Json {
    json!({
        "key": key.key, "kinds": key.kinds, "runs": key.runs, "points": key.points,
        "first_step": form(&Value::Int(key.first_step)), "last_step": form(&Value::Int(key.last_step)),
    })
}

/// A preset.
pub fn preset(preset: &v1::Preset, with_spec: bool) -> Json {
    let mut form = json!({"name": preset.name, "title": preset.title, "saved_us": preset.saved_us, "shipped": preset.saved_us == 0});
    if with_spec {
        form["spec"] = serde_json::from_str(&preset.spec).unwrap();
    }
    form
}

/// A run.
pub fn run(run: &v1::Run) -> Json {
    let path = run.path.as_ref().unwrap();
    let labels: Vec<Json> = run.labels.iter().map(|label| json!({"label": label.label, "rank": label.rank})).collect();
    json!({
        "entity": path.entity, "project": path.project, "run": path.run, "name": run.name, "state": run.state,
        "created_us": run.created_us, "heartbeat_us": run.heartbeat_us, "runtime_s": form(&Value::Float(run.runtime_s)), "slot": run.slot,
        "tags": run.tags, "notes": run.notes, "group": run.group, "job_type": run.job_type, "exit_code": run.exit_code, "labels": labels,
        "config": form(&msgpack::from_bytes(&run.config).unwrap()), "summary": form(&msgpack::from_bytes(&run.summary).unwrap()),
        "summary_keys": run.summary_keys, "last_step": run.last_step.map(|step| form(&Value::Int(step))), "rows": run.rows,
        "loss": {"sampled_rows": run.sampled_rows, "lost_rows": run.lost_rows},
    })
}

/// A value in JSON, by the table of docs/http-api.md.
pub fn form(value: &Value) -> Json {
    let float = |name: &str| json!({"_type": "float", "value": name});
    match value {
        Value::Nil => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) if value.unsigned_abs() > 1 << 53 => json!({"_type": "int", "value": value.to_string()}),
        Value::Int(value) => json!(value),
        Value::Float(value) if value.is_nan() => float("NaN"),
        Value::Float(value) if value.is_infinite() => float(if *value > 0.0 { "Infinity" } else { "-Infinity" }),
        Value::Float(value) => json!(value),
        Value::Str(text) => json!(text),
        Value::Bin(bytes) => json!({"_type": "bytes", "length": bytes.len()}),
        Value::Ext(kind, _) => panic!("no value here is an extension, {kind}"),
        Value::List(values) => values.iter().map(form).collect(),
        Value::Map(pairs) => Json::Object(pairs.iter().map(|(key, inner)| (key.clone(), form(inner))).collect()),
    }
}
