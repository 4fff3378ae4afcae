//! The embedded store: one SQLite file that holds frames as they came, and chunks once there is time to make them.

mod append;
mod block;
mod catalog;
mod column;
mod compaction;
mod damage;
mod database;
mod digest;
mod digest_cache;
mod error;
mod files;
mod history;
mod journal;
mod piece;
mod scan;
mod series;
mod steps;
mod store;
mod tally;
mod view;

pub use compaction::CompactionPolicy;
pub use database::{FILE_NAME, OpenError};
pub use store::{Settings, SqliteStore};
