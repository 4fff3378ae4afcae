//! The rows of a living writer on their way to its server.

use super::UploadError;
use super::backoff::Backoff;
use super::connection::{attach, connect};
use super::reconnect::persist;
use super::session::{Feed, SessionEnd, run};
use super::target::Target;
use std::sync::Arc;
use std::time::Instant;
use stepwell_model::{EntryNumber, Opening};
use stepwell_proto::v1;
use stepwell_spool::{Damage, Disk, SpoolReader, keep_damaged, keep_rejected};
use tokio::sync::Notify;

/// The uploader of the rows of one writer.
pub(crate) struct RowUploader {
    pub(crate) target: Arc<Target>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) opening: Opening,
    pub(crate) appended: Arc<Notify>,
}

impl RowUploader {
    /// Runs until the server has everything, refuses for good, or everyone is to stop.
    pub(crate) async fn run(&mut self) {
        let target = Arc::clone(&self.target);
        let (backoff, url, progress) = (Backoff::new(Some(Instant::now())), &target.url, &target.progress);
        let directory = target.directory();
        self.set_connection(&format!("connecting to {url}"));
        let waits = |error: &UploadError| {
            let words = format!("waiting for {url}: {error}; rows are kept in {}", directory.display());
            let known = &mut *progress.read();
            let waits = error.is_transient() && !known.stop;
            if waits {
                known.connection = words;
            }
            waits
        };
        match persist(&backoff, || progress.read().stop, waits, async || self.attempt(&backoff).await).await {
            Ok(Some(SessionEnd::Complete)) => progress.update(|known| {
                known.upload_done = true;
                known.connection = format!("everything is on {url}");
            }),
            Err(error) if !error.is_transient() => self.give_up(&error.to_string()),
            _ => {}
        }
    }

    /// Says that the server will never have the rest.
    pub(crate) fn give_up(&self, reason: &str) {
        let words = format!("{reason}; rows are kept in {}", self.target.directory().display());
        self.target.progress.update(|known| (known.fatal, known.connection) = (true, words));
    }

    async fn attempt(&mut self, backoff: &Backoff) -> Result<SessionEnd, UploadError> {
        let connection = attach(connect(&self.target.url).await?, &self.target.token).await?;
        backoff.answered();
        self.set_connection(&format!("connected to {}", self.target.url));
        let mut reader = SpoolReader::open(Arc::clone(&self.disk), &self.target.root, self.target.stream)?;
        let opening = self.opening.clone();
        run(connection, &mut reader, &opening, self).await
    }
}

impl Feed for RowUploader {
    fn acked(&mut self, durable: EntryNumber, rejected: &[v1::Rejected]) -> Result<(), UploadError> {
        // Kept before the ack lets the spool be trimmed.
        for range in rejected {
            keep_rejected(&self.disk, &self.target.root, self.target.stream, range.first, range.last.min(durable), &range.reason)?;
        }
        let refused: u64 = rejected.iter().map(|range| range.last.saturating_sub(range.first) + 1).sum();
        let words = format!("connected to {}", self.target.url);
        self.target.progress.update(|known| {
            known.acked = durable.min(known.spooled).max(known.acked);
            known.rejected += refused;
            if known.connection != words {
                known.connection = words;
            }
        });
        Ok(())
    }

    fn damaged(&mut self, damage: &[Damage], missing: Option<(EntryNumber, EntryNumber)>) -> Result<(), UploadError> {
        Ok(keep_damaged(&*self.disk, &self.target.root, self.target.stream, damage, missing)?)
    }

    fn set_connection(&mut self, words: &str) {
        self.target.progress.update(|known| known.connection = words.to_owned());
    }

    fn lost(&self) -> u64 {
        let known = self.target.progress.read();
        known.sampled_rows + known.refused_rows
    }

    fn last(&self, _position: EntryNumber) -> Option<EntryNumber> {
        let known = self.target.progress.read();
        known.spool_closed.then_some(known.spooled)
    }

    fn closes(&self) -> bool {
        true
    }

    fn stops(&mut self) -> bool {
        self.target.progress.read().stop
    }

    async fn grown(&self) {
        self.appended.notified().await;
    }
}
