//! Decoding of requests: the parameters of a URL, and JSON bodies.

use crate::api;
use crate::error::{ErrorCode, ServiceError};
use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use stepwell_model::RunPath;

/// The parameters of a request, in order; names may come more than once.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn new(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The first of a name.
    pub(super) fn one(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    /// The first of a name, without which the request makes no sense.
    pub(super) fn needed(&self, name: &str) -> Result<String, ServiceError> {
        self.one(name).ok_or_else(|| ServiceError::invalid(format!("the parameter `{name}` is missing")))
    }

    /// All of a name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    /// The number of a name.
    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, ServiceError> {
        let number = |text: String| text.parse().map_err(|_| ServiceError::invalid(format!("`{name}` must be a number, not {text:?}")));
        self.one(name).map(number).transpose()
    }

    /// The run that `entity`, `project` and `run` name.
    pub(super) fn run_path(&self) -> Result<RunPath, ServiceError> {
        api::run_path(&self.needed("entity")?, &self.needed("project")?, &self.needed("run")?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::new(parts.uri.query().unwrap_or_default()))
    }
}

/// A body of JSON.
pub(super) struct JsonBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ServiceError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ServiceError> {
        let body = Json::from_request(request, state).await;
        body.map(|Json(inner)| Self(inner)).map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                ServiceError::new(ErrorCode::TooLarge, format!("a request may have at most {} MiB", api::REQUEST_BYTES >> 20))
            }
            _ => ServiceError::invalid(error.body_text()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_come_more_than_once() {
        let expected = [("run", "a b"), ("run", "ü"), ("x", ""), ("bad", "%zz")];
        let Parameters(found) = Parameters::new("run=a+b&run=%C3%BC&&x&bad=%zz");
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
