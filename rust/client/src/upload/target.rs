//! The stream of a living writer and where it goes: what the uploaders of its rows and its files share.

use crate::progress::Progress;
use std::path::PathBuf;
use std::sync::Arc;
use stepwell_model::StreamId;

/// A stream and its destination.
pub(crate) struct Target {
    pub(crate) root: PathBuf,
    pub(crate) stream: StreamId,
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) progress: Arc<Progress>,
}

impl Target {
    /// The directory of the stream.
    pub(crate) fn directory(&self) -> PathBuf {
        self.root.join(self.stream.to_string())
    }
}
