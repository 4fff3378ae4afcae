//! Status of the server: its version, its mode, its directory, and how far it has read.

use crate::state::catch_up::Backlog;
use crate::state::context::Context;
use stepwell_model::TimeMicros;

/// The version of every crate of this workspace.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Facts about a server.
pub(crate) struct ServerStatus {
    /// `local` or `server`.
    pub(crate) mode: &'static str,
    /// When it started.
    pub(crate) started: TimeMicros,
    /// Directory of its store.
    pub(crate) directory: String,
    /// What it found in the spools of the directory.
    pub(crate) backlog: Backlog,
}

/// The status.
pub(crate) fn get(context: &Context) -> ServerStatus {
    ServerStatus {
        mode: context.mode.name(),
        started: context.started,
        directory: context.directory.display().to_string(),
        backlog: context.backlog(),
    }
}
