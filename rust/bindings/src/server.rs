//! `Server`: the embedded server for Python.

use crate::enter::{Process, enter};
use crate::read::spools;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use stepwell_lock::Mutex;
use stepwell_server::{Mode, ServerConfig};
use stepwell_spool::OsDisk;
use stepwell_store::{MemoryStore, Store};
use stepwell_store_sqlite::{FILE_NAME, OnDamage, OpenError, Settings, SqliteStore};

/// An embedded server over a directory: gRPC, HTTP and WebSocket on one port.
#[pyclass(frozen, module = "stepwell._native")]
pub(crate) struct Server {
    running: Mutex<Option<stepwell_server::Server>>,
    /// Completes the index of openings.
    openings: Mutex<Option<JoinHandle<()>>>,
    address: std::net::SocketAddr,
}

/// One more than the fork generation in which this line of processes first opened SQLite; 0 if it has not.
static SQLITE_OPENED: AtomicU32 = AtomicU32::new(0);

/// Notes that SQLite is wanted here, and says whether a parent had it open when it forked. SQLite keeps locks
/// and a table of files in the process, which the child inherits in whatever state they were; so it does not
/// open SQLite again.
fn inherits_sqlite() -> bool {
    let now = Process::current().forks + 1;
    let first = SQLITE_OPENED.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed).unwrap_or_else(|first| first);
    first != 0 && first != now
}

/// Opens the store of a directory. In local mode it is an index of the spools beside it: one that is damaged
/// is put aside and made anew.
fn open_store(directory: &Path, mode: &Mode) -> Result<Arc<dyn Store>, OpenError> {
    if *mode == Mode::Server {
        inherits_sqlite();
        return SqliteStore::open(directory).map(shared);
    }
    if inherits_sqlite() {
        // The spools hold everything; the index of this short-lived process needs no file.
        return Ok(Arc::new(MemoryStore::default()));
    }
    let folder = directory.join("store");
    let settings = Settings { on_damage: OnDamage::Refuse, ..Settings::default() };
    let opened = SqliteStore::open_with(&folder, settings).and_then(|store| match store.recoveries() {
        // It was damaged while it was open, and what was taken out of it is not all.
        Ok(recoveries) if !recoveries.is_empty() => Err(OpenError::Damaged { path: folder.join(FILE_NAME), reason: recoveries.join("; ") }),
        Ok(_) => Ok(store),
        Err(error) => Err(OpenError::Damaged { path: folder.join(FILE_NAME), reason: error.to_string() }),
    });
    match opened {
        Err(OpenError::Damaged { path, reason }) => {
            let aside = directory.join("store.damaged");
            // An older one that was put aside gives way: it is an index as well.
            let _ = std::fs::remove_dir_all(&aside);
            std::fs::rename(&folder, &aside).map_err(|error| {
                let reason = format!("it is damaged ({reason}) and cannot be put aside: {error}");
                OpenError::Unusable { path: path.clone(), reason }
            })?;
            tracing::warn!(
                "the index {} was damaged ({reason}); it is kept in {} and made anew from the spool",
                path.display(),
                aside.display()
            );
            SqliteStore::open_with(&folder, settings).map(shared)
        }
        opened => opened.map(shared),
    }
}

fn shared(store: SqliteStore) -> Arc<dyn Store> {
    Arc::new(store)
}

#[pymethods]
impl Server {
    #[new]
    #[pyo3(signature = (*, directory, mode, host="127.0.0.1".into(), port=0, ui_directory=None, max_connections=None, sweeps_blobs=false))]
    #[allow(clippy::too_many_arguments, reason = "Python gives them by name")]
    fn new(
        py: Python<'_>,
        directory: PathBuf,
        mode: &str,
        host: String,
        port: u16,
        ui_directory: Option<PathBuf>,
        max_connections: Option<usize>,
        sweeps_blobs: bool,
    ) -> PyResult<Self> {
        let (spool_root, index) = (directory.join("spool"), spools::index(&directory));
        let server_mode = match mode {
            "local" => Mode::Local { spool_root: spool_root.clone() },
            "server" => Mode::Server,
            other => return Err(PyValueError::new_err(format!("mode is {other:?}, expected \"server\" or \"local\""))),
        };
        let store = enter(py, || open_store(&directory, &server_mode))?;
        let mut config = ServerConfig { host, port, ui_directory, ..ServerConfig::loopback(store, server_mode, directory) };
        config.connections.most = max_connections;
        config.sweeps_blobs = sweeps_blobs;
        let server = enter(py, || stepwell_server::Server::start(config))?;
        let mut openings = None;
        if mode == "local" {
            let complete = move || drop(stepwell_client::complete_index(Arc::new(OsDisk), &spool_root, &index));
            // Where no thread can be had, the next run that begins here reads the openings itself.
            openings = std::thread::Builder::new().name("sw-openings".into()).spawn(complete).ok();
        }
        Ok(Self { address: server.address(), running: Mutex::new(Some(server)), openings: Mutex::new(openings) })
    }

    #[getter]
    fn port(&self) -> u16 {
        self.address.port()
    }

    #[getter]
    fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    #[pyo3(signature = (timeout=5.0))]
    fn stop(&self, py: Python<'_>, timeout: f64) -> PyResult<()> {
        let timeout = Duration::try_from_secs_f64(timeout).map_err(|_| PyRuntimeError::new_err("timeout must be a number of seconds"))?;
        py.detach(|| {
            if let Some(server) = self.running.lock().take() {
                server.stop(timeout);
            }
            // Whoever removes the directory next must not meet a file that it makes.
            if let Some(openings) = self.openings.lock().take() {
                let _ = openings.join();
            }
        });
        Ok(())
    }
}
