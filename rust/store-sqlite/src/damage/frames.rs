//! Frames of the journal that cannot be read any more: set aside, so that everything else goes on, and
//! counted among what their runs lost.

use crate::chunks::journal::{JournalEntry, Part, entries, examine};
use crate::db::catalog::next_version;
use crate::db::error::store_error;
use crate::write::append::add_loss;
use rusqlite::{Connection, params};
use stepwell_model::StreamId;
use stepwell_store::{LossTotals, StoreError};

/// A frame that cannot be read.
#[derive(Debug)]
pub(crate) struct DamagedFrame {
    pub(crate) entry: JournalEntry,
    pub(crate) reason: String,
}

/// Looks through the whole journal.
pub(crate) fn find(connection: &Connection) -> Result<Vec<DamagedFrame>, StoreError> {
    let mut found = Vec::new();
    for entry in entries(connection, Part::All)? {
        if let Err(reason) = examine(connection, entry.id)? {
            found.push(DamagedFrame { entry, reason });
        }
    }
    Ok(found)
}

/// Moves the frames out of the journal, those that are still there, and says so.
pub(crate) fn set_aside(connection: &Connection, frames: &[DamagedFrame]) -> Result<Option<String>, StoreError> {
    let mut losses = Vec::new();
    for DamagedFrame { entry: JournalEntry { id, .. }, reason } in frames {
        let moved = "INSERT INTO damaged_frames (id, stream, first, last, lost_rows, reason, frame)
             SELECT id, stream, first, last, ifnull(row_count, last - first + 1), ?2, frame FROM journal WHERE id = ?1";
        if connection.execute(moved, params![id, reason]).map_err(store_error)? == 0 {
            continue;
        }
        connection.execute("DELETE FROM journal WHERE id = ?1", [id]).map_err(store_error)?;
        let of_frame = "SELECT run, uuid, first, last, damaged_frames.lost_rows
             FROM damaged_frames JOIN streams ON streams.id = stream WHERE damaged_frames.id = ?1";
        let read = |row: &rusqlite::Row<'_>| {
            let numbers: (i64, i64) = (row.get(2)?, row.get(3)?);
            Ok((row.get::<_, i64>(0)?, StreamId(row.get(1)?), numbers, row.get::<_, i64>(4)? as u64))
        };
        let (run, stream, (first, last), lost_rows) = connection.query_row(of_frame, [id], read).map_err(store_error)?;
        add_loss(connection, run, LossTotals { lost_rows, ..LossTotals::default() }).map_err(store_error)?;
        let version = next_version(connection)?;
        let touch = "UPDATE runs SET version = ?2, rows_version = ?2 WHERE id = ?1";
        connection.execute(touch, [run, version]).map_err(store_error)?;
        losses.push(format!("entries {first} to {last} of stream {stream} cannot be read ({reason}), {lost_rows} rows are lost"));
    }
    let where_to = "; the frames are kept in the table damaged_frames of store.sqlite, and everything else goes on";
    Ok((!losses.is_empty()).then(|| losses.join("; ") + where_to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CompactionPolicy, Settings, SqliteStore};
    use stepwell_model::{Entry, RunPath, Value};
    use stepwell_store::conformance::compact_all;
    use stepwell_store::conformance::observation::points_text;
    use stepwell_store::conformance::stream::{TestStream, path, row};
    use stepwell_store::{AppendOutcome, LabelChoice, StepRange, Store, StreamFrame};

    #[test]
    fn a_damaged_frame_of_the_journal_is_set_aside_and_counted_and_everything_else_goes_on() {
        for reads_first in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let store =
                SqliteStore::open_with(directory.path(), Settings { compaction: CompactionPolicy::EAGER, ..Settings::default() }).unwrap();
            let mut one = TestStream::new(1);
            let mut two = TestStream::new(2).with(|opening| opening.path.run = "other".into());
            let other = RunPath { run: "other".into(), ..path() };
            for stream in [&one, &two] {
                store.open_stream(stream.id, &stream.opening).unwrap();
            }
            let config = Entry::Config { time: 0, set: vec![("lr".into(), Value::Int(1))], deleted: vec![] };
            let numbers = |step: i64| row(step, &[("a", Value::Float(step as f64))]);
            let frames = [
                one.frame(&[numbers(0), numbers(1)]),
                one.frame(&[numbers(2), config, numbers(3), numbers(4)]),
                one.frame(&[numbers(5)]),
                two.frame(&[numbers(0)]),
            ];
            // What the check of a frame has decoded would take the place of what is damaged.
            store.append(&frames.clone().map(|frame| StreamFrame { rows: None, ..frame })).unwrap();
            let mut damaged = frames[1].bytes.to_vec();
            let middle = damaged.len() - 9;
            damaged[middle] ^= 1;
            let sql = |sql: &str| store.database.writer().unwrap().connection().execute(sql, [&damaged]).unwrap();
            sql("UPDATE journal SET frame = ?1 WHERE id = 2");

            let before = store.changed("local", "p", 0).unwrap().version;
            // Whoever meets it first is answered like everyone after.
            if reads_first {
                assert_eq!(store.run(&path(), 0).unwrap().loss.lost_rows, 3);
            }
            compact_all(&store);
            assert_eq!(store.changed("local", "p", before).unwrap().runs, ["r"]);
            let info = store.run(&path(), 0).unwrap();
            assert_eq!((info.rows, info.loss.lost_rows, info.config.len()), (3, 3, 1));
            assert_eq!(
                points_text(&store.points(&path(), "a", &LabelChoice::Primary, StepRange::ALL).unwrap()[0].1).matches('=').count(),
                3
            );
            assert_eq!((store.run(&other, 0).unwrap().rows, store.run(&other, 0).unwrap().loss.lost_rows), (1, 0));
            let count = |sql: &str| {
                store.database.read(|connection| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(store_error)).unwrap()
            };
            assert_eq!(count("SELECT count(*) FROM journal"), 0, "all the others are in chunks");
            let frame = "SELECT frame FROM damaged_frames";
            let kept: Vec<u8> =
                store.database.read(|connection| connection.query_row(frame, [], |row| row.get(0)).map_err(store_error)).unwrap();
            assert_eq!(kept, damaged);
            // The stream goes on where it was.
            assert_eq!(store.append(&[one.frame(&[numbers(6)])]), Ok(vec![AppendOutcome::Durable(8)]));
            assert_eq!(store.run(&path(), 0).unwrap().rows, 4);
            store.delete_run(&path()).unwrap();
            compact_all(&store);
            assert_eq!(count("SELECT count(*) FROM damaged_frames"), 0);
        }
    }
}
