//! The payload of a frame: entries in msgpack, with the keys written once per frame.
//!
//! ```text
//! payload := [keys, shapes, entries]
//! keys    := [text, …]                       names of the keys that the frame's rows use
//! shapes  := [[key index, …], …]             the key lists of its rows, each once
//! entries := [entry, …]                      entry i has the number header.first + i
//! row     := [0, step, time, shape index, value, …]      one value per key of the shape, in its order
//! sampled := [9, step, time, shape index, value, …]      a row kept by the `sample` policy
//! other   := see [`crate::payload::statement`]
//! ```
//!
//! Consecutive rows nearly always have the same keys, so a row costs its values and a few bytes. A frame
//! needs no other frame to be understood: a damaged neighbour costs nothing here. Times are microseconds
//! since 1970.

mod builder;
mod reader;
pub mod statement;

pub use builder::{KeyTable, PayloadBuilder};
pub use reader::{EntryRef, PayloadReader, RowForm, RowRef};

use crate::msgpack::MsgpackError;

const ROW: i64 = 0;
const SAMPLED_ROW: i64 = 9;

/// A payload that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// It is not the msgpack it should be.
    #[error("the payload {0}")]
    Msgpack(#[from] MsgpackError),
    /// It is msgpack, but not of this form.
    #[error("the payload is malformed: {0}")]
    Form(&'static str),
    /// It holds what this version does not know, and a later one may.
    #[error("the payload has {0}, which this version does not know: a newer stepwell is needed")]
    Later(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msgpack;
    use proptest::prelude::*;
    use stepwell_model::{
        BlobId, Entry, FileVersion, Goal, LossReport, MetricDefinition, Opening, Row, RunInfoUpdate, RunPath, SummaryKind, Value, limits,
    };

    fn table() -> KeyTable {
        KeyTable {
            keys: ["loss", "acc", "ünïcode"].map(Box::from).to_vec(),
            shapes: vec![Box::new([0, 1]), Box::new([2, 0]), Box::new([])],
        }
    }

    #[test]
    fn rows_and_statements_read_back_in_order() {
        let (table, mut builder, mut payload) = (table(), PayloadBuilder::new(), Vec::new());
        for round in 0..2 {
            let values = [msgpack::to_bytes(&Value::Float(0.5)), msgpack::to_bytes(&Value::Int(round))].concat();
            builder.row(&table, 1, 7, 1000, false, &values);
            builder.statement(&Entry::Exit { time: 1, code: 3 });
            builder.row(&table, 2, -7, 1001, true, &[]);
            assert!(builder.bytes() >= 20);
            let bound = builder.bytes();
            let count = builder.finish(&table, &mut payload);
            assert!(payload.len() <= bound);
            let entries = PayloadReader::new(&payload, count).unwrap().entries().unwrap();
            assert_eq!(
                entries,
                [
                    Entry::Row(Row {
                        step: 7,
                        time: 1000,
                        sampled: false,
                        cells: vec![("ünïcode".into(), Value::Float(0.5)), ("loss".into(), Value::Int(round))],
                    }),
                    Entry::Exit { time: 1, code: 3 },
                    Entry::Row(Row { step: -7, time: 1001, sampled: true, cells: vec![] }),
                ]
            );
        }
    }

    #[test]
    fn every_statement_reads_back() {
        let set = vec![("lr".to_owned(), Value::Float(0.1)), ("nested".to_owned(), Value::Map(vec![("a".into(), Value::Nil)]))];
        let opening = Opening {
            path: RunPath::new("local", "p", "r").unwrap(),
            label: "3".into(),
            rank: Some(3),
            primary: true,
            attempt: 2,
            time: 1_700_000_000_000_000,
            runtime_offset: 5,
            host: "h".into(),
            pid: 12,
            destination: "http://127.0.0.1:7117".into(),
            version: "0.1.0".into(),
        };
        let statements = [
            Entry::Open(opening.clone()),
            Entry::Open(Opening { rank: None, primary: false, ..opening }),
            Entry::Config { time: 1, set: set.clone(), deleted: vec!["old".into()] },
            Entry::Summary { time: 2, set: set.clone(), deleted: vec![], until_logged: false },
            Entry::Summary { time: 2, set, deleted: vec!["a.b".into()], until_logged: true },
            Entry::Metric {
                time: 3,
                definition: MetricDefinition {
                    name: "val/*".into(),
                    step_metric: Some("epoch".into()),
                    step_sync: Some(true),
                    hidden: None,
                    summary: vec![SummaryKind::Max],
                    goal: Some(Goal::Maximize),
                    overwrite: true,
                },
            },
            Entry::Info { time: 4, info: RunInfoUpdate { name: Some("n".into()), tags: Some(vec!["a".into()]), ..Default::default() } },
            Entry::File { time: 5, file: FileVersion { path: "media/ü.png".into(), blob: BlobId([7; 32]), size: i64::MAX as u64 } },
            Entry::Lost { time: 5, report: LossReport { rows: 10, kept: 3, reason: "disk full".into() } },
            Entry::Exit { time: 6, code: -1 },
        ];
        let (table, mut builder, mut payload) = (table(), PayloadBuilder::new(), Vec::new());
        statements.iter().for_each(|entry| builder.statement(entry));
        let count = builder.finish(&table, &mut payload);
        assert_eq!(PayloadReader::new(&payload, count).unwrap().entries().unwrap(), statements);
    }

    #[test]
    fn keys_and_rows_that_are_too_large_are_refused() {
        let long = "k".repeat(limits::KEY_BYTES + 1);
        let large = msgpack::to_bytes(&Value::Str("x".repeat(limits::ROW_BYTES)));
        for (key, values) in [("k", &large), (long.as_str(), &msgpack::to_bytes(&Value::Nil))] {
            let (mut builder, mut payload) = (PayloadBuilder::new(), Vec::new());
            let table = KeyTable { keys: vec![key.into()], shapes: vec![[0].into()] };
            builder.row(&table, 0, 1, 2, false, values);
            let count = builder.finish(&table, &mut payload);
            assert!(PayloadReader::new(&payload, count).and_then(PayloadReader::entries).is_err());
        }
    }

    fn read_back(entry: &Entry) -> Result<Vec<Entry>, PayloadError> {
        let (mut builder, mut payload) = (PayloadBuilder::new(), Vec::new());
        builder.statement(entry);
        let count = builder.finish(&table(), &mut payload);
        PayloadReader::new(&payload, count)?.entries()
    }

    #[test]
    fn a_file_with_a_path_that_could_leave_the_run_is_refused() {
        let long = "x".repeat(limits::FILE_PATH_BYTES + 1);
        for path in ["", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "a\0", "a\nb", "\u{85}", &long] {
            let file = FileVersion { path: path.into(), blob: BlobId([0; 32]), size: 0 };
            assert_eq!(read_back(&Entry::File { time: 0, file }), Err(PayloadError::Form("a file without a sound path")), "{path:?}");
        }
        for path in ["a", "...", "a/..b", ".hidden", "a b/ü", &long[1..]] {
            let file = Entry::File { time: 0, file: FileVersion { path: path.into(), blob: BlobId([0; 32]), size: 0 } };
            assert_eq!(read_back(&file), Ok(vec![file]), "{path:?}");
        }
        let size = FileVersion { path: "a".into(), blob: BlobId([0; 32]), size: u64::MAX };
        assert!(read_back(&Entry::File { time: 0, file: size }).is_err(), "a size that is negative on the wire");
    }

    proptest! {
        #[test]
        fn every_file_entry_reads_back_or_is_refused_for_its_path(
            time: i64,
            parts in proptest::collection::vec("[a-zа-я0-9._ \\\\\\x00-]{0,6}", 1..4),
            blob: [u8; 32],
            size in 0..=i64::MAX as u64,
        ) {
            let file = FileVersion { path: parts.join("/"), blob: BlobId(blob), size };
            let sound = FileVersion::is_path(&file.path);
            let entry = Entry::File { time, file };
            prop_assert_eq!(read_back(&entry).ok(), sound.then_some(vec![entry]));
        }

        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), count in 0u32..4) {
            let _ = PayloadReader::new(&bytes, count).and_then(PayloadReader::entries);
        }

        #[test]
        fn a_damaged_payload_is_read_or_refused_without_a_panic(at in 0usize..60, byte: u8) {
            let (table, mut builder, mut payload) = (table(), PayloadBuilder::new(), Vec::new());
            builder.row(&table, 0, 7, 1000, false, &msgpack::to_bytes(&Value::Float(0.5)).repeat(2));
            builder.statement(&Entry::Exit { time: 1, code: 3 });
            let count = builder.finish(&table, &mut payload);
            let at = at % payload.len();
            payload[at] = byte;
            let _ = PayloadReader::new(&payload, count).and_then(PayloadReader::entries);
        }
    }
}
