//! The file: how it is opened, checked and brought to the present schema, and its connections.

use crate::damage::patrol::{self, Seen};
use crate::damage::salvage;
use crate::damage::salvage::pages::{Log, Pages};
use crate::db::error::{is_damage, store_error};
use crate::db::replacement::{self, FileId, Old};
use crate::db::{pages, row_crc, upgrade};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use stepwell_lock::{Mutex, MutexGuard};
use stepwell_store::StoreError;

/// Name of the file in the store's directory.
pub const FILE_NAME: &str = "store.sqlite";
/// Marks the file as ours: "SWS1".
pub(crate) const APPLICATION_ID: i32 = 0x5357_5331;
/// Version of the schema in `schema.sql`.
const SCHEMA_VERSION: i32 = 3;
/// How long a transaction waits for one of another process before it counts as unavailable.
const BUSY: Duration = Duration::from_secs(10);
/// Reading connections that are kept for the next reader; more are opened when more read at once.
const IDLE_READERS: usize = 4;
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

/// What to do about a file that is damaged when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDamage {
    /// Everything that can be read goes into a new file; the damaged one is kept beside it.
    Salvage,
    /// Opening fails: what the store holds can be had anew from elsewhere.
    Refuse,
}

/// The connections to one file.
///
/// Lock order: `writer` before `readers`. `readers` is held only to take or give back a connection.
pub(crate) struct Database {
    path: PathBuf,
    /// `None` after an I/O error: the next write opens it anew instead of trusting a descriptor whose fsync failed (A4).
    writer: Mutex<Option<(FileId, Connection)>>,
    readers: Mutex<Vec<(FileId, Connection)>>,
    /// The file that was made of a damaged one last.
    salvaged: Mutex<Option<FileId>>,
}

impl Database {
    /// Opens or creates the file in `directory`, which is created if need be.
    pub(crate) fn open(directory: &Path, on_damage: OnDamage) -> Result<Self, OpenError> {
        let unusable = |error: std::io::Error| OpenError::Unusable {
            path: directory.to_owned(),
            reason: format!("{error}; check that it is a directory that this user may write to"),
        };
        create_directory(directory).map_err(unusable)?;
        let path = directory.join(FILE_NAME);
        if replacement::is_begun(&path) {
            let _lock = replacement::lock(&path).map_err(|error| ConnectError::from(error).at(path.clone()))?;
            replacement::finish(&path).map_err(unusable)?;
        }
        let is_new = !path.exists();
        create_file(&path).map_err(unusable)?;
        let database = Self { path, writer: Mutex::default(), readers: Mutex::default(), salvaged: Mutex::default() };
        let met = FileId::of(&database.path);
        let opened = match database.damage_unseen(is_new).map_err(unusable)? {
            Some(reason) => Err(ConnectError::Damaged(reason)),
            None => database.prepare(),
        };
        let opened = match opened {
            Err(ConnectError::Older) => database.upgrade().and_then(|()| database.prepare()),
            opened => opened,
        };
        match opened {
            Err(error) if error.is_damage() && on_damage == OnDamage::Salvage => {
                let failed = |reason: String| OpenError::Damaged { path: database.path.clone(), reason };
                let healed = database.heal(met).map_err(|error| failed(error.to_string()))?;
                if healed == Healed::Sound {
                    return Err(error.at(database.path));
                }
                database.prepare().map_err(|error| error.at(database.path.clone()))?;
            }
            Err(error) => return Err(error.at(database.path)),
            Ok(()) => {}
        }
        Ok(database)
    }

    /// Damage that SQLite would pass over, or meet only when a query comes by: of the write-ahead log, of a file without a whole page, or of
    /// one of the first pages.
    fn damage_unseen(&self, is_new: bool) -> std::io::Result<Option<String>> {
        let log = Log::of(&self.path)?;
        if log.torn {
            let name = pages::log_of(&self.path);
            tell(format_args!(
                "the last transaction in {} is not whole: it was cut off by a crash and never acknowledged, or is damaged, and is left out",
                name.display()
            ));
        }
        let bytes = fs::metadata(&self.path)?.len();
        // SQLite would take a file without a whole page for a new one.
        let cut_off = bytes < pages::PAGE_BYTES as u64 && !is_new && (bytes > 0 || log.has_commits() || replacement::is_known(&self.path));
        if log.damaged {
            return Ok(Some("its write-ahead log is damaged".into()));
        }
        if cut_off {
            return Ok(Some(format!("it has {bytes} bytes, which is less than any store has")));
        }
        Ok(match patrol::turn(&self.path, 1)? {
            Seen::Damaged(page) => Some(format!("page {page} is not what was written")),
            Seen::More | Seen::End => None,
        })
    }

    /// Looks at some pages from page `first` on.
    pub(crate) fn look(&self, first: u32) -> Result<Seen, StoreError> {
        patrol::turn(&self.path, first).map_err(|error| StoreError::Unavailable(format!("{} cannot be read: {error}", self.path.display())))
    }

    fn prepare(&self) -> Result<(), ConnectError> {
        let mut connection = connect(&self.path)?;
        prepare(&mut connection)?;
        // From here on an empty file is one that was cut off.
        create_file(&replacement::lock_name(&self.path))
            .map_err(|error| ConnectError::Store(StoreError::Unavailable(error.to_string())))?;
        *self.writer.lock() = self.file_id().map(|id| (id, connection));
        Ok(())
    }

    /// Which file has the name of the store now.
    pub(crate) fn file_id(&self) -> Option<FileId> {
        FileId::of(&self.path)
    }

    /// Whether the connection's file is still the store. One whose name is gone is used to its end.
    fn is_current(&self, id: FileId) -> bool {
        self.file_id().is_none_or(|now| now == id)
    }

    fn connect(&self) -> Result<(FileId, Connection), StoreError> {
        loop {
            let before = self.file_id();
            let connection = connect(&self.path).map_err(ConnectError::into_store)?;
            match before {
                Some(id) if self.is_current(id) => return Ok((id, connection)),
                Some(_) => {}
                None => return Err(StoreError::Unavailable(format!("{} is not there", self.path.display()))),
            }
        }
    }

    /// The writing connection. Its transactions are durable when they have committed (`synchronous=FULL`).
    pub(crate) fn writer(&self) -> Result<Writer<'_>, StoreError> {
        let mut writer = self.writer.lock();
        if writer.as_ref().is_none_or(|(id, _)| !self.is_current(*id)) {
            *writer = None;
            *writer = Some(self.connect()?);
        }
        Ok(Writer { connection: writer })
    }

    /// Calls `read` with a connection in a transaction: all it sees is of one instant.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.readers.lock().pop().filter(|(id, _)| self.is_current(*id));
        let (id, connection) = match idle {
            Some(idle) => idle,
            None => self.connect()?,
        };
        let result = {
            let snapshot = connection.unchecked_transaction().map_err(store_error)?;
            read(&snapshot)
        };
        let mut readers = self.readers.lock();
        if readers.len() < IDLE_READERS {
            readers.push((id, connection));
        }
        result
    }

    /// Makes a new file of what can be read of the one that is damaged, `met` when that was noticed. Other processes wait for it to end.
    pub(crate) fn heal(&self, met: Option<FileId>) -> Result<Healed, StoreError> {
        let mut writer = self.writer.lock();
        let _lock = replacement::lock(&self.path).map_err(store_error)?;
        let now = self.file_id();
        if now != met {
            return Ok(Healed::Elsewhere);
        }
        let failed = |error: std::io::Error| StoreError::Unavailable(format!("{} cannot be salvaged: {error}", self.path.display()));
        let mut old_pages = Pages::open(&self.path).map_err(failed)?;
        if now.is_some() && now == *self.salvaged.lock() && old_pages.damaged().map_err(failed)? == 0 {
            return Ok(Healed::Sound);
        }
        // Keeps writers of other processes out, if that can still be had; opened before ours is closed, so that no log is removed.
        // What has no whole page is left alone: SQLite would begin a new database there, and remove its log.
        let holder = fs::metadata(&self.path).is_ok_and(|file| file.len() >= pages::PAGE_BYTES as u64).then(|| connect(&self.path).ok());
        let holder = holder.flatten();
        let held = holder.as_ref().is_some_and(|holder| holder.execute_batch("BEGIN IMMEDIATE").is_ok());
        *writer = None;
        self.readers.lock().clear();
        if held {
            old_pages = Pages::open(&self.path).map_err(failed)?;
        }
        let salvage = self.build(None, |new| {
            let found = salvage::salvage(&mut old_pages, new)?;
            if found.found == 0 && !old_pages.may_be_cut_off(&self.path).map_err(failed)? {
                return Err(StoreError::Damaged(
                    "no row of it can be read: it is another program's, or one of an earlier version that is damaged. Move it away".into(),
                ));
            }
            let lost = found.lost_rows as i64;
            if found.is_loss() {
                new.execute(
                    "INSERT INTO recoveries (time, kept_as, lost_rows, report) VALUES (CAST(unixepoch('subsec') * 1000000 AS INTEGER), ?1, ?2, ?3)",
                    params![format!("{FILE_NAME}.damaged-*"), lost, found.losses.join("; ")],
                )
                .map_err(store_error)?;
            }
            Ok(found)
        });
        let salvage = salvage.inspect_err(|_| {
            let _ = fs::remove_file(replacement::unfinished(&self.path));
        })?;
        let old = if salvage.is_loss() { Old::Keep } else { Old::Remove };
        let kept = replacement::replace(&self.path, old).map_err(failed)?;
        drop(holder);
        *self.salvaged.lock() = self.file_id();
        tell(format_args!("{}", salvage.report(&self.path, kept.as_deref())));
        Ok(Healed::Anew)
    }

    /// Copies a store of an earlier version into a new file.
    fn upgrade(&self) -> Result<(), ConnectError> {
        let _lock = replacement::lock(&self.path)?;
        let mut old = connect(&self.path)?;
        let version = |connection: &Connection| connection.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0));
        let transaction = old.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match version(&transaction)? {
            SCHEMA_VERSION => return Ok(()),
            1 => {
                transaction.execute_batch(include_str!("upgrade_2.sql"))?;
                transaction.pragma_update(None, "user_version", 2)?;
                transaction.commit()?;
                return self.copy(&old);
            }
            _ => drop(transaction),
        }
        self.copy(&old)
    }

    fn copy(&self, old: &Connection) -> Result<(), ConnectError> {
        old.execute_batch("BEGIN IMMEDIATE")?;
        self.build(Some(&self.path), |new| upgrade::copy(new).map_err(store_error)).map_err(ConnectError::Store)?;
        let failed = |error: std::io::Error| ConnectError::Store(StoreError::Unavailable(error.to_string()));
        replacement::replace(&self.path, Old::Remove).map_err(failed)?;
        Ok(())
    }

    /// Writes a new file: its tables, what `fill` puts into them, then copies and triggers. `old` is attached under this name.
    fn build<T>(&self, old: Option<&Path>, fill: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let path = replacement::unfinished(&self.path);
        let failed = |error: std::io::Error| StoreError::Unavailable(format!("{} cannot be written: {error}", path.display()));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => create_file(&path).map_err(failed)?,
        }
        let new = open(&path).map_err(store_error)?;
        // A crash leaves a file that is never looked at; what is finished is synced as a whole.
        new.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF").map_err(store_error)?;
        if let Some(old) = old {
            new.execute("ATTACH ?1 AS old", [old.to_string_lossy()]).map_err(store_error)?;
        }
        let transaction = new.unchecked_transaction().map_err(store_error)?;
        transaction.execute_batch(include_str!("schema.sql")).map_err(store_error)?;
        let filled = fill(&transaction)?;
        finish_schema(&transaction).map_err(store_error)?;
        transaction.commit().map_err(store_error)?;
        if old.is_some() {
            new.execute_batch("DETACH old").map_err(store_error)?;
        }
        new.close().map_err(|(_, error)| store_error(error))?;
        Ok(filled)
    }
}

/// How the file is after it was looked at for damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Healed {
    /// It is made anew.
    Anew,
    /// Someone else has replaced it.
    Elsewhere,
    /// It was made anew before, and no page of it is damaged.
    Sound,
}

/// The writing connection, held by one thread.
pub(crate) struct Writer<'a> {
    connection: MutexGuard<'a, Option<(FileId, Connection)>>,
}

impl Writer<'_> {
    /// Calls `write` in a transaction that begins as a writer, and commits: all or nothing. After an error nothing has changed.
    pub(crate) fn transaction<T>(&mut self, write: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let Some((_, connection)) = self.connection.as_mut() else {
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
            Some((_, connection)) => connection.pragma_update(None, "synchronous", mode).map_err(store_error),
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

    /// Calls `write` outside of a transaction, for what SQLite does in transactions of its own.
    pub(crate) fn bare<T>(&mut self, write: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let Some((_, connection)) = self.connection.as_ref() else {
            return Err(StoreError::Unavailable("the database is not open".into()));
        };
        let result = write(connection);
        if matches!(result, Err(StoreError::Unavailable(_))) {
            *self.connection = None;
        }
        result
    }

    /// The connection, for settings of tests.
    #[cfg(test)]
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection.as_ref().expect("an open connection").1
    }
}

/// An error while connecting, not yet said of which file.
enum ConnectError {
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
    fn is_damage(&self) -> bool {
        match self {
            Self::Sqlite(error) => is_damage(error),
            Self::Damaged(_) => true,
            // Of an earlier version: its rows have no checksums that tell them from others.
            Self::Store(_) | Self::Older | Self::Foreign(_) | Self::Newer(_) => false,
        }
    }

    fn at(self, path: PathBuf) -> OpenError {
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

    fn into_store(self) -> StoreError {
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
fn open(path: &Path) -> rusqlite::Result<Connection> {
    pages::register();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags_and_vfs(path, flags, pages::VFS)?;
    connection.busy_timeout(BUSY)?;
    row_crc::register(&connection)?;
    connection.pragma_update(None, "page_size", pages::PAGE_BYTES as i64)?;
    pages::reserve(&connection);
    if path.metadata().is_ok_and(|file| file.len() == 0) {
        // Preparing it is what a file needs that is to be made; executing it would write to the file before it has pages.
        drop(connection.prepare("PRAGMA auto_vacuum = INCREMENTAL")?);
    }
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Negative: KiB.
    connection.pragma_update(None, "cache_size", -16_384)?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, ConnectError> {
    let connection = open(path)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    Ok(connection)
}

/// Opens a file to look at it.
pub(crate) fn look(path: &Path) -> rusqlite::Result<Connection> {
    open(path)
}

/// Adds to tables that may hold rows what keeps second copies of them, and says what the file is.
fn finish_schema(transaction: &Connection) -> rusqlite::Result<()> {
    transaction.execute_batch(include_str!("copies.sql"))?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)
}

/// Creates the schema in an empty file, checks any other.
fn prepare(connection: &mut Connection) -> Result<(), ConnectError> {
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

/// Says something to whoever runs the process: what no answer carries.
pub(crate) fn tell(message: std::fmt::Arguments<'_>) {
    tracing::warn!("{message}");
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
pub(crate) fn create_file(path: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
