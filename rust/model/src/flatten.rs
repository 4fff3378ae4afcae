//! From nested dicts to series: the leaves of a value and their names.

use crate::value::Value;

/// Calls `leaf(name, value)` for every leaf under `key`: nested dicts are joined with `.`, while typed objects (maps
/// with a `_type`), empty dicts and lists are leaves themselves.
pub fn flatten<'a>(key: &str, value: &'a Value, leaf: &mut impl FnMut(&str, &'a Value)) {
    match value {
        Value::Map(pairs) if !pairs.is_empty() && value.type_name().is_none() => {
            let mut path = String::with_capacity(key.len() + 16);
            for (name, inner) in pairs {
                path.clear();
                path.push_str(key);
                path.push('.');
                path.push_str(name);
                flatten(&path, inner, leaf);
            }
        }
        _ => leaf(key, value),
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
