//! Reports of a writer: its status while it runs, and what `finish` left behind.

/// The safety of rows that a flush waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlushLevel {
    /// In the spool: survives the death of the process.
    Spooled,
    /// Synced to disk: survives a power loss.
    Synced,
    /// On the server's disk: survives the loss of the machine. In local mode: the same as synced.
    Acked,
}

/// The whereabouts of a writer's rows. A row is one call of `push_row`, whatever merging makes of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Rows that were accepted.
    pub accepted: u64,
    /// Rows of these that are in the spool.
    pub spooled: u64,
    /// Rows that the server has acknowledged; 0 in local mode.
    pub acked: u64,
    /// Bytes that wait to be spooled.
    pub queued_bytes: usize,
    /// Rows that found no room and gave way to a sample.
    pub sampled_rows: u64,
    /// Rows that were lost otherwise.
    pub lost_rows: u64,
    /// Rows that the server refused; they are kept in `rejected/`.
    pub rejected_rows: u64,
    /// Files that are not stored yet.
    pub waiting_files: u64,
    /// Files that were lost.
    pub lost_files: u64,
    /// The connection in words; also says what is wrong with the disk. Empty in local mode when all is well.
    pub connection: String,
}

/// The outcome of `finish`. `rows + sampled_rows + lost_rows` is the number of accepted rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FinishReport {
    /// True if everything accepted is where it belongs: synced in local mode, acknowledged otherwise.
    pub complete: bool,
    /// Rows that are in the spool or on the server.
    pub rows: u64,
    /// Rows that found no room and gave way to a sample.
    pub sampled_rows: u64,
    /// Rows that were lost otherwise.
    pub lost_rows: u64,
    /// Rows that the server refused; they are kept in `rejected/`.
    pub rejected_rows: u64,
    /// Rows of `rows` that the server has not acknowledged; 0 in local mode.
    pub unsent_rows: u64,
    /// Files that are stored, here or on the server.
    pub files: u64,
    /// Contents of these that the server does not have yet; 0 in local mode.
    pub unsent_files: u64,
    /// Files that were lost.
    pub lost_files: u64,
    /// Calls of `lost_rows` that could not be rows: too large, or with keys above the limit.
    pub refused_rows: u64,
    /// True if what is not at the server (in local mode: everything) was looked for at the end and is on this
    /// disk.
    pub is_there: bool,
    /// Sentences for the user: why rows or files are lost, or not safe on this disk; empty if all are safe.
    pub message: String,
}
