//! Routes of HTTP: the API of docs/http-api.md, the dashboard's files, and the guard before them.

mod content_type;
mod dashboard;
mod decode;
mod files;
mod guard;
pub(crate) mod json;
mod metadata;
mod presets;
mod probes;
mod range;
mod series;
pub(crate) mod typed_arrays;
mod values;

pub(crate) use guard::Guard;

use crate::api::REQUEST_BYTES;
use crate::connections::arrival;
use crate::error::{ErrorCode, ServiceError};
use crate::state::context::Context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::path::Path;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::set_header::SetResponseHeaderLayer;

/// Below this an answer fits a packet anyway.
const COMPRESS_ABOVE_BYTES: u16 = 1_024;
/// Sources that a page of ours may load: its own files and connections, nothing else. Styles are set by
/// scripts; media come as blobs.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
                                       connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// All routes but gRPC; those of `live` are of the API, too.
pub(crate) fn router(context: Arc<Context>, live: Router<Arc<Context>>, ui_directory: Option<&Path>) -> Router {
    let api = Router::new()
        .route("/status", get(metadata::status))
        .route("/projects", get(metadata::projects))
        .route("/runs", get(metadata::runs))
        .route("/run", get(metadata::run))
        .route("/keys", get(metadata::keys))
        .route("/files", get(files::list))
        .route("/file", get(files::file))
        .route("/blob/{name}", get(files::blob))
        .route("/series:batch", post(series::batch))
        .route("/histograms", post(values::histograms))
        .route("/values", post(values::newest))
        .route("/presets", get(presets::list))
        .route("/preset", get(presets::get).put(presets::put).delete(presets::delete))
        .merge(live)
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(REQUEST_BYTES))
        .layer(from_fn_with_state((Arc::clone(&context.arriving), REQUEST_BYTES), arrival::whole))
        // What is asked again may have changed.
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .with_state(Arc::clone(&context));
    // Typed arrays of floats hardly get smaller, and most connections are to the same machine.
    let compressed = SizeAbove::new(COMPRESS_ABOVE_BYTES)
        .and(NotForContentType::new("application/octet-stream"))
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::new("font/"))
        // A file of a run is sent as it is: its tag and its ranges are those of its bytes.
        .and(|_, _, headers: &HeaderMap, _: &_| !headers.contains_key(header::ETAG));
    dashboard::add(Router::new().nest("/api/v1", api).merge(probes::router(context)), ui_directory)
        .layer(CompressionLayer::new().gzip(true).compress_when(compressed))
        .layer(SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)))
        .layer(SetResponseHeaderLayer::overriding(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(SetResponseHeaderLayer::overriding(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
}

async fn no_such_path() -> ServiceError {
    ServiceError::new(ErrorCode::NotFound, "there is no such path in /api/v1; docs/http-api.md lists them")
}

async fn no_such_method() -> ServiceError {
    ServiceError::invalid("this path is not asked with that method; docs/http-api.md says which")
}
