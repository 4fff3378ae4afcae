//! One connection to a database file: its pragmas, its schema, and what can be wrong with it.

use crate::db::error::{is_damage, store_error};
use crate::db::{pages, row_crc};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use stepwell_store::StoreError;

/// Name of the file in the store's directory.
pub const FILE_NAME: &str = "store.sqlite";
/// Marks the file as ours: "SWS1".
pub(crate) const APPLICATION_ID: i32 = 0x5357_5331;
/// Version of the schema in `schema.sql`.
pub(crate) const SCHEMA_VERSION: i32 = 4;
/// Time that a transaction waits for one of another process before it counts as unavailable.
pub(crate) const BUSY: Duration = Duration::from_secs(10);
/// Pages in the write-ahead log after which a commit copies it into the database (32 MiB).
const CHECKPOINT_PAGES: u32 = 4_096;

/// Reason why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or the file cannot be used.
    #[error("cannot open the store {path}: {reason}")]
    Unusable {
        /// Directory or file.
        path: PathBuf,
        /// Problem, and what to do.
        reason: String,
    },
    /// The file is there but is no intact store.
    #[error("the store {path} is damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Expectation, finding and what to do.
        reason: String,
    },
    /// The file was written by a later version.
    #[error("the store {path} has schema version {found}, this program knows {known}: use a newer version of Stepwell")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i32,
        /// The version of this program.
        known: i32,
    },
}

/// An error while connecting, not yet said of which file.
pub(crate) enum ConnectError {
    Sqlite(rusqlite::Error),
    /// Found before SQLite was asked.
    Damaged(String),
    Store(StoreError),
    /// A store of an earlier version.
    Older,
    Foreign(String),
    Newer(i32),
}

impl From<rusqlite::Error> for ConnectError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl ConnectError {
    /// Whether the file is not what was written.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Sqlite(error) => is_damage(error),
            Self::Damaged(_) => true,
            // Of an earlier version: its rows have no checksums that tell them from others.
            Self::Store(_) | Self::Older | Self::Foreign(_) | Self::Newer(_) => false,
        }
    }

    /// The error as whoever opened the store is told.
    pub(crate) fn at(self, path: PathBuf) -> OpenError {
        match self {
            Self::Sqlite(error) if is_damage(&error) => OpenError::Damaged {
                path,
                reason: format!(
                    "expected an SQLite database, SQLite says: {error}. Move the directory away and run `stepwell sync` from the spools, or copy it and try `sqlite3 {FILE_NAME} .recover`"
                ),
            },
            Self::Sqlite(error) => OpenError::Unusable { path, reason: error.to_string() },
            Self::Foreign(reason) | Self::Damaged(reason) | Self::Store(StoreError::Damaged(reason)) => OpenError::Damaged { path, reason },
            Self::Store(error) => OpenError::Unusable { path, reason: error.to_string() },
            Self::Older => OpenError::Unusable { path, reason: "it could not be brought to the present version".into() },
            Self::Newer(found) => OpenError::Newer { path, found, known: SCHEMA_VERSION },
        }
    }

    /// The error as the server is told.
    pub(crate) fn into_store(self) -> StoreError {
        match self {
            Self::Sqlite(error) => store_error(error),
            Self::Store(error) => error,
            Self::Foreign(reason) | Self::Damaged(reason) => StoreError::Damaged(reason),
            Self::Older => StoreError::Damaged("it is of an earlier version".into()),
            Self::Newer(found) => StoreError::Damaged(format!("schema version {found} is newer than {SCHEMA_VERSION}")),
        }
    }
}

/// Opens a file as it is, with what the schema needs.
pub(crate) fn open(path: &Path) -> rusqlite::Result<Connection> {
    pages::register();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags_and_vfs(path, flags, pages::VFS)?;
    connection.busy_timeout(BUSY)?;
    row_crc::register(&connection)?;
    connection.pragma_update(None, "page_size", pages::PAGE_BYTES as i64)?;
    pages::reserve(&connection);
    if path.metadata().is_ok_and(|file| file.len() == 0) {
        // Preparing it is what a file needs that is to be made; executing it would write to the file before
        // it has pages.
        drop(connection.prepare("PRAGMA auto_vacuum = INCREMENTAL")?);
    }
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Negative: KiB.
    connection.pragma_update(None, "cache_size", -16_384)?;
    Ok(connection)
}

/// Opens a file for reading and writing: commits are durable.
pub(crate) fn connect(path: &Path) -> Result<Connection, ConnectError> {
    let connection = open(path)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    Ok(connection)
}

/// Adds to tables that may hold rows what keeps second copies of them, and says what the file is.
pub(crate) fn finish_schema(transaction: &Connection) -> rusqlite::Result<()> {
    transaction.execute_batch(include_str!("copies.sql"))?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)
}

/// Creates the schema in an empty file, checks any other.
pub(crate) fn prepare(connection: &mut Connection) -> Result<(), ConnectError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pragma = |name: &str| transaction.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (pragma("application_id")?, pragma("user_version")?) {
        (0, 0) if tables == 0 => {
            transaction.execute_batch(include_str!("schema.sql"))?;
            finish_schema(&transaction)?;
        }
        (APPLICATION_ID, SCHEMA_VERSION) => {
            transaction.query_row("SELECT value FROM counters WHERE name = 'version'", [], |row| row.get::<_, i64>(0))?;
        }
        (APPLICATION_ID, 1..SCHEMA_VERSION) => return Err(ConnectError::Older),
        (APPLICATION_ID, found) if found > SCHEMA_VERSION => return Err(ConnectError::Newer(found)),
        (found, version) => {
            return Err(ConnectError::Foreign(format!(
                "expected application_id {APPLICATION_ID:#x} and user_version {SCHEMA_VERSION}, found {found:#x} and {version}: this is another program's database. Move it away or choose another directory"
            )));
        }
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(unix)]
pub(crate) fn create_directory(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    // Only for this user: runs may hold secrets in their configuration.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
pub(crate) fn create_directory(path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(path)
}

/// Creates the file if it is not there; SQLite gives its log the same permissions.
pub(crate) fn create_file(path: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
