//! Defaults of settings and services, in one place: what holds where nobody says otherwise.

/// Port of a server and of `stepwell ui`.
pub const PORT: u16 = 7117;
/// Room of a writer's queue in memory.
pub const QUEUE_BYTES: usize = 64 << 20;
/// Different keys that a process may log.
pub const MAX_KEYS: usize = 200_000;
/// Runs of one page of a list.
pub const RUNS_PAGE: usize = 1_000;
