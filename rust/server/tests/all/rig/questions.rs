//! Questions for runs and lines that mean the same over HTTP and gRPC.

use serde_json::{Value as Json, json};
use stepwell_proto::v1;

/// Lists of runs: parameters of HTTP, and the fields of gRPC that mean the same.
pub(crate) fn run_lists() -> Vec<(&'static str, &'static str, v1::ListRunsRequest)> {
    let ask = v1::ListRunsRequest::default;
    vec![
        ("runs", "", ask()),
        ("a page of runs", "&limit=1&offset=1", v1::ListRunsRequest { limit: 1, offset: 1, ..ask() }),
        ("runs in an order", "&order=%2Bname", v1::ListRunsRequest { order: "+name".into(), ..ask() }),
        (
            "runs of a filter",
            "&filters=%7B%22display_name%22%3A%22first%22%7D",
            v1::ListRunsRequest { filters: r#"{"display_name":"first"}"#.into(), ..ask() },
        ),
        (
            "runs with some values",
            "&summary=loss&summary=second",
            v1::ListRunsRequest { summary_keys: vec!["loss".into(), "second".into()], ..ask() },
        ),
        (
            "runs with columns",
            "&columns=config.lr&columns=summary.loss",
            v1::ListRunsRequest { columns: vec!["config.lr".into(), "summary.loss".into()], ..ask() },
        ),
        ("runs with one value", "&summary_limit=1", v1::ListRunsRequest { summary_limit: 1, ..ask() }),
    ]
}

/// Panels in JSON, and the fields of gRPC that mean the same.
pub(crate) fn series() -> Vec<(&'static str, Json, v1::GetSeriesRequest)> {
    let ask = || v1::GetSeriesRequest { buckets: 50, ..Default::default() };
    vec![
        ("series", json!({"buckets": 50}), ask()),
        ("exact series", json!({"buckets": 1_000}), v1::GetSeriesRequest { buckets: 1_000, ..ask() }),
        (
            "series within a window",
            json!({"buckets": 50, "from": 10.5, "to": 300}),
            v1::GetSeriesRequest { from: Some(10.5), to: Some(300.0), ..ask() },
        ),
        ("series over another x", json!({"buckets": 50, "x": "first"}), v1::GetSeriesRequest { x: "first".into(), ..ask() }),
        ("series over log x", json!({"buckets": 50, "log_x": true}), v1::GetSeriesRequest { log_x: true, ..ask() }),
    ]
}
