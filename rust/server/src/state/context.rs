//! Parts of the server that requests share: the store, behind a bound on how many calls into it run at once.

use super::appended::AppendedBytes;
use super::catch_up::{Backlog, CatchUp};
use super::claims::Claims;
use super::config::Mode;
use super::heartbeats::Heartbeats;
use super::pushing::Pushing;
use super::readiness::Readiness;
use super::writers::Writers;
use crate::connections::Admission;
use crate::connections::arrival::{ARRIVING_BYTES, ARRIVING_BYTES_OF_PEER};
use crate::connections::budget::{ByteBudget, Share};
use crate::error::{ErrorCode, ServiceError};
use crate::series::SeriesEngine;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use stepwell_blob::BlobDirectory;
use stepwell_model::{TimeMicros, wall_time};
use stepwell_store::Store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Reads that run at once; more would only queue for the two cores and the store's lock.
const CONCURRENT_READS: usize = 8;
/// Streams of rows that run at once; each holds a blocking thread until its reader is done.
const CONCURRENT_SCANS: usize = 8;
/// WebSockets that are open at once.
const TABS: u32 = 1_024;
/// Bytes of large answers that clients have not taken, and of these those of one peer.
const ANSWERING_BYTES: usize = 128 << 20;
const ANSWERING_BYTES_OF_PEER: usize = 96 << 20;
/// Bytes that WebSockets hold for their browsers, and of these those of one peer, who may be a proxy for all.
const PUSHING_BYTES: usize = 96 << 20;
const PUSHING_BYTES_OF_PEER: usize = 72 << 20;
/// Time that a request waits for its turn.
const TURN_WAIT: Duration = Duration::from_secs(30);

/// The parts that requests share.
pub(crate) struct Context {
    /// Store of runs.
    pub(crate) store: Arc<dyn Store>,
    /// Counts what is appended to it.
    pub(crate) appended: Arc<AppendedBytes>,
    /// Heartbeats on their way to the store.
    pub(crate) heartbeats: Arc<Heartbeats>,
    /// Who is connected and writes.
    pub(crate) writers: Arc<Writers>,
    /// Reads series.
    pub(crate) series: SeriesEngine,
    /// Directory of the contents of files.
    pub(crate) blobs: BlobDirectory,
    /// Origin of rows.
    pub(crate) mode: Mode,
    /// Directory of the store.
    pub(crate) directory: PathBuf,
    /// When the server started.
    pub(crate) started: TimeMicros,
    /// True once the server is to end.
    pub(crate) stopping: watch::Receiver<bool>,
    /// For large answers that clients have not taken.
    pub(crate) answering: Arc<ByteBudget>,
    /// For what WebSockets hold.
    pub(crate) pushing: Arc<Pushing>,
    /// Whether it can store things.
    pub(crate) readiness: Readiness,
    /// Who relies on contents that no run names yet.
    pub(crate) claims: Claims,
    /// Whether contents that no run names are removed.
    pub(crate) sweeps_blobs: bool,
    /// The connections.
    pub(crate) admission: Arc<Admission>,
    /// For requests that arrive.
    pub(crate) arriving: Arc<ByteBudget>,
    local: Option<Arc<CatchUp>>,
    reads: Arc<Semaphore>,
    scans: Arc<Semaphore>,
    tabs: Arc<Semaphore>,
}

/// Parts of a [`Context`].
pub(crate) struct Parts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) appended: Arc<AppendedBytes>,
    pub(crate) heartbeats: Arc<Heartbeats>,
    pub(crate) mode: Mode,
    pub(crate) directory: PathBuf,
    pub(crate) sweeps_blobs: bool,
    pub(crate) admission: Arc<Admission>,
    pub(crate) stopping: watch::Receiver<bool>,
    /// Progress in the spools, in local mode.
    pub(crate) local: Option<Arc<CatchUp>>,
}

impl Context {
    /// The context of a server that starts now.
    pub(crate) fn new(parts: Parts) -> Self {
        let blobs = BlobDirectory::new(parts.directory.join("blobs"));
        // Where it cannot be noted, nobody can remove a blob either.
        let _ = blobs.mark_indexed();
        Self {
            series: SeriesEngine::new(Arc::clone(&parts.store)),
            store: parts.store,
            appended: parts.appended,
            heartbeats: parts.heartbeats,
            writers: Arc::default(),
            blobs,
            mode: parts.mode,
            directory: parts.directory,
            started: wall_time(),
            stopping: parts.stopping,
            answering: ByteBudget::new(ANSWERING_BYTES, ANSWERING_BYTES_OF_PEER),
            pushing: Pushing::new(ByteBudget::new(PUSHING_BYTES, PUSHING_BYTES_OF_PEER)),
            readiness: Readiness::default(),
            claims: Claims::default(),
            sweeps_blobs: parts.sweeps_blobs,
            admission: parts.admission,
            arriving: ByteBudget::new(ARRIVING_BYTES, ARRIVING_BYTES_OF_PEER),
            local: parts.local,
            reads: Arc::new(Semaphore::new(CONCURRENT_READS)),
            scans: Arc::new(Semaphore::new(CONCURRENT_SCANS)),
            tabs: Arc::new(Semaphore::new(TABS as usize)),
        }
    }

    /// Runs `work` on a blocking thread once it is its turn.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let turn = wait_for_turn(&self.reads).await?;
        let context = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&context)
        });
        task.await.unwrap_or_else(|_| Err(ServiceError::new(ErrorCode::Internal, "the request met a fault in the server")))
    }

    /// Room to make a large answer in.
    pub(crate) async fn answer_room(&self, peer: IpAddr, bytes: usize) -> Result<Share, ServiceError> {
        let share = Arc::clone(&self.answering).take(peer, bytes, TURN_WAIT).await;
        share.ok_or_else(|| ServiceError::unavailable("the server is busy with other large answers; try again"))
    }

    /// Leave to run one long scan.
    pub(crate) async fn scan_turn(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        wait_for_turn(&self.scans).await
    }

    /// Up to which time everything that was written is read.
    pub(crate) fn caught_up(&self) -> TimeMicros {
        self.local.as_ref().map_or_else(wall_time, |local| local.ask())
    }

    /// What is still to be read of the spools (local mode; for a server, nothing).
    pub(crate) fn backlog(&self) -> Backlog {
        self.local.as_ref().map_or_else(Backlog::default, |local| local.backlog())
    }

    /// Leave to keep a WebSocket open.
    pub(crate) fn tab(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        let tab = Arc::clone(&self.tabs).try_acquire_owned();
        tab.map_err(|_| ServiceError::unavailable(format!("{TABS} tabs are open already; close some")))
    }

    /// WebSockets that are open.
    pub(crate) fn open_tabs(&self) -> u32 {
        TABS.saturating_sub(self.tabs.available_permits() as u32)
    }

    /// Returns once every WebSocket is closed, after which none opens any more.
    pub(crate) async fn tabs_closed(&self) {
        if let Ok(all) = self.tabs.acquire_many(TABS).await {
            all.forget();
        }
    }

    /// Returns once the server is to end.
    pub(crate) async fn stopped(&self) {
        crate::connections::stopped(self.stopping.clone()).await;
    }
}

async fn wait_for_turn(turns: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ServiceError> {
    match tokio::time::timeout(TURN_WAIT, Arc::clone(turns).acquire_owned()).await {
        Ok(Ok(turn)) => Ok(turn),
        _ => Err(ServiceError::unavailable("the server is busy with other reads; try again")),
    }
}
