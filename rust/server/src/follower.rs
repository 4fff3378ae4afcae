//! Local mode: reads the spools.
use crate::commit::Committer;
use crate::upkeep::Pulse;
use crate::worker::Worker;
use std::path::PathBuf;
use std::sync::Arc;
use stepwell_store::Store;
pub(crate) struct Follower {}
impl Follower {
    pub(crate) fn new(_r: PathBuf, _s: Arc<dyn Store>, _c: Arc<Committer>, _p: Arc<Pulse>, _h: tokio::runtime::Handle) -> Self { Self {} }
    pub(crate) fn start(self: &Arc<Self>) -> std::io::Result<Worker> { Worker::start("stepwell-server-follow", || {}) }
    pub(crate) fn stop(&self) {}
}
