//! The connections to the file of a store: one that writes, several that read, each opened anew once another
//! file has its name.

use crate::db::connection::{ConnectError, connect, create_file, finish_schema, open, prepare};
use crate::db::error::store_error;
use crate::db::replacement::{self, FileId};
use rusqlite::{Connection, TransactionBehavior};
use std::fs;
use std::path::{Path, PathBuf};
use stepwell_lock::{Mutex, MutexGuard};
use stepwell_store::StoreError;

/// Reading connections that are kept for the next reader; more are opened when more read at once.
const IDLE_READERS: usize = 4;

/// The connections to one file.
///
/// Lock order: `writer` before `readers`. `readers` is held only to take or give back a connection.
pub(crate) struct Database {
    pub(crate) path: PathBuf,
    /// `None` after an I/O error: the next write opens it anew instead of trusting a descriptor whose fsync
    /// failed (A4).
    pub(crate) writer: Mutex<Option<(FileId, Connection)>>,
    pub(crate) readers: Mutex<Vec<(FileId, Connection)>>,
    /// The file that was made of a damaged one last.
    pub(crate) salvaged: Mutex<Option<FileId>>,
}

impl Database {
    /// A store whose file is not looked at yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, writer: Mutex::default(), readers: Mutex::default(), salvaged: Mutex::default() }
    }

    /// Connects for the first time, to a file that is empty or a store of the present version.
    pub(crate) fn prepare(&self) -> Result<(), ConnectError> {
        let mut connection = connect(&self.path)?;
        prepare(&mut connection)?;
        // From here on an empty file is one that was cut off.
        create_file(&replacement::lock_name(&self.path))
            .map_err(|error| ConnectError::Store(StoreError::Unavailable(error.to_string())))?;
        *self.writer.lock() = self.file_id().map(|id| (id, connection));
        Ok(())
    }

    /// Id of the file that has the name of the store now.
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

    /// Writes a new file: its tables, what `fill` puts into them, then copies and triggers. `old` is attached
    /// under this name.
    pub(crate) fn build<T>(&self, old: Option<&Path>, fill: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let path = replacement::unfinished(&self.path);
        let failed = |error: std::io::Error| StoreError::Unavailable(format!("{} cannot be written: {error}", path.display()));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => create_file(&path).map_err(failed)?,
        }
        let new = open(&path).map_err(store_error)?;
        // A crash leaves a file that is never looked at; what is finished is synced as a whole.
        new.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA temp_store = FILE")
            .map_err(store_error)?;
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

/// The writing connection, held by one thread.
pub(crate) struct Writer<'a> {
    connection: MutexGuard<'a, Option<(FileId, Connection)>>,
}

impl Writer<'_> {
    /// Calls `write` in a transaction that begins as a writer, and commits: all or nothing. After an error
    /// nothing has changed.
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
