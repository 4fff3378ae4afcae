//! Tests of the sampler: what is kept, against a plain model, and bounds of memory and of single steps.

use super::*;
use fastrand::Rng;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use stepwell_codec::msgpack;
use stepwell_model::Value;

fn values(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|&value| msgpack::to_bytes(&Value::Float(value))).collect()
}

/// Bytes of all values, as they are and not as they are counted.
fn memory(sampler: &Sampler) -> usize {
    sampler.pool.rows.iter().map(|row| row.values.capacity()).sum()
}

#[test]
fn first_last_least_and_greatest_are_kept_and_the_sample_is_bounded() {
    let mut sampler = Sampler::default();
    let keys: Arc<[u32]> = Arc::new([3, 9]);
    for step in 0..50_000 {
        let value = if step == 777 {
            -5.0
        } else if step == 778 {
            5.0
        } else {
            0.0
        };
        sampler.add(0, &keys, step, 0, &values(&[value, f64::NAN]));
    }
    assert_eq!(sampler.rows(), 50_000);
    let rows = sampler.into_rows();
    assert!((1_000..=1_004).contains(&rows.len()), "{} rows", rows.len());
    assert!(rows.is_sorted_by_key(|row| row.step));
    assert_eq!((rows[0].step, rows[rows.len() - 1].step), (0, 49_999));
    assert!([777, 778].iter().all(|step| rows.iter().any(|row| row.step == *step && row.keys.contains(&3))));
    let mean = rows.iter().map(|row| row.step as f64).sum::<f64>() / rows.len() as f64;
    assert!((mean - 25_000.0).abs() < 2_500.0, "the mean step of a uniform sample is near the middle: {mean}");
}

#[test]
fn a_rare_key_is_sampled_apart_from_the_frequent_ones() {
    let mut sampler = Sampler::default();
    let (often, seldom): (Arc<[u32]>, Arc<[u32]>) = (Arc::new([0]), Arc::new([0, 1]));
    for step in 0..100_000 {
        if step % 100 == 0 {
            sampler.add(1, &seldom, step, 0, &values(&[1.0, 2.0]));
        } else {
            sampler.add(0, &often, step, 0, &values(&[1.0]));
        }
    }
    let rows = sampler.into_rows();
    assert_eq!(rows.iter().filter(|row| row.keys.contains(&1)).count(), 1_000);
    let often = rows.iter().filter(|row| row.keys.contains(&0)).count();
    assert!((1_000..=1_004).contains(&often));
}

#[test]
fn memory_stays_bounded_with_large_rows_and_many_keys() {
    let mut sampler = Sampler::default();
    let blob = msgpack::to_bytes(&Value::Bin(vec![7; 100_000]));
    for step in 0..2_000 {
        let keys: Arc<[u32]> = Arc::new([step as u32]);
        sampler.add(step as u32, &keys, step, 0, &blob);
    }
    assert!(sampler.bytes() <= MEMORY_BYTES);
    assert_eq!(sampler.rows(), 2_000);
    assert!(memory(&sampler) <= MEMORY_BYTES);
}

#[test]
fn a_sample_that_gives_way_goes_on_within_its_memory_and_in_small_steps() {
    // Rows of 9 KB, of which 16 MiB hold less than two shapes keep; then so many small ones that the large
    // ones have to go.
    let mut sampler = Sampler::default();
    let wide: Vec<Arc<[u32]>> = (0..2).map(|shape| (0..1_000).map(|key| shape + key).collect()).collect();
    let mut most_freed = 0;
    let mut add = |sampler: &mut Sampler, shape: u32, keys: &Arc<[u32]>, step: usize, row: &[u8]| {
        let before = sampler.pool.empty.len();
        sampler.add(shape, keys, step as Step, 0, row);
        most_freed = most_freed.max(sampler.pool.empty.len().saturating_sub(before));
        assert!(sampler.bytes() <= MEMORY_BYTES);
    };
    let row = values(&[1.0; 1_000]);
    for step in 0..10_000 {
        add(&mut sampler, step as u32 % 2, &wide[step % 2], step, &row);
    }
    assert_eq!(sampler.places_per_key, 500);
    let narrow: Vec<Arc<[u32]>> = (0..500).map(|shape| [2_000 + shape].into()).collect();
    for step in 10_000..200_000 {
        let shape = step % 500;
        add(&mut sampler, 2 + shape as u32, &narrow[shape], step, &values(&[step as f64]));
    }
    assert!(sampler.places_per_key >= 62, "{}", sampler.places_per_key);
    assert!(most_freed < 200, "one row freed the memory of {most_freed}");
    assert_eq!(memory(&sampler), sampler.pool.value_bytes);
    let (least, rows) = (sampler.places_per_key, sampler.into_rows());
    for key in [0, 500, 1_000, 2_000, 2_499] {
        let kept = rows.iter().filter(|row| row.keys.contains(&key)).count();
        assert!((least.min(380)..=least + 4).contains(&kept), "{kept} values of key {key} for {least} places");
    }
}

/// What the sampler is to keep of each key, by one look at all rows.
fn kept_by_model(rows: &[(Vec<u32>, Step, Vec<f64>)], places: usize) -> BTreeMap<usize, BTreeSet<u32>> {
    let mut random = Rng::with_seed(1);
    let draws: Vec<u64> = rows.iter().map(|_| random.u64(..)).collect();
    let mut kept: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
    for key in 0..6 {
        let having: Vec<(usize, f64)> = rows
            .iter()
            .enumerate()
            .filter_map(|(row, (keys, _, values))| Some((row, values[keys.iter().position(|other| *other == key)?])))
            .collect();
        let mut by_draw = having.clone();
        by_draw.sort_by_key(|(row, _)| draws[*row]);
        let numbers = || having.iter().rev().filter(|(_, number)| !number.is_nan());
        let least = numbers().min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        let greatest = numbers().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let last = having.iter().max_by_key(|(row, _)| (rows[*row].1, *row));
        let all = by_draw.iter().take(places).chain(having.first()).chain(last).chain(least).chain(greatest);
        all.for_each(|(row, _)| _ = kept.entry(*row).or_default().insert(key));
    }
    kept
}

proptest! {
    #[test]
    fn each_key_keeps_what_one_look_at_all_rows_would(
        places in 0usize..6,
        halved_after in 0usize..60,
        shapes in proptest::collection::vec(proptest::collection::btree_set(0u32..6, 1..6), 1..5),
        rows in proptest::collection::vec((any::<u8>(), 0i64..30, proptest::collection::vec(-4i32..5, 6)), 0..60),
    ) {
        let mut sampler = Sampler { places_per_key: places, ..Sampler::default() };
        let shapes: Vec<Arc<[u32]>> = shapes.into_iter().map(|keys| keys.into_iter().collect()).collect();
        let mut given = Vec::new();
        for (index, (shape, step, numbers)) in rows.iter().enumerate() {
            let shape = *shape as usize % shapes.len();
            let keys = &shapes[shape];
            let row: Vec<f64> = numbers.iter().take(keys.len()).map(|&n| if n == 4 { f64::NAN } else { f64::from(n) }).collect();
            sampler.add(shape as u32, keys, *step, index as i64, &values(&row));
            if index == halved_after {
                // Some shapes have given way when the sample ends, others have not.
                (sampler.places_per_key, sampler.next_to_give) = (places / 2, 0);
                sampler.give_way(200);
            }
            given.push((keys.to_vec(), *step, row));
        }
        let places = sampler.places_per_key;
        let kept: BTreeMap<usize, BTreeSet<u32>> =
            sampler.into_rows().into_iter().map(|row| (row.time as usize, row.keys.into_iter().collect())).collect();
        prop_assert_eq!(kept, kept_by_model(&given, places));
    }
}
