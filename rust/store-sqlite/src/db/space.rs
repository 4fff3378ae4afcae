//! Giving the disk back what deleted runs leave: pages without use go from the end of the file.
//!
//! Compaction frees pages all the time and uses them again, so the file is made smaller only after a run was
//! purged, or where it was opened with [`LARGE_SHARE`] of its pages free. It happens in steps of
//! [`STEP_PAGES`], between which commits get their turn. A file that was made without `auto_vacuum` gets it
//! by one VACUUM, which writes anew all that is in use; it is done when a run was purged and that is cheap.

use crate::db::connection::BUSY;
use crate::db::error::store_error;
use rusqlite::Connection;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use stepwell_store::StoreError;

/// Pages that one step gives back: 16 MiB.
const STEP_PAGES: i64 = 2_048;
/// Fewer free pages do not make it worth while when the file is opened: 1 MiB.
const FEW_PAGES: i64 = 128;
/// One in so many pages free makes it worth while when the file is opened.
const LARGE_SHARE: i64 = 4;
/// Pages in use up to which a VACUUM is cheap: 1 GiB takes some ten seconds, during which commits wait and
/// writers keep what they have.
const CHEAP_PAGES: i64 = 131_072;
/// Value of `auto_vacuum` at which pages go when they are asked to.
const INCREMENTAL: i64 = 2;

/// Not looked at since it was opened; nothing to give back; something to give back.
const UNKNOWN: u8 = 0;
const NOTHING: u8 = 1;
const SOMETHING: u8 = 2;

/// Whether there is something to give back.
pub(crate) struct Space(AtomicU8);

impl Default for Space {
    fn default() -> Self {
        Self(AtomicU8::new(UNKNOWN))
    }
}

impl Space {
    /// A run was purged.
    pub(crate) fn freed(&self) {
        self.0.store(SOMETHING, Ordering::Relaxed);
    }

    /// Gives some of it back; whether there may be more. Needs the writing connection, outside of a
    /// transaction.
    pub(crate) fn give_back(&self, connection: &Connection) -> Result<bool, StoreError> {
        let state = self.0.load(Ordering::Relaxed);
        if state == NOTHING {
            return Ok(false);
        }
        let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(store_error);
        let (pages, free) = (number("page_count")?, number("freelist_count")?);
        // Whatever comes of it, a file that cannot be made smaller is not asked in a loop.
        self.0.store(NOTHING, Ordering::Relaxed);
        if state == UNKNOWN && (free < FEW_PAGES || free < pages / LARGE_SHARE) {
            return Ok(false);
        }
        let shrunk = if free == 0 {
            Ok(())
        } else if number("auto_vacuum")? == INCREMENTAL {
            incremental_vacuum(connection)
        } else if pages - free <= CHEAP_PAGES {
            // Not in memory, where it would take as much as the file.
            let vacuum = "PRAGMA temp_store = FILE; PRAGMA auto_vacuum = INCREMENTAL; VACUUM";
            let shrunk = connection.execute_batch(vacuum).map_err(store_error);
            connection.pragma_update(None, "temp_store", "MEMORY").map_err(store_error)?;
            shrunk
        } else {
            return Ok(false);
        };
        match shrunk {
            // Another process writes, or there is no room to do it in: the file stays as large as it is.
            Err(StoreError::Unavailable(_)) => return Ok(false),
            shrunk => shrunk?,
        }
        let left = number("freelist_count")?;
        if left > 0 && left < free {
            self.0.store(SOMETHING, Ordering::Relaxed);
            return Ok(true);
        }
        // The file itself gets smaller when the log is copied into it. A reader may hold that up; the next
        // checkpoint does it then.
        connection.busy_timeout(Duration::ZERO).map_err(store_error)?;
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        connection.busy_timeout(BUSY).map_err(store_error)?;
        Ok(false)
    }
}

/// Gives back [`STEP_PAGES`].
fn incremental_vacuum(connection: &Connection) -> Result<(), StoreError> {
    let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({STEP_PAGES})")).map_err(store_error)?;
    let mut rows = vacuum.query([]).map_err(store_error)?;
    // Each row of the answer is a page.
    while rows.next().map_err(store_error)?.is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::SqliteStore;
    use stepwell_model::{Entry, Value};
    use stepwell_store::Store;
    use stepwell_store::conformance::compact_all;
    use stepwell_store::conformance::stream::{TestStream, path, row};

    /// Bytes that don't compress.
    fn noise(seed: u64) -> u8 {
        let mixed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 56) as u8
    }

    fn fill(store: &SqliteStore, stream: &mut TestStream) {
        store.open_stream(stream.id, &stream.opening).unwrap();
        for part in 0..8 {
            let cell = |step: i64| (0..40_000_u64).map(|at| noise(at << 32 | step as u64)).collect();
            let rows: Vec<Entry> = (0..20).map(|at| part * 20 + at).map(|step| row(step, &[("b", Value::Bin(cell(step)))])).collect();
            let frame = stream.frame(&rows);
            store.append(&[frame]).unwrap();
        }
        compact_all(store);
    }

    fn file_bytes(directory: &std::path::Path) -> u64 {
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
    }

    #[test]
    fn a_deleted_run_gives_its_disk_back() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path()).unwrap();
        fill(&store, &mut TestStream::new(1));
        let before = file_bytes(directory.path());
        store.delete_run(&path()).unwrap();
        compact_all(&store);
        let after = file_bytes(directory.path());
        assert!(after * 5 < before, "{before} bytes before, {after} after");
        drop(store);
        assert!(file_bytes(directory.path()) * 5 < before);
    }

    #[test]
    fn a_store_that_was_made_without_it_learns_to_when_a_run_goes() {
        let directory = tempfile::tempdir().unwrap();
        {
            let store = SqliteStore::open(directory.path()).unwrap();
            fill(&store, &mut TestStream::new(1));
            let writer = store.database.writer().unwrap();
            writer.connection().execute_batch("PRAGMA auto_vacuum = NONE; VACUUM").unwrap();
        }
        let store = SqliteStore::open(directory.path()).unwrap();
        let before = file_bytes(directory.path());
        store.delete_run(&path()).unwrap();
        compact_all(&store);
        let after = file_bytes(directory.path());
        assert!(after * 5 < before, "{before} bytes before, {after} after");
        let mut again = TestStream::new(2);
        fill(&store, &mut again);
        assert_eq!(store.run(&path(), 0).unwrap().rows, 160);
    }
}
