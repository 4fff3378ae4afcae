//! Entries of a stream: what a run says, in order. Each has a number; the first is always the opening.

use crate::{BlobId, Goal, RunPath, Step, SummaryKind, TimeMicros, value::Value};

/// One numbered statement of a stream.
#[expect(missing_docs, reason = "the fields of a variant are what its name and their types say")]
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// The writer, its run and its beginning. Number 1 of every stream.
    Open(Opening),
    /// The values of one step.
    Row(Row),
    /// Configuration values set and deleted, by key.
    Config { time: TimeMicros, set: Vec<(String, Value)>, deleted: Vec<String> },
    /// Summary values set by hand and deleted, by key; `until_logged` says that what is logged later takes
    /// their place.
    Summary { time: TimeMicros, set: Vec<(String, Value)>, deleted: Vec<String>, until_logged: bool },
    /// The way in which a metric is shown and summarised.
    Metric { time: TimeMicros, definition: MetricDefinition },
    /// Name, notes, tags and the like; what is `None` stays as it was.
    Info { time: TimeMicros, info: RunInfoUpdate },
    /// A file of the run has this content from now on.
    File { time: TimeMicros, file: FileVersion },
    /// Rows that could not be kept.
    Lost { time: TimeMicros, report: LossReport },
    /// The writer's orderly end.
    Exit { time: TimeMicros, code: i32 },
}

/// The values that one writer logged for one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The step.
    pub step: Step,
    /// Time of the call of `log`.
    pub time: TimeMicros,
    /// Kept by the `sample` policy out of rows that found no room.
    pub sampled: bool,
    /// Keys and values in the order they were logged.
    pub cells: Vec<(String, Value)>,
}

/// A file of a run as it is from now on: a medium, a table, an array, or what was saved by hand. Its bytes
/// are a blob, which travels apart from the entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVersion {
    /// Path within the run, with `/`: `media/images/examples_5f3a09b1-17.png`. At most
    /// [`crate::limits::FILE_PATH_BYTES`], no empty part, no `.` or `..`.
    pub path: String,
    /// Its content.
    pub blob: BlobId,
    /// Bytes of it.
    pub size: u64,
}

impl FileVersion {
    /// Returns whether a file of a run may have this path: relative, with `/`, and harmless when it becomes a
    /// path on someone's disk.
    pub fn is_path(path: &str) -> bool {
        let sound = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(|char: char| char.is_control() || char == '\\');
        path.len() <= crate::limits::FILE_PATH_BYTES && path.split('/').all(sound)
    }
}

/// The first entry of a stream, also kept in the header of every segment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Opening {
    /// The run.
    pub path: RunPath,
    /// Tells the writers of a run apart; the rank by default, empty for the only one.
    pub label: String,
    /// Rank in a distributed run.
    pub rank: Option<u32>,
    /// True if this writer decides the run's exit state.
    pub primary: bool,
    /// Counts the lives of a label: the values of a later attempt win.
    pub attempt: u64,
    /// Begin of the stream.
    pub time: TimeMicros,
    /// Microseconds that the run had run before (resumed runs).
    pub runtime_offset: TimeMicros,
    /// Host name, for the reader.
    pub host: String,
    /// Process id on that host, for the reader and to tell whether the writer lives.
    pub pid: u32,
    /// Server that the stream is meant for; empty for local mode.
    pub destination: String,
    /// Version of the writing library.
    pub version: String,
}

/// A call of `define_metric`. `None` and empty mean: not given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricDefinition {
    /// Key, or a glob with a trailing `*`.
    pub name: String,
    /// Key that is the x axis of this one.
    pub step_metric: Option<String>,
    /// True if rows that lack the step metric get its last value.
    pub step_sync: Option<bool>,
    /// Hidden from automatic charts.
    pub hidden: Option<bool>,
    /// Kinds of summary.
    pub summary: Vec<SummaryKind>,
    /// The better direction.
    pub goal: Option<Goal>,
    /// Replaces the earlier definition instead of adding to it.
    pub overwrite: bool,
}

/// Changed attributes of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunInfoUpdate {
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// All tags.
    pub tags: Option<Vec<String>>,
    /// Group of runs.
    pub group: Option<String>,
    /// Job type.
    pub job_type: Option<String>,
}

/// Rows that found no room in a full queue or on a full disk. Of `rows`, `kept` came as sampled rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LossReport {
    /// Rows that found no room since the last report.
    pub rows: u64,
    /// Of these, rows that were kept as a sample.
    pub kept: u64,
    /// `queue full`, `disk full`, `refused by the server`, …
    pub reason: String,
}
