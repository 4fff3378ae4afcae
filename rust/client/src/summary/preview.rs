//! A few rows of each shape, spread evenly over the run: what the sparklines at its end are drawn from.
//!
//! Of the rows of a shape every 2^n-th is kept; when there are too many, every other goes and n grows. So a
//! row that is not kept costs a count and a comparison. A shape of one row costs nothing: it is the last one,
//! which others keep. Memory stays within [`TOTAL_BYTES`].

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

/// Cost of a kept row, and of a shape that has some, besides the values, about.
const ROW_BYTES: usize = 48;

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
    shapes: Vec<Option<Box<ShapeRows>>>,
    bytes: usize,
}

impl Preview {
    pub(crate) fn define_shape(&mut self) {
        self.shapes.push(None);
    }

    /// Sees a row; `last` is one that came before, if the caller keeps it.
    #[inline]
    pub(crate) fn observe(&mut self, shape: u32, keys: &Arc<[u32]>, step: Step, values: &[u8], last: Option<(Step, &[u8])>) {
        match self.shapes.get(shape as usize) {
            Some(Some(_)) => {}
            Some(None) => {
                let Some((at, row)) = last else { return };
                self.observe_alone(shape, keys, at, row);
            }
            None => return,
        }
        self.observe_alone(shape, keys, step, values);
    }

    /// Sees a row that nobody else keeps.
    #[inline]
    pub(crate) fn observe_alone(&mut self, shape: u32, keys: &Arc<[u32]>, step: Step, values: &[u8]) {
        let Some(shape) = self.shapes.get_mut(shape as usize) else { return };
        let shape = shape.get_or_insert_with(|| Box::new(ShapeRows { keys: Arc::clone(keys), seen: 0, every: 1, rows: Vec::new() }));
        let number = shape.seen;
        shape.seen += 1;
        if number & (shape.every - 1) == 0 {
            self.bytes = shape.keep(number, step, values, self.bytes);
        }
    }

    /// At most 40 numbers of every key in the order of their steps, keys in the order in which they were
    /// defined. Nested dicts are flattened; what is no finite number is left out. The last of them is not the
    /// run's last value. `lasts` has the keys of each shape and the last row that the caller keeps of it.
    pub(crate) fn resolve<'a>(
        &'a self,
        names: &[Box<str>],
        lasts: impl Iterator<Item = (&'a [u32], Option<(Step, &'a [u8])>)>,
    ) -> Vec<(String, Vec<f64>)> {
        let mut found: FxHashMap<String, (u32, Vec<(Step, f64)>)> = FxHashMap::default();
        let single = self.shapes.iter().zip(lasts).filter(|(shape, _)| shape.is_none()).filter_map(|(_, (keys, last))| Some((keys, last?)));
        let kept =
            self.shapes.iter().flatten().flat_map(|shape| shape.rows.iter().map(|(step, values)| (&*shape.keys, (*step, &**values))));
        for (keys, (step, values)) in kept.chain(single) {
            {
                let (step, mut reader) = (&step, Reader::new(values));
                for &key in keys {
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
                bytes -= if kept { 0 } else { values.len() + ROW_BYTES };
                kept
            });
            self.every *= 2;
        }
        if number & (self.every - 1) == 0 && bytes + values.len() + ROW_BYTES <= TOTAL_BYTES {
            self.rows.push((step, values.into()));
            bytes += values.len() + ROW_BYTES;
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
        preview.define_shape();
        for step in 0..100_000 {
            preview.observe_alone(0, &[0].into(), step, &encoded(&[Value::Float(step as f64)]));
        }
        let found = preview.resolve(&["loss".into()], std::iter::empty());
        let points = &found[0].1;
        assert_eq!((found.len(), points.len(), points[0]), (1, POINTS, 0.0));
        assert!(points.windows(2).all(|pair| pair[1] > pair[0] && pair[1] - pair[0] < 10_000.0), "{points:?}");
        assert!(points[POINTS - 1] > 90_000.0);
    }

    #[test]
    fn shapes_share_a_key_and_what_is_no_number_is_left_out() {
        let mut preview = Preview::default();
        preview.define_shape();
        preview.define_shape();
        let nested = Value::Map(vec![("x".into(), Value::Int(7)), ("y".into(), Value::Str("text".into()))]);
        preview.observe_alone(0, &[1, 0].into(), 5, &encoded(&[nested, Value::Int(5)]));
        preview.observe_alone(1, &[0].into(), 3, &encoded(&[Value::Float(3.0)]));
        preview.observe_alone(1, &[0].into(), 4, &encoded(&[Value::Float(f64::NAN)]));
        assert_eq!(
            preview.resolve(&["a".into(), "b".into()], std::iter::empty()),
            [("a".into(), vec![3.0, 5.0]), ("b.x".into(), vec![7.0])]
        );
    }

    #[test]
    fn memory_stays_bounded() {
        let mut preview = Preview::default();
        for shape in 0..400 {
            preview.define_shape();
            for step in 0..10 {
                preview.observe_alone(shape, &[shape].into(), step, &encoded(&[Value::Bin(vec![0; 10_000])]));
            }
        }
        assert!(preview.bytes <= TOTAL_BYTES);
        assert_eq!(
            preview.bytes,
            preview.shapes.iter().flatten().flat_map(|shape| &shape.rows).map(|(_, values)| values.len() + ROW_BYTES).sum::<usize>()
        );
    }

    #[test]
    fn a_shape_of_one_row_costs_nothing_and_is_drawn_from_the_row_that_the_caller_keeps() {
        let mut preview = Preview::default();
        preview.define_shape();
        let (keys, one, two): (Arc<[u32]>, _, _) = ([0].into(), encoded(&[Value::Int(1)]), encoded(&[Value::Int(2)]));
        preview.observe(0, &keys, 5, &one, None);
        assert_eq!(preview.bytes, 0);
        let lasts = [(&*keys, Some((5, &*one)))];
        assert_eq!(preview.resolve(&["a".into()], lasts.into_iter()), [("a".into(), vec![1.0])]);
        preview.observe(0, &keys, 6, &two, Some((5, &one)));
        assert_eq!(preview.resolve(&["a".into()], lasts.into_iter()), [("a".into(), vec![1.0, 2.0])]);
    }
}
