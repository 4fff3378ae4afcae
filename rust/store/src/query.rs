//! Questions to a store, and its answers.

use stepwell_codec::column::Numbers;
use stepwell_model::{FileVersion, Kind, MetricDefinition, RunPath, Step, TimeMicros, Value};

/// Seconds without a sign of life after which a running run counts as crashed.
pub const CRASHED_AFTER_MICROS: TimeMicros = 60_000_000;

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectInfo {
    /// Owner.
    pub entity: String,
    /// Name.
    pub name: String,
    /// Number of its runs.
    pub runs: u64,
    /// Number of those that run.
    pub running: u64,
    /// Last sign of life of any run.
    pub last_activity: TimeMicros,
}

/// State of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Some writer lives.
    Running,
    /// Its primary writer ended with exit code 0.
    Finished,
    /// Its primary writer ended with another exit code.
    Failed,
    /// No writer has given a sign of life for [`CRASHED_AFTER_MICROS`], and the primary has not ended.
    Crashed,
}

impl RunState {
    /// The name used on the wire and in the dashboard.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Crashed => "crashed",
        }
    }
}

/// Rows that found no room at the writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LossTotals {
    /// Rows kept as a sample.
    pub sampled_rows: u64,
    /// Rows that are lost.
    pub lost_rows: u64,
}

/// A label of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelInfo {
    /// The label; empty for the only writer.
    pub label: String,
    /// Its rank.
    pub rank: Option<u32>,
}

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunInfo {
    /// Its path.
    pub path: RunPath,
    /// Display name; the id if none was given.
    pub name: String,
    /// Its state.
    pub state: RunState,
    /// When its first stream began.
    pub created: TimeMicros,
    /// Last sign of life.
    pub heartbeat: TimeMicros,
    /// Seconds from the run's beginning to its latest row, by the rows' clocks; never negative. Rows that
    /// were replaced count, and what a user logged as `_runtime` does not.
    pub runtime_seconds: f64,
    /// Colour slot: 0, 1, 2, … in order of creation within the project; never changes.
    pub slot: u32,
    /// Tags.
    pub tags: Vec<String>,
    /// Notes.
    pub notes: String,
    /// Group.
    pub group: String,
    /// Job type.
    pub job_type: String,
    /// Exit code of the primary writer.
    pub exit_code: Option<i32>,
    /// Labels, the primary one first: lowest rank (no rank comes last), then lowest label.
    pub labels: Vec<LabelInfo>,
    /// Configuration, sorted by key; of several writers of a key the last by (time, stream id, entry number)
    /// wins.
    pub config: Vec<(String, Value)>,
    /// Summary, sorted by key: values set by hand, and for all other keys the value at the greatest step
    /// (flat keys, `_step`, `_timestamp` and `_runtime` included, of the first label that has it). A key that
    /// was deleted by hand is left out until it is set by hand.
    pub summary: Vec<(String, Value)>,
    /// Values that the summary has; in a list `summary` may hold fewer.
    pub summary_keys: u64,
    /// Definitions of `define_metric`: one definition per name, in the order in which they were first named.
    pub metrics: Vec<MetricDefinition>,
    /// Highest step.
    pub last_step: Option<Step>,
    /// Rows, counted once per (label, step).
    pub rows: u64,
    /// Rows that found no room at the writers.
    pub loss: LossTotals,
}

/// A key over some runs.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyInfo {
    /// Name.
    pub key: String,
    /// Kinds of its values, sorted.
    pub kinds: Vec<Kind>,
    /// Number of the runs that have it.
    pub runs: u64,
    /// Points over all of them.
    pub points: u64,
    /// Lowest step.
    pub first_step: Step,
    /// Highest step.
    pub last_step: Step,
}

/// Keys that are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyQuery {
    /// Those of these runs; of all if none is named.
    pub runs: Vec<String>,
    /// Those that contain this text, in any case.
    pub search: String,
    /// So many of them.
    pub page: Page,
}

impl KeyQuery {
    /// Whether a key is found by a text in lower case.
    pub fn finds(search: &str, key: &str) -> bool {
        search.is_empty() || key.to_lowercase().contains(search)
    }
}

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// At most so many.
    pub limit: usize,
    /// After passing over so many.
    pub offset: usize,
}

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// Content.
    pub file: FileVersion,
    /// When that was said.
    pub time: TimeMicros,
}

/// Choice among the labels of a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LabelChoice {
    /// The first label, in the order of [`RunInfo::labels`], that has what is asked for.
    Primary,
    /// This one.
    Is(String),
    /// Every one.
    All,
}

/// Steps from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepRange {
    /// Lowest step.
    pub first: Step,
    /// Highest step.
    pub last: Step,
}

impl StepRange {
    /// All steps.
    pub const ALL: Self = Self { first: Step::MIN, last: Step::MAX };

    /// Whether `step` is among them.
    pub fn contains(self, step: Step) -> bool {
        self.first <= step && step <= self.last
    }
}

/// The numbers of a series by rising step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeriesPoints {
    /// Rising steps, each once.
    pub steps: Vec<Step>,
    /// Their values.
    pub values: Numbers,
}

/// A value that is not a number.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredValue {
    /// Step.
    pub step: Step,
    /// Value.
    pub value: Value,
}

/// Choice of rows of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RowQuery {
    /// Keys; none means all. Rows with none of them are left out; automatic keys choose no rows. `_step`,
    /// `_timestamp` and `_runtime` are part of every row that is not left out: step and time are fields of
    /// it, and `_runtime` is a cell.
    pub keys: Vec<String>,
    /// Label; with `All` one label after the other.
    pub label: LabelChoice,
    /// Steps.
    pub steps: StepRange,
}
