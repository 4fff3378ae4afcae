//! Calls of `log` to rows: what belongs to one step becomes one row.
//!
//! 1. A call at the step that is being collected joins it; the later value of a key wins, and nested dicts
//!    are merged key by key, as the store does with further rows of a step. A typed object is one value.
//! 2. A call at a greater step ends the row that is being collected. A call at a smaller step is a row of its
//!    own and leaves the collected one alone. Nothing is dropped for its step.
//! 3. A row that is still collecting is written as it stands [`LINGER`] after its last call; what comes later
//!    for that step is a further row, which the store merges.
//!
//! Time is an argument, so tests own it.

use super::shapes::Shapes;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::time::Duration;
use stepwell_codec::msgpack::{self, Reader};
use stepwell_model::{Step, TimeMicros, limits};

/// Time that a row waits for more calls.
pub(crate) const LINGER: Duration = Duration::from_millis(100);

/// A row, ready to be framed. `shape` is the table's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MergedRow<'a> {
    pub(crate) shape: u32,
    pub(crate) step: Step,
    pub(crate) time: TimeMicros,
    /// Calls that are in it.
    pub(crate) calls: u64,
    pub(crate) values: &'a [u8],
}

/// The destination of rows.
pub(crate) trait RowSink {
    fn row(&mut self, shapes: &mut Shapes, row: MergedRow<'_>);
    /// Calls that cannot be rows.
    fn refused(&mut self, calls: u64, reason: &'static str);
}

/// One call of `log`; `shape` is the table's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) shape: u32,
    pub(crate) step: Step,
    pub(crate) time: TimeMicros,
    pub(crate) commit: bool,
    pub(crate) values: &'a [u8],
}

/// Collects at most one row.
#[derive(Default)]
pub(crate) struct Merger {
    calls: u64,
    step: Step,
    time: TimeMicros,
    touched: Duration,
    keys: Vec<u32>,
    cells: Vec<Range<usize>>,
    places: FxHashMap<u32, usize>,
    bytes: Vec<u8>,
    values: Vec<u8>,
}

impl Merger {
    /// Takes a call at the time `now`.
    #[inline]
    pub(crate) fn call(&mut self, shapes: &mut Shapes, now: Duration, call: Call<'_>, sink: &mut impl RowSink) {
        if self.calls > 0 && call.step > self.step {
            self.end(shapes, sink);
        }
        let alone = MergedRow { shape: call.shape, step: call.step, time: call.time, calls: 1, values: call.values };
        if self.calls == 0 {
            if call.commit {
                return sink.row(shapes, alone);
            }
        } else if call.step < self.step {
            return sink.row(shapes, alone);
        // A collecting row that takes no more is written, and the step goes on in a further row.
        } else if self.bytes.len() + call.values.len() > limits::ROW_VALUES_BYTES {
            self.end(shapes, sink);
        }
        self.collect(shapes, now, call, sink);
        if call.commit {
            self.end(shapes, sink);
        }
    }

    fn collect(&mut self, shapes: &Shapes, now: Duration, call: Call<'_>, sink: &mut impl RowSink) {
        let keys = shapes.keys_of(call.shape);
        let mut check = Reader::new(call.values);
        if !keys.iter().all(|_| check.skip().is_ok()) || !check.is_empty() {
            return sink.refused(1, "its values are malformed");
        }
        (self.step, self.time, self.touched) = (call.step, call.time, now);
        self.calls += 1;
        let mut at = self.bytes.len();
        self.bytes.extend_from_slice(call.values);
        let mut reader = Reader::new(call.values);
        for &key in keys {
            let before = reader.rest().len();
            let _ = reader.skip();
            let cell = at..at + before - reader.rest().len();
            at = cell.end;
            let place = *self.places.entry(key).or_insert(self.keys.len());
            if place == self.keys.len() {
                self.keys.push(key);
                self.cells.push(cell);
            } else {
                self.cells[place] = self.joined(self.cells[place].clone(), cell);
            }
        }
    }

    /// The place of the value that two calls gave to one key.
    fn joined(&mut self, earlier: Range<usize>, later: Range<usize>) -> Range<usize> {
        // Only maps have anything to merge.
        let is_map = |cell: &Range<usize>| msgpack::is_map(&self.bytes[cell.clone()]);
        if !is_map(&earlier) || !is_map(&later) {
            return later;
        }
        let (Ok(mut value), Ok(new)) = (msgpack::from_bytes(&self.bytes[earlier]), msgpack::from_bytes(&self.bytes[later.clone()])) else {
            return later;
        };
        value.absorb(new);
        let start = self.bytes.len();
        msgpack::write_value(&mut self.bytes, &value);
        start..self.bytes.len()
    }

    /// Writes the row that is being collected, if any, as it stands.
    pub(crate) fn end(&mut self, shapes: &mut Shapes, sink: &mut impl RowSink) {
        if self.calls == 0 {
            return;
        }
        let shape = shapes.intern(&self.keys);
        self.values.clear();
        for cell in &self.cells {
            self.values.extend_from_slice(&self.bytes[cell.clone()]);
        }
        sink.row(shapes, MergedRow { shape, step: self.step, time: self.time, calls: self.calls, values: &self.values });
        self.calls = 0;
        self.keys.clear();
        self.cells.clear();
        self.places.clear();
        self.bytes.clear();
    }

    /// Ends a row that waited long enough.
    pub(crate) fn tick(&mut self, shapes: &mut Shapes, now: Duration, sink: &mut impl RowSink) {
        if self.calls > 0 && now.saturating_sub(self.touched) >= LINGER {
            self.end(shapes, sink);
        }
    }

    /// Returns whether a row is being collected.
    pub(crate) fn is_collecting(&self) -> bool {
        self.calls > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// (step, calls, [(key, value)])
    type Written = (Step, u64, Vec<(u32, u8)>);

    #[derive(Default)]
    struct Rows(Vec<Written>, u64);

    impl RowSink for Rows {
        fn row(&mut self, shapes: &mut Shapes, row: MergedRow<'_>) {
            let cells = shapes.keys_of(row.shape).iter().copied().zip(row.values.iter().copied());
            self.0.push((row.step, row.calls, cells.collect()));
        }

        fn refused(&mut self, calls: u64, _: &'static str) {
            self.1 += calls;
        }
    }

    fn shapes(keys: u32) -> Shapes {
        let mut shapes = Shapes::default();
        (0..keys).for_each(|key| shapes.define_key(&format!("key{key}")));
        shapes
    }

    /// (milliseconds, step, commit, [(key, value)]); values are one-byte integers.
    type Logged = (u64, Step, bool, Vec<(u32, u8)>);

    fn run(calls: &[Logged]) -> Rows {
        let (mut shapes, mut merger, mut rows) = (shapes(8), Merger::default(), Rows::default());
        for (millis, step, commit, cells) in calls {
            let now = Duration::from_millis(*millis);
            merger.tick(&mut shapes, now, &mut rows);
            let keys: Vec<u32> = cells.iter().map(|(key, _)| *key).collect();
            let values: Vec<u8> = cells.iter().map(|(_, value)| *value).collect();
            let shape = shapes.intern(&keys);
            let call = Call { shape, step: *step, time: 0, commit: *commit, values: &values };
            merger.call(&mut shapes, now, call, &mut rows);
        }
        merger.end(&mut shapes, &mut rows);
        rows
    }

    #[test]
    fn the_table_of_steps_holds() {
        let (a, b) = ((0, 1), (1, 2));
        // (the rule, its calls, what they are written as (step, calls, cells))
        let table: [(&str, Vec<Logged>, Vec<Written>); 8] = [
            ("a committed call is a row", vec![(0, 0, true, vec![a])], vec![(0, 1, vec![a])]),
            ("parts join until the commit", vec![(0, 0, false, vec![a]), (0, 0, true, vec![b])], vec![(0, 2, vec![a, b])]),
            ("a greater step ends the row", vec![(0, 0, false, vec![a]), (0, 1, false, vec![b])], vec![(0, 1, vec![a]), (1, 1, vec![b])]),
            (
                "a smaller step is a row of its own",
                vec![(0, 5, false, vec![a]), (0, 3, false, vec![b]), (0, 5, true, vec![b])],
                vec![(3, 1, vec![b]), (5, 2, vec![a, b])],
            ),
            (
                "the later value wins",
                vec![(0, 0, false, vec![(0, 1), (1, 1)]), (0, 0, true, vec![(0, 9)])],
                vec![(0, 2, vec![(0, 9), (1, 1)])],
            ),
            (
                "after 100 ms it is written as it stands",
                vec![(0, 0, false, vec![a]), (100, 0, true, vec![b])],
                vec![(0, 1, vec![a]), (0, 1, vec![b])],
            ),
            ("before 100 ms it is not", vec![(0, 0, false, vec![a]), (99, 0, true, vec![b])], vec![(0, 2, vec![a, b])]),
            ("an empty call counts", vec![(0, 0, true, vec![])], vec![(0, 1, vec![])]),
        ];
        for (rule, calls, written) in table {
            assert_eq!(run(&calls).0, written, "{rule}");
        }
    }

    #[test]
    fn malformed_values_are_refused_and_leave_the_row_alone() {
        let (mut shapes, mut merger, mut rows) = (shapes(2), Merger::default(), Rows::default());
        let shape = shapes.intern(&[0, 1]);
        for values in [&[1, 2][..], &[1], &[1, 2, 3], &[0xc1, 1]] {
            merger.call(&mut shapes, Duration::ZERO, Call { shape, step: 0, time: 0, commit: false, values }, &mut rows);
        }
        merger.end(&mut shapes, &mut rows);
        assert_eq!((rows.0, rows.1), (vec![(0, 1, vec![(0, 1), (1, 2)])], 3));
    }

    fn calls() -> impl Strategy<Value = Vec<Logged>> {
        let cells = proptest::collection::btree_map(0u32..6, 0u8..100, 0..4).prop_map(|cells| cells.into_iter().collect());
        let call = (0u64..60, 0i64..4, any::<bool>(), cells);
        proptest::collection::vec(call, 0..40).prop_map(|mut calls: Vec<Logged>| {
            let mut now = 0;
            for call in &mut calls {
                now += call.0;
                call.0 = now;
            }
            calls
        })
    }

    proptest! {
        /// The model: a list of rows of which the last may be open.
        #[test]
        fn merging_agrees_with_a_naive_model(calls in calls()) {
            let mut written: Vec<Written> = Vec::new();
            let mut open: Option<(u64, Written)> = None;
            for (now, step, commit, cells) in &calls {
                if open.as_ref().is_some_and(|(touched, row)| now - touched >= 100 || *step > row.0) {
                    written.extend(open.take().map(|(_, row)| row));
                }
                match &mut open {
                    Some((_, row)) if *step < row.0 => {
                        written.push((*step, 1, cells.clone()));
                        continue;
                    }
                    Some((touched, row)) => {
                        *touched = *now;
                        row.1 += 1;
                        for &(key, value) in cells {
                            match row.2.iter_mut().find(|(k, _)| *k == key) {
                                Some(cell) => cell.1 = value,
                                None => row.2.push((key, value)),
                            }
                        }
                    }
                    None => open = Some((*now, (*step, 1, cells.clone()))),
                }
                if *commit {
                    written.extend(open.take().map(|(_, row)| row));
                }
            }
            written.extend(open.take().map(|(_, row)| row));
            prop_assert_eq!(run(&calls).0, written);
        }
    }
}
