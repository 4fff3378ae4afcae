//! Names of things: the path of a run, the id of a stream.

use crate::name::NameRule;
use std::fmt;
use std::str::FromStr;

/// A name that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {name:?} {problem}")]
pub struct InvalidName {
    /// The thing that was named: `project`, `run id`, `stream id`, …
    pub what: &'static str,
    /// The name as given (cut to 64 characters).
    pub name: String,
    /// The problem, as the end of a sentence.
    pub problem: String,
}

impl InvalidName {
    pub(crate) fn new(what: &'static str, name: &str, problem: impl Into<String>) -> Self {
        Self { what, name: name.chars().take(64).collect(), problem: problem.into() }
    }
}

/// One life of a writer: 16 random bytes, written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub [u8; 16]);

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A blob by its content: the SHA-256 of its bytes, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId(pub [u8; 32]);

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

impl FromStr for BlobId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let mut bytes = [0; 32];
        let digits = text.as_bytes();
        let is_hex = digits.len() == 64 && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if !is_hex {
            return Err(InvalidName::new("blob id", text, "must be 64 lowercase hexadecimal digits"));
        }
        let value = |digit: u8| if digit <= b'9' { digit - b'0' } else { digit - b'a' + 10 };
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0]) << 4 | value(pair[1]);
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamId({self})")
    }
}

impl FromStr for StreamId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let invalid = || InvalidName::new("stream id", text, "must be 32 hexadecimal digits");
        if text.len() != 32 || !text.is_ascii() {
            return Err(invalid());
        }
        let mut bytes = [0; 16];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

/// The full name of a run: `entity/project/run`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct RunPath {
    /// The owner; `local` in a store without accounts.
    pub entity: String,
    /// The project.
    pub project: String,
    /// The run's id within the project.
    pub run: String,
}

impl fmt::Display for RunPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.entity, self.project, self.run)
    }
}

impl RunPath {
    /// Checks the three names as those of a run that may exist already: see [`NameRule::check_stored`].
    pub fn new(entity: &str, project: &str, run: &str) -> Result<Self, InvalidName> {
        let path = Self { entity: entity.into(), project: project.into(), run: run.into() };
        path.check().map(|()| path)
    }

    /// Checks the names of a path that was put together without [`new`](Self::new).
    pub fn check(&self) -> Result<(), InvalidName> {
        NameRule::Entity.check_stored(&self.entity)?;
        NameRule::Project.check_stored(&self.project)?;
        NameRule::RunId.check_stored(&self.run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_id_reads_back_what_it_shows() {
        let id = StreamId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("zz".parse::<StreamId>().is_err());
        assert!("é".repeat(16).parse::<StreamId>().is_err());
    }

    #[test]
    fn a_path_names_the_part_that_is_wrong() {
        assert!(RunPath::new("local", "digits", "a1b2").is_ok());
        for (entity, project, run, what) in
            [("local", "a/b", "r", "project"), ("", "p", "r", "entity"), ("local", "p", "a'b", "run id"), ("local", " p", "r", "project")]
        {
            assert_eq!(RunPath::new(entity, project, run).unwrap_err().what, what);
        }
        assert!(RunPath::new("local", &"x".repeat(129), "r").is_err());
    }
}
