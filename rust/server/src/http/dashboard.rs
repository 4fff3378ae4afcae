//! The dashboard's files: hashed assets for ever, everything else fresh, and one page for all of its own
//! routes.

use crate::error::{ErrorCode, ServiceError};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use std::path::Path;
use tower_http::services::{ServeDir, ServeFile};

/// Folder of the build for files whose names hold a hash of their content.
const ASSETS: &str = "/assets/";
/// Shown when there is no dashboard.
const NO_DASHBOARD: &str = "<!doctype html><meta charset=\"utf-8\"><title>Stepwell</title><h1>Stepwell is running</h1>\
    <p>The API is at <a href=\"/api/v1/status\">/api/v1</a>. The dashboard is not built: run</p><pre>cd web\nnpm ci\nnpm run build</pre>\
    <p>and start the server again, or install the package, which brings it along.</p>\n";

/// Adds the files to the routes.
pub(super) fn add(router: Router, ui_directory: Option<&Path>) -> Router {
    let Some(directory) = ui_directory.filter(|directory| directory.join("index.html").is_file()) else {
        return router.route("/", get(|| async { Html(NO_DASHBOARD) })).fallback(not_built);
    };
    let page = ServeFile::new(directory.join("index.html"));
    let files = Router::new().fallback_service(ServeDir::new(directory).fallback(page)).layer(from_fn(caching));
    router.fallback_service(files)
}

/// Whether the dashboard has a page there; the routes are those of `web/src/App.tsx`.
fn is_page(path: &str) -> bool {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let in_project = match parts[..] {
        [""] => return true,
        ["api" | "assets", ..] => false,
        [entity, _] | [entity, _, "runs"] | [entity, _, "runs", _] | [entity, _, "runs", _, "charts" | "overview"] => {
            !entity.starts_with("grpc.")
        }
        _ => false,
    };
    in_project && parts.iter().all(|part| !part.is_empty())
}

async fn not_built(request: Request) -> Response {
    if is_page(request.uri().path()) {
        (StatusCode::NOT_FOUND, Html(NO_DASHBOARD)).into_response()
    } else {
        nothing_there().into_response()
    }
}

fn nothing_there() -> ServiceError {
    ServiceError::new(ErrorCode::NotFound, "there is no such path; docs/http-api.md lists those of the API, and the dashboard begins at /")
}

/// Whether somebody looks at the answer, who is better served with the dashboard's page that says the same.
fn is_for_browser(request: &Request) -> bool {
    let accepted = request.headers().get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// Says how long a file may be kept, and answers with the page only where there is one.
async fn caching(request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path();
    let (asset, page, for_browser) = (path.starts_with(ASSETS), is_page(path) || path == "/index.html", is_for_browser(&request));
    let mut response = next.run(request).await;
    let is_html = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_html && !page {
        // A missing asset is missing: the page in its place would only puzzle whoever loads it.
        if asset || !for_browser {
            return nothing_there().into_response();
        }
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    let keep = if asset && response.status().is_success() { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_the_dashboard_are_known() {
        for page in [
            "/",
            "/local/digits",
            "/local/digits/",
            "/local/a%2Fb/runs",
            "/local/d/runs/r1",
            "/local/d/runs/r1/charts",
            "/l/d/runs/r/overview",
        ] {
            assert!(is_page(page), "{page}");
        }
        for other in [
            "/health",
            "/ready",
            "/metrics",
            "/api/v1",
            "/api/v2/x",
            "/local//runs",
            "/local/d/x",
            "/l/d/runs/r/other",
            "/l/d/runs/r/charts/x",
        ] {
            assert!(!is_page(other), "{other}");
        }
    }
}
