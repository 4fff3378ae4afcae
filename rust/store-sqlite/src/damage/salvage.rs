//! Salvage of a damaged file: every row that is what was written goes into a new file, and what is missing
//! is counted.
//!
//! No tree of the damaged file is followed. Each page is looked at by itself, and each row is known by its
//! checksum (rows.rs), so what a broken page costs is its own rows; of those that are there twice
//! (copies.sql, or an older state of a page) the newest counts. Row groups are written anew as compaction
//! writes them, with all that is derived from them.
//!
//! A loss is known from what was counted while it was there: the rows and cells of each stream's row
//! groups, the statements of each run, and the dense numbers of the entries that are still in the journal. So
//! a run never says less than it lacks, and more only by cells: a lost row counts once, and each of its cells
//! that was no number once more. Where both copies of such a count are lost (in a file that is cut off in the
//! middle of them), nothing says how much there was: one is added, and the report names the run.

pub(crate) mod pages;
mod row_groups;
pub(crate) mod rows;

use crate::db::catalog;
use crate::db::error::store_error;
use pages::Pages;
use rows::{BLOCKS, COLUMNS, COUNTERS, FILES, KEYS, OTHERS, PROJECTS, Place, RUNS, SETTINGS, STREAMS, Table, rows_of};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use stepwell_store::StoreError;

/// Ids of journal rows and row groups that are passed over: none is given twice, not even one that was lost.
const SKIPPED_IDS: i64 = 1 << 20;

/// Outcome of a salvage.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Salvage {
    /// Rows of ours that were found. Without any the file may be another program's.
    pub(crate) found: u64,
    /// Pages that are not what was written.
    pub(crate) damaged_pages: u64,
    /// Rows that are missing, wholly or in part.
    pub(crate) lost_rows: u64,
    /// Losses, in sentences.
    pub(crate) losses: Vec<String>,
}

impl Salvage {
    /// Whether anything is missing.
    pub(crate) fn is_loss(&self) -> bool {
        self.found == 0 || self.lost_rows > 0 || !self.losses.is_empty()
    }

    /// Report of what happened to the file, for whoever runs the process.
    pub(crate) fn report(&self, file: &Path, kept: Option<&Path>) -> String {
        let name = file.display();
        let found = format!("{name} was damaged ({} pages) and is made anew of what could be read", self.damaged_pages);
        match kept {
            Some(kept) if self.losses.is_empty() => format!("{found}, which is nothing; the damaged file is kept as {}", kept.display()),
            Some(kept) => format!("{found}: {}; the damaged file is kept as {}", self.losses.join("; "), kept.display()),
            None => format!("{found}; nothing is missing"),
        }
    }
}

/// Rows that are not in their final form yet after the first look.
#[derive(Default)]
struct Places {
    /// Runs and streams of which a copy of the last state is there, with its counts.
    counted_runs: BTreeSet<i64>,
    counted_streams: BTreeSet<i64>,
    /// By stream and id.
    groups: BTreeMap<(i64, i64), Place>,
    /// By row group and ordinal: key and place.
    columns: FxHashMap<i64, BTreeMap<i64, (i64, Place)>>,
}

/// Copies what can be read of the database into `new`, which has tables (`schema.sql`) and nothing else.
pub(crate) fn salvage(pages: &mut Pages, new: &Connection) -> Result<Salvage, StoreError> {
    let mut salvage = Salvage::default();
    let mut places = Places::default();
    let free = pages.free().map_err(unreadable)?;
    new.execute_batch("CREATE TEMP TABLE found_keys (id, run, name, has_others)").map_err(store_error)?;
    for number in (1..=pages.count).filter(|number| !free.contains(number)) {
        let (page, sound) = pages.read(number).map_err(unreadable)?;
        salvage.damaged_pages += u64::from(!sound);
        for row in rows_of(pages, number, &page, sound).map_err(unreadable)? {
            salvage.found += 1;
            take(new, &row, &mut places)?;
        }
    }
    if salvage.found == 0 {
        return Ok(salvage);
    }
    let (there, stated) = (pages.count, pages.stated().map_err(unreadable)?);
    if stated.is_some_and(|stated| there < stated) {
        salvage.losses.push(format!("the file is cut off after {there} of {} pages", stated.unwrap_or_default()));
    }
    complete_catalog(new)?;
    let mut lost = row_groups::write_groups(pages, new, &places, &mut salvage)?;
    let uncounted = find_uncounted(new, &places, &mut salvage)?;
    for (run, rows) in count_journal(new)?.into_iter().chain(count_statements(new)?).chain(uncounted) {
        *lost.entry(run).or_default() += rows;
    }
    count_losses(new, &lost, &mut salvage)?;
    Ok(salvage)
}

#[allow(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn unreadable(error: io::Error) -> StoreError {
    StoreError::Unavailable(format!("store.sqlite cannot be read: {error}"))
}

/// Takes in a row, unless a newer state of it is known.
fn take(new: &Connection, row: &rows::Row, places: &mut Places) -> Result<(), StoreError> {
    let put = |key: &[&str], age: &[&str]| put(new, row, key, age).map_err(store_error);
    match row.table {
        table if *table == RUNS && row.listed => places.counted_runs.insert(row.integer(0)),
        table if *table == STREAMS && row.listed => places.counted_streams.insert(row.integer(0)),
        _ => false,
    };
    match row.table {
        table if *table == BLOCKS => {
            places.groups.entry((row.integer(1), row.integer(0))).or_insert(row.place);
            Ok(())
        }
        table if *table == COLUMNS => {
            let (group, ordinal) = (row.integer(0) >> 22, row.integer(0) & ((1 << 22) - 1));
            places.columns.entry(group).or_default().entry(ordinal).or_insert((row.integer(1), row.place));
            Ok(())
        }
        table if *table == COUNTERS => put(&["name"], &["value"]),
        table if *table == PROJECTS => put(&["id"], &["next_slot"]),
        table if *table == RUNS => put(&["id"], &["version", "statements", "lost_rows", "deleted"]),
        table if *table == STREAMS => put(&["id"], &["durable", "compacted", "heartbeat", "stored_rows", "exit_code"]),
        table if *table == SETTINGS => put(&["run", "kind", "key"], &["time", "stream", "entry"]),
        table if *table == FILES => put(&["run", "path"], &["time", "stream", "entry"]),
        table if *table == KEYS => {
            let insert = "INSERT INTO found_keys (id, run, name, has_others) VALUES (?1, ?2, ?3, ?4)";
            let inserted = new.prepare_cached(insert).and_then(|mut insert| insert.execute(params_from_iter(&row.fields)));
            inserted.map(drop).map_err(store_error)
        }
        // Never changed.
        _ => put(&[], &[]),
    }
}

/// Inserts a row. One that is there by `key` gives way if it is older by the fields `age`.
fn put(new: &Connection, row: &rows::Row, key: &[&str], age: &[&str]) -> rusqlite::Result<()> {
    let Table { name, columns, .. } = row.table;
    // Ids of `others` are given again after a run was purged; its cells are known by what they say.
    let skip = usize::from(*row.table == OTHERS);
    let columns = &columns[skip..];
    let values: Vec<String> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
    let (columns_text, values) = (columns.join(", "), values.join(", "));
    let sql = if key.is_empty() {
        format!("INSERT OR IGNORE INTO {name} ({columns_text}) VALUES ({values})")
    } else {
        let set: Vec<String> = columns.iter().map(|column| format!("{column} = excluded.{column}")).collect();
        let of = |prefix: &str| age.iter().map(|field| format!("ifnull({prefix}{field}, -1)")).collect::<Vec<_>>().join(", ");
        let newer = if age.len() == 1 {
            format!("{} > {}", of("excluded."), of(&format!("{name}.")))
        } else {
            format!("({}) > ({})", of("excluded."), of(&format!("{name}.")))
        };
        format!(
            "INSERT INTO {name} ({columns_text}) VALUES ({values}) ON CONFLICT ({}) DO UPDATE SET {} WHERE {newer}",
            key.join(", "),
            set.join(", ")
        )
    };
    match new.prepare_cached(&sql)?.execute(params_from_iter(&row.fields[skip..])) {
        // Two states of something that has another id by now: the first one stays.
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == rusqlite::ErrorCode::ConstraintViolation => Ok(()),
        result => result.map(drop),
    }
}

/// Makes anew what streams and runs hang on and what is not there, from what they say of it.
fn complete_catalog(new: &Connection) -> Result<(), StoreError> {
    let version: i64 = new
        .query_row("SELECT max(ifnull((SELECT max(value) FROM counters), 0), ifnull((SELECT max(version) FROM runs), 0)) + 1", [], |row| {
            row.get(0)
        })
        .map_err(store_error)?;
    let execute = |sql: &str, params: &[&dyn rusqlite::ToSql]| new.execute(sql, params).map(drop).map_err(store_error);
    execute("INSERT INTO counters (name, value) VALUES ('version', ?1) ON CONFLICT (name) DO UPDATE SET value = ?1", &[&version])?;
    let streams: Vec<(i64, Vec<u8>)> = new
        .prepare("SELECT run, opening FROM streams")
        .and_then(|mut select| select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(store_error)?;
    for (run, opening) in streams {
        let opening = catalog::decode_opening(&opening)?;
        let of_run = "SELECT project, slot FROM runs WHERE id = ?1";
        let known: Option<(i64, i64)> =
            new.query_row(of_run, [run], |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(store_error)?;
        if let Some((project, _)) = known {
            let make = "INSERT OR IGNORE INTO projects (id, entity, name) VALUES (?1, ?2, ?3)";
            execute(make, &[&project, &opening.path.entity, &opening.path.project])?;
            continue;
        }
        execute("INSERT OR IGNORE INTO projects (entity, name) VALUES (?1, ?2)", &[&opening.path.entity, &opening.path.project])?;
        let find = "SELECT id, max(next_slot, ifnull((SELECT max(slot) + 1 FROM runs WHERE project = projects.id), 0))
             FROM projects WHERE entity = ?1 AND name = ?2";
        let (project, slot): (i64, i64) = new
            .query_row(find, [&opening.path.entity, &opening.path.project], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(store_error)?;
        execute(
            "INSERT OR IGNORE INTO runs (id, project, name, slot, version, rows_version) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            &[&run, &project, &opening.path.run, &slot, &version],
        )?;
    }
    for sql in [
        "UPDATE projects SET next_slot = max(next_slot, ifnull((SELECT max(slot) + 1 FROM runs WHERE project = projects.id), 0))",
        // A run whose project is known by nothing else any more.
        "INSERT OR IGNORE INTO projects (id, entity, name, next_slot)
             SELECT project, 'local', 'salvaged-' || project, max(slot) + 1 FROM runs
             WHERE project NOT IN (SELECT id FROM projects) GROUP BY project",
        // Purged, but for what older pages still held.
        "UPDATE runs SET deleted = 1 WHERE deleted = 2",
        "UPDATE runs SET rows_version = (SELECT value FROM counters), version = (SELECT value FROM counters)",
        // A copy of a stream is as of its last compaction.
        "UPDATE streams SET durable = max(durable, compacted, ifnull((SELECT max(last) FROM journal WHERE stream = streams.id), 0))",
        // Ids of keys are given again after a run was purged, and an older page may still have the key that
        // had the id before.
        "INSERT OR IGNORE INTO keys (id, run, name, has_others)
             SELECT id, run, name, max(has_others) FROM found_keys WHERE run NOT IN (SELECT id FROM runs WHERE deleted > 0)
             GROUP BY id, run, name ORDER BY run NOT IN (SELECT id FROM runs), run DESC",
        "DROP TABLE found_keys",
        // They cannot be read, so they count as lost.
        "DELETE FROM others WHERE ifnull(
             (SELECT keys.run != streams.run FROM keys, streams WHERE keys.id = others.key AND streams.id = others.stream),
             key NOT IN (SELECT id FROM keys))",
        "UPDATE keys SET has_others = 1 WHERE id IN (SELECT key FROM others)",
        // They were compacted: an older page still had them.
        "DELETE FROM journal WHERE last <= (SELECT compacted FROM streams WHERE id = journal.stream)",
    ] {
        execute(sql, &[])?;
    }
    Ok(())
}

/// Runs without streams, and those of which a count is lost or an older one: one loss for each, as nothing
/// says how many there are.
fn find_uncounted(new: &Connection, places: &Places, salvage: &mut Salvage) -> Result<BTreeMap<i64, u64>, StoreError> {
    let mut select = new
        .prepare("SELECT runs.id, name, streams.id FROM runs LEFT JOIN streams ON run = runs.id WHERE deleted = 0")
        .map_err(store_error)?;
    let mut rows = select.query([]).map_err(store_error)?;
    let mut uncounted = BTreeMap::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        let read = || Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let (run, name, stream): (i64, String, Option<i64>) = read().map_err(store_error)?;
        let is_counted = places.counted_runs.contains(&run) && stream.is_some_and(|stream| places.counted_streams.contains(&stream));
        if !is_counted && uncounted.insert(run, 1).is_none() {
            salvage.losses.push(format!("how many rows and settings of run {name} are lost is not known"));
        }
    }
    Ok(uncounted)
}

/// Entries of each run that have not left the journal and are not there.
fn count_journal(new: &Connection) -> Result<Vec<(i64, u64)>, StoreError> {
    new.prepare(
        "SELECT run, durable - compacted - ifnull((SELECT sum(last - first + 1) FROM journal WHERE stream = streams.id), 0)
             - ifnull((SELECT sum(last - first + 1) FROM damaged_frames WHERE stream = streams.id AND first > compacted), 0) AS missing
         FROM streams JOIN runs ON runs.id = run WHERE deleted = 0 AND missing > 0",
    )
    .and_then(|mut select| select.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?.collect())
    .map_err(store_error)
}

/// Statements of each run that are not there.
fn count_statements(new: &Connection) -> Result<Vec<(i64, u64)>, StoreError> {
    const THERE: &str = "(SELECT count(*) FROM settings WHERE run = runs.id) + (SELECT count(*) FROM metrics WHERE run = runs.id)
         + (SELECT count(*) FROM files WHERE run = runs.id)";
    let missing = new
        .prepare(&format!("SELECT id, statements - ({THERE}) AS missing FROM runs WHERE deleted = 0 AND missing > 0"))
        .and_then(|mut select| select.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?.collect())
        .map_err(store_error)?;
    new.execute(&format!("UPDATE runs SET statements = {THERE}"), []).map_err(store_error)?;
    Ok(missing)
}

/// Adds what is missing to what the runs have lost, and passes over ids that may have been given.
fn count_losses(new: &Connection, lost: &BTreeMap<i64, u64>, salvage: &mut Salvage) -> Result<(), StoreError> {
    for (&run, &rows) in lost.iter().filter(|(_, rows)| **rows > 0) {
        let loss = stepwell_store::LossTotals { lost_rows: rows, ..Default::default() };
        crate::write::append::add_loss(new, run, loss).map_err(store_error)?;
        let name: String = new.query_row("SELECT name FROM runs WHERE id = ?1", [run], |row| row.get(0)).map_err(store_error)?;
        salvage.losses.push(format!("run {name} has lost {rows} rows or parts of them"));
        salvage.lost_rows += rows;
    }
    for table in ["journal", "blocks"] {
        let highest: i64 = new.query_row(&format!("SELECT ifnull(max(id), 0) FROM {table}"), [], |row| row.get(0)).map_err(store_error)?;
        new.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [table]).map_err(store_error)?;
        new.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", params![table, highest + SKIPPED_IDS])
            .map_err(store_error)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteStore;
    use crate::db::connection::FILE_NAME;
    use std::fs;
    use std::ops::ControlFlow;
    use stepwell_model::{Entry, RunPath, Value};
    use stepwell_store::conformance::compact_all;
    use stepwell_store::conformance::stream::{TestStream, path, row};
    use stepwell_store::{LabelChoice, Page, RowBatch, RowQuery, StepRange, Store};

    const KEYS_OF_A_RUN: usize = 300;

    /// Writes a row and compacts it.
    fn write(store: &SqliteStore, stream: &mut TestStream, prefix: &str, value: &Value) {
        store.open_stream(stream.id, &stream.opening).unwrap();
        let keys: Vec<String> = (0..KEYS_OF_A_RUN).map(|at| format!("{prefix}/{at}")).collect();
        let cells: Vec<(&str, Value)> = keys.iter().map(|key| (key.as_str(), value.clone())).collect();
        let frame = stream.frame(&[row(0, &cells), Entry::Exit { time: 0, code: 0 }]);
        store.append(&[frame]).unwrap();
        compact_all(store);
    }

    #[test]
    fn a_key_of_a_purged_run_is_not_taken_for_the_one_that_has_its_id_now() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(FILE_NAME);
        let gone = RunPath { run: "gone".into(), ..path() };
        let store = SqliteStore::open(directory.path()).unwrap();
        write(&store, &mut TestStream::new(1).with(|opening| opening.path = gone.clone()), "gone", &Value::Str("text".into()));
        drop(store);
        let past = fs::read(&file).unwrap();
        let store = SqliteStore::open(directory.path()).unwrap();
        store.delete_run(&gone).unwrap();
        while store.database.writer().unwrap().transaction(catalog::purge).unwrap() {}
        write(&store, &mut TestStream::new(2), "there", &Value::Int(7));
        drop(store);
        // Pages of the past in a place where they are not what was written.
        fs::write(&file, [fs::read(&file).unwrap(), past].concat()).unwrap();

        let store = SqliteStore::open(directory.path()).unwrap();
        let mut cells = Vec::new();
        let query = RowQuery { keys: vec![], label: LabelChoice::Primary, steps: StepRange::ALL };
        let mut see = |_: &str, batch: RowBatch| {
            cells.extend(batch.rows().flat_map(|row| row.cells));
            ControlFlow::Continue(())
        };
        store.rows(&path(), &query, &mut see).unwrap();
        assert_eq!(cells.iter().filter(|(key, value)| key.starts_with("there") && *value == Value::Int(7)).count(), KEYS_OF_A_RUN);
        assert_eq!(store.run(&path(), 0).unwrap().loss.lost_rows, 0, "{:?}", store.recoveries());
        assert_eq!(store.runs("local", "p", Page { limit: 9, offset: 0 }, 0).unwrap().1, 1);
    }
}
