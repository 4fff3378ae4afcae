//! The vocabulary of Stepwell: ids, names, addresses, keys, values, entries, limits and defaults. No I/O, no
//! dependencies.

pub mod address;
pub mod clock;
pub mod defaults;
pub mod entry;
pub mod flatten;
pub mod fnv;
pub mod ids;
pub mod limits;
pub mod metric;
pub mod name;
pub mod value;

pub use address::{Address, InvalidAddress};
pub use clock::wall_time;
pub use entry::{Entry, FileVersion, LossReport, MetricDefinition, Opening, Row, RunInfoUpdate};
pub use flatten::flatten;
pub use ids::{BlobId, InvalidName, RunPath, StreamId};
pub use metric::{Goal, Metrics, SummaryKind};
pub use name::{ALL_LABELS, NameRule};
pub use value::{Histogram, Kind, Number, Value};

/// A training step. Any 64-bit integer may be logged; automatic steps start at 0.
pub type Step = i64;

/// Microseconds since 1970-01-01T00:00:00Z.
pub type TimeMicros = i64;

/// The number of an entry in its stream: 1, 2, 3, … without gaps, given once and never reused.
pub type EntryNumber = u64;
