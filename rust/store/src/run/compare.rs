//! Comparison of two values as MongoDB compares them: numbers exactly, whatever their type; values of two
//! sorts never.

use std::cmp::Ordering;
use stepwell_model::Value;

/// Order of two values; values of two sorts do not.
pub(super) fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Nil, Value::Nil) => Some(Ordering::Equal),
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
        (Value::Float(one), Value::Float(other)) => one.partial_cmp(other),
        (Value::Int(one), Value::Float(other)) => compare_mixed(*one, *other),
        (Value::Float(one), Value::Int(other)) => compare_mixed(*other, *one).map(Ordering::reverse),
        (Value::Str(one), Value::Str(other)) => Some(one.cmp(other)),
        (Value::List(one), Value::List(other)) => {
            let differing = one.iter().zip(other).map(|(one, other)| compare(one, other)).find(|order| *order != Some(Ordering::Equal));
            differing.unwrap_or_else(|| Some(one.len().cmp(&other.len())))
        }
        (Value::Map(one), Value::Map(other)) => {
            let same = one.len() == other.len()
                && one.iter().all(|(key, value)| {
                    let there = other.iter().find(|(name, _)| name == key);
                    there.is_some_and(|(_, other)| compare(value, other) == Some(Ordering::Equal))
                });
            same.then_some(Ordering::Equal)
        }
        _ => None,
    }
}

/// Exactly, also beyond 2^53, where a double cannot say which integer is meant.
fn compare_mixed(int: i64, float: f64) -> Option<Ordering> {
    const END: f64 = 9_223_372_036_854_775_808.0; // 2^63
    if float.is_nan() {
        None
    } else if float >= END {
        Some(Ordering::Less)
    } else if float < -END {
        Some(Ordering::Greater)
    } else {
        let whole = int.cmp(&(float.trunc() as i64));
        Some(whole.then(0.0_f64.partial_cmp(&float.fract())?))
    }
}
