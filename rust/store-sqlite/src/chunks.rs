//! Rows as they are stored: frames of the journal, and row groups of compressed columns.

pub(crate) mod column;
pub(crate) mod digest;
pub(crate) mod directory;
pub(crate) mod encoding;
pub(crate) mod journal;
pub(crate) mod packed_stats;
pub(crate) mod packings;
pub(crate) mod pieces;
pub(crate) mod row_group;
pub(crate) mod stats;
pub(crate) mod steps;
