//! Numbers and everything else: the two sorts of values that are kept apart.

use stepwell_codec::column::Number;
use stepwell_model::Value;

/// The value as a number of a series, if it is one.
pub fn number_of(value: &Value) -> Option<Number> {
    match *value {
        Value::Int(value) => Some(Number::Int(value)),
        Value::Float(value) => Some(Number::Float(value)),
        _ => None,
    }
}

/// The number as a logged value.
pub fn value_of(number: Number) -> Value {
    match number {
        Number::Int(value) => Value::Int(value),
        Number::Float(value) => Value::Float(value),
    }
}
