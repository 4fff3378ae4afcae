//! The file: how it is opened, checked and brought to the present schema, and its connections.

use crate::error::{is_damage, store_error};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use stepwell_lock::{Mutex, MutexGuard};
use stepwell_store::StoreError;

/// Name of the file in the store's directory.
pub const FILE_NAME: &str = "store.sqlite";
/// Marks the file as ours: "SWS1".
const APPLICATION_ID: i32 = 0x5357_5331;
/// Version of the schema in `schema.sql`.
const SCHEMA_VERSION: i32 = 2;
/// How long a transaction waits for one of another process before it counts as unavailable.
const BUSY: Duration = Duration::from_secs(10);
/// Reading connections that are kept for the next reader; more are opened when more read at once.
const IDLE_READERS: usize = 4;
/// Journal rows are blobs of 100 kB and more: larger pages mean shorter chains. Fixed at creation.
const PAGE_BYTES: u32 = 8_192;
/// Pages in the write-ahead log after which a commit copies it into the database (32 MiB).
const CHECKPOINT_PAGES: u32 = 4_096;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or the file cannot be used.
    #[error("cannot open the store {path}: {reason}")]
    Unusable {
        /// Directory or file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The file is there but is no intact store.
    #[error("the store {path} is damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was expected, what was found and what to do.
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

/// The connections to one file.
///
/// Lock order: `writer` before `readers`. `readers` is held only to take or give back a connection.
pub(crate) struct Database {
    path: PathBuf,
    /// `None` after an I/O error: the next write opens it anew instead of trusting a descriptor whose fsync failed (A4).
    writer: Mutex<Option<Connection>>,
    readers: Mutex<Vec<Connection>>,
}

impl Database {
    /// Opens or creates the file in `directory`, which is created if need be.
    pub(crate) fn open(directory: &Path) -> Result<Self, OpenError> {
        let unusable = |error: std::io::Error| OpenError::Unusable {
            path: directory.to_owned(),
            reason: format!("{error}; check that it is a directory that this user may write to"),
        };
        create_directory(directory).map_err(unusable)?;
        let path = directory.join(FILE_NAME);
        create_file(&path).map_err(unusable)?;
        let writer = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).and_then(|mut connection| {
            prepare(&mut connection)?;
            Ok(connection)
        });
        match writer {
            Ok(writer) => Ok(Self { path, writer: Mutex::new(Some(writer)), readers: Mutex::default() }),
            Err(error) => Err(error.at(path)),
        }
    }

    /// The writing connection. Its transactions are durable when they have committed (`synchronous=FULL`).
    pub(crate) fn writer(&self) -> Result<Writer<'_>, StoreError> {
        let mut writer = self.writer.lock();
        if writer.is_none() {
            *writer = Some(connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(ConnectError::into_store)?);
        }
        Ok(Writer { connection: writer })
    }

    /// Calls `read` with a connection in a transaction: all it sees is of one instant.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.readers.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(ConnectError::into_store)?,
        };
        let result = {
            let snapshot = connection.unchecked_transaction().map_err(store_error)?;
            read(&snapshot)
        };
        let mut readers = self.readers.lock();
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        result
    }
}

/// The writing connection, held by one thread.
pub(crate) struct Writer<'a> {
    connection: MutexGuard<'a, Option<Connection>>,
}

impl Writer<'_> {
    /// Calls `write` in a transaction that begins as a writer, and commits: all or nothing. After an error nothing has changed.
    pub(crate) fn transaction<T>(&mut self, write: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let Some(connection) = self.connection.as_mut() else {
            return Err(StoreError::Unavailable("the database is not open".into()));
        };
        let result = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store_error).and_then(|transaction| {
            let result = write(&transaction)?;
            transaction.commit().map_err(store_error)?;
            Ok(result)
        });
        if matches!(result, Err(StoreError::Unavailable(_))) {
            *self.connection = None;
        }
        result
    }

    /// As [`transaction`](Self::transaction), but may be lost in a power cut: no fsync.
    pub(crate) fn transient(&mut self, write: impl FnOnce(&Connection) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let synchronous = |writer: &Self, mode: &str| match writer.connection.as_ref() {
            Some(connection) => connection.pragma_update(None, "synchronous", mode).map_err(store_error),
            None => Ok(()),
        };
        synchronous(self, "NORMAL")?;
        let result = self.transaction(write);
        if let Err(error) = synchronous(self, "FULL") {
            *self.connection = None;
            return Err(error);
        }
        result
    }

    /// The connection, for settings of tests.
    #[cfg(test)]
    pub(crate) fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("an open connection")
    }
}

/// An error while connecting, not yet said of which file.
enum ConnectError {
    Sqlite(rusqlite::Error),
    Foreign(String),
    Newer(i32),
}

impl From<rusqlite::Error> for ConnectError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl ConnectError {
    fn at(self, path: PathBuf) -> OpenError {
        match self {
            Self::Sqlite(error) if is_damage(&error) => OpenError::Damaged {
                path,
                reason: format!(
                    "expected an SQLite database, SQLite says: {error}. Move the directory away and run `stepwell sync` from the spools, or copy it and try `sqlite3 {FILE_NAME} .recover`"
                ),
            },
            Self::Sqlite(error) => OpenError::Unusable { path, reason: error.to_string() },
            Self::Foreign(reason) => OpenError::Damaged { path, reason },
            Self::Newer(found) => OpenError::Newer { path, found, known: SCHEMA_VERSION },
        }
    }

    fn into_store(self) -> StoreError {
        match self {
            Self::Sqlite(error) => store_error(error),
            Self::Foreign(reason) => StoreError::Damaged(reason),
            Self::Newer(found) => StoreError::Damaged(format!("schema version {found} is newer than {SCHEMA_VERSION}")),
        }
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, ConnectError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Negative: KiB.
    connection.pragma_update(None, "cache_size", -16_384)?;
    Ok(connection)
}

/// What turns a file of version 1 + i into one of version 2 + i, in place and without reading what is stored.
const UPGRADES: [&str; SCHEMA_VERSION as usize - 1] = [include_str!("upgrade_2.sql")];

/// Brings a file of an older version to the present one, within the caller's transaction.
fn upgrade(transaction: &Connection, found: i32) -> Result<(), rusqlite::Error> {
    for (version, statements) in (2..).zip(UPGRADES).filter(|(version, _)| *version > found) {
        transaction.execute_batch(statements)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    Ok(())
}

/// Creates the schema in an empty file, brings an older one up to date, checks any other.
fn prepare(connection: &mut Connection) -> Result<(), ConnectError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pragma = |name: &str| transaction.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (pragma("application_id")?, pragma("user_version")?) {
        (0, 0) if tables == 0 => {
            transaction.execute_batch(include_str!("schema.sql"))?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        }
        (APPLICATION_ID, found @ 1..=SCHEMA_VERSION) => {
            upgrade(&transaction, found)?;
            transaction.query_row("SELECT value FROM counters WHERE name = 'version'", [], |row| row.get::<_, i64>(0))?;
        }
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
fn create_directory(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    // Only for this user: runs may hold secrets in their configuration.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_directory(path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(path)
}

/// Creates the file if it is not there; SQLite gives its log the same permissions.
fn create_file(path: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
