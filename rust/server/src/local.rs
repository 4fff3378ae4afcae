//! Local mode: follows the spools of writers on this machine and feeds what it finds through the same commit
//! path as gRPC.
//!
//! A scan every 200 ms looks for new streams and new frames. First all new streams are opened, in the order in
//! which they began, so that every run is listed before any is read; then each stream gets a batch at a time,
//! the newest first, so that its chart is there while a large backlog is read. Small streams share what costs
//! time: they are opened in one transaction of the store, and their batches are in one group commit.
//! Invariants:
//!
//! 1. The follower never writes to a spool. What the store has is the store's own word: every stream goes on
//!    at `durable + 1`.
//! 2. A stream without a destination is followed. One with a destination is on its way to another server: it
//!    is shown here too as long as it still holds everything from its first entry on, and left alone from the
//!    moment a part of it is gone.
//! 3. A frame that is damaged or missing costs its own entries: the store's numbers stay dense, as each
//!    missing entry is stated as a loss of one row (see [`stepwell_codec::gap`]), which the run counts and
//!    the dashboard shows.
//! 4. A stream that ended in order and is stored to its end is not looked at again. One whose writer is
//!    silent is looked at ever more rarely, and holds no open file.

mod batch;
mod pace;
mod stream;

use crate::ingest::commit::Committer;
use crate::state::catch_up::CatchUp;
use crate::state::heartbeats::Heartbeats;
use crate::state::thread::Worker;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_model::{StreamId, TimeMicros, wall_time};
use stepwell_spool::{Disk, OsDisk};
use stepwell_store::Store;
use stream::SpoolStream;
use tokio::runtime::Handle;
use tracing::warn;

/// Interval at which the follower looks for news.
const SCAN_EVERY: Duration = Duration::from_millis(200);
/// Time that the follower rests when the store takes nothing.
const REST: Duration = Duration::from_secs(1);

/// Progress of a stream, or of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// There is nothing more for now.
    CaughtUp,
    /// There is more to read.
    Behind,
    /// The store takes nothing just now.
    StoreAway,
}

/// A reader of spools, and what it needs to bring their frames to the store.
pub(crate) struct Follower {
    root: PathBuf,
    disk: Arc<dyn Disk>,
    store: Arc<dyn Store>,
    committer: Arc<Committer>,
    heartbeats: Arc<Heartbeats>,
    runtime: Handle,
    progress: Arc<CatchUp>,
}

impl Follower {
    /// A follower of the spools below `root`, which may come into being later.
    pub(crate) fn new(
        root: PathBuf,
        store: Arc<dyn Store>,
        committer: Arc<Committer>,
        heartbeats: Arc<Heartbeats>,
        runtime: Handle,
    ) -> Self {
        Self { root, disk: Arc::new(OsDisk), store, committer, heartbeats, runtime, progress: Arc::default() }
    }

    /// Starts the thread.
    pub(crate) fn start(self: &Arc<Self>) -> std::io::Result<Worker> {
        let follower = Arc::clone(self);
        Worker::start("sw-follow", move || follower.run())
    }

    /// Its progress, and the way to hurry and to end it.
    pub(crate) fn progress(&self) -> &Arc<CatchUp> {
        &self.progress
    }

    fn run(&self) {
        let (mut known, mut complaint) = (Streams::default(), String::new());
        loop {
            let began = wall_time();
            let hurried = self.progress.is_hurried();
            match stepwell_spool::streams(&*self.disk, &self.root) {
                Ok(streams) => known.update(self, &streams, hurried),
                Err(error) if error.to_string() != complaint => {
                    complaint = error.to_string();
                    warn!("the spools cannot be listed: {complaint}");
                }
                Err(_) => {}
            }
            // Batch by batch until nothing is left, and then a pause.
            let mut pause = SCAN_EVERY;
            let round = Instant::now();
            loop {
                match known.round(self, hurried) {
                    Progress::Behind if !self.progress.is_stopped() && round.elapsed() < SCAN_EVERY => {}
                    Progress::Behind => {
                        pause = Duration::ZERO;
                        break;
                    }
                    Progress::CaughtUp => {
                        if hurried {
                            self.progress.reach(began);
                        }
                        break;
                    }
                    Progress::StoreAway => {
                        pause = REST;
                        break;
                    }
                }
            }
            if self.progress.wait(pause) {
                return;
            }
        }
    }
}

/// The streams that were found, by when they began.
#[derive(Default)]
struct Streams {
    known: BTreeMap<StreamId, TimeMicros>,
    by_time: BTreeMap<(TimeMicros, StreamId), SpoolStream>,
    /// Streams that do not say yet what they are: when they were found, and when to look again.
    young: BTreeMap<StreamId, (Instant, Instant)>,
}

impl Streams {
    /// Takes in streams that are new, and forgets those that are gone.
    fn update(&mut self, follower: &Follower, streams: &[StreamId], hurried: bool) {
        let now = Instant::now();
        for &stream in streams {
            if self.known.contains_key(&stream) || !hurried && self.young.get(&stream).is_some_and(|&(_, look_at)| now < look_at) {
                continue;
            }
            match SpoolStream::find(follower, stream) {
                Some(found) => {
                    let began = found.began();
                    self.young.remove(&stream);
                    self.known.insert(stream, began);
                    self.by_time.insert((began, stream), found);
                }
                None => {
                    let found = self.young.get(&stream).map_or(now, |&(found, _)| found);
                    // A directory without anything readable is looked at ever more rarely.
                    self.young.insert(stream, (found, now + pace::pause(now.duration_since(found))));
                }
            }
        }
        if self.known.len() + self.young.len() > streams.len() {
            self.known.retain(|stream, _| streams.binary_search(stream).is_ok());
            self.young.retain(|stream, _| streams.binary_search(stream).is_ok());
            let known = &self.known;
            self.by_time.retain(|(_, stream), _| known.contains_key(stream));
        }
    }

    /// One batch of every stream that has news; `hurried` also looks where none is expected yet.
    fn round(&mut self, follower: &Follower, hurried: bool) -> Progress {
        let now = Instant::now();
        let due = self.by_time.values_mut().filter(|stream| stream.is_due(now, hurried)).collect();
        let progress = stream::advance_together(follower, due);
        follower.progress.note_backlog(self.by_time.values().map(SpoolStream::backlog));
        progress
    }
}
