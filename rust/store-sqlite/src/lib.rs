//! The embedded store: one SQLite file that holds frames as they came, and chunks once there is time to make them.

mod append;
mod block;
mod catalog;
mod check;
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
mod pages;
mod patrol;
mod piece;
mod replacement;
mod row_crc;
mod salvage;
mod scan;
mod series;
mod space;
mod steps;
mod store;
mod tally;
mod upgrade;
mod view;

pub use check::{Check, check, repair};
pub use compaction::CompactionPolicy;
pub use database::{FILE_NAME, OnDamage, OpenError};
pub use store::{Settings, SqliteStore};
