//! Histograms of a million and of a hundred million floats, beside the floor: one pass for minimum and
//! maximum.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use stepwell_sample::histogram::histogram;
use stepwell_sample::view::View;

/// A sum of four uniform numbers, nearly normal, from a multiplicative generator.
fn noise(length: usize) -> Vec<f32> {
    let mut state = 1u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    (0..length).map(|_| (0..4).map(|_| uniform()).sum::<f32>() - 2.0).collect()
}

/// The floor: minimum and maximum, and nothing else.
fn extent(values: &[f32]) -> (f32, f32) {
    let (mut min, mut max) = ([f32::INFINITY; 32], [f32::NEG_INFINITY; 32]);
    let (blocks, rest) = values.as_chunks::<32>();
    for block in blocks {
        for i in 0..32 {
            min[i] = if block[i] < min[i] { block[i] } else { min[i] };
            max[i] = if block[i] > max[i] { block[i] } else { max[i] };
        }
    }
    (min.iter().chain(rest).copied().fold(f32::INFINITY, f32::min), max.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max))
}

fn histograms(criterion: &mut Criterion) {
    for (name, length) in [("1e6", 1_000_000), ("1e8", 100_000_000)] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(length as u64)).sample_size(10);
        let values = noise(length);
        group.bench_function("floor_f32", |bencher| bencher.iter(|| extent(black_box(&values))));
        let view = View::F32(values.as_slice().into());
        group.bench_function("normal_f32", |bencher| bencher.iter(|| histogram(black_box(&view), 64)));
        if length > 1_000_000 {
            continue;
        }
        let mut spoilt = values.clone();
        spoilt[500] = f32::NAN;
        let view = View::F32(spoilt.as_slice().into());
        group.bench_function("with_nan_f32", |bencher| bencher.iter(|| histogram(black_box(&view), 64)));
        let sparse: Vec<f32> = values.iter().map(|value| value.max(0.0)).collect();
        let view = View::F32(sparse.as_slice().into());
        group.bench_function("half_zero_f32", |bencher| bencher.iter(|| histogram(black_box(&view), 64)));
        let mut edges: Vec<f32> = values.iter().map(|value| (value * 16.0).floor()).collect();
        edges[0] = -32.0;
        edges[1] = 32.0;
        let view = View::F32(edges.as_slice().into());
        group.bench_function("all_on_edges_f32", |bencher| bencher.iter(|| histogram(black_box(&view), 64)));
        let doubles: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
        let view = View::F64(doubles.as_slice().into());
        group.bench_function("normal_f64", |bencher| bencher.iter(|| histogram(black_box(&view), 64)));
        let integers: Vec<i64> = values.iter().map(|&value| (value * 1e6) as i64).collect();
        let view = View::I64(integers.as_slice().into());
        group.bench_function("normal_i64", |bencher| bencher.iter(|| histogram(black_box(&view), 64)));
        let halves: Vec<u16> = values.iter().map(|&value| (value.to_bits() >> 16) as u16).collect();
        let view = View::F16(halves.as_slice().into());
        group.bench_function("bits_f16", |bencher| bencher.iter(|| histogram(black_box(&view), 64)));
        let bytes: Vec<u8> = values.iter().map(|&value| (value * 60.0 + 128.0) as u8).collect();
        let view = View::U8(bytes.as_slice().into());
        group.bench_function("image_u8", |bencher| bencher.iter(|| histogram(black_box(&view), 64)));
    }
}

criterion_group!(benches, histograms);
criterion_main!(benches);
