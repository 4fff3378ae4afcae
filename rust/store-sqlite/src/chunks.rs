//! Rows as they are stored: frames of the journal, and row groups of compressed columns.

pub(crate) mod aggregate;
pub(crate) mod column;
pub(crate) mod journal;
pub(crate) mod row_group;
pub(crate) mod steps;
