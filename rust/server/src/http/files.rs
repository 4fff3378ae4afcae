//! Routes for files of runs: their list, and their bytes, whole or in part.
//!
//! The bytes are what users logged, so a page among them must not act as one of ours. Whatever a browser
//! could run is answered with a policy that puts it into an origin of its own: its scripts run, and reach
//! neither cookies, storage and windows of the dashboard nor any network.

use super::content_type;
use super::decode::Parameters;
use super::json;
use super::range::{self, Wanted};
use crate::api::files::{self as api, Content};
use crate::error::{ErrorCode, ServiceError};
use crate::state::context::Context;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::fmt::Display;
use std::sync::Arc;
use stepwell_model::BlobId;

/// For what a browser could run.
const SANDBOX: &str = "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                       img-src data: blob:; media-src data: blob:";
/// A path may be logged again with another content.
const MAY_CHANGE: &str = "private, no-cache";
/// A blob is named by its content.
const NEVER_CHANGES: &str = "private, max-age=31536000, immutable";
/// Bytes that are read at once.
const PIECE_BYTES: usize = 256 << 10;

/// Bytes that a parameter of a header cannot carry as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

type Shared = State<Arc<Context>>;

/// `?entity=&project=&run=`
pub(super) async fn list(State(context): Shared, query: Parameters) -> Result<Json<Value>, ServiceError> {
    let path = query.run_path()?;
    Ok(Json(context.read(move |context| Ok(json::files(&api::list(context, &path)?))).await?))
}

/// `?entity=&project=&run=&path=`
pub(super) async fn file(State(context): Shared, query: Parameters, headers: HeaderMap) -> Result<Response, ServiceError> {
    let (run, path) = (query.run_path()?, query.needed("path")?);
    let opened = context.read(move |context| Ok((api::open_file(context, &run, &path)?, path))).await;
    let (content, path) = opened?;
    Ok(respond(context, content, &path, MAY_CHANGE, &headers))
}

/// `/blob/<sha256>` or `/blob/<sha256>.<extension>`, which says what it is.
pub(super) async fn blob(State(context): Shared, Path(name): Path<String>, headers: HeaderMap) -> Result<Response, ServiceError> {
    let id = name.split_once('.').map_or(name.as_str(), |(id, _)| id);
    let id = id.parse::<BlobId>().map_err(|error| ServiceError::invalid(error.to_string()))?;
    let content = context.read(move |context| api::open_blob(context, id)).await?;
    Ok(respond(context, content, &name, NEVER_CHANGES, &headers))
}

fn respond(context: Arc<Context>, content: Content, path: &str, caching: &'static str, asked: &HeaderMap) -> Response {
    let (tag, size) = (format!("\"{}\"", content.blob), content.size);
    let (kind, harmless) = content_type::of(path);
    let mut response = if range::is_known(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let (status, range) = match range::wanted(asked, size, &tag) {
            Wanted::Whole => (StatusCode::OK, 0..size),
            Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
            Wanted::Nothing => return unsatisfiable(size),
        };
        let (first, length) = (range.start, range.end - range.start);
        let mut response = (status, Body::from_stream(content.pieces(context, range, PIECE_BYTES))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CONTENT_LENGTH, length.into());
        if status == StatusCode::PARTIAL_CONTENT {
            put(headers, header::CONTENT_RANGE, &format!("bytes {first}-{}/{size}", first + length - 1));
        }
        put(headers, header::CONTENT_DISPOSITION, &format!("inline; filename*=UTF-8''{}", percent_encoded(path)));
        response
    };
    let headers = response.headers_mut();
    put(headers, header::ETAG, &tag);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if !harmless {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
    }
    response
}

fn unsatisfiable(size: u64) -> Response {
    let mut response =
        ServiceError::new(ErrorCode::Invalid, format!("the file has {size} bytes, none of which are in the range")).into_response();
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    put(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{size}"));
    response
}

fn put(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    // What is put here is ASCII.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The last part of a path, as a header may carry it (RFC 8187).
fn percent_encoded(path: &str) -> impl Display {
    utf8_percent_encode(path.rsplit('/').next().unwrap_or(path), ENCODED)
}
