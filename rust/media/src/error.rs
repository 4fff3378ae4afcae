//! Errors of encoders of media.

/// A value that cannot become a file. The words name what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// The array has other dimensions.
    #[error("{what} cannot be made of an array of shape {shape:?}; expected {expected}")]
    Shape {
        /// The medium that was to be made.
        what: &'static str,
        /// The array's shape.
        shape: Vec<usize>,
        /// The shapes that are taken.
        expected: &'static str,
    },
    /// The elements have another type.
    #[error("{what} cannot be made of {found} values; expected {expected}")]
    Type {
        /// The medium that was to be made.
        what: &'static str,
        /// The array's type, as numpy writes it.
        found: String,
        /// The types that are taken.
        expected: &'static str,
    },
    /// A number beside the array is out of its range.
    #[error("{0}")]
    Parameter(String),
    /// An encoder failed.
    #[error("{what} could not be encoded: {problem}")]
    Encode {
        /// The medium that was to be made.
        what: &'static str,
        /// The encoder's words.
        problem: String,
    },
}
