//! The fields of a run that a filter or an order may name.

use crate::api::StoreError;
use crate::query::RunInfo;
use std::borrow::Cow;
use stepwell_model::Value;

/// Fields that may be named, as an error says it.
const KNOWN: &str = "config.KEY, summary_metrics.KEY, state, tags, name (the id), display_name, created_at, heartbeat_at, group, job_type, notes, \
                     runtime, exit_code, last_step, rows, entity, project";

/// A field of a run. Names are those of wandb, in both of its spellings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// A key of the configuration, dots lead into nested dicts; empty: all of it.
    Config(String),
    /// A key of the summary, likewise.
    Summary(String),
    /// Owner.
    Entity,
    /// Project.
    Project,
    /// The id, which wandb calls `name`.
    Id,
    /// The name for people.
    DisplayName,
    /// `running`, `finished`, …
    State,
    /// Tags.
    Tags,
    /// Notes.
    Notes,
    /// Group.
    Group,
    /// Job type.
    JobType,
    /// When it began, in microseconds.
    Created,
    /// Its last sign of life, in microseconds.
    Heartbeat,
    /// Seconds.
    Runtime,
    /// Exit code.
    ExitCode,
    /// Highest step.
    LastStep,
    /// Rows.
    Rows,
}

impl Field {
    /// The field of that name.
    pub fn parse(name: &str) -> Result<Self, StoreError> {
        let (head, rest) = name.split_once('.').unwrap_or((name, ""));
        match head {
            "config" => return Ok(Self::Config(rest.to_owned())),
            "summary_metrics" | "summaryMetrics" | "summary" => return Ok(Self::Summary(rest.to_owned())),
            _ => {}
        }
        Ok(match name {
            "entity" | "username" => Self::Entity,
            "project" => Self::Project,
            "name" | "id" => Self::Id,
            "display_name" | "displayName" => Self::DisplayName,
            "state" => Self::State,
            "tags" => Self::Tags,
            "notes" | "description" => Self::Notes,
            "group" => Self::Group,
            "job_type" | "jobType" => Self::JobType,
            "created_at" | "createdAt" => Self::Created,
            "heartbeat_at" | "heartbeatAt" | "updated_at" | "updatedAt" => Self::Heartbeat,
            "runtime" | "duration" => Self::Runtime,
            "exit_code" | "exitCode" => Self::ExitCode,
            "last_step" | "historyLineCount" => Self::LastStep,
            "rows" => Self::Rows,
            _ => return Err(invalid(format!("{name:?} is no field of a run; expected one of {KNOWN}"))),
        })
    }

    /// Whether its values are times, which are compared with dates.
    pub fn is_time(&self) -> bool {
        matches!(self, Self::Created | Self::Heartbeat)
    }

    /// The value under a path, where `find` has those of keys. Keys may have dots of their own, so the longest
    /// key that leads on wins.
    pub fn lookup<'v>(path: &str, find: impl Fn(&str) -> Option<Cow<'v, Value>>) -> Option<Cow<'v, Value>> {
        find(path).or_else(|| path.rmatch_indices('.').find_map(|(dot, _)| inner(find(&path[..dot])?, &path[dot + 1..])))
    }

    /// As [`lookup`](Self::lookup) in a configuration: `lr.value` is how wandb once wrote `lr`.
    pub fn config<'v>(path: &str, find: impl Fn(&str) -> Option<Cow<'v, Value>>) -> Option<Cow<'v, Value>> {
        Self::lookup(path, &find).or_else(|| Self::lookup(path.strip_suffix(".value")?, &find))
    }

    /// Its value, if the run has one.
    pub fn of<'r>(&self, run: &'r RunInfo) -> Option<Cow<'r, Value>> {
        let text = |text: &str| Some(Cow::Owned(Value::Str(text.to_owned())));
        let text_or_none = |text: &str| if text.is_empty() { None } else { Some(Cow::Owned(Value::Str(text.to_owned()))) };
        let int = |value| Some(Cow::Owned(Value::Int(value)));
        match self {
            Self::Config(key) => Self::config(key, |key| find(&run.config, key)),
            Self::Summary(key) => Self::lookup(key, |key| find(&run.summary, key)),
            Self::Entity => text(&run.path.entity),
            Self::Project => text(&run.path.project),
            Self::Id => text(&run.path.run),
            Self::DisplayName => text(&run.name),
            Self::State => text(run.state.name()),
            Self::Tags => Some(Cow::Owned(Value::List(run.tags.iter().cloned().map(Value::Str).collect()))),
            Self::Notes => text_or_none(&run.notes),
            Self::Group => text_or_none(&run.group),
            Self::JobType => text_or_none(&run.job_type),
            Self::Created => int(run.created),
            Self::Heartbeat => int(run.heartbeat),
            Self::Runtime => Some(Cow::Owned(Value::Float(run.runtime_seconds))),
            Self::ExitCode => int(i64::from(run.exit_code?)),
            Self::LastStep => int(run.last_step?),
            Self::Rows => int(i64::try_from(run.rows).unwrap_or(i64::MAX)),
        }
    }
}

/// A question that makes no sense.
pub(super) fn invalid(reason: impl Into<String>) -> StoreError {
    StoreError::Invalid(reason.into())
}

/// The value of a key.
pub(super) fn find<'v>(pairs: &'v [(String, Value)], key: &str) -> Option<Cow<'v, Value>> {
    pairs.iter().find(|(known, _)| known == key).map(|(_, value)| Cow::Borrowed(value))
}

/// The value under a path within a dict.
fn inner<'v>(value: Cow<'v, Value>, path: &str) -> Option<Cow<'v, Value>> {
    match value {
        Cow::Borrowed(Value::Map(pairs)) => Field::lookup(path, |key| find(pairs, key)),
        Cow::Owned(Value::Map(pairs)) => Field::lookup(path, |key| find(&pairs, key)).map(|value| Cow::Owned(value.into_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_lead_into_dicts_and_belong_to_keys() {
        let int = |value| Value::Int(value);
        let map = |key: &str, value| Value::Map(vec![(key.to_owned(), value)]);
        let pairs = vec![("a".to_owned(), map("b", map("c", int(1)))), ("a.b".to_owned(), map("d", int(2))), ("x.y".to_owned(), int(3))];
        for (path, expected) in [("a.b.c", Some(1)), ("a.b.d", Some(2)), ("x.y", Some(3)), ("x", None), ("a.b.c.d", None), ("", None)] {
            assert_eq!(Field::lookup(path, |key| find(&pairs, key)).as_deref(), expected.map(int).as_ref(), "{path}");
        }
    }

    #[test]
    fn an_unknown_field_is_named() {
        let error = Field::parse("color").unwrap_err();
        assert!(error.to_string().contains("\"color\"") && error.to_string().contains("display_name"), "{error}");
    }
}
