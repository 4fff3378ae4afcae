//! Grids: the smallest power of two that fits, edges at its multiples, any window that has one.

use proptest::prelude::*;
use stepwell_sample::grid::{Grid, GridError};

#[test]
fn a_window_of_a_thousand_steps_in_a_hundred_buckets_has_buckets_of_sixteen() {
    let grid = Grid::steps(0, 999, 100).unwrap();
    assert_eq!((grid.exponent(), grid.len()), (4, 63));
    assert_eq!((grid.index_of_step(15), grid.index_of_step(16), grid.index_of_step(-1)), (Some(0), Some(1), None));
    assert_eq!((grid.edge(1), grid.middle(1)), (16.0, 23.5));
}

#[test]
fn few_steps_have_a_bucket_each() {
    let grid = Grid::steps(-3, 5, 100).unwrap();
    assert_eq!((grid.exponent(), grid.len()), (0, 9));
    assert_eq!(grid.middle(0), -3.0);
}

#[test]
fn all_steps_there_are_fit_into_two_buckets() {
    let grid = Grid::steps(i64::MIN, i64::MAX, 2).unwrap();
    assert_eq!(grid.len(), 2);
    assert_eq!((grid.index_of_step(i64::MIN), grid.index_of_step(-1)), (Some(0), Some(0)));
    assert_eq!((grid.index_of_step(0), grid.index_of_step(i64::MAX)), (Some(1), Some(1)));
    let grid = Grid::steps(i64::MAX - 5, i64::MAX, 100).unwrap();
    assert_eq!((grid.len(), grid.index_of_step(i64::MAX), grid.index_of_step(i64::MAX - 6)), (6, Some(5), None));
}

#[test]
fn a_small_window_has_a_width_below_one() {
    let grid = Grid::linear(0.1, 0.2, 100).unwrap();
    assert_eq!((grid.exponent(), grid.edge(0)), (-9, 51.0 / 512.0));
    assert!(grid.len() > 50 && grid.len() <= 100);
}

#[test]
fn a_window_of_no_width_has_one_bucket() {
    for x in [0.0, 1.5, -1.5, 1e300, -f64::MAX, f64::MAX, 5e-324, 1e17] {
        let grid = Grid::linear(x, x, 64).unwrap();
        assert_eq!((grid.len(), grid.index(x)), (1, Some(0)), "{x}");
    }
    assert_eq!(Grid::linear(1.5, 1.5, 64).unwrap().middle(0), 1.5);
    assert_eq!(Grid::log2(8.0, 8.0, 64).unwrap().index(8.0), Some(0));
}

#[test]
fn the_widest_window_fits() {
    let grid = Grid::linear(-f64::MAX, f64::MAX, 2).unwrap();
    assert_eq!((grid.len(), grid.index(-f64::MAX), grid.index(0.0), grid.index(f64::MAX)), (2, Some(0), Some(1), Some(1)));
    assert!((0..2).all(|i| grid.middle(i).is_finite() && grid.edge(i).is_finite()) && grid.edge(2).is_finite());
    assert_eq!(grid.index(f64::NAN), None);
    assert_eq!(grid.index(f64::INFINITY), None);
}

#[test]
fn windows_that_make_no_sense_are_refused() {
    for (from, to) in [(1.0, 0.0), (f64::NAN, 1.0), (0.0, f64::NAN), (f64::NEG_INFINITY, 0.0), (0.0, f64::INFINITY)] {
        assert!(matches!(Grid::linear(from, to, 10), Err(GridError::Window { .. })), "{from} {to}");
    }
    for (from, to) in [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (1.0, f64::INFINITY)] {
        assert!(matches!(Grid::log2(from, to, 10), Err(GridError::Window { .. })), "{from} {to}");
    }
    assert!(matches!(Grid::steps(1, 0, 10), Err(GridError::Window { .. })));
    for n in [0, 1, 16_385] {
        assert_eq!(Grid::steps(0, 1, n), Err(GridError::Buckets(n)));
        assert_eq!(Grid::linear(0.0, 1.0, n), Err(GridError::Buckets(n)));
        assert_eq!(Grid::log2(1.0, 2.0, n), Err(GridError::Buckets(n)));
    }
}

#[test]
fn decades_on_a_logarithmic_grid_are_equally_many() {
    let grid = Grid::log2(1e-3, 1e3, 200).unwrap();
    let per_decade: Vec<usize> = (-3..3).map(|d| grid.index(10f64.powi(d + 1)).unwrap() - grid.index(10f64.powi(d)).unwrap()).collect();
    assert!(per_decade.iter().all(|&buckets| buckets.abs_diff(per_decade[0]) <= 1), "{per_decade:?}");
    assert_eq!(grid.index(0.0), None);
    assert_eq!(grid.index(f64::INFINITY), None);
    assert_eq!(grid.index(-1.0), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn steps_fall_between_their_edges_and_half_the_width_does_not_fit(from: i64, span in 0u64.., shift in 0u32..64, n in 2usize..2000) {
        let to = i64::try_from(i128::from(from) + i128::from(span >> shift)).unwrap_or(i64::MAX);
        let grid = Grid::steps(from, to, n).unwrap();
        prop_assert!(grid.len() <= n);
        prop_assert_eq!(grid.index_of_step(from), Some(0));
        prop_assert_eq!(grid.index_of_step(to), Some(grid.len() - 1));
        if grid.exponent() > 0 {
            let half = grid.exponent() - 1;
            prop_assert!(i128::from(to >> half) - i128::from(from >> half) + 1 > n as i128);
        }
    }

    #[test]
    fn numbers_fall_between_their_edges(a in any::<f64>(), b in any::<f64>(), n in 2usize..2000, at in 0.0..1.0f64) {
        prop_assume!(a.is_finite() && b.is_finite());
        let (from, to) = (a.min(b), a.max(b));
        let grid = Grid::linear(from, to, n).unwrap();
        prop_assert!((1..=n).contains(&grid.len()));
        prop_assert_eq!((grid.index(from), grid.index(to)), (Some(0), Some(grid.len() - 1)));
        let x = from * (1.0 - at) + to * at;
        let i = grid.index(x).unwrap();
        prop_assert!(grid.edge(i) <= x && (x < grid.edge(i + 1) || grid.edge(i + 1) == f64::MAX), "{:?} {x}", grid);
        prop_assert_eq!(grid.index(grid.edge(i)).unwrap_or(0), i);
    }

    #[test]
    fn half_the_width_of_a_linear_grid_does_not_fit(from in -1e6..1e6f64, span in 1e-6..1e6f64, n in 2usize..2000) {
        let to = from + span;
        let grid = Grid::linear(from, to, n).unwrap();
        let half = 2f64.powi(grid.exponent() - 1);
        prop_assert!((to / half).floor() - (from / half).floor() + 1.0 > n as f64);
    }

    #[test]
    fn positive_numbers_fall_between_logarithmic_edges(a in -300.0..300.0f64, b in -300.0..300.0f64, n in 2usize..2000, at in 0.0..1.0f64) {
        let (from, to) = (10f64.powf(a.min(b)), 10f64.powf(a.max(b)));
        let grid = Grid::log2(from, to, n).unwrap();
        prop_assert!((1..=n).contains(&grid.len()));
        let x = (from.ln() * (1.0 - at) + to.ln() * at).exp().clamp(from, to);
        prop_assert_eq!((grid.index(from), grid.index(to)), (Some(0), Some(grid.len() - 1)));
        let i = grid.index(x).unwrap();
        prop_assert!(grid.edge(i) <= x && x < grid.edge(i + 1));
        prop_assert!(grid.edge(i) < grid.middle(i) && grid.middle(i) < grid.edge(i + 1));
    }
}
