//! A few rows of each shape, spread evenly over the run: what the sparklines at its end are drawn from.
//!
//! Of the rows of a shape every 2^n-th is kept; when there are too many, every other goes and n grows. So a row that is not kept costs
//! a count and a comparison. Memory stays within [`TOTAL_BYTES`].

use rustc_hash::FxHashMap;
use std::sync::Arc;
use stepwell_codec::msgpack::Reader;
use stepwell_model::{Step, Value, flatten};

/// Points of a key.
const POINTS: usize = 40;
/// Rows kept per shape; at least half of them are there at any time once a shape had as many.
const ROWS: usize = 2 * POINTS;
/// Bytes of kept rows. Beyond it nothing more is kept, which costs the preview its end and nothing else.
const TOTAL_BYTES: usize = 8 << 20;

/// The kept rows of a shape.
struct ShapeRows {
    keys: Arc<[u32]>,
    seen: u64,
    /// A power of two.
    every: u64,
    rows: Vec<(Step, Box<[u8]>)>,
}

/// Rows of each shape.
#[derive(Default)]
pub(crate) struct Preview {
    shapes: Vec<ShapeRows>,
    bytes: usize,
}

impl Preview {
    pub(crate) fn define_shape(&mut self, keys: Arc<[u32]>) {
        self.shapes.push(ShapeRows { keys, seen: 0, every: 1, rows: Vec::new() });
    }

    /// Sees a row.
    #[inline]
    pub(crate) fn see(&mut self, shape: u32, step: Step, values: &[u8]) {
        let Some(shape) = self.shapes.get_mut(shape as usize) else { return };
        let number = shape.seen;
        shape.seen += 1;
        if number & (shape.every - 1) == 0 {
            self.bytes = shape.keep(number, step, values, self.bytes);
        }
    }

    /// At most 40 numbers of every key in the order of their steps, keys in the order in which they were defined. Nested dicts are
    /// flattened; what is no finite number is left out. The last of them is not the run's last value.
    pub(crate) fn resolve(&self, names: &[Box<str>]) -> Vec<(String, Vec<f64>)> {
        let mut found: FxHashMap<String, (u32, Vec<(Step, f64)>)> = FxHashMap::default();
        for shape in &self.shapes {
            for (step, values) in &shape.rows {
                let mut reader = Reader::new(values);
                for &key in shape.keys.iter() {
                    let (Ok(value), Some(name)) = (reader.value(), names.get(key as usize)) else { break };
                    flatten(name, &value, &mut |path, leaf| {
                        let number = match leaf {
                            Value::Int(number) => *number as f64,
                            Value::Float(number) if number.is_finite() => *number,
                            _ => return,
                        };
                        found.entry(path.to_owned()).or_insert_with(|| (key, Vec::new())).1.push((*step, number));
                    });
                }
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by(|a, b| (a.1.0, &a.0).cmp(&(b.1.0, &b.0)));
        found.into_iter().map(|(name, (_, points))| (name, thinned(points))).collect()
    }
}

impl ShapeRows {
    /// Keeps a row, and returns the bytes that are kept now.
    #[cold]
    fn keep(&mut self, number: u64, step: Step, values: &[u8], bytes: usize) -> usize {
        let mut bytes = bytes;
        if self.rows.len() == ROWS {
            let mut index = 0;
            self.rows.retain(|(_, values)| {
                index += 1;
                let kept = index % 2 == 1;
                bytes -= if kept { 0 } else { values.len() };
                kept
            });
            self.every *= 2;
        }
        if number & (self.every - 1) == 0 && bytes + values.len() <= TOTAL_BYTES {
            self.rows.push((step, values.into()));
            bytes += values.len();
        }
        bytes
    }
}

/// At most [`POINTS`] of the points, evenly chosen, first and last among them.
fn thinned(mut points: Vec<(Step, f64)>) -> Vec<f64> {
    points.sort_by_key(|&(step, _)| step);
    let last = points.len() - 1;
    if last < POINTS {
        return points.into_iter().map(|(_, number)| number).collect();
    }
    (0..POINTS).map(|place| points[place * last / (POINTS - 1)].1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_codec::msgpack;

    fn encoded(values: &[Value]) -> Vec<u8> {
        values.iter().flat_map(msgpack::to_bytes).collect()
    }

    #[test]
    fn the_points_are_few_and_spread_over_the_run() {
        let mut preview = Preview::default();
        preview.define_shape([0].into());
        for step in 0..100_000 {
            preview.see(0, step, &encoded(&[Value::Float(step as f64)]));
        }
        let found = preview.resolve(&["loss".into()]);
        let points = &found[0].1;
        assert_eq!((found.len(), points.len(), points[0]), (1, POINTS, 0.0));
        assert!(points.windows(2).all(|pair| pair[1] > pair[0] && pair[1] - pair[0] < 10_000.0), "{points:?}");
        assert!(points[POINTS - 1] > 90_000.0);
    }

    #[test]
    fn shapes_share_a_key_and_what_is_no_number_is_left_out() {
        let mut preview = Preview::default();
        preview.define_shape([1, 0].into());
        preview.define_shape([0].into());
        let nested = Value::Map(vec![("x".into(), Value::Int(7)), ("y".into(), Value::Str("text".into()))]);
        preview.see(0, 5, &encoded(&[nested, Value::Int(5)]));
        preview.see(1, 3, &encoded(&[Value::Float(3.0)]));
        preview.see(1, 4, &encoded(&[Value::Float(f64::NAN)]));
        assert_eq!(preview.resolve(&["a".into(), "b".into()]), [("a".into(), vec![3.0, 5.0]), ("b.x".into(), vec![7.0])]);
    }

    #[test]
    fn memory_stays_bounded() {
        let mut preview = Preview::default();
        for shape in 0..400 {
            preview.define_shape([shape].into());
            for step in 0..10 {
                preview.see(shape, step, &encoded(&[Value::Bin(vec![0; 10_000])]));
            }
        }
        assert!(preview.bytes <= TOTAL_BYTES);
        assert_eq!(preview.bytes, preview.shapes.iter().flat_map(|shape| &shape.rows).map(|(_, values)| values.len()).sum::<usize>());
    }
}
