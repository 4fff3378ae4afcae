//! Upgrade from an earlier version: from 1 to 2 in place, from there every row into a new file, whose pages
//! have room for checksums, and from 3 in place again.

use crate::db::connection::{ConnectError, SCHEMA_VERSION, connect};
use crate::db::database::Database;
use crate::db::error::store_error;
use crate::db::replacement::{self, Old};
use rusqlite::{Connection, TransactionBehavior};
use stepwell_store::StoreError;

/// Tables of version 2, in an order in which rows refer to those before them.
const TABLES: [&str; 14] = [
    "counters",
    "projects",
    "runs",
    "streams",
    "settings",
    "metrics",
    "files",
    "journal",
    "damaged_frames",
    "keys",
    "blocks",
    "columns",
    "series",
    "others",
];

impl Database {
    /// Brings a store of an earlier version to the present one.
    pub(crate) fn upgrade(&self) -> Result<(), ConnectError> {
        let _lock = replacement::lock(&self.path)?;
        let mut old = connect(&self.path)?;
        let version = |connection: &Connection| connection.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0));
        let transaction = old.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match version(&transaction)? {
            SCHEMA_VERSION => return Ok(()),
            3 => {
                transaction.execute_batch(include_str!("upgrade_4.sql"))?;
                transaction.pragma_update(None, "user_version", 4)?;
                transaction.commit()?;
                return Ok(());
            }
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
        self.build(Some(&self.path), |new| copy(new).map_err(store_error)).map_err(ConnectError::Store)?;
        let failed = |error: std::io::Error| ConnectError::Store(StoreError::Unavailable(error.to_string()));
        replacement::replace(&self.path, Old::Remove).map_err(failed)?;
        Ok(())
    }
}

/// Copies the database of version 2 that is attached as `old` into the tables of `new`, within the
/// transaction of the caller.
fn copy(new: &Connection) -> rusqlite::Result<()> {
    new.execute("DELETE FROM counters", [])?;
    for table in TABLES {
        let columns: Vec<String> = new
            .prepare("SELECT name FROM pragma_table_info(?1, 'old')")?
            .query_map([table], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let columns = columns.join(", ");
        new.execute(&format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM old.{table}"), [])?;
    }
    for table in ["journal", "blocks"] {
        new.execute("DELETE FROM main.sqlite_sequence WHERE name = ?1", [table])?;
        new.execute("INSERT INTO main.sqlite_sequence (name, seq) SELECT name, seq FROM old.sqlite_sequence WHERE name = ?1", [table])?;
    }
    new.execute_batch(
        "INSERT INTO main.parts (key, stream, id, first_step, last_step, count, complete)
             SELECT key, stream, id, first_step, last_step, count, count = 4096 FROM main.columns ORDER BY key, stream, id;
         UPDATE main.runs SET statements = (SELECT count(*) FROM settings WHERE run = runs.id)
             + (SELECT count(*) FROM metrics WHERE run = runs.id) + (SELECT count(*) FROM files WHERE run = runs.id);
         UPDATE main.streams SET compacted = ifnull((SELECT min(first) - 1 FROM main.journal WHERE stream = streams.id), durable),
             stored_rows = ifnull((SELECT sum(row_count) FROM main.blocks WHERE stream = streams.id), 0),
             stored_others = (SELECT count(*) FROM main.others WHERE stream = streams.id);",
    )
}
