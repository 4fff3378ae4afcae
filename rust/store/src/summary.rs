//! The summary of a run: what its rows add up to under the definitions of its metrics, and what was set by
//! hand.

use crate::merge::Stamp;
use crate::statement::Statements;
use std::collections::{BTreeMap, BTreeSet};
use stepwell_model::{Metrics, Step, Value};
use stepwell_sample::run_summary::{History, LoggedKey, combine, keys_behind, needs_history};

/// Facts of the rows of a run.
#[derive(Debug, Clone, Default)]
pub struct RowFacts {
    /// For each flat key, automatic ones included, the value at the greatest step of the first label that has
    /// it.
    pub last_values: BTreeMap<String, Value>,
    /// For each key of which [`Wanted`] asks for it: what its values add up to, in the same label.
    pub histories: BTreeMap<String, History>,
    /// Likewise, when its last value was logged. For an automatic key, when the last row was.
    pub stamps: BTreeMap<String, Stamp>,
    /// See [`RunInfo::runtime_seconds`](crate::RunInfo::runtime_seconds).
    pub runtime_seconds: f64,
    /// Highest step.
    pub last_step: Option<Step>,
    /// Rows, counted once per (label, step).
    pub rows: u64,
}

/// Needs of a summary of the rows besides last values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    metrics: Metrics,
    /// Keys that may take the place of a value set by hand.
    stamps: BTreeSet<String>,
}

impl Wanted {
    /// Needs of these statements.
    pub fn by(statements: &Statements) -> Self {
        let until_logged = statements.summary.iter().filter(|(_, hand)| hand.until_logged);
        let stamps = until_logged.flat_map(|(name, _)| keys_behind(name)).map(str::to_owned).collect();
        Self { metrics: statements.definitions(), stamps }
    }

    /// Whether [`RowFacts::histories`] must have the key.
    pub fn history(&self, key: &str) -> bool {
        self.metrics.find(key).is_some_and(needs_history)
    }

    /// Whether [`RowFacts::stamps`] must have the key.
    pub fn stamp(&self, key: &str) -> bool {
        self.stamps.contains(key)
    }
}

/// The summary, sorted by flat key.
pub fn summary_of(rows: RowFacts, statements: &Statements) -> Vec<(String, Value)> {
    let wanted = Wanted::by(statements);
    let mut summary: BTreeMap<String, Value> = BTreeMap::new();
    let RowFacts { last_values, histories, stamps, .. } = rows;
    let logged = last_values.iter().map(|(key, last)| LoggedKey::<Stamp> {
        key,
        last: last.clone(),
        logged: stamps.get(key).copied(),
        definition: wanted.metrics.find(key),
        history: histories.get(key),
    });
    combine(logged, &statements.summary, &mut |name, value| {
        summary.insert(name, value);
    });
    summary.into_iter().collect()
}
