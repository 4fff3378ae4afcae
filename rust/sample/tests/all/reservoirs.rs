//! Reservoirs: even over the run, uniform over seeds, indifferent to order and repetition.

use proptest::prelude::*;
use stepwell_sample::priority;
use stepwell_sample::reservoir::Reservoir;

fn of_points<T>(seed: u64, capacity: usize, points: impl IntoIterator<Item = (i64, T)>) -> Reservoir<T> {
    let mut reservoir = Reservoir::new(seed, capacity);
    for (step, value) in points {
        reservoir.offer(step, value);
    }
    reservoir
}

/// Number of 1,000 sampled steps that lie in each tenth of a run of `length` steps.
fn tenths(length: i64, steps: impl Iterator<Item = i64>) -> [usize; 10] {
    let points = of_points(12, 1000, steps.zip(0..)).into_points();
    assert_eq!(points.len(), 1000);
    let mut tenths = [0; 10];
    for step in points.into_keys() {
        tenths[(step * 10 / length) as usize] += 1;
    }
    tenths
}

fn assert_even(tenths: [usize; 10]) {
    assert!(tenths.iter().all(|&kept| (65..=135).contains(&kept)), "{tenths:?}");
}

const LENGTH: i64 = 100_000;

#[test]
fn rising_steps_are_sampled_evenly() {
    assert_even(tenths(LENGTH, 0..LENGTH));
}

#[test]
fn one_step_in_ten_written_twice_is_sampled_evenly() {
    assert_even(tenths(LENGTH, (0..LENGTH).flat_map(|step| std::iter::repeat_n(step, if step % 10 == 0 { 2 } else { 1 }))));
}

#[test]
fn every_step_written_twice_is_sampled_evenly() {
    assert_even(tenths(LENGTH, (0..LENGTH).flat_map(|step| [step, step])));
    assert_even(tenths(LENGTH, (0..LENGTH).chain(0..LENGTH)));
}

#[test]
fn a_second_writer_ten_steps_behind_is_sampled_evenly() {
    assert_even(tenths(LENGTH, (0..LENGTH + 10).flat_map(|step| [step, step - 10]).filter(|step| (0..LENGTH).contains(step))));
}

#[test]
fn everything_at_step_0_keeps_the_last_value() {
    let mut reservoir = Reservoir::new(1, 1000);
    for value in 0..5000 {
        assert!(reservoir.offer(0, value));
    }
    assert_eq!(reservoir.into_points().into_iter().collect::<Vec<_>>(), [(0, 4999)]);
}

#[test]
fn every_step_is_as_likely_as_any_other() {
    // 4,000 seeds each keep 20 of 200 steps; the expected count is 400 per step.
    let mut kept = [0f64; 200];
    for seed in 0..4000 {
        let points = of_points(seed, 20, (0..200).map(|step| (step, ()))).into_points();
        points.into_keys().for_each(|step| kept[step as usize] += 1.0);
    }
    // Without replacement the variance of a count is 4,000 p (1 - p), and the counts sum to a constant: 199
    // degrees of freedom.
    let variance = 4000.0 * 0.1 * 0.9 * 200.0 / 199.0;
    let chi_square: f64 = kept.iter().map(|count| (count - 400.0).powi(2) / variance).sum();
    // 199 ± 4 standard deviations of sqrt(2 · 199)
    assert!((199.0 - 80.0..199.0 + 80.0).contains(&chi_square), "{chi_square}");
}

#[test]
fn pairs_of_neighbours_are_as_likely_as_chance_has_it() {
    let both = (0..20_000).filter(|&seed| {
        let points = of_points(seed, 10, (0..100).map(|step| (step, ()))).into_points();
        points.contains_key(&50) && points.contains_key(&51)
    });
    // 20,000 · (10 / 100) · (9 / 99) = 182 ± 13.4
    let both = both.count();
    assert!((128..=236).contains(&both), "{both}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_keeps_the_lowest_priorities_and_the_last_values(
        offers in prop::collection::vec((-60i64..60, any::<u8>()), 0..400), seed: u64, capacity in 1usize..40,
    ) {
        let mut reservoir = Reservoir::new(seed, capacity);
        let mut last = std::collections::BTreeMap::new();
        for &(step, value) in &offers {
            let kept = reservoir.offer(step, value);
            prop_assert_eq!(kept, reservoir.clone().into_points().get(&step) == Some(&value));
            last.insert(step, value);
        }
        let mut lowest: Vec<i64> = last.keys().copied().collect();
        lowest.sort_by_key(|&step| priority(seed, step));
        lowest.truncate(capacity);
        lowest.sort_unstable();
        let expected: Vec<(i64, u8)> = lowest.into_iter().map(|step| (step, last[&step])).collect();
        let points: Vec<(i64, u8)> = reservoir.clone().into_points().into_iter().collect();
        prop_assert_eq!(&points, &expected);
        prop_assert_eq!(of_points(seed, capacity, points), reservoir);
    }
}
