//! From wire messages to the model and back.

use crate::v1;
use stepwell_model::{InvalidName, Opening, RunPath, StreamId};

/// A message that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// A field that must be there is not.
    #[error("the field `{0}` is missing")]
    Missing(&'static str),
    /// A stream id that is not 16 bytes long.
    #[error("a stream id has 16 bytes, not {0}")]
    StreamId(usize),
    /// A name that cannot be used.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

/// Reads a stream id.
pub fn stream_id(bytes: &[u8]) -> Result<StreamId, ConvertError> {
    bytes.try_into().map(StreamId).map_err(|_| ConvertError::StreamId(bytes.len()))
}

impl TryFrom<v1::RunPath> for RunPath {
    type Error = ConvertError;

    fn try_from(path: v1::RunPath) -> Result<Self, ConvertError> {
        Ok(Self::new(&path.entity, &path.project, &path.run)?)
    }
}

impl From<RunPath> for v1::RunPath {
    fn from(path: RunPath) -> Self {
        Self { entity: path.entity, project: path.project, run: path.run }
    }
}

impl TryFrom<v1::Opening> for Opening {
    type Error = ConvertError;

    fn try_from(opening: v1::Opening) -> Result<Self, ConvertError> {
        let path = RunPath::try_from(opening.path.ok_or(ConvertError::Missing("opening.path"))?)?;
        Ok(Self {
            path,
            label: opening.label,
            rank: opening.rank,
            primary: opening.primary,
            attempt: opening.attempt,
            time: opening.time_us,
            runtime_offset: opening.runtime_offset_us,
            host: opening.host,
            pid: opening.pid,
            destination: String::new(),
            version: opening.version,
        })
    }
}

impl From<Opening> for v1::Opening {
    fn from(opening: Opening) -> Self {
        Self {
            path: Some(opening.path.into()),
            label: opening.label,
            rank: opening.rank,
            primary: opening.primary,
            attempt: opening.attempt,
            time_us: opening.time,
            runtime_offset_us: opening.runtime_offset,
            host: opening.host,
            pid: opening.pid,
            version: opening.version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_travels_whole() {
        let opening = Opening {
            path: RunPath::new("local", "p", "r").unwrap(),
            label: "1".into(),
            rank: Some(1),
            primary: true,
            attempt: 3,
            time: 4,
            runtime_offset: 5,
            host: "h".into(),
            pid: 6,
            destination: String::new(),
            version: "v".into(),
        };
        assert_eq!(Opening::try_from(v1::Opening::from(opening.clone())), Ok(opening));
        assert_eq!(Opening::try_from(v1::Opening::default()), Err(ConvertError::Missing("opening.path")));
    }
}
