//! The store as the server sees it: one trait, the vocabulary of queries, an in-memory store, and the tests
//! that every store passes.

pub mod api;
pub mod byte_lru;
pub mod conformance;
pub mod decode;
pub mod line;
pub mod memory;
pub mod merge;
pub mod opening;
pub mod query;
pub mod row;
pub mod run;
pub mod statement;
pub mod summary;

pub use api::{AppendOutcome, Changed, RowSink, Store, StoreError, StreamFrame};
pub use byte_lru::ByteLru;
pub use line::{ExtentQuery, LabelLine, LineForm, LineQuery, LineReader, PointLines, SeriesName};
pub use memory::MemoryStore;
pub use query::{
    CRASHED_AFTER_MICROS, FileInfo, KeyInfo, KeyQuery, LabelChoice, LabelInfo, LossTotals, Page, ProjectInfo, RowQuery, RunInfo, RunState,
    SeriesPoints, StepRange, StoredValue,
};
pub use row::RowBatch;
pub use run::columns::{Cells, Columns};
pub use run::filter::Filter;
pub use run::order::Order;
pub use run::table::RunQuery;

use opening::{check_known, check_opening, check_same_run, outcome_of_another};
