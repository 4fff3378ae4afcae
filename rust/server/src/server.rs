//! A running server: one port for gRPC, HTTP and WebSocket, and the threads behind it.
//!
//! ```text
//! sw-io     2   sockets: gRPC, HTTP/1.1, HTTP/2, WebSocket; calls into the store go to blocking threads
//! sw-commit 1   group commit
//! sw-upkeep 1   heartbeats, compaction
//! sw-follow 1   local mode: reads spools
//! ```
//!
//! They end in the order follower, sockets, commit, maintenance: whoever submits ends before whoever commits.

use crate::connections::Connections;
use crate::grpc::{ManageService, QueryService};
use crate::http;
use crate::ingest::IngestService;
use crate::ingest::commit::Committer;
use crate::live;
use crate::local::Follower;
use crate::maintenance::Maintenance;
use crate::maintenance::sweep::GRACE;
use crate::state::appended::AppendedBytes;
use crate::state::catch_up::CatchUp;
use crate::state::config::{Mode, ServerConfig};
use crate::state::context::{Context, Parts};
use crate::state::heartbeats::Heartbeats;
use crate::state::thread::Worker;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{oneshot, watch};

/// Threads for sockets: they move bytes, everything heavier is elsewhere.
const IO_THREADS: usize = 2;
/// Threads for blocking calls, at most: reads, scans and the writing of blobs are bounded lower, the rest is
/// for checking frames.
const BLOCKING_THREADS: usize = 32;
/// Interval at which contents that nobody needs are looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3_600);
/// Time that a server that is dropped without [`Server::stop`] takes to end.
const DROP_TIMEOUT: Duration = Duration::from_secs(1);

/// Reason why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process has the port.
    #[error("port {port} on {host} is in use: stop the program that has it, or choose another port (0 picks a free one)")]
    PortInUse {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {host}:{port}: {source}; 127.0.0.1 is reachable from this machine, 0.0.0.0 from the network")]
    Address {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// Message of the system.
        source: std::io::Error,
    },
    /// A thread could not be started.
    #[error("cannot start the threads of the server: {0}")]
    Threads(std::io::Error),
}

/// A running server. Dropping it stops it within a second.
pub struct Server {
    address: SocketAddr,
    running: Option<Running>,
}

struct Running {
    runtime: Runtime,
    context: Arc<Context>,
    stopping: watch::Sender<bool>,
    sockets_ended: oneshot::Receiver<()>,
    follower: Option<(Arc<CatchUp>, Worker)>,
    committer: Arc<Committer>,
    commit: Worker,
    maintenance: Arc<Maintenance>,
    maintenance_worker: Worker,
}

impl Server {
    /// Starts a server. It takes connections when this returns.
    ///
    /// # Errors
    /// If the port is in use or the address cannot be listened on; nothing is left running then.
    pub fn start(config: ServerConfig) -> Result<Self, StartError> {
        let listener = bind(&config.host, config.port)?;
        let address = listener.local_addr().map_err(StartError::Threads)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(IO_THREADS)
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("sw-io")
            .enable_all()
            .build()
            .map_err(StartError::Threads)?;
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(StartError::Threads)?
        };

        let appended = Arc::<AppendedBytes>::default();
        let committer = Committer::new(Arc::clone(&config.store), Arc::clone(&appended));
        let commit = committer.start().map_err(StartError::Threads)?;
        let heartbeats = Arc::new(Heartbeats::default());
        let maintenance = Arc::new(Maintenance::default());
        let maintenance_worker =
            maintenance.start(Arc::clone(&config.store), Arc::clone(&appended), Arc::clone(&heartbeats)).map_err(StartError::Threads)?;
        let follower = match &config.mode {
            Mode::Server => None,
            Mode::Local { spool_root } => {
                let follower = Arc::new(Follower::new(
                    spool_root.clone(),
                    Arc::clone(&config.store),
                    Arc::clone(&committer),
                    Arc::clone(&heartbeats),
                    runtime.handle().clone(),
                ));
                let worker = follower.start().map_err(StartError::Threads)?;
                Some((Arc::clone(follower.progress()), worker))
            }
        };

        let (stopping, stopped) = watch::channel(false);
        let context = Arc::new(Context::new(Parts {
            store: config.store,
            appended,
            heartbeats,
            mode: config.mode,
            directory: config.directory,
            sweeps_blobs: config.sweeps_blobs,
            admission: config.connections.admission(),
            stopping: stopped,
            local: follower.as_ref().map(|(progress, _)| Arc::clone(progress)),
        }));
        runtime.spawn(sweep(Arc::clone(&context)));
        let guard = http::Guard::new(&config.host, address);
        let routes = tonic::service::Routes::from(http::router(Arc::clone(&context), live::routes(), config.ui_directory.as_deref()))
            .add_service(IngestService::server(Arc::clone(&context), Arc::clone(&committer)))
            .add_service(QueryService::server(Arc::clone(&context)))
            .add_service(ManageService::server(Arc::clone(&context)))
            .prepare()
            .into_axum_router();
        let routes = guard.protect(routes);
        let (ended, sockets_ended) = oneshot::channel();
        let serving = Arc::clone(&context);
        let connections = Connections {
            limits: config.connections,
            admission: Arc::clone(&context.admission),
            arriving: Arc::clone(&context.arriving),
            answering: Arc::clone(&context.answering),
            message_bytes: crate::ingest::MESSAGE_BYTES,
            routes,
        };
        runtime.spawn(async move {
            connections.serve(listener, serving.stopping.clone()).await;
            let _ = ended.send(());
        });
        let running = Running { runtime, context, stopping, sockets_ended, follower, committer, commit, maintenance, maintenance_worker };
        Ok(Self { address, running: Some(running) })
    }

    /// The address that it listens on, with the port that was picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the server: writers are told to connect again later, what is in flight is committed and
    /// acknowledged, then the threads end. Returns after `timeout` at the latest, and whether all of it was
    /// done by then; what was not acknowledged stays with the writers.
    ///
    /// Must not be called on a thread of an async runtime.
    pub fn stop(mut self, timeout: Duration) -> bool {
        self.end(timeout)
    }

    fn end(&mut self, timeout: Duration) -> bool {
        let Some(running) = self.running.take() else { return true };
        let deadline = Instant::now() + timeout;
        let left = || deadline.saturating_duration_since(Instant::now());
        let Running { runtime, context, stopping, sockets_ended, follower, committer, commit, maintenance, maintenance_worker } = running;
        let _ = stopping.send(true);
        let mut orderly = true;
        if let Some((progress, worker)) = follower {
            progress.stop();
            orderly &= worker.join_until(deadline);
        }
        if tokio::runtime::Handle::try_current().is_err() {
            // WebSockets have left the care of the HTTP server; they are waited for by themselves.
            let sockets = async { tokio::join!(sockets_ended, context.tabs_closed()) };
            orderly &= runtime.block_on(async { tokio::time::timeout(left(), sockets).await.is_ok() });
        }
        committer.close();
        orderly &= commit.join_until(deadline);
        maintenance.stop();
        orderly &= maintenance_worker.join_until(deadline);
        if tokio::runtime::Handle::try_current().is_err() {
            runtime.shutdown_timeout(left().max(Duration::from_millis(10)));
        } else {
            runtime.shutdown_background();
        }
        orderly
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end(DROP_TIMEOUT);
    }
}

/// Removes, now and then, contents that nobody needs.
async fn sweep(context: Arc<Context>) {
    loop {
        let sweeping = Arc::clone(&context);
        // A fault of it is said by the panic itself, and the next one may go better.
        let _ = tokio::task::spawn_blocking(move || crate::maintenance::sweep::sweep(&sweeping, GRACE)).await;
        tokio::select! {
            () = context.stopped() => return,
            () = tokio::time::sleep(SWEEP_INTERVAL) => {}
        }
    }
}

fn bind(host: &str, port: u16) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind((host, port)).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    listener.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => StartError::PortInUse { host: host.to_owned(), port },
        _ => StartError::Address { host: host.to_owned(), port, source },
    })
}
