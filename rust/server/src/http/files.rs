//! The dashboard's files: hashed assets for ever, everything else fresh, and for the dashboard's own routes its one page.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use std::path::Path;
use tower_http::services::{ServeDir, ServeFile};

/// Where the build puts files whose names hold a hash of their content.
const ASSETS: &str = "/assets/";
/// Shown when there is no dashboard.
const NO_DASHBOARD: &str = "<!doctype html><meta charset=\"utf-8\"><title>Stepwell</title><h1>Stepwell is running</h1>\
    <p>The API is at <a href=\"/api/v1/status\">/api/v1</a>. The dashboard is not built: run</p><pre>cd web\nnpm ci\nnpm run build</pre>\
    <p>and start the server again, or install the package, which brings it along.</p>\n";

/// Adds the files to the routes.
pub(super) fn add(router: Router, ui_directory: Option<&Path>) -> Router {
    let Some(directory) = ui_directory.filter(|directory| directory.join("index.html").is_file()) else {
        return router.route("/", get(|| async { Html(NO_DASHBOARD) })).fallback(|| async { (StatusCode::NOT_FOUND, Html(NO_DASHBOARD)) });
    };
    let page = ServeFile::new(directory.join("index.html"));
    let files = Router::new().fallback_service(ServeDir::new(directory).fallback(page)).layer(from_fn(caching));
    router.fallback_service(files)
}

/// Says how long a file may be kept. A missing asset is missing: the page in its place would only puzzle whoever loads it.
async fn caching(request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let asset = request.uri().path().starts_with(ASSETS);
    let mut response = next.run(request).await;
    let is_page = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if asset && is_page {
        return StatusCode::NOT_FOUND.into_response();
    }
    let keep = if asset && response.status().is_success() { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}
