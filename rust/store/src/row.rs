//! A row as the store sees it: flat keys, and the clock that `_step`, `_timestamp` and `_runtime` come from.
//!
//! The three automatic keys are not stored as cells. `_step` is the row's step, whatever a user logs under
//! that name. `_timestamp` and `_runtime` come from the row's [`Clock`] unless the user logged a number under
//! their name: that number wins, as a double.

mod batch;

pub use batch::{Cells, ColumnBuilder, RowBatch, RowColumn};

use std::collections::BTreeMap;
use stepwell_model::{Opening, TimeMicros, Value, flatten};

pub use stepwell_model::metric::{RUNTIME, STEP, TIMESTAMP};

/// Whether every row has this key by itself.
pub fn is_automatic(key: &str) -> bool {
    matches!(key, STEP | TIMESTAMP | RUNTIME)
}

/// When a row was logged and where its run began on that clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// When it was logged.
    pub time: TimeMicros,
    /// Time at which its stream's runtime is zero; see [`runtime_zero`].
    pub zero: TimeMicros,
}

/// The time at which `_runtime` is zero for rows of a stream.
pub fn runtime_zero(opening: &Opening) -> TimeMicros {
    opening.time.saturating_sub(opening.runtime_offset)
}

impl Clock {
    /// `_timestamp` in seconds; `logged` is what the user logged under that name.
    pub fn timestamp(self, logged: Option<f64>) -> f64 {
        logged.unwrap_or(self.time as f64 / 1e6)
    }

    /// `_runtime` in seconds; `timestamp` and `runtime` are what the user logged under these names.
    pub fn runtime(self, timestamp: Option<f64>, runtime: Option<f64>) -> f64 {
        match (runtime, timestamp) {
            (Some(runtime), _) => runtime,
            (None, Some(timestamp)) => timestamp - self.zero as f64 / 1e6,
            (None, None) => self.time.saturating_sub(self.zero) as f64 / 1e6,
        }
    }

    /// The time of the merged row in microseconds; `logged` is what the user logged as `_timestamp`.
    pub fn row_time(self, logged: Option<f64>) -> TimeMicros {
        logged.map_or(self.time, |seconds| (seconds * 1e6).round() as TimeMicros)
    }
}

/// Stored form of a cell of an automatic key: none unless it is a number that the user may set.
pub fn automatic_value(key: &str, value: &Value) -> Option<Value> {
    if key == STEP { None } else { value.as_f64().map(Value::Float) }
}

/// The cells of a row by flat key: nested dicts joined by dots, of a key given twice the later value,
/// automatic keys as [`automatic_value`].
pub fn flat_cells(cells: &[(String, Value)]) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    for (key, value) in cells {
        flatten(key, value, &mut |name, leaf| {
            let leaf = if is_automatic(name) { automatic_value(name, leaf) } else { Some(leaf.clone()) };
            if let Some(leaf) = leaf {
                flat.insert(name.to_owned(), leaf);
            }
        });
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_flat_and_the_later_of_two_wins() {
        let nested = Value::Map(vec![("b".into(), Value::Int(1)), ("c".into(), Value::Nil)]);
        let cells = [
            ("a".to_owned(), nested),
            ("a.b".to_owned(), Value::Int(2)),
            (STEP.to_owned(), Value::Int(3)),
            (TIMESTAMP.to_owned(), Value::Int(4)),
            (RUNTIME.to_owned(), Value::Str("5".into())),
        ];
        let flat: Vec<_> = flat_cells(&cells).into_iter().collect();
        let expected = [(TIMESTAMP, Value::Float(4.0)), ("a.b", Value::Int(2)), ("a.c", Value::Nil)];
        assert_eq!(flat, expected.map(|(key, value)| (key.to_owned(), value)));
    }

    #[test]
    fn the_clock_gives_way_to_what_was_logged() {
        let clock = Clock { time: 12_500_000, zero: 10_000_000 };
        assert_eq!((clock.timestamp(None), clock.runtime(None, None)), (12.5, 2.5));
        assert_eq!((clock.timestamp(Some(20.0)), clock.runtime(Some(20.0), None)), (20.0, 10.0));
        assert_eq!(clock.runtime(Some(20.0), Some(7.0)), 7.0);
        assert_eq!((clock.row_time(None), clock.row_time(Some(20.0))), (12_500_000, 20_000_000));
    }
}
