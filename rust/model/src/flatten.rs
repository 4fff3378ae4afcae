//! Nested dicts to series: the leaves of a value and their names.

use crate::value::Value;

/// A value that may be a dict of others.
pub trait Nested: Sized {
    /// The name of what a dict holds.
    type Name: AsRef<str>;

    /// The values of a dict by name. `None` for a leaf: everything that is no dict, an empty dict, and a
    /// typed object (a dict with a text as `_type`).
    fn children(&self) -> Option<impl Iterator<Item = (Self::Name, Self)> + use<Self>>;
}

impl<'a> Nested for &'a Value {
    type Name = &'a str;

    fn children(&self) -> Option<impl Iterator<Item = (&'a str, Self)> + use<'a>> {
        match self {
            Value::Map(pairs) if !pairs.is_empty() && self.type_name().is_none() => {
                Some(pairs.iter().map(|(name, inner)| (name.as_str(), inner)))
            }
            _ => None,
        }
    }
}

/// Calls `leaf(name, value)` for every leaf under `key`: the names of nested dicts are joined with `.`.
pub fn flatten<V: Nested>(key: &str, value: V, leaf: &mut impl FnMut(&str, V)) {
    let Some(children) = value.children() else { return leaf(key, value) };
    let mut path = String::with_capacity(key.len() + 16);
    for (name, inner) in children {
        path.clear();
        path.push_str(key);
        path.push('.');
        path.push_str(name.as_ref());
        flatten(&path, inner, leaf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_dicts_become_paths_and_typed_objects_stay_whole() {
        let typed = Value::Map(vec![("_type".into(), Value::Str("histogram".into()))]);
        let value = Value::Map(vec![
            ("b".into(), Value::Int(1)),
            ("c".into(), Value::Map(vec![("d".into(), Value::Int(2)), ("e".into(), typed.clone())])),
            ("f".into(), Value::Map(vec![])),
        ]);
        let mut seen = Vec::new();
        flatten("a", &value, &mut |name, leaf| seen.push((name.to_owned(), leaf.clone())));
        assert_eq!(
            seen,
            [("a.b".into(), Value::Int(1)), ("a.c.d".into(), Value::Int(2)), ("a.c.e".into(), typed), ("a.f".into(), Value::Map(vec![]))]
        );
    }
}
