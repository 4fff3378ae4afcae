//! The store as the server sees it: one trait, the vocabulary of queries, an in-memory store, and the tests that every store passes.

pub mod api;
pub mod query;

pub use api::{AppendOutcome, Changed, Store, StoreError, StreamFrame};
pub use query::{
    KeyInfo, LabelChoice, LabelInfo, LossTotals, Page, Point, ProjectInfo, RowQuery, RunInfo,
    RunState, SeriesPoints, StepRange, StoredValue,
};
