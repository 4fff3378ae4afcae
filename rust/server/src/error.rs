//! Errors of requests: one small code, mapped to gRPC and HTTP here and nowhere else.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use stepwell_proto::ConvertError;
use stepwell_store::StoreError;
use tonic::{Code, Status};

/// The sort of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorCode {
    /// The request makes no sense.
    Invalid,
    /// The request comes from a place that may not ask.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The request is larger than its limit.
    TooLarge,
    /// The request comes too slowly.
    Timeout,
    /// Something is in use that the request would take away.
    Busy,
    /// Not just now; trying again may help.
    Unavailable,
    /// The stored data, or the server, is broken.
    Internal,
}

impl ErrorCode {
    /// The code's name in JSON.
    fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::TooLarge => "too_large",
            Self::Timeout => "timeout",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    fn http(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::Busy => StatusCode::CONFLICT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn grpc(self) -> Code {
        match self {
            Self::Invalid => Code::InvalidArgument,
            Self::Forbidden => Code::PermissionDenied,
            Self::NotFound => Code::NotFound,
            Self::TooLarge => Code::ResourceExhausted,
            Self::Timeout => Code::DeadlineExceeded,
            Self::Busy => Code::FailedPrecondition,
            Self::Unavailable => Code::Unavailable,
            Self::Internal => Code::Internal,
        }
    }
}

/// Reason why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ServiceError {
    /// The sort of failure.
    pub(crate) code: ErrorCode,
    /// Problem, and what was expected, for the user.
    pub(crate) message: String,
}

impl ServiceError {
    /// A failure of the given sort.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A request that makes no sense.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Invalid, message)
    }

    /// Something that trying again may mend.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Unavailable, message)
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::NotFound(_) | StoreError::Deleted(_) => ErrorCode::NotFound,
            StoreError::Invalid(_) => ErrorCode::Invalid,
            StoreError::Unavailable(_) => ErrorCode::Unavailable,
            StoreError::Damaged(_) => ErrorCode::Internal,
        };
        Self::new(code, error.to_string())
    }
}

impl From<ConvertError> for ServiceError {
    fn from(error: ConvertError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<ServiceError> for Status {
    fn from(error: ServiceError) -> Self {
        Self::new(error.code.grpc(), error.message)
    }
}

impl IntoResponse for ServiceError {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code.name(), "message": self.message}});
        (self.code.http(), Json(body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_store_error_has_one_code_for_grpc_and_http() {
        for (error, grpc, http) in [
            (StoreError::NotFound("run a/b/c".into()), Code::NotFound, 404),
            (StoreError::Invalid("no".into()), Code::InvalidArgument, 400),
            (StoreError::Unavailable("disk full".into()), Code::Unavailable, 503),
            (StoreError::Damaged("chunk".into()), Code::Internal, 500),
            (StoreError::Deleted("a/b/c".into()), Code::NotFound, 404),
        ] {
            let error = ServiceError::from(error);
            assert_eq!(error.clone().into_response().status().as_u16(), http);
            assert_eq!(Status::from(error).code(), grpc);
        }
    }
}
