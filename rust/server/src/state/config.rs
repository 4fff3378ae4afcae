//! Configuration of a server, given at its start.

use crate::connections::ConnectionLimits;
use std::path::PathBuf;
use std::sync::Arc;
use stepwell_store::Store;

/// Origin of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// From the spools below this directory, read live, and from writers that connect.
    Local {
        /// The directory that holds one directory per stream; it may come into being later.
        spool_root: PathBuf,
    },
    /// From writers that connect.
    Server,
}

impl Mode {
    /// The name used on the wire and in the dashboard.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Local { .. } => "local",
            Self::Server => "server",
        }
    }
}

/// Parameters of a server.
#[derive(Clone)]
pub struct ServerConfig {
    /// Address or name to listen on. There is no authentication: anything but loopback opens the store to the
    /// network.
    pub host: String,
    /// Port to listen on; 0 picks a free one.
    pub port: u16,
    /// Store of runs.
    pub store: Arc<dyn Store>,
    /// The built dashboard; without one, `/` says how to build it.
    pub ui_directory: Option<PathBuf>,
    /// Origin of rows.
    pub mode: Mode,
    /// Directory of the store, to be shown to the user.
    pub directory: PathBuf,
    /// Limits on the number of connections, and on how long they wait for their clients.
    pub connections: ConnectionLimits,
    /// Whether contents of files that no run names any more are removed. Only the process that has the
    /// directory for itself may: it has to know of every upload.
    pub sweeps_blobs: bool,
}

impl ServerConfig {
    /// A server on a free port of the loopback interface.
    pub fn loopback(store: Arc<dyn Store>, mode: Mode, directory: impl Into<PathBuf>) -> Self {
        let connections = ConnectionLimits::default();
        Self {
            host: "127.0.0.1".into(),
            port: 0,
            store,
            ui_directory: None,
            mode,
            directory: directory.into(),
            connections,
            sweeps_blobs: false,
        }
    }
}
