//! Writing: frames to the journal, and from the journal to chunks.

pub(crate) mod append;
pub(crate) mod compaction;
