//! The summary of a run: what stands for a key that was logged many times, and what was set by hand.

use crate::summary::aggregate::Aggregate;
use std::collections::{BTreeMap, BTreeSet};
use stepwell_model::{Goal, MetricDefinition, SummaryKind, Value};

/// Aggregate of the values of a key.
#[derive(Debug, Clone)]
pub struct History {
    /// The value at the lowest step.
    pub first: Value,
    /// Its numbers.
    pub numbers: Aggregate,
}

/// A key that was logged. `S` says when: the later is the greater.
#[derive(Debug, Clone)]
pub struct LoggedKey<'a, S> {
    /// The key.
    pub key: &'a str,
    /// The value at the greatest step.
    pub last: Value,
    /// When that was logged; `None` counts as earlier than everything.
    pub logged: Option<S>,
    /// Its definition by `define_metric`.
    pub definition: Option<&'a MetricDefinition>,
    /// Its history, if the definition [`needs_history`].
    pub history: Option<&'a History>,
}

/// A value of the summary set by hand, or deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct HandSet<S> {
    /// When.
    pub said: S,
    /// The value; `None` if it was deleted.
    pub value: Option<Value>,
    /// Whether what is logged later takes its place.
    pub until_logged: bool,
}

/// Whether a summary takes more than the last value.
pub fn needs_history(definition: &MetricDefinition) -> bool {
    definition.summary.iter().any(|kind| kind.needs_history())
}

/// The keys whose time of logging decides whether a value set by hand under `name` stands.
pub fn keys_behind(name: &str) -> impl Iterator<Item = &str> {
    let is_named = |kind: &str| kind.parse().is_ok_and(SummaryKind::has_name);
    let key = name.rsplit_once('.').filter(|(_, kind)| is_named(kind)).map(|(key, _)| key);
    std::iter::once(name).chain(key)
}

/// Values that stand for a key, by flat name: `KEY` or `KEY.KIND`.
///
/// Without a definition, and for `copy`, that is the last value. `min`, `max`, `mean` and `best` are of the
/// numbers of the key, so a key without numbers has none; `best` is the greatest one if the goal is
/// `maximize`, and else the smallest. With `none` nothing stands.
fn entries<S>(logged: LoggedKey<'_, S>) -> Vec<(String, Value)> {
    let LoggedKey { key, last, definition, history, .. } = logged;
    let Some(definition) = definition.filter(|definition| !definition.summary.is_empty()) else { return vec![(key.to_owned(), last)] };
    if definition.summary.contains(&SummaryKind::None) {
        return Vec::new();
    }
    let numbers = history.map(|history| &history.numbers);
    let mut entries = Vec::with_capacity(definition.summary.len());
    for kind in &definition.summary {
        let value = match kind {
            SummaryKind::Copy => {
                entries.push((key.to_owned(), last.clone()));
                continue;
            }
            SummaryKind::Last => Some(last.clone()),
            SummaryKind::First => history.map(|history| history.first.clone()),
            SummaryKind::Max => numbers.and_then(Aggregate::max).map(Value::from),
            SummaryKind::Mean => numbers.and_then(Aggregate::mean).map(Value::Float),
            SummaryKind::Best if definition.goal == Some(Goal::Maximize) => numbers.and_then(Aggregate::max).map(Value::from),
            SummaryKind::Min | SummaryKind::Best => numbers.and_then(Aggregate::min).map(Value::from),
            SummaryKind::None => None,
        };
        entries.extend(value.map(|value| (format!("{key}.{kind}"), value)));
    }
    entries
}

/// The summary, by flat name. Keys come in the order in which they are given, what stands only by hand comes
/// last.
///
/// A value set by hand stands in the place of everything logged under its name; one with `until_logged` only
/// until the key is logged again, and then it is as if it had never been set.
pub fn combine<'a, S: Ord>(
    logged: impl IntoIterator<Item = LoggedKey<'a, S>>,
    by_hand: &BTreeMap<String, HandSet<S>>,
    put: &mut impl FnMut(String, Value),
) {
    let mut outdated: BTreeSet<String> = BTreeSet::new();
    for each in logged {
        let key = each.key;
        let said = each.logged.as_ref();
        // Some if a value set by hand stands under the name, `false` if it has been logged since.
        let stands = |name: &str| by_hand.get(name).map(|hand| !hand.until_logged || said.is_none_or(|said| *said <= hand.said));
        let of_key = stands(key);
        if of_key == Some(false) {
            outdated.insert(key.to_owned());
        }
        let decided: Vec<(String, Value, Option<bool>)> = if by_hand.is_empty() && each.definition.is_none() {
            put(key.to_owned(), each.last);
            continue;
        } else {
            let stand = |(name, value): (String, Value)| {
                let stands = stands(&name);
                (name, value, stands)
            };
            let each = LoggedKey { logged: None::<S>, ..each };
            entries(each).into_iter().map(stand).collect()
        };
        for (name, value, stands) in decided {
            if stands == Some(false) {
                outdated.insert(name.clone());
            }
            if of_key != Some(true) && stands != Some(true) {
                put(name, value);
            }
        }
    }
    for (name, hand) in by_hand.iter().filter(|(name, _)| !outdated.contains(*name)) {
        if let Some(value) = &hand.value {
            put(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_model::Number;

    fn definition(summary: &[&str], goal: Option<&str>) -> MetricDefinition {
        let summary = summary.iter().map(|kind| kind.parse().unwrap()).collect();
        MetricDefinition { name: "acc".into(), summary, goal: goal.map(|goal| goal.parse().unwrap()), ..MetricDefinition::default() }
    }

    /// The summary of `acc` = 0.5, 0.9, 0.7, last logged at time 10.
    fn summary(summary: &[&str], goal: Option<&str>, hand: &[(&str, HandSet<i32>)]) -> Vec<(String, Value)> {
        let definition = definition(summary, goal);
        let numbers = [0.5, 0.9, 0.7].map(Number::Float).into_iter().collect();
        let history = History { first: Value::Float(0.5), numbers };
        let history = needs_history(&definition).then_some(&history);
        let logged = LoggedKey { key: "acc", last: Value::Float(0.7), logged: Some(10), definition: Some(&definition), history };
        let hand = hand.iter().map(|(name, hand)| ((*name).to_owned(), hand.clone())).collect();
        let mut found = BTreeMap::new();
        combine([logged], &hand, &mut |name, value| assert_eq!(found.insert(name, value), None));
        found.into_iter().collect()
    }

    fn floats(values: &[(&str, f64)]) -> Vec<(String, Value)> {
        values.iter().map(|(name, value)| ((*name).to_owned(), Value::Float(*value))).collect()
    }

    #[test]
    fn the_chosen_kinds_stand_for_a_metric() {
        for (kinds, goal, expected) in [
            (&[][..], None, &[("acc", 0.7)][..]),
            (&["max"], None, &[("acc.max", 0.9)]),
            (&["min", "max", "mean"], None, &[("acc.max", 0.9), ("acc.mean", 2.1 / 3.0), ("acc.min", 0.5)]),
            (&["last"], None, &[("acc.last", 0.7)]),
            (&["first"], None, &[("acc.first", 0.5)]),
            (&["best"], Some("maximize"), &[("acc.best", 0.9)]),
            (&["best"], Some("minimize"), &[("acc.best", 0.5)]),
            (&["best"], None, &[("acc.best", 0.5)]),
            (&["copy"], None, &[("acc", 0.7)]),
            (&["copy", "max"], None, &[("acc", 0.7), ("acc.max", 0.9)]),
            (&["none"], None, &[]),
            (&["none", "max"], None, &[]),
        ] {
            assert_eq!(summary(kinds, goal, &[]), floats(expected), "{kinds:?}");
        }
    }

    #[test]
    fn what_is_set_by_hand_stands_in_the_place_of_what_was_logged() {
        let set = |said, value: Option<f64>, until_logged| HandSet { said, value: value.map(Value::Float), until_logged };
        for (hand, expected) in [
            (&[("acc", set(5, Some(1.0), false))][..], &[("acc", 1.0)][..]),
            (&[("acc", set(5, None, false))], &[]),
            (&[("acc.max", set(5, Some(1.0), false))], &[("acc.max", 1.0), ("acc.min", 0.5)]),
            (&[("acc.max", set(5, None, false))], &[("acc.min", 0.5)]),
            (&[("acc", set(15, Some(1.0), true))], &[("acc", 1.0)]),
            (&[("acc", set(10, Some(1.0), true))], &[("acc", 1.0)]),
            (&[("acc", set(9, Some(1.0), true))], &[("acc.max", 0.9), ("acc.min", 0.5)]),
            (&[("acc", set(9, None, true))], &[("acc.max", 0.9), ("acc.min", 0.5)]),
            (&[("acc.max", set(9, Some(1.0), true))], &[("acc.max", 0.9), ("acc.min", 0.5)]),
            (&[("acc.max", set(11, Some(1.0), true))], &[("acc.max", 1.0), ("acc.min", 0.5)]),
            (&[("other", set(0, Some(1.0), true))], &[("acc.max", 0.9), ("acc.min", 0.5), ("other", 1.0)]),
        ] {
            assert_eq!(summary(&["min", "max"], None, hand), floats(expected), "{hand:?}");
        }
        assert_eq!(keys_behind("val.acc.max").collect::<Vec<_>>(), ["val.acc.max", "val.acc"]);
        assert_eq!(keys_behind("val.acc").collect::<Vec<_>>(), ["val.acc"]);
    }
}
