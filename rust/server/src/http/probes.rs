//! Probes: `/healthz` for whoever restarts the server, `/readyz` for whoever sends it work, `/metrics` for
//! Prometheus.

use crate::error::ServiceError;
use crate::state::context::Context;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use std::sync::Arc;

/// Adds the routes.
pub(super) fn router(context: Arc<Context>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { ([(header::CACHE_CONTROL, "no-store")], "ok\n") }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(context)
}

async fn ready(State(context): State<Arc<Context>>) -> Result<impl IntoResponse, ServiceError> {
    if *context.stopping.borrow() {
        return Err(ServiceError::unavailable("the server is going away"));
    }
    let look = |context: &Context| context.readiness.look(&*context.store, &context.blobs);
    // Whatever the reason, the answer is 503: this server is not to be sent anything.
    context.read(look).await.map_err(|error| ServiceError::unavailable(error.message))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], "ok\n"))
}

async fn metrics(State(context): State<Arc<Context>>) -> impl IntoResponse {
    let (connections, evicted, refused) = context.admission.counts();
    let values = [
        ("connections", "gauge", "Open connections.", connections as u64),
        ("connections_closed_for_others_total", "counter", "Waiting connections that were closed because there was no room.", evicted),
        ("connections_refused_total", "counter", "Connections that were refused because there was no room.", refused),
        ("websockets", "gauge", "Open WebSockets.", u64::from(context.open_tabs())),
        ("arriving_bytes", "gauge", "Bytes of requests that have arrived in part.", context.arriving.used() as u64),
        ("answering_bytes", "gauge", "Bytes of large answers that clients have not taken yet.", context.answering.used() as u64),
        ("push_buffer_bytes", "gauge", "Bytes that WebSockets hold for their browsers.", context.pushing.used() as u64),
        ("committed_bytes_total", "counter", "Bytes of frames committed since the start.", context.appended.get()),
    ];
    let mut text = String::new();
    for (name, kind, help, value) in values {
        text.push_str(&format!("# HELP stepwell_{name} {help}\n# TYPE stepwell_{name} {kind}\nstepwell_{name} {value}\n"));
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], text)
}
