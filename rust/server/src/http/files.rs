//! The files of runs: their list, and their bytes, whole or in part.
//!
//! The bytes are what users logged, so a page among them must not act as one of ours. Whatever a browser could run is answered with a policy
//! that puts it into an origin of its own: its scripts run, and reach neither cookies, storage and windows of the dashboard nor any network.

use super::content_type;
use super::metadata::{self, RunQuery};
use super::range::{self, Wanted};
use crate::api::files::{self as content, Content};
use crate::error::{ErrorCode, ServiceError};
use crate::state::context::Context;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
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

type Shared = State<Arc<Context>>;

/// `?entity=&project=&run=`
pub(super) async fn list(State(context): Shared, query: Result<Query<RunQuery>, QueryRejection>) -> Result<Json<Value>, ServiceError> {
    let Query(query) = query.map_err(|error| ServiceError::invalid(error.body_text()))?;
    let files = content::list(&context, query.path()?).await?;
    let file = |listed: &content::ListedFile| {
        let file = &listed.info.file;
        json!({
            "path": file.path, "sha256": file.blob.to_string(), "size": file.size, "time_us": listed.info.time,
            "present": listed.present,
        })
    };
    Ok(Json(json!({"files": files.iter().map(file).collect::<Vec<_>>()})))
}

/// `?entity=&project=&run=&path=`
#[derive(Deserialize)]
pub(super) struct FileQuery {
    entity: String,
    project: String,
    run: String,
    path: String,
}

pub(super) async fn file(State(context): Shared, query: Result<Query<FileQuery>, QueryRejection>, headers: HeaderMap) -> Response {
    let answer = async {
        let Query(query) = query.map_err(|error| ServiceError::invalid(error.body_text()))?;
        let run = metadata::path(&query.entity, &query.project, &query.run)?;
        let content = content::open_file(&context, run, query.path.clone()).await?;
        Ok(respond(context, content, &query.path, MAY_CHANGE, &headers))
    };
    answer.await.unwrap_or_else(ServiceError::into_response)
}

/// `/blob/<sha256>` or `/blob/<sha256>.<extension>`, which says what it is.
pub(super) async fn blob(State(context): Shared, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let answer = async {
        let id = name.split_once('.').map_or(name.as_str(), |(id, _)| id);
        let id = id.parse::<BlobId>().map_err(|error| ServiceError::invalid(error.to_string()))?;
        let content = content::open_blob(&context, id).await?;
        Ok(respond(context, content, &name, NEVER_CHANGES, &headers))
    };
    answer.await.unwrap_or_else(ServiceError::into_response)
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
fn percent_encoded(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
