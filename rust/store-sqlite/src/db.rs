//! The database file: how it is opened, written, replaced and upgraded, and its tables of runs, streams,
//! statements and files.

pub(crate) mod catalog;
pub(crate) mod connection;
pub(crate) mod database;
pub(crate) mod error;
pub(crate) mod files;
pub(crate) mod pages;
pub(crate) mod replacement;
pub(crate) mod row_crc;
pub(crate) mod space;
pub(crate) mod upgrade;
