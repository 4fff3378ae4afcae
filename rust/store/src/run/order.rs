//! Order of runs: by one field, rising or falling.

use crate::api::StoreError;
use crate::query::RunInfo;
use crate::run::compare::compare;
use crate::run::field::Field;
use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use stepwell_model::{TimeMicros, Value};

/// An order of runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    field: Field,
    falling: bool,
}

/// Value that decides the place of a run in an order.
#[derive(Debug)]
pub struct Place<'v> {
    value: Option<Cow<'v, Value>>,
    age: Reverse<(TimeMicros, u32)>,
}

/// Time at which a run was created and its slot, which tell runs of one value apart.
pub type Age = (TimeMicros, u32);

impl Order {
    /// The order of a text like `-created_at` or `+summary_metrics.loss`; no sign means rising, and nothing
    /// at all the newest first.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let text = if text.is_empty() { "-created_at" } else { text };
        let name = text.strip_prefix(['+', '-']).unwrap_or(text);
        Ok(Self { field: Field::parse(name)?, falling: text.starts_with('-') })
    }

    /// The newest first.
    pub fn newest_first() -> Self {
        Self { field: Field::Created, falling: true }
    }

    /// The field.
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// Place of a run whose field has this value.
    pub fn place<'v>(&self, value: Option<Cow<'v, Value>>, age: Age) -> Place<'v> {
        Place { value, age: Reverse(age) }
    }

    /// Place of a run that is there as a whole.
    pub fn place_of<'r>(&self, run: &'r RunInfo) -> Place<'r> {
        self.place(self.field.of(run), (run.created, run.slot))
    }

    /// Order of two runs. Those without a value, or with NaN, come last; among equals the newest comes
    /// first.
    pub fn compare(&self, one: &Place<'_>, other: &Place<'_>) -> Ordering {
        let by_value = match (&one.value, &other.value) {
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
            (Some(one), Some(other)) => match (sort_of(one), sort_of(other)) {
                (sort, same) if sort != same || sort == LAST => sort.cmp(&same),
                _ => {
                    let order = compare(one, other).unwrap_or(Ordering::Equal);
                    if self.falling { order.reverse() } else { order }
                }
            },
        };
        by_value.then(one.age.cmp(&other.age))
    }
}

/// Order of NaN, and of what has no order.
const LAST: u8 = 4;

/// Values of one sort stand together, in either direction: numbers, text, truth values, lists.
fn sort_of(value: &Value) -> u8 {
    match value {
        Value::Float(number) if number.is_nan() => LAST,
        Value::Int(_) | Value::Float(_) => 0,
        Value::Str(_) => 1,
        Value::Bool(_) => 2,
        // The elements of two lists may be of different sorts, which is no order: their lengths would not
        // make it one.
        Value::List(elements) if elements.iter().all(|element| matches!(element, Value::Str(_))) => 3,
        _ => LAST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{RowFacts, assemble};
    use stepwell_model::RunPath;

    #[test]
    fn what_has_no_value_comes_last_in_both_directions() {
        let run = |slot: u32, loss: Option<Value>| {
            let path = RunPath::new("local", "p", &format!("r{slot}")).unwrap();
            let mut run = assemble(path, slot, &[], &Default::default(), RowFacts::default(), 0);
            run.summary = loss.map(|loss| ("loss".to_owned(), loss)).into_iter().collect();
            run
        };
        let mut runs = [
            run(0, None),
            run(1, Some(Value::Float(0.5))),
            run(2, Some(Value::Float(f64::NAN))),
            run(3, Some(Value::Int(1))),
            run(4, Some(Value::Str("x".into()))),
            run(5, Some(Value::Int(1))),
        ];
        for (order, expected) in [
            ("summary_metrics.loss", [1, 5, 3, 4, 2, 0]),
            ("-summary_metrics.loss", [5, 3, 1, 4, 2, 0]),
            ("", [5, 4, 3, 2, 1, 0]),
            ("+name", [0, 1, 2, 3, 4, 5]),
        ] {
            let order_of = Order::parse(order).unwrap();
            runs.sort_by(|one, other| order_of.compare(&order_of.place_of(one), &order_of.place_of(other)));
            assert_eq!(runs.iter().map(|run| run.slot).collect::<Vec<_>>(), expected, "{order}");
        }
    }
}
