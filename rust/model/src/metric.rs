//! Definitions of metrics: they add up under their names, and one holds for each key.

use crate::entry::MetricDefinition;
use std::fmt;
use std::str::FromStr;

/// The key of a row's step, an integer.
pub const STEP: &str = "_step";
/// The key of a row's time, in seconds since 1970.
pub const TIMESTAMP: &str = "_timestamp";
/// The key of a row's time since the run began, in seconds.
pub const RUNTIME: &str = "_runtime";
/// Keys that every row has by itself.
const AUTOMATIC: [&str; 3] = [STEP, TIMESTAMP, RUNTIME];

/// A name that this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not one that this version knows")]
pub struct UnknownName;

/// A kind of summary of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryKind {
    /// The smallest number.
    Min,
    /// The greatest number.
    Max,
    /// The mean of the numbers.
    Mean,
    /// The value at the greatest step, under a name of its own.
    Last,
    /// The value at the smallest step.
    First,
    /// The greatest or the smallest number, as the goal says.
    Best,
    /// The value at the greatest step, under the metric's own name.
    Copy,
    /// Nothing, whatever else is asked for.
    None,
}

impl SummaryKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [Self::Min, Self::Max, Self::Mean, Self::Last, Self::First, Self::Best, Self::Copy, Self::None];

    /// The name in `define_metric`, in stores and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Last => "last",
            Self::First => "first",
            Self::Best => "best",
            Self::Copy => "copy",
            Self::None => "none",
        }
    }

    /// True if it takes more than the last value.
    pub fn needs_history(self) -> bool {
        matches!(self, Self::Min | Self::Max | Self::Mean | Self::First | Self::Best)
    }

    /// True if its value has a name below that of the metric.
    pub fn has_name(self) -> bool {
        self == Self::Last || self.needs_history()
    }
}

/// The better direction of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The smallest value.
    Minimize,
    /// The greatest value.
    Maximize,
}

impl Goal {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Minimize, Self::Maximize];

    /// The name in `define_metric`, in stores and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimize => "minimize",
            Self::Maximize => "maximize",
        }
    }
}

impl FromStr for SummaryKind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or(UnknownName)
    }
}

impl FromStr for Goal {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|goal| goal.name() == name).ok_or(UnknownName)
    }
}

impl fmt::Display for SummaryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One definition per name, in the order in which names were first defined.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics {
    all: Vec<(Pattern, MetricDefinition)>,
}

/// The keys that a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// This one.
    Exact(String),
    /// All that begin so, but for those that begin with `_`, unless the pattern does.
    Prefix(String),
}

impl Pattern {
    /// `\.` and `\*` stand for a dot and a star, and a star at the end for any rest.
    fn new(name: &str) -> Self {
        let is_glob = name.ends_with('*') && !name.ends_with("\\*");
        let literal = |text: &str| text.replace("\\.", ".").replace("\\*", "*");
        if is_glob { Self::Prefix(literal(&name[..name.len() - 1])) } else { Self::Exact(literal(name)) }
    }

    /// The closeness of its fit to `key`: the greater the better.
    fn fit(&self, key: &str) -> Option<usize> {
        match self {
            Self::Exact(name) => (name == key).then_some(usize::MAX),
            Self::Prefix(prefix) => {
                (key.starts_with(prefix.as_str()) && (!key.starts_with('_') || prefix.starts_with('_'))).then_some(prefix.len())
            }
        }
    }
}

impl Metrics {
    /// Adds a definition to that of the same name, or replaces that if it says `overwrite`.
    pub fn define(&mut self, new: &MetricDefinition) {
        match self.all.iter_mut().find(|(_, known)| known.name == new.name) {
            Some((_, known)) if !new.overwrite => {
                known.step_metric = new.step_metric.clone().or(known.step_metric.take());
                known.step_sync = new.step_sync.or(known.step_sync);
                known.hidden = new.hidden.or(known.hidden);
                known.goal = new.goal.or(known.goal);
                if !new.summary.is_empty() {
                    known.summary.clone_from(&new.summary);
                }
            }
            Some((_, known)) => *known = new.clone(),
            None => self.all.push((Pattern::new(&new.name), new.clone())),
        }
    }

    /// The definition that holds for a key: that of its exact name, else that of the longest glob, of two
    /// equal ones the older one. None ever holds for the keys that every row has by itself.
    pub fn find(&self, key: &str) -> Option<&MetricDefinition> {
        if self.all.is_empty() || AUTOMATIC.contains(&key) {
            return None;
        }
        let fitting = self.all.iter().rev().filter_map(|(pattern, definition)| Some((pattern.fit(key)?, definition)));
        fitting.max_by_key(|(fit, _)| *fit).map(|(_, definition)| definition)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &MetricDefinition> {
        self.all.iter().map(|(_, definition)| definition)
    }
}

impl MetricDefinition {
    /// The key whose last value is put into rows that lack it.
    pub fn synced_step_metric(&self) -> Option<&str> {
        self.step_metric.as_deref().filter(|_| self.step_sync != Some(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(names: &[&str]) -> Metrics {
        let mut metrics = Metrics::default();
        names.iter().for_each(|name| metrics.define(&MetricDefinition { name: (*name).into(), ..MetricDefinition::default() }));
        metrics
    }

    #[test]
    fn an_exact_name_goes_before_a_glob_and_the_longest_glob_before_a_shorter_one() {
        let metrics = metrics(&["*", "val/*", "val/acc", "val/a*", "_my*", "_step", "a\\.b", "a.c", "x\\*", "\\*y*"]);
        for (key, name) in [
            ("loss", Some("*")),
            ("val/acc", Some("val/acc")),
            ("val/acc5", Some("val/a*")),
            ("val/loss", Some("val/*")),
            ("val/", Some("val/*")),
            ("_my_key", Some("_my*")),
            ("_other", None),
            ("_step", None),
            ("a.b", Some("a\\.b")),
            ("a.c", Some("a.c")),
            ("aXc", Some("*")),
            ("x*", Some("x\\*")),
            ("xx", Some("*")),
            ("*yes", Some("\\*y*")),
        ] {
            assert_eq!(metrics.find(key).map(|found| found.name.as_str()), name, "{key}");
        }
        assert_eq!(Metrics::default().find("a"), None);
    }

    #[test]
    fn the_step_metric_is_synced_unless_it_is_said_not_to_be() {
        let definition = |step_sync| MetricDefinition { step_metric: Some("epoch".into()), step_sync, ..MetricDefinition::default() };
        assert_eq!(definition(None).synced_step_metric(), Some("epoch"));
        assert_eq!(definition(Some(false)).synced_step_metric(), None);
        assert_eq!(MetricDefinition::default().synced_step_metric(), None);
    }
}
