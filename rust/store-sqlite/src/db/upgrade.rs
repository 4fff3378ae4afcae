//! From version 2 to 3: every row into a new file, whose pages have room for checksums.

use rusqlite::Connection;

/// Tables of version 2, in an order in which rows refer to those before them.
const TABLES: [&str; 15] = [
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
    "tallies",
    "series",
    "others",
];

/// Copies the database of version 2 that is attached as `old` into the tables of `new`, within the transaction of the caller.
pub(crate) fn copy(new: &Connection) -> rusqlite::Result<()> {
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
        "UPDATE main.runs SET statements = (SELECT count(*) FROM settings WHERE run = runs.id)
             + (SELECT count(*) FROM metrics WHERE run = runs.id) + (SELECT count(*) FROM files WHERE run = runs.id);
         UPDATE main.streams SET compacted = ifnull((SELECT min(first) - 1 FROM main.journal WHERE stream = streams.id), durable),
             stored_rows = ifnull((SELECT sum(row_count) FROM main.blocks WHERE stream = streams.id), 0),
             stored_others = (SELECT count(*) FROM main.others WHERE stream = streams.id);",
    )
}
