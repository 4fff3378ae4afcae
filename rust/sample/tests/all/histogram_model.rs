//! Histograms against a second, simple implementation: numpy's edges, and a search through them for every
//! value.

use proptest::prelude::*;
use stepwell_sample::histogram::histogram;
use stepwell_sample::view::{Elements, View};

/// Edges as `np.linspace` has them in this type and the counts of a search through them; nothing where numpy
/// refuses.
macro_rules! reference {
    ($name:ident, $type:ty) => {
        fn $name(values: &[$type], bins: usize) -> Option<(Vec<f64>, Vec<u64>)> {
            let finite: Vec<$type> = values.iter().copied().filter(|value| value.is_finite()).collect();
            let min = finite.iter().copied().fold(<$type>::INFINITY, <$type>::min);
            let max = finite.iter().copied().fold(<$type>::NEG_INFINITY, <$type>::max);
            let (first, last) = match (finite.is_empty(), min == max) {
                (true, _) => (0.0, 1.0),
                (_, true) => (min - 0.5, max + 0.5),
                _ => (min, max),
            };
            let step = (last - first) / bins as $type;
            let mut edges: Vec<$type> = (0..bins).map(|i| i as $type * step + first).collect();
            edges.push(last);
            if edges.windows(2).any(|pair| pair[0] >= pair[1]) {
                return None;
            }
            let mut counts = vec![0; bins];
            for value in finite {
                let above = edges.iter().filter(|&&edge| edge <= value).count();
                counts[(above - 1).min(bins - 1)] += 1;
            }
            Some((edges.into_iter().map(f64::from).collect(), counts))
        }
    };
}

reference!(reference_f64, f64);
reference!(reference_f32, f32);

/// Numbers that like to lie on edges, to repeat, and not to be finite.
fn numbers() -> impl Strategy<Value = Vec<f64>> {
    let number = prop_oneof![
        8 => -1000.0..1000.0f64,
        4 => (-64i32..64).prop_map(|i| f64::from(i) / 8.0),
        4 => (-100i32..100).prop_map(|i| f64::from(i) * 0.1),
        1 => Just(f64::NAN),
        1 => prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY)],
    ];
    (prop::collection::vec(number, 0..900), prop::sample::select(vec![1.0, 1e-30, 1e30, 0.37]), 0.0..4.0f64)
        .prop_map(|(values, scale, shift)| values.into_iter().map(|value| value * scale + shift.floor() * scale).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn doubles_go_where_a_search_through_the_edges_puts_them(values in numbers(), bins in 1usize..=512) {
        let binned = histogram(&View::F64(values.as_slice().into()), bins).unwrap();
        if let Some(expected) = reference_f64(&values, bins) {
            prop_assert_eq!((binned.histogram.edges, binned.histogram.counts), expected);
        }
        prop_assert_eq!(binned.nan, values.iter().filter(|value| value.is_nan()).count() as u64);
        prop_assert_eq!(binned.pos_inf, values.iter().filter(|&&value| value == f64::INFINITY).count() as u64);
        prop_assert_eq!(binned.neg_inf, values.iter().filter(|&&value| value == f64::NEG_INFINITY).count() as u64);
    }

    #[test]
    fn floats_go_where_a_search_through_the_edges_puts_them(values in numbers(), bins in 1usize..=128) {
        let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
        // The empty array's edges are computed in doubles; the golden file has them.
        prop_assume!(values.iter().any(|value| value.is_finite()));
        let binned = histogram(&View::F32(values.as_slice().into()), bins).unwrap();
        if let Some(expected) = reference_f32(&values, bins) {
            prop_assert_eq!((binned.histogram.edges, binned.histogram.counts), expected);
        }
    }

    #[test]
    fn integers_go_where_their_doubles_go(values in prop::collection::vec(-300i32..300, 1..500), bins in 1usize..=512) {
        let doubles: Vec<f64> = values.iter().copied().map(f64::from).collect();
        let expected = histogram(&View::F64(doubles.as_slice().into()), bins).unwrap();
        prop_assert_eq!(&histogram(&View::I32(values.as_slice().into()), bins).unwrap(), &expected);
        let unsigned: Vec<u16> = values.iter().map(|value| (value + 300) as u16).collect();
        let doubles: Vec<f64> = unsigned.iter().copied().map(f64::from).collect();
        let expected = histogram(&View::F64(doubles.as_slice().into()), bins).unwrap();
        prop_assert_eq!(histogram(&View::U16(unsigned.as_slice().into()), bins).unwrap(), expected);
    }

    #[test]
    fn layout_does_not_matter(values in prop::collection::vec(-9.0..9.0f32, 1..2000), columns in 1usize..20, bins in 1usize..=64) {
        let rows = values.len() / columns;
        let mut taken: Vec<f32> = values.chunks_exact(columns).flat_map(|row| row.iter().copied().step_by(2)).collect();
        taken.reverse();
        let shape = [columns.div_ceil(2), rows];
        // SAFETY: every second column of `rows` whole rows, as a transposed array.
        let strided = unsafe { Elements::strided(values.as_ptr(), &shape, &[8, 4 * columns as isize]) }.unwrap();
        let expected = histogram(&View::F32(taken.as_slice().into()), bins).unwrap();
        prop_assert_eq!(histogram(&View::F32(strided), bins).unwrap(), expected);
    }

    #[test]
    fn every_value_is_counted_whatever_the_range(bits in prop::collection::vec(any::<u64>(), 0..300), bins in 1usize..=512) {
        let doubles: Vec<f64> = bits.iter().copied().map(f64::from_bits).collect();
        let halves: Vec<u16> = bits.iter().map(|&bits| bits as u16).collect();
        let integers: Vec<i64> = bits.iter().map(|&bits| bits as i64).collect();
        let near: Vec<u64> = bits.iter().map(|&bits| (1 << 62) + bits % 4096).collect();
        let views = [
            View::F64(doubles.as_slice().into()),
            View::F16(halves.as_slice().into()),
            View::I64(integers.as_slice().into()),
            View::U64(near.as_slice().into()),
        ];
        for view in views {
            let binned = histogram(&view, bins).unwrap();
            prop_assert_eq!(binned.finite + binned.nan + binned.pos_inf + binned.neg_inf, bits.len() as u64);
            let edges = &binned.histogram.edges;
            prop_assert!(edges.len() == bins + 1 && edges.iter().all(|edge| edge.is_finite()));
            prop_assert!(edges.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
