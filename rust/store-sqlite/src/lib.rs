//! The embedded store: one SQLite file that holds frames as they came, and chunks once there is time to make
//! them.

mod chunks;
mod damage;
mod db;
mod read;
mod store;
mod table;
mod write;

pub use damage::check::{Check, check, repair};
pub use damage::heal::OnDamage;
pub use db::connection::{FILE_NAME, OpenError};
pub use store::{Settings, SqliteStore};
pub use write::compaction::CompactionPolicy;
