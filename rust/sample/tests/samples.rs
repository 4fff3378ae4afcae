//! Samples: the extremes, and a uniform choice of the rest.

use proptest::prelude::*;
use stepwell_sample::extremes::{Extremes, sample, sample_of_reservoir};
use stepwell_sample::priority;
use stepwell_sample::reservoir::Reservoir;

#[test]
fn the_first_last_lowest_and_highest_are_always_there() {
    let steps: Vec<i64> = (0..10_000).collect();
    let mut values: Vec<f64> = steps.iter().map(|&step| (step as f64).sin()).collect();
    (values[4321], values[1234]) = (7.0, -7.0);
    let chosen = sample(3, &steps, &values, 50);
    assert_eq!(chosen.len(), 50);
    assert!([0, 1234, 4321, 9999].iter().all(|index| chosen.contains(index)));
    assert!(chosen.is_sorted());
    assert_eq!(sample(3, &steps, &values, 4), [0, 1234, 4321, 9999]);
    assert_eq!(sample(3, &steps, &values, 2), [0, 9999]);
    assert_eq!(sample(3, &steps, &values, 0), [0; 0]);
}

#[test]
fn more_than_there_is_gives_all_there_is() {
    assert_eq!(sample(1, &[5, 6, 9], &[0.0, 1.0, 2.0], 10), [0, 1, 2]);
    assert_eq!(sample(1, &[], &[], 10), [0; 0]);
}

#[test]
fn nan_is_an_extreme_only_if_alone() {
    let extremes = Extremes::of([(1, f64::NAN), (2, 5.0), (3, f64::NAN), (4, 5.0)]).unwrap();
    assert_eq!((extremes.min, extremes.max, extremes.last), ((2, 5.0), (2, 5.0), (4, 5.0)));
    assert_eq!(extremes.first.0, 1);
    assert_eq!(Extremes::of([(2, f64::NAN), (1, f64::NAN)]).unwrap().min.0, 1);
    assert_eq!(Extremes::of([]), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rest_are_those_of_the_lowest_priority(values in prop::collection::vec(-50i32..50, 0..300), seed: u64, n in 0usize..100) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let steps: Vec<i64> = (0..values.len() as i64).map(|i| i * 3 - 100).collect();
        let chosen = sample(seed, &steps, &values, n);
        prop_assert_eq!(chosen.len(), n.min(steps.len()));
        prop_assert_eq!(&chosen, &sample(seed, &steps, &values, n));
        if n >= 4 && n < steps.len() {
            let extremes = Extremes::of(steps.iter().copied().zip(values.iter().copied())).unwrap();
            let musts = [extremes.first, extremes.last, extremes.min, extremes.max].map(|(step, _)| step);
            let (inside, outside): (Vec<usize>, Vec<usize>) =
                (0..steps.len()).filter(|&i| !musts.contains(&steps[i])).partition(|i| chosen.contains(i));
            let highest = inside.iter().map(|&i| priority(seed, steps[i])).max();
            prop_assert!(outside.iter().all(|&i| Some(priority(seed, steps[i])) > highest));
            prop_assert!(musts.iter().all(|must| chosen.iter().any(|&i| steps[i] == *must)));
        }
    }

    #[test]
    fn the_reservoir_and_the_extremes_give_the_same_sample(
        values in prop::collection::vec(-50i32..50, 1..300), seed: u64, n in 0usize..=50,
    ) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let steps: Vec<i64> = (0..values.len() as i64).map(|i| i * 7).collect();
        let points = || steps.iter().copied().zip(values.iter().copied());
        let reservoir = Reservoir::from_points(seed, 50, points());
        let extremes = Extremes::of(points()).unwrap();
        let expected: Vec<(i64, f64)> = sample(seed, &steps, &values, n).into_iter().map(|i| (steps[i], values[i])).collect();
        prop_assert_eq!(sample_of_reservoir(&reservoir, &extremes, n), expected);
    }

    #[test]
    fn extremes_of_parts_are_those_of_the_whole(values in prop::collection::vec(-5i32..5, 2..50), cut in 1usize..50) {
        let points: Vec<(i64, f64)> = (0..).zip(values.into_iter().map(f64::from)).collect();
        let cut = cut.min(points.len() - 1);
        let mut merged = Extremes::of(points[..cut].iter().copied()).unwrap();
        merged.merge(&Extremes::of(points[cut..].iter().copied()).unwrap());
        prop_assert_eq!(Some(merged), Extremes::of(points));
    }
}
