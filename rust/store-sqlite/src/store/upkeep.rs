//! Upkeep of the store, a step at a time: compaction, digests, what deleted runs left, and room on the disk.

use super::SqliteStore;
use crate::chunks::{digest, directory};
use crate::db::catalog;
use crate::write::compaction;
use stepwell_store::StoreError;

/// Series that become digests in one transaction.
const DIGESTED_SERIES: usize = 32;

impl SqliteStore {
    /// See [`stepwell_store::Store::compact`].
    pub(super) fn keep_up(&self) -> Result<bool, StoreError> {
        let policy = &self.settings.compaction;
        if self.digest_some()? {
            return Ok(true);
        }
        let batch = self.write(|connection| match compaction::choose(connection, policy)? {
            Some(batch) => Ok(Some((compaction::compact(connection, policy, &self.journal, &self.packings, &batch)?, batch))),
            None => Ok(None),
        })?;
        if let Some((long, batch)) = batch {
            batch.frames.iter().for_each(|frame| drop(self.journal.remove(&frame.name)));
            self.long.lock().extend(long);
            return Ok(true);
        }
        if self.write(catalog::purge)? {
            self.space.freed();
            return Ok(true);
        }
        let filled = self.write(directory::fill)?;
        if !filled.is_empty() {
            self.long.lock().extend(filled);
            return Ok(true);
        }
        if self.digest_runs()? {
            return Ok(true);
        }
        self.database.writer()?.bare(|connection| self.space.give_back(connection))
    }

    /// Makes digests of some series that may be long enough. What is forgotten when the process ends is met
    /// again when they grow.
    fn digest_some(&self) -> Result<bool, StoreError> {
        let some: Vec<(i64, i64)> = {
            let mut long = self.long.lock();
            let from = long.len().saturating_sub(DIGESTED_SERIES);
            long.split_off(from)
        };
        if some.is_empty() {
            return Ok(false);
        }
        let least = self.settings.compaction.digest_chunks;
        self.write(|connection| some.iter().try_for_each(|series| digest::pack_series(connection, *series, least)))?;
        Ok(true)
    }
}
