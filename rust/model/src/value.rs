//! Values that can be logged under a key: scalars, text, lists, nested maps and typed objects.

use std::cmp::Ordering;

/// The extension type of msgpack that holds text with lone surrogates, as WTF-8 bytes.
pub const EXT_WTF8: i8 = 1;

/// A logged value. Floats keep every bit, NaN payloads included.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`.
    Nil,
    /// A truth value.
    Bool(bool),
    /// A 64-bit signed integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// Text.
    Str(String),
    /// Raw bytes.
    Bin(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A nested dict in the order it was written; with a `_type` it is one typed object.
    Map(Vec<(String, Value)>),
    /// A msgpack extension; see [`EXT_WTF8`].
    Ext(i8, Vec<u8>),
}

/// A number as it was logged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A double.
    Float(f64),
    /// A 64-bit integer.
    Int(i64),
}

impl Number {
    /// The nearest double.
    #[inline]
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Float(value) => value,
            Self::Int(value) => value as f64,
        }
    }

    /// True if it is NaN.
    #[inline]
    pub fn is_nan(self) -> bool {
        matches!(self, Self::Float(value) if value.is_nan())
    }

    /// Orders two numbers without rounding; `None` if one is NaN.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => Some(one.cmp(&other)),
            (Self::Float(one), Self::Float(other)) => one.partial_cmp(&other),
            (Self::Int(one), Self::Float(other)) => compare_mixed(one, other),
            (Self::Float(one), Self::Int(other)) => compare_mixed(other, one).map(Ordering::reverse),
        }
    }
}

fn compare_mixed(int: i64, float: f64) -> Option<Ordering> {
    // Where the nearest double is equal, both are integers of at most 2^63, which i128 holds.
    (int as f64).partial_cmp(&float).map(|order| order.then_with(|| i128::from(int).cmp(&(float as i128))))
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(value) => Self::Int(value),
            Number::Float(value) => Self::Float(value),
        }
    }
}

/// The sort of a value; every sort under one key is a series of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Integers and floats.
    Number,
    /// Truth values.
    Bool,
    /// Text.
    String,
    /// Lists.
    List,
    /// `None`.
    Null,
    /// A typed object (`histogram`, `image`, …), or `other`.
    Object(String),
}

impl Kind {
    /// The name used in stores, on the wire and in the dashboard.
    pub fn name(&self) -> &str {
        match self {
            Self::Number => "number",
            Self::Bool => "bool",
            Self::String => "string",
            Self::List => "list",
            Self::Null => "null",
            Self::Object(name) => name,
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Self {
        match name {
            "number" => Self::Number,
            "bool" => Self::Bool,
            "string" => Self::String,
            "list" => Self::List,
            "null" => Self::Null,
            other => Self::Object(other.into()),
        }
    }
}

impl Value {
    /// The sort of this value.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Nil => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) | Self::Float(_) => Kind::Number,
            Self::Str(_) | Self::Ext(EXT_WTF8, _) => Kind::String,
            Self::List(_) => Kind::List,
            Self::Map(_) => Kind::Object(self.type_name().unwrap_or("other").into()),
            Self::Bin(_) | Self::Ext(..) => Kind::Object("other".into()),
        }
    }

    /// The `_type` of a typed object.
    pub(crate) fn type_name(&self) -> Option<&str> {
        match self.get("_type")? {
            Self::Str(name) => Some(name),
            _ => None,
        }
    }

    /// The value under `key` of a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(pairs) => pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Takes in a value that was logged later under the same key: nested dicts are merged key by key,
    /// anything else is replaced, typed objects as a whole.
    pub fn absorb(&mut self, later: Value) {
        if self.type_name().is_some() || later.type_name().is_some() {
            *self = later;
            return;
        }
        match (self, later) {
            (Self::Map(pairs), Self::Map(new)) => {
                for (key, value) in new {
                    match pairs.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, known)) => known.absorb(value),
                        None => pairs.push((key, value)),
                    }
                }
            }
            (earlier, later) => *earlier = later,
        }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<Number> {
        match *self {
            Self::Int(value) => Some(Number::Int(value)),
            Self::Float(value) => Some(Number::Float(value)),
            _ => None,
        }
    }

    /// The number, if it is one. Integers beyond 2^53 are rounded.
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Self::Int(value) => Some(value as f64),
            Self::Float(value) => Some(value),
            _ => None,
        }
    }

    /// The text, if it is some.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }
}

/// A binned distribution: `counts[i]` values fell between `edges[i]` and `edges[i + 1]` (the last bin
/// includes its right edge).
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// `counts.len() + 1` rising edges.
    pub edges: Vec<f64>,
    /// Number of values in each bin.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// The typed object that is logged.
    pub fn to_value(&self) -> Value {
        Value::Map(vec![
            ("_type".into(), Value::Str("histogram".into())),
            ("bins".into(), Value::List(self.edges.iter().map(|&edge| Value::Float(edge)).collect())),
            ("values".into(), Value::List(self.counts.iter().map(|&count| Value::Int(count as i64)).collect())),
        ])
    }

    /// Reads the typed object; counts may be integers or (for weighted histograms) floats, which are rounded.
    pub fn from_value(value: &Value) -> Option<Self> {
        let (Value::List(bins), Value::List(counts)) = (value.get("bins")?, value.get("values")?) else {
            return None;
        };
        let edges: Vec<f64> = bins.iter().map(Value::as_f64).collect::<Option<_>>()?;
        let counts: Vec<u64> = counts.iter().map(|count| count.as_f64().map(|count| count.round() as u64)).collect::<Option<_>>()?;
        (value.type_name() == Some("histogram") && edges.len() == counts.len() + 1).then_some(Self { edges, counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_a_typed_object_and_back() {
        let histogram = Histogram { edges: vec![0.0, 0.5, 1.0], counts: vec![3, 4] };
        let value = histogram.to_value();
        assert_eq!(value.kind(), Kind::Object("histogram".into()));
        assert_eq!(Histogram::from_value(&value), Some(histogram));
        assert_eq!(Histogram::from_value(&Value::Nil), None);
    }

    #[test]
    fn nested_dicts_are_merged_and_typed_objects_are_replaced() {
        let map = |pairs: &[(&str, Value)]| Value::Map(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect());
        let typed = map(&[("_type", Value::Str("image".into())), ("width", Value::Int(1))]);
        for (earlier, later, merged) in [
            (map(&[("a", Value::Int(1))]), map(&[("b", Value::Int(2))]), map(&[("a", Value::Int(1)), ("b", Value::Int(2))])),
            (
                map(&[("a", map(&[("b", Value::Int(1))]))]),
                map(&[("a", map(&[("b", Value::Int(2))]))]),
                map(&[("a", map(&[("b", Value::Int(2))]))]),
            ),
            (typed.clone(), map(&[("b", Value::Int(2))]), map(&[("b", Value::Int(2))])),
            (map(&[("b", Value::Int(2))]), typed.clone(), typed),
            (Value::Int(1), Value::Nil, Value::Nil),
        ] {
            let mut value = earlier;
            value.absorb(later);
            assert_eq!(value, merged);
        }
    }

    #[test]
    fn numbers_are_compared_without_rounding() {
        let (int, float) = (Number::Int, Number::Float);
        for (one, other, order) in [
            (int((1 << 53) + 1), float((1i64 << 53) as f64), Some(Ordering::Greater)),
            (float(9_223_372_036_854_775_808.0), int(i64::MAX), Some(Ordering::Greater)),
            (int(i64::MIN), float(-9_223_372_036_854_775_808.0), Some(Ordering::Equal)),
            (int(2), float(2.5), Some(Ordering::Less)),
            (float(f64::NEG_INFINITY), int(i64::MIN), Some(Ordering::Less)),
            (int(0), float(-0.0), Some(Ordering::Equal)),
            (int(0), float(f64::NAN), None),
        ] {
            assert_eq!((one.compare(other), other.compare(one)), (order, order.map(Ordering::reverse)), "{one:?} {other:?}");
        }
    }

    #[test]
    fn kinds_are_named_and_found_by_name() {
        for value in [
            Value::Nil,
            Value::Bool(true),
            Value::Int(1),
            Value::Float(0.5),
            Value::Str("a".into()),
            Value::List(vec![]),
            Value::Map(vec![]),
        ] {
            assert_eq!(Kind::from_name(value.kind().name()), value.kind());
        }
    }
}
