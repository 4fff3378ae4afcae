//! Buckets against a simple sum per bucket.

use proptest::prelude::*;
use stepwell_sample::PointStats;
use stepwell_sample::bucket::{Bucket, Buckets, merge_labels};
use stepwell_sample::grid::Grid;

/// Every bucket by a filter over all points.
fn reference(grid: &Grid, points: &[(f64, f64)]) -> Vec<Bucket> {
    let bucket = |index: usize| {
        let values: Vec<f64> = points.iter().filter(|&&(x, _)| grid.index(x) == Some(index)).map(|&(_, value)| value).collect();
        let (&first, &last) = (values.first()?, values.last()?);
        let summary = PointStats::of(&values);
        Some(Bucket {
            index,
            x: grid.middle(index),
            mean: summary.mean(),
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            first,
            last,
            count: values.len() as u64,
        })
    };
    (0..grid.len()).filter_map(bucket).collect()
}

#[test]
fn a_bucket_says_what_its_points_say() {
    let mut buckets = Buckets::new(Grid::steps(0, 7, 2).unwrap());
    buckets.extend_steps(&[0, 1, 2, 5, 7, 100], &[1.0, 4.0, 1.0, f64::NAN, -2.0, 9.0]);
    let filled: Vec<Bucket> = buckets.iter().collect();
    assert_eq!(filled[0], Bucket { index: 0, x: 1.5, mean: 2.0, min: 1.0, max: 4.0, first: 1.0, last: 1.0, count: 3 });
    assert_eq!((filled[1].mean, filled[1].count, filled[1].last), (-2.0, 2, -2.0));
    assert!(filled[1].first.is_nan());
    assert_eq!(filled.len(), 2);
}

#[test]
fn labels_weigh_the_same_however_often_they_log() {
    let grid = Grid::steps(0, 9, 2).unwrap();
    let (mut one, mut other) = (Buckets::new(grid), Buckets::new(grid));
    one.extend_steps(&[0, 1, 2], &[1.0, 1.0, 1.0]);
    other.extend_steps(&[0, 9], &[3.0, f64::NAN]);
    let merged = merge_labels(&[one.clone(), other]).unwrap();
    assert_eq!(merged[0], Bucket { index: 0, x: 3.5, mean: 2.0, min: 1.0, max: 3.0, first: 1.0, last: 3.0, count: 4 });
    assert!(merged[1].mean.is_nan() && merged[1].count == 1);
    assert!(merge_labels(&[one, Buckets::new(Grid::steps(0, 10, 3).unwrap())]).is_none());
    assert!(merge_labels(&[]).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn steps_in_any_order_reach_their_buckets(
        points in prop::collection::vec((-200i64..1200, -10.0..10.0f64), 0..500), sorted: bool, n in 2usize..300,
    ) {
        let mut points = points;
        if sorted {
            points.sort_by_key(|&(step, _)| step);
        }
        let grid = Grid::steps(-100, 1000, n).unwrap();
        let mut buckets = Buckets::new(grid);
        let (steps, values): (Vec<i64>, Vec<f64>) = points.iter().copied().unzip();
        buckets.extend_steps(&steps, &values);
        let numbers: Vec<(f64, f64)> = points.iter().map(|&(step, value)| (step as f64, value)).collect();
        prop_assert_eq!(buckets.iter().collect::<Vec<_>>(), reference(&grid, &numbers));
    }

    #[test]
    fn numbers_in_any_order_reach_their_buckets(
        points in prop::collection::vec((0.0..100.0f64, -10.0..10.0f64), 0..500), sorted: bool, n in 2usize..300, log: bool,
    ) {
        let mut points = points;
        if sorted {
            points.sort_by(|one, other| one.0.total_cmp(&other.0));
        }
        let grid = if log { Grid::log2(0.01, 90.0, n) } else { Grid::linear(0.01, 90.0, n) }.unwrap();
        let mut buckets = Buckets::new(grid);
        let (xs, values): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        buckets.extend(&xs, &values);
        prop_assert_eq!(buckets.iter().collect::<Vec<_>>(), reference(&grid, &points));
    }
}
