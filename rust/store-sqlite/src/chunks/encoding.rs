//! Encoding of the columns of a row group, on as many threads as there are processors: most of the work of
//! compaction, and none of it needs the database.

use crate::chunks::column::pack;
use crate::chunks::packings::{Column, Packings};
use crate::chunks::{packed_stats, pieces, stats};
use std::panic::resume_unwind;
use std::thread;
use stepwell_codec::column::Numbers;
use stepwell_store::decode::RowGroup;

/// Numbers that are worth a thread: some 0.5 ms of work, twenty times what it takes to start one.
const THREAD_NUMBERS: usize = 16 << 10;

/// A column as it is stored.
#[derive(Debug)]
pub(crate) struct EncodedColumn {
    pub(crate) numbers: Vec<u8>,
    pub(crate) stats: Option<Vec<u8>>,
}

/// The columns of rows of a stream, whose keys have the ids `shape`, in a row group of `capacity`.
pub(crate) fn encode(packings: &Packings, stream: i64, shape: &[i64], rows: &RowGroup, capacity: usize) -> Vec<EncodedColumn> {
    let count = rows.steps.len();
    let width = pieces::width(&rows.steps, capacity);
    let regular_width = pieces::stride(&rows.steps).map(|_| width);
    let encode = |keys: &[i64], columns: &[Numbers]| -> Vec<EncodedColumn> {
        let column = |(&key, numbers): (&i64, &Numbers)| EncodedColumn {
            numbers: packings.with(stream, Column::Key(key), |packing| pack(numbers, packing)),
            stats: (count >= stats::FROM_POINTS)
                .then(|| packed_stats::pack(&stats::of_column(&rows.steps, numbers, width, capacity), regular_width)),
        };
        keys.iter().zip(columns).map(column).collect()
    };
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let threads = processors.min(count * shape.len() / THREAD_NUMBERS).clamp(1, shape.len().max(1));
    let part = shape.len().div_ceil(threads).max(1);
    let mut parts = shape.chunks(part).zip(rows.columns.chunks(part));
    let Some((keys, columns)) = parts.next() else { return Vec::new() };
    let encode = &encode;
    thread::scope(|scope| {
        let others = parts.map(|(keys, columns)| {
            let thread = thread::Builder::new().name("sw-encode".into()).spawn_scoped(scope, move || encode(keys, columns));
            (thread, keys, columns)
        });
        let others: Vec<_> = others.collect();
        let mut encoded = encode(keys, columns);
        for (thread, keys, columns) in others {
            encoded.extend(match thread {
                Ok(thread) => thread.join().unwrap_or_else(|fault| resume_unwind(fault)),
                // There are no more threads to be had.
                Err(_) => encode(keys, columns),
            });
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_the_same_on_one_thread_and_on_many() {
        for keys in [1, 3, 40] {
            let rows = RowGroup {
                steps: (0..4_096).collect(),
                columns: (0..keys).map(|key| Numbers::Float((0..4_096).map(|step| f64::from(step * key).sin()).collect())).collect(),
                ..RowGroup::default()
            };
            let shape: Vec<i64> = (0..i64::from(keys)).collect();
            let packings = Packings::default();
            let together = encode(&packings, 1, &shape, &rows, 4_096);
            assert_eq!(together.len(), shape.len());
            for (key, column) in shape.iter().zip(&together) {
                let alone = RowGroup { columns: vec![rows.columns[*key as usize].clone()], ..rows.clone() };
                let alone = encode(&Packings::default(), 1, &[*key], &alone, 4_096);
                assert_eq!((&alone[0].numbers, &alone[0].stats), (&column.numbers, &column.stats), "{key} of {keys}");
            }
        }
    }
}
