//! The thread `stepwell-upload`: brings a living writer's stream to its server, for ever if need be.

use super::UploadError;
use super::backoff::Backoff;
use super::connection::{attach, connect};
use super::session::{Feed, SessionEnd, run};
use crate::progress::Progress;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_model::{EntryNumber, Opening, StreamId};
use stepwell_proto::v1;
use stepwell_spool::{Damage, Disk, SpoolReader, keep_damaged, keep_rejected};
use tokio::sync::Notify;

/// How long `stop` may take to be noticed while waiting.
const LOOK_AROUND: Duration = Duration::from_millis(100);

/// The uploader of one writer.
pub(crate) struct Uploader {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) root: PathBuf,
    pub(crate) stream: StreamId,
    pub(crate) opening: Opening,
    pub(crate) token: String,
    pub(crate) progress: Arc<Progress>,
    pub(crate) appended: Arc<Notify>,
    /// Entries up to this one are counted, as far as they were found damaged.
    pub(crate) lost_upto: EntryNumber,
}

impl Uploader {
    /// Runs until the server has everything, refuses for good, or everyone is to stop.
    pub(crate) fn run(mut self) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().thread_name("stepwell-dns").max_blocking_threads(1).build();
        match runtime {
            Ok(runtime) => {
                runtime.block_on(self.upload());
                // A name lookup that hangs must not hold the thread.
                runtime.shutdown_background();
            }
            Err(error) => self.fatal(&format!("cannot start: {error}")),
        }
    }

    fn fatal(&self, reason: &str) {
        let directory = self.root.join(self.stream.to_string());
        let words = format!("{reason}; rows are kept in {}", directory.display());
        self.progress.update(|known| (known.fatal, known.connection) = (true, words));
    }

    async fn upload(&mut self) {
        let began = Instant::now();
        let mut backoff = Backoff::new(u64::from_le_bytes(self.stream.0[..8].try_into().unwrap_or([1; 8])));
        let url = self.opening.destination.clone();
        self.say(&format!("connecting to {url}"));
        loop {
            let error = match self.attempt(&url, &mut backoff).await {
                Ok(SessionEnd::Complete) => {
                    return self.progress.update(|known| {
                        known.upload_done = true;
                        known.connection = format!("everything is on {url}");
                    });
                }
                Ok(SessionEnd::Stopped) => return,
                Err(error) if !error.is_transient() => return self.fatal(&error.to_string()),
                Err(error) => error,
            };
            let hint = match &error {
                UploadError::Later { after_millis: 1.., .. } => Some(Duration::from_millis(hint_millis(&error))),
                _ => None,
            };
            let delay = backoff.delay(hint, began.elapsed());
            let directory = self.root.join(self.stream.to_string());
            self.say(&format!("waiting for {url}: {error}; rows are kept in {}", directory.display()));
            let until = Instant::now() + delay;
            while Instant::now() < until {
                if self.stops() {
                    return;
                }
                tokio::time::sleep(LOOK_AROUND.min(until.saturating_duration_since(Instant::now()))).await;
            }
        }
    }

    async fn attempt(&mut self, url: &str, backoff: &mut Backoff) -> Result<SessionEnd, UploadError> {
        let stopped = self.progress.clone();
        let connection = tokio::select! {
            connection = async {
                let channel = connect(url).await?;
                attach(channel, &self.token).await
            } => connection?,
            // Whoever ends must not wait for a connection that does not come.
            () = async { while !stopped.read().stop { tokio::time::sleep(LOOK_AROUND).await; } } => return Ok(SessionEnd::Stopped),
        };
        backoff.answered();
        self.say(&format!("connected to {url}"));
        let mut reader = SpoolReader::open(Arc::clone(&self.disk), &self.root, self.stream)?;
        let opening = self.opening.clone();
        run(connection, &mut reader, &opening, self).await
    }
}

fn hint_millis(error: &UploadError) -> u64 {
    match error {
        UploadError::Later { after_millis, .. } => u64::from(*after_millis),
        _ => 0,
    }
}

impl Feed for Uploader {
    fn acked(&mut self, durable: EntryNumber, rejected: &[v1::Rejected]) -> Result<(), UploadError> {
        // Kept before the ack lets the spool be trimmed.
        for range in rejected {
            keep_rejected(&self.disk, &self.root, self.stream, range.first, range.last.min(durable), &range.reason)?;
        }
        let refused: u64 = rejected.iter().map(|range| range.last.saturating_sub(range.first) + 1).sum();
        let words = format!("connected to {}", self.opening.destination);
        self.progress.update(|known| {
            known.acked = durable.min(known.spooled).max(known.acked);
            known.rejected += refused;
            if known.connection != words {
                known.connection = words;
            }
        });
        Ok(())
    }

    fn damaged(&mut self, damage: &[Damage], missing: Option<(EntryNumber, EntryNumber)>) -> Result<(), UploadError> {
        keep_damaged(&*self.disk, &self.root, self.stream, damage, missing)?;
        if let Some((from, to)) = missing.map(|(from, to)| (from.max(self.lost_upto + 1), to)).filter(|(from, to)| from <= to) {
            self.lost_upto = to;
            self.progress.update(|known| known.damaged += to - from + 1);
        }
        Ok(())
    }

    fn say(&mut self, words: &str) {
        self.progress.update(|known| known.connection = words.to_owned());
    }

    fn lost(&self) -> u64 {
        let known = self.progress.read();
        known.sampled_rows + known.refused_rows
    }

    fn last(&self, _position: EntryNumber) -> Option<EntryNumber> {
        let known = self.progress.read();
        known.spool_closed.then_some(known.spooled)
    }

    fn closes(&self) -> bool {
        true
    }

    fn stops(&mut self) -> bool {
        self.progress.read().stop
    }

    async fn grown(&self) {
        self.appended.notified().await;
    }
}
