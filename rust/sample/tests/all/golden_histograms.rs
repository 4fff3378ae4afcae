//! Histograms against the answers of numpy itself; see `golden/generate.py` for the file's format.

use stepwell_model::fnv;
use stepwell_sample::histogram::{Binned, histogram};
use stepwell_sample::view::View;

const GOLDEN: &str = include_str!("../golden/histogram.txt");

/// The generator's 64-bit numbers.
fn words(seed: u64, length: usize) -> Vec<u64> {
    let mut state = seed;
    let mut half = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 32
    };
    (0..length).map(|_| half() << 32 | half()).collect()
}

/// A double as the bits of a half, for numbers from 0 to 1 that need 24 bits at most.
fn half_bits(value: f64) -> u64 {
    let exponent = ((value.to_bits() >> 52) as i32 - 1023).max(-14);
    let steps = (value / 2f64.powi(exponent - 10)).round_ties_even() as u64;
    if value < 2f64.powi(-14) { steps } else { (((exponent + 15) as u64) << 10) + steps - 1024 }
}

/// The bits of a case's values: listed, or made by a rule.
fn bits(dtype: &str, text: &str) -> Vec<u64> {
    let mut parts = text.split(':');
    let rule = (parts.next(), parts.next(), parts.next());
    let (Some(rule), Some(seed), Some(length)) = rule else {
        return text.split(',').filter(|bits| !bits.is_empty()).map(|bits| u64::from_str_radix(bits, 16).unwrap()).collect();
    };
    let size = if dtype == "bool" { 1 } else { dtype.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<u32>().unwrap() };
    let make = |word: u64| match (rule, dtype) {
        ("bits", _) => word >> (64 - size),
        (_, "float64") => ((word >> 40) as f64 / 2f64.powi(24)).to_bits(),
        (_, "float32") => u64::from(((word >> 40) as f32 / 2f32.powi(24)).to_bits()),
        _ => half_bits((word >> 40) as f64 / 2f64.powi(24)),
    };
    words(seed.parse().unwrap(), length.parse().unwrap()).into_iter().map(make).collect()
}

fn bin(dtype: &str, bits: &[u64], bins: usize) -> Binned {
    macro_rules! of {
        ($variant:ident, $make:expr) => {{
            let values: Vec<_> = bits.iter().map($make).collect();
            histogram(&View::$variant(values.as_slice().into()), bins).unwrap()
        }};
    }
    match dtype {
        "float64" => of!(F64, |&bits| f64::from_bits(bits)),
        "float32" => of!(F32, |&bits| f32::from_bits(bits as u32)),
        "float16" => of!(F16, |&bits| bits as u16),
        "int64" => of!(I64, |&bits| bits as i64),
        "int32" => of!(I32, |&bits| bits as i32),
        "int16" => of!(I16, |&bits| bits as i16),
        "int8" => of!(I8, |&bits| bits as i8),
        "uint64" => of!(U64, |&bits| bits),
        "uint32" => of!(U32, |&bits| bits as u32),
        "uint16" => of!(U16, |&bits| bits as u16),
        "uint8" => of!(U8, |&bits| bits as u8),
        "bool" => of!(Bool, |&bits| bits as u8),
        other => panic!("{other}"),
    }
}

fn counts(text: &str) -> Vec<u64> {
    let run = |run: &str| {
        let (count, times) = run.split_once('*').unwrap_or((run, "1"));
        vec![count.parse().unwrap(); times.parse().unwrap()]
    };
    text.split(',').flat_map(run).collect()
}

#[test]
fn counts_and_edges_are_those_of_numpy_to_the_bit() {
    let lines: Vec<&str> = GOLDEN.lines().filter(|line| !line.starts_with('#')).collect();
    let (mut answered, mut refused) = (0, 0);
    for case in lines.split(|line| line.is_empty()).filter(|case| !case.is_empty()) {
        let [head, expected, edges] = case else { panic!("{case:?}") };
        let mut words = head.split(' ');
        let (dtype, bins) = (words.next().unwrap(), words.next().unwrap().parse().unwrap());
        let bits = bits(dtype, words.next().unwrap());
        let binned = bin(dtype, &bits, bins);
        let ours = &binned.histogram;
        assert_eq!(binned.finite + binned.nan + binned.pos_inf + binned.neg_inf, bits.len() as u64, "{head}");
        if *edges == "refused" {
            refused += 1;
            assert!(ours.edges.len() == bins + 1 && ours.edges.windows(2).all(|pair| pair[0] < pair[1]), "{head}");
            assert!(ours.edges[0] <= binned.min.unwrap() && binned.max.unwrap() <= ours.edges[bins], "{head}");
            continue;
        }
        answered += 1;
        assert_eq!(ours.counts, counts(expected), "{head}");
        match edges.strip_prefix("fnv ") {
            Some(checksum) => assert_eq!(
                format!("{:x}", fnv::of_bytes(ours.edges.iter().flat_map(|edge| edge.to_le_bytes()))),
                checksum,
                "{head}: {:?}",
                ours.edges
            ),
            None => {
                let expected: Vec<f64> = edges.split(',').map(|bits| f64::from_bits(u64::from_str_radix(bits, 16).unwrap())).collect();
                let same = ours.edges.iter().map(|edge| edge.to_bits()).eq(expected.iter().map(|edge| edge.to_bits()));
                assert!(same, "{head}: {:?} is not {expected:?}", ours.edges);
            }
        }
    }
    assert!(answered >= 500 && refused >= 20, "{answered} {refused}");
}
