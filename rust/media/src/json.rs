//! Tables as JSON.

use crate::error::MediaError;

/// The JSON of one msgpack value that fills `bytes`; see [`stepwell_codec::json`].
pub fn encode(bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    stepwell_codec::json::encode(bytes).map_err(|error| MediaError::Encode { what: "a table", problem: format!("its msgpack {error}") })
}
