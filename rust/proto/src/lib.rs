//! The gRPC code generated from proto/, and its conversions to the model.

pub mod convert;

pub use convert::ConvertError;

/// Version of the ingest protocol: client and server speak the same one, or part.
pub const PROTOCOL: u32 = 1;

/// Messages and services of `stepwell.v1`, as the .proto files document them.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated code; the .proto files are the reference")]
pub mod v1 {
    tonic::include_proto!("stepwell.v1");
}
