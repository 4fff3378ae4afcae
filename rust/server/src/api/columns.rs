//! Choice of the summary values that come along in a list of runs: never all, whatever a run has.

use std::collections::BTreeSet;
use stepwell_model::Value;
use stepwell_store::RunInfo;
use stepwell_store::row::is_automatic;

/// Values of a summary in a list, if the question says nothing.
pub(crate) const LISTED_VALUES: usize = 1_000;
/// And at most, where it says how many.
const MOST_VALUES: usize = 100_000;

/// Choice of values of a summary.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Columns {
    /// The first by name.
    First(usize),
    /// These.
    Keys(BTreeSet<String>),
}

/// A run whose summary is cut to some columns.
#[derive(Debug)]
pub(crate) struct ListedRun {
    /// The run.
    pub(crate) run: RunInfo,
    /// Values that its summary has.
    pub(crate) summary_keys: u64,
}

impl Columns {
    /// Those that a question names; without any the first `limit`, or `default` where it says none.
    pub(crate) fn new(keys: Vec<String>, limit: Option<usize>, default: usize) -> Self {
        if keys.is_empty() {
            Self::First(limit.map_or(default, |limit| limit.min(MOST_VALUES)))
        } else {
            Self::Keys(keys.into_iter().collect())
        }
    }

    /// Cuts the summary of a run. `_step`, `_timestamp` and `_runtime` stay.
    pub(crate) fn cut(&self, mut run: RunInfo) -> ListedRun {
        let summary_keys = run.summary.len() as u64;
        match self {
            Self::First(limit) if run.summary.len() <= *limit => {}
            Self::First(limit) => {
                let mut left = *limit;
                keep(&mut run.summary, |_| {
                    let stays = left > 0;
                    left -= usize::from(stays);
                    stays
                });
            }
            Self::Keys(keys) => keep(&mut run.summary, |key| keys.contains(key)),
        }
        ListedRun { run, summary_keys }
    }
}

impl ListedRun {
    /// About how many bytes it takes in an answer.
    pub(crate) fn bytes(&self) -> usize {
        let pairs = self.run.config.iter().chain(&self.run.summary);
        500 + pairs.map(|(key, value)| key.len() + value_bytes(value) + 8).sum::<usize>()
    }
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len(),
        Value::Bin(bytes) | Value::Ext(_, bytes) => bytes.len(),
        Value::List(values) => values.iter().map(|value| 4 + value_bytes(value)).sum(),
        Value::Map(pairs) => pairs.iter().map(|(key, value)| 8 + key.len() + value_bytes(value)).sum(),
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 12,
    }
}

fn keep(summary: &mut Vec<(String, Value)>, mut stays: impl FnMut(&str) -> bool) {
    summary.retain(|(key, _)| is_automatic(key) || stays(key));
    summary.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_store::run::{RowFacts, assemble};
    use stepwell_store::statement::Statements;

    fn run(keys: &[&str]) -> RunInfo {
        let last_values = keys.iter().map(|key| ((*key).to_owned(), Value::Int(1))).collect();
        let path = stepwell_model::RunPath::new("e", "p", "r").unwrap();
        assemble(path, 0, &[], &Statements::default(), RowFacts { last_values, ..RowFacts::default() }, 0)
    }

    #[test]
    fn a_summary_is_cut_and_its_size_said() {
        let cut = |columns: Columns| {
            let listed = columns.cut(run(&["_step", "a", "b", "c"]));
            let keys: Vec<String> = listed.run.summary.into_iter().map(|(key, _)| key).collect();
            (keys.join(" "), listed.summary_keys)
        };
        assert_eq!(cut(Columns::First(9)), ("_step a b c".to_owned(), 4));
        assert_eq!(cut(Columns::First(2)), ("_step a b".to_owned(), 4));
        assert_eq!(cut(Columns::new(vec!["c".into(), "x".into()], None, 1)), ("_step c".to_owned(), 4));
        assert_eq!(cut(Columns::new(vec![], None, 1)), ("_step a".to_owned(), 4));
    }
}
