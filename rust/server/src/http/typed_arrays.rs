//! Lines as bytes: a JSON header that names little-endian arrays, then the arrays. See docs/http-api.md.

use crate::series::{Line, Panel};
use serde_json::{Map, Value, json};
use stepwell_store::LabelChoice;

/// Arrays begin at multiples of this, so that a browser can view them in place.
const ALIGNMENT: usize = 8;

/// The lines of a panel that an answer holds.
pub(crate) struct Shown<'a> {
    /// The panel.
    pub(crate) panel: &'a Panel,
    /// Width of its buckets.
    pub(crate) bucket_width: f64,
    /// Index of the series in the panel, and its line.
    pub(crate) lines: Vec<(usize, &'a Line)>,
}

/// The bytes of an answer. `extra` goes to the front of the header.
pub(crate) fn encode<'a>(extra: Map<String, Value>, panels: impl IntoIterator<Item = Shown<'a>>) -> Vec<u8> {
    let (mut data, mut panels_json) = (Vec::new(), Vec::new());
    for Shown { panel, bucket_width, lines } in panels {
        let series: Vec<Value> = lines
            .into_iter()
            .map(|(index, line)| {
                let name = &panel.series[index];
                let label = match &name.label {
                    LabelChoice::Primary => Value::Null,
                    LabelChoice::Is(label) => json!(label),
                    LabelChoice::All => json!(stepwell_model::ALL_LABELS),
                };
                json!({
                    "run": name.path.run, "key": name.key, "label": label, "exact": line.exact, "points": line.points,
                    "length": line.len(), "version": line.version, "columns": columns(line, &mut data),
                })
            })
            .collect();
        panels_json.push(json!({"id": panel.id, "x": panel.x, "bucket_width": bucket_width, "series": series}));
    }
    let mut header = extra;
    header.insert("panels".into(), Value::Array(panels_json));
    let mut header = Value::Object(header).to_string().into_bytes();
    header.resize((4 + header.len()).next_multiple_of(ALIGNMENT) - 4, b' ');
    let mut out = Vec::with_capacity(4 + header.len() + data.len());
    out.extend_from_slice(&(header.len() as u32).to_le_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(&data);
    out
}

fn columns(line: &Line, data: &mut Vec<u8>) -> Value {
    let mut named = Map::new();
    let all = &line.columns;
    let mut floats = vec![("x", &all.x), ("mean", &all.mean)];
    if !line.exact {
        floats.extend([("min", &all.min), ("max", &all.max), ("first", &all.first), ("last", &all.last)]);
    }
    for (name, values) in floats {
        named.insert(name.into(), json!([data.len(), "f64"]));
        values.iter().for_each(|value| data.extend_from_slice(&value.to_le_bytes()));
    }
    if !line.exact {
        named.insert("count".into(), json!([data.len(), "u32"]));
        all.count.iter().for_each(|count| data.extend_from_slice(&count.to_le_bytes()));
        data.resize(data.len().next_multiple_of(ALIGNMENT), 0);
    }
    Value::Object(named)
}
