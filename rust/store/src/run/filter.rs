//! Filters of runs: MongoDB-style conditions, as wandb's `filters` have them.
//!
//! ```text
//! filter    := {"$and" | "$or" | "$nor": [filter, …], "$not": filter, FIELD: value | {operator: operand, …}, …}
//! operator  := $eq $ne $gt $gte $lt $lte $in $nin $exists $regex ($options) $not
//! ```
//!
//! 1. All parts of an object must hold. Numbers compare as the numbers they are, integers with floats too;
//!    values of two sorts never compare, and a truth value is no number.
//! 2. A list fulfils a condition if it does as a whole or one of its elements does: `{"tags": "x"}` asks for
//!    a tag.
//! 3. A field that is not there is like null: `{"notes": null}` and `{"notes": {"$ne": "x"}}` hold for it,
//!    nothing else does.
//! 4. Times are compared with ISO 8601 dates, in UTC where no zone is named, or with seconds since 1970.

use crate::api::StoreError;
use crate::run::compare::compare;
use crate::run::field::{Field, invalid};
use crate::run::moment;
use regex::{Regex, RegexBuilder};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::cmp::Ordering;
use stepwell_model::Value;

/// Bytes of a filter; a list of 10,000 ids fits.
const FILTER_BYTES: usize = 512 << 10;
/// Filters within filters.
const DEPTH: usize = 32;
/// Bytes that a compiled pattern may take.
const PATTERN_BYTES: usize = 1 << 20;

/// A condition on runs.
#[derive(Debug, Clone)]
pub enum Filter {
    /// All of them hold; of none, that is true.
    All(Vec<Filter>),
    /// One of them holds.
    Any(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A field passes a test.
    Field(Field, Test),
}

/// A test of a field's value.
#[derive(Debug, Clone)]
pub enum Test {
    /// It is one of these.
    In(Vec<Value>),
    /// It stands in one of these orders to that value.
    Compare(&'static [Ordering], Value),
    /// Whether it is there at all.
    Exists(bool),
    /// A part of the text matches.
    Matches(Regex),
    /// All of them pass.
    All(Vec<Test>),
    /// It does not pass.
    Not(Box<Test>),
}

impl Default for Filter {
    /// Holds for every run.
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Filter {
    /// The filter of a JSON text; an empty one holds for every run.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        if text.len() > FILTER_BYTES {
            return Err(invalid(format!("the filter has {} bytes; expected at most {FILTER_BYTES}", text.len())));
        }
        let json = serde_json::from_str(text).map_err(|error| invalid(format!("the filter is no JSON: {error}")))?;
        Self::read(&json, DEPTH)
    }

    fn read(json: &Json, depth: usize) -> Result<Self, StoreError> {
        let Some(object) = json.as_object() else {
            return Err(invalid(format!("a filter is {json}; expected an object like {{\"config.lr\": 0.1}}")));
        };
        let Some(depth) = depth.checked_sub(1) else {
            return Err(invalid(format!("the filter has more than {DEPTH} filters within each other")));
        };
        let list = |name: &str, json: &Json| match json.as_array() {
            Some(parts) if !parts.is_empty() => parts.iter().map(|part| Self::read(part, depth)).collect::<Result<Vec<_>, _>>(),
            _ => Err(invalid(format!("{name} of a filter stands before {json}; expected a list of filters"))),
        };
        let part = |(name, inner): (&String, &Json)| match name.as_str() {
            "$and" => Ok(Self::All(list(name, inner)?)),
            "$or" => Ok(Self::Any(list(name, inner)?)),
            "$nor" => Ok(Self::Not(Box::new(Self::Any(list(name, inner)?)))),
            "$not" => Ok(Self::Not(Box::new(Self::read(inner, depth)?))),
            name if name.starts_with('$') => {
                Err(invalid(format!("{name} is no operator between filters; expected $and, $or, $nor or $not")))
            }
            name => {
                let field = Field::parse(name)?;
                let test = Test::read(&field, inner, depth)?;
                Ok(Self::Field(field, test))
            }
        };
        Ok(Self::All(object.iter().map(part).collect::<Result<_, StoreError>>()?))
    }

    /// Whether it holds for a run whose fields have these values.
    pub fn holds<'v>(&self, value: &dyn Fn(&Field) -> Option<Cow<'v, Value>>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(value)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(value)),
            Self::Not(part) => !part.holds(value),
            Self::Field(field, test) => test.passes(value(field).as_deref()),
        }
    }

    /// Shows `see` every field that it asks for.
    pub fn each_field<'f>(&'f self, see: &mut dyn FnMut(&'f Field)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_field(see)),
            Self::Not(part) => part.each_field(see),
            Self::Field(field, _) => see(field),
        }
    }
}

impl Test {
    fn read(field: &Field, json: &Json, depth: usize) -> Result<Self, StoreError> {
        let Some(operators) = json.as_object().filter(|object| object.keys().any(|name| name.starts_with('$'))) else {
            return Ok(Self::In(vec![operand(field, json)?]));
        };
        let Some(depth) = depth.checked_sub(1) else {
            return Err(invalid(format!("the filter has more than {DEPTH} filters within each other")));
        };
        let operands = |name: &str, json: &Json| match json.as_array() {
            Some(values) => values.iter().map(|value| operand(field, value)).collect::<Result<Vec<_>, _>>(),
            None => Err(invalid(format!("{name} of a filter stands before {json}; expected a list of values"))),
        };
        let mut tests = Vec::new();
        for (name, inner) in operators {
            let compare = |orders| Ok::<_, StoreError>(Self::Compare(orders, operand(field, inner)?));
            tests.push(match name.as_str() {
                "$eq" => Self::In(vec![operand(field, inner)?]),
                "$ne" => Self::Not(Box::new(Self::In(vec![operand(field, inner)?]))),
                "$in" => Self::In(operands(name, inner)?),
                "$nin" => Self::Not(Box::new(Self::In(operands(name, inner)?))),
                "$gt" => compare(&[Ordering::Greater])?,
                "$gte" => compare(&[Ordering::Greater, Ordering::Equal])?,
                "$lt" => compare(&[Ordering::Less])?,
                "$lte" => compare(&[Ordering::Less, Ordering::Equal])?,
                "$exists" => match inner {
                    Json::Bool(exists) => Self::Exists(*exists),
                    Json::Number(number) => Self::Exists(number.as_f64() != Some(0.0)),
                    _ => return Err(invalid(format!("$exists of a filter stands before {inner}; expected true or false"))),
                },
                "$regex" => Self::Matches(pattern(inner, operators.get("$options"))?),
                "$options" if operators.contains_key("$regex") => continue,
                "$not" => Self::Not(Box::new(Self::read(field, inner, depth)?)),
                _ => {
                    return Err(invalid(format!(
                        "{name:?} is no operator; expected $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $regex or $not"
                    )));
                }
            });
        }
        Ok(Self::All(tests))
    }

    fn passes(&self, value: Option<&Value>) -> bool {
        match self {
            Self::In(wanted) => match value {
                None => wanted.contains(&Value::Nil),
                Some(value) => wanted.iter().any(|wanted| each(value, |value| compare(value, wanted) == Some(Ordering::Equal))),
            },
            Self::Compare(orders, bound) => {
                let fits = |value: &Value| compare(value, bound).is_some_and(|order| orders.contains(&order));
                value.is_some_and(|value| each(value, fits))
            }
            Self::Exists(exists) => value.is_some() == *exists,
            Self::Matches(pattern) => {
                let fits = |value: &Value| value.as_str().is_some_and(|text| pattern.is_match(text));
                value.is_some_and(|value| each(value, fits))
            }
            Self::All(tests) => tests.iter().all(|test| test.passes(value)),
            Self::Not(test) => !test.passes(value),
        }
    }
}

/// Whether a value, or an element of it, fits.
fn each(value: &Value, fits: impl Fn(&Value) -> bool) -> bool {
    fits(value) || matches!(value, Value::List(elements) if elements.iter().any(fits))
}

fn operand(field: &Field, json: &Json) -> Result<Value, StoreError> {
    if !field.is_time() {
        return Ok(value(json));
    }
    let time = match json {
        Json::Null => return Ok(Value::Nil),
        Json::String(text) => moment::parse(text),
        Json::Number(seconds) => seconds.as_f64().map(|seconds| (seconds * 1e6) as i64),
        _ => None,
    };
    let wrong = || invalid(format!("{json} is no time; expected ISO 8601, like \"2026-01-31T12:00:00Z\""));
    time.map(Value::Int).ok_or_else(wrong)
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Str(text.clone()),
        Json::Array(values) => Value::List(values.iter().map(value).collect()),
        Json::Object(pairs) => Value::Map(pairs.iter().map(|(key, inner)| (key.clone(), value(inner))).collect()),
    }
}

fn pattern(json: &Json, options: Option<&Json>) -> Result<Regex, StoreError> {
    let (Some(text), Some(options)) = (json.as_str(), options.map_or(Some(""), Json::as_str)) else {
        return Err(invalid(format!("$regex of a filter stands before {json}; expected a pattern as text")));
    };
    if let Some(unknown) = options.chars().find(|&option| !"imsx".contains(option)) {
        return Err(invalid(format!("{unknown:?} is no option of $regex; expected some of i, m, s, x")));
    }
    let has = |option| options.contains(option);
    RegexBuilder::new(text)
        .case_insensitive(has('i'))
        .multi_line(has('m'))
        .dot_matches_new_line(has('s'))
        .ignore_whitespace(has('x'))
        .size_limit(PATTERN_BYTES)
        .build()
        .map_err(|error| invalid(format!("the pattern {text:?} of a filter is wrong: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::RunInfo;
    use crate::run::{RowFacts, assemble};
    use stepwell_model::RunPath;

    fn run() -> RunInfo {
        let mut run = assemble(RunPath::new("local", "p", "r1").unwrap(), 0, &[], &Default::default(), RowFacts::default(), 0);
        run.config = vec![
            ("lr".into(), Value::Float(0.1)),
            ("opt".into(), Value::Map(vec![("name".into(), Value::Str("adam".into())), ("steps".into(), Value::Int(7))])),
            ("layers".into(), Value::List(vec![Value::Int(1), Value::Int(2)])),
            ("none".into(), Value::Nil),
            ("big".into(), Value::Int(i64::MAX)),
            ("on".into(), Value::Bool(true)),
        ];
        run.summary = vec![("val/loss".into(), Value::Float(f64::NAN)), ("a.b".into(), Value::Int(3))];
        run.tags = vec!["one".into(), "two".into()];
        run.created = moment::parse("2026-03-04T05:06:07.5Z").unwrap();
        run
    }

    #[test]
    fn a_filter_holds_as_mongodb_would_have_it() {
        let run = run();
        for (filter, expected) in [
            ("", true),
            ("{}", true),
            (r#"{"config.lr": 0.1}"#, true),
            (r#"{"config.lr.value": 0.1}"#, true),
            (r#"{"config.lr": {"$gt": 0.05, "$lte": 0.1}}"#, true),
            (r#"{"config.lr": {"$gt": 0}}"#, true),
            (r#"{"config.lr": {"$gt": "0"}}"#, false),
            (r#"{"config.opt.name": "adam"}"#, true),
            (r#"{"config.opt": {"name": "adam", "steps": 7.0}}"#, true),
            (r#"{"config.layers": 2}"#, true),
            (r#"{"config.layers": [1, 2]}"#, true),
            (r#"{"config.layers": {"$gt": 2}}"#, false),
            (r#"{"config.none": null}"#, true),
            (r#"{"config.none": {"$exists": true}}"#, true),
            (r#"{"config.absent": null}"#, true),
            (r#"{"config.absent": {"$ne": 1}}"#, true),
            (r#"{"config.absent": {"$nin": [1]}}"#, true),
            (r#"{"config.absent": {"$lt": 1}}"#, false),
            (r#"{"config.absent": {"$exists": false}}"#, true),
            (r#"{"config.on": 1}"#, false),
            (r#"{"config.on": true}"#, true),
            (r#"{"config.big": 9223372036854775807}"#, true),
            (r#"{"config.big": {"$lt": 9223372036854775808}}"#, true),
            (r#"{"config.big": {"$gte": 9223372036854775806.5}}"#, false),
            (r#"{"summary_metrics.a.b": {"$in": [1, 3]}}"#, true),
            (r#"{"summary.val/loss": {"$gt": 0}}"#, false),
            (r#"{"summary.val/loss": {"$ne": 0}}"#, true),
            (r#"{"tags": "two"}"#, true),
            (r#"{"tags": {"$nin": ["two"]}}"#, false),
            (r#"{"tags": {"$regex": "^t"}}"#, true),
            (r#"{"display_name": {"$regex": "R1$", "$options": "i"}}"#, true),
            (r#"{"name": {"$not": {"$regex": "^x"}}}"#, true),
            (r#"{"created_at": {"$gt": "2026-03-04"}}"#, true),
            (r#"{"created_at": {"$lt": "2026-03-04T06:06:08+01:00"}}"#, true),
            (r#"{"created_at": {"$lt": 0}}"#, false),
            (r#"{"$or": [{"config.lr": 1}, {"config.opt.steps": 7}]}"#, true),
            (r#"{"$nor": [{"config.lr": 1}, {"config.opt.steps": 7}]}"#, false),
            (r#"{"$and": [{"config.lr": 0.1}, {"$not": {"tags": "three"}}]}"#, true),
        ] {
            assert_eq!(
                Filter::parse(filter).unwrap().holds(&|field| field.of(&run).map(Cow::into_owned).map(Cow::Owned)),
                expected,
                "{filter}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let deep = "{\"$not\": ".repeat(40) + "{}" + &"}".repeat(40);
        for (filter, named) in [
            (r#"{"config.lr": {"$near": 1}}"#, "$near"),
            (r#"{"$xor": []}"#, "$xor"),
            (r#"{"$and": {}}"#, "$and"),
            (r#"{"$or": []}"#, "$or"),
            (r#"{"color": 1}"#, "color"),
            (r#"{"config.lr": {"$in": 3}}"#, "$in"),
            (r#"{"config.lr": {"$gt": 1, "x": 2}}"#, "\"x\""),
            (r#"{"name": {"$regex": "("}}"#, "pattern"),
            (r#"{"name": {"$regex": "(a{1000}){1000}"}}"#, "pattern"),
            (r#"{"name": {"$regex": "a", "$options": "g"}}"#, "'g'"),
            (r#"{"created_at": {"$gt": "yesterday"}}"#, "yesterday"),
            ("[1]", "[1]"),
            ("{", "no JSON"),
            (&deep, "more than 32"),
        ] {
            let error = Filter::parse(filter).unwrap_err();
            assert!(error.to_string().contains(named), "{filter}: {error}");
        }
    }
}
