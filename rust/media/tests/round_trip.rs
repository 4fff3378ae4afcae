//! Round trips of media: read back by the decoders of other crates, or by a reading of the format that shares
//! no code with the writer.

#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

use gif::{ColorOutput, DecodeOptions, Repeat};
use proptest::prelude::*;
use serde_json::json;
use stepwell_codec::msgpack;
use stepwell_media::{Array, Dtype, Frames, MediaError, Pixels, gif as gif_of, json as json_of, npy, png as png_of, wav};
use stepwell_model::Value;
use stepwell_model::value::EXT_WTF8;

const U8: Dtype = Dtype { kind: b'u', bytes: 1 };
const F32: Dtype = Dtype { kind: b'f', bytes: 4 };
const F64: Dtype = Dtype { kind: b'f', bytes: 8 };

fn decoded_png(file: &[u8]) -> (u32, u32, png::ColorType, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    pixels.truncate(info.buffer_size());
    (info.width, info.height, info.color_type, pixels)
}

/// The stored pixels of an array H×W.
fn pixels_of(dtype: Dtype, data: &[u8], normalize: bool) -> Vec<u8> {
    let shape = [1, data.len() / dtype.bytes];
    decoded_png(&png_of::encode(&Pixels::new(&Array { dtype, shape: &shape, data }, normalize).unwrap()).unwrap()).3
}

fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_ne_bytes()).collect()
}

/// The table at the head of `pixels.rs`, one value at a time.
fn scaled(values: &[f64], normalize: bool) -> Vec<u8> {
    let numbers = || values.iter().filter(|value| !value.is_nan());
    let within = |least: f64| normalize && numbers().all(|value| (least..=1.0).contains(value));
    let scale: fn(f64) -> f64 = match (within(0.0), within(-1.0)) {
        (true, _) => |value| value * 255.0,
        (false, true) => |value| (value + 1.0) * 127.5,
        _ => |value| value,
    };
    values.iter().map(|&value| if value.is_nan() { 0 } else { scale(value).clamp(0.0, 255.0).floor() as u8 }).collect()
}

/// Values of one of the ranges, with some that are none of them.
fn floats() -> impl Strategy<Value = Vec<f64>> {
    let odd = prop_oneof![Just(f64::NAN), Just(-0.0), Just(0.0), Just(1.0)];
    let any = prop_oneof![20 => -300.0..600.0, 1 => Just(f64::INFINITY), 1 => Just(f64::NEG_INFINITY), 3 => odd.clone()];
    prop_oneof![
        proptest::collection::vec(prop_oneof![9 => 0.0..=1.0, 1 => odd.clone()], 1..70),
        proptest::collection::vec(prop_oneof![9 => -1.0..=1.0, 1 => odd], 1..70),
        proptest::collection::vec(any, 1..70),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_png_has_the_pixels(height in 1_usize..40, width in 1_usize..40, channels in 1_usize..=4, seed in any::<u64>(), noise in any::<bool>()) {
        let mut state = seed | 1;
        let data: Vec<u8> = (0..height * width * channels).map(|at| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if noise { (state >> 56) as u8 } else { (at / 7) as u8 }
        }).collect();
        let shape = [height, width, channels];
        let file = png_of::encode(&Pixels::new(&Array { dtype: U8, shape: &shape, data: &data }, true).unwrap()).unwrap();
        let color = [png::ColorType::Grayscale, png::ColorType::GrayscaleAlpha, png::ColorType::Rgb, png::ColorType::Rgba][channels - 1];
        prop_assert_eq!(decoded_png(&file), (width as u32, height as u32, color, data));
    }

    #[test]
    fn floats_are_scaled_by_the_table(values in floats(), normalize in any::<bool>()) {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
        prop_assert_eq!(pixels_of(F64, &data, normalize), scaled(&values, normalize));
    }

    #[test]
    fn integers_are_clipped(values in proptest::collection::vec(any::<i64>(), 1..40)) {
        let narrow: Vec<i64> = values.iter().map(|value| value % 400).collect();
        for values in [values, narrow] {
            let clipped: Vec<u8> = values.iter().map(|&value| value.clamp(0, 255) as u8).collect();
            let data: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
            prop_assert_eq!(pixels_of(Dtype { kind: b'i', bytes: 8 }, &data, true), clipped);
        }
        let signed: Vec<i8> = values_as_i8(&data_of(7));
        prop_assert_eq!(
            pixels_of(Dtype { kind: b'i', bytes: 1 }, &data_of(7), true),
            signed.iter().map(|&value| value.max(0) as u8).collect::<Vec<_>>()
        );
    }

    #[test]
    fn up_to_256_colours_of_a_gif_are_exact(
        frames in 1_usize..5, height in 1_usize..20, width in 1_usize..20, channels in prop_oneof![Just(1_usize), Just(3)], colours in 1_u32..=256,
    ) {
        let data: Vec<u8> = (0..(frames * height * width) as u32).flat_map(|at| {
            let colour = (at.wrapping_mul(2_654_435_761) >> 8) % colours;
            [colour as u8, (colour * 7) as u8, (colour * 31 + 5) as u8].into_iter().take(channels).collect::<Vec<_>>()
        }).collect();
        let shape = [frames, height, width, channels];
        let file = gif_of::encode(&Frames::new(&Array { dtype: U8, shape: &shape, data: &data }).unwrap(), 4.0).unwrap();
        let mut options = DecodeOptions::new();
        options.set_color_output(ColorOutput::RGBA);
        let mut decoder = options.read_info(&file[..]).unwrap();
        for frame in data.chunks_exact(height * width * channels) {
            let expected: Vec<u8> = frame.chunks_exact(channels).flat_map(|pixel| [pixel[0], pixel[channels / 2], pixel[channels - 1], 255]).collect();
            let found = decoder.read_next_frame().unwrap().unwrap();
            prop_assert_eq!((usize::from(found.width), usize::from(found.height), found.delay), (width, height, 25));
            prop_assert_eq!(&found.buffer[..], &expected[..]);
        }
        prop_assert!(decoder.read_next_frame().unwrap().is_none());
        prop_assert_eq!(decoder.repeat(), Repeat::Infinite);
    }

    #[test]
    fn json_is_what_another_parser_reads(value in values()) {
        let file = json_of::encode(&msgpack::to_bytes(&value)).unwrap();
        let parsed: serde_json::Value = serde_json::from_slice(&file).unwrap();
        prop_assert_eq!(parsed, expected_json(&value));
    }

    #[test]
    fn hostile_msgpack_is_an_error_and_nothing_worse(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = json_of::encode(&bytes);
    }
}

fn data_of(step: u8) -> Vec<u8> {
    (0..=255_u8).map(|at| at.wrapping_mul(step)).collect()
}

fn values_as_i8(data: &[u8]) -> Vec<i8> {
    data.iter().map(|&byte| byte as i8).collect()
}

fn values() -> impl Strategy<Value = Value> {
    let text = "[a\"\\\\\n\t\u{1}é😀\u{2028}]{0,6}";
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-9_i64..9).prop_map(|near| Value::Int((1 << 53) + near)),
        any::<f64>().prop_map(Value::Float),
        any::<f64>().prop_map(|value| Value::Float(value % 10.0)),
        prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(-0.0)].prop_map(Value::Float),
        text.prop_map(Value::Str),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bin),
        Just(Value::Ext(5, vec![1, 2, 3])),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..20).prop_map(Value::List),
            proptest::collection::btree_map(text, inner, 0..20).prop_map(|pairs| Value::Map(pairs.into_iter().collect())),
        ]
    })
}

/// docs/http-api.md, "Values in JSON".
fn expected_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Nil => json!(null),
        Value::Bool(value) => json!(value),
        Value::Int(value) if value.unsigned_abs() > 1 << 53 => json!({"_type": "int", "value": value.to_string()}),
        Value::Int(value) => json!(value),
        Value::Float(value) if value.is_nan() => json!({"_type": "float", "value": "NaN"}),
        Value::Float(f64::INFINITY) => json!({"_type": "float", "value": "Infinity"}),
        Value::Float(f64::NEG_INFINITY) => json!({"_type": "float", "value": "-Infinity"}),
        Value::Float(value) => json!(value),
        Value::Str(text) => json!(text),
        Value::Bin(bytes) | Value::Ext(_, bytes) => json!({"_type": "bytes", "length": bytes.len(), "base64": base64(bytes)}),
        Value::List(values) => values.iter().map(expected_json).collect(),
        Value::Map(pairs) => serde_json::Value::Object(pairs.iter().map(|(key, inner)| (key.clone(), expected_json(inner))).collect()),
    }
}

/// RFC 4648, bit by bit.
fn base64(bytes: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let mut bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1)).collect();
    bits.resize(bits.len().next_multiple_of(6), 0);
    let mut text: String = bits.chunks(6).map(|six| alphabet[six.iter().fold(0, |number, &bit| number << 1 | usize::from(bit))]).collect();
    text.extend(std::iter::repeat_n('=', (4 - text.len() % 4) % 4));
    text
}

#[test]
fn lone_surrogates_are_escapes() {
    let file = |bytes: &[u8]| json_of::encode(&msgpack::to_bytes(&Value::Ext(EXT_WTF8, bytes.to_vec()))).unwrap();
    assert_eq!(file(b"a\xed\xa0\x80"), br#""a\ud800""#);
    assert_eq!(file(b"\xed\xb3\xa9 \"\xc3\xa9\xed\x9f\xbf"), "\"\\udce9 \\\"é\u{d7ff}\"".as_bytes());
    // What no writer makes of text.
    assert_eq!(file(b"\xff\xed\xa0"), "\"\u{fffd}\u{fffd}\u{fffd}\"".as_bytes());
}

#[test]
fn every_real_type_makes_pixels() {
    let all = |dtype: Dtype, data: &[u8]| pixels_of(dtype, data, true);
    assert_eq!(all(Dtype { kind: b'b', bytes: 1 }, &[0, 1, 2]), [0, 255, 255]);
    assert_eq!(all(Dtype { kind: b'u', bytes: 2 }, &[3_u16, 256, 65_535].map(u16::to_ne_bytes).concat()), [3, 255, 255]);
    assert_eq!(all(Dtype { kind: b'i', bytes: 4 }, &[-3_i32, 254, 1 << 30].map(i32::to_ne_bytes).concat()), [0, 254, 255]);
    assert_eq!(all(Dtype { kind: b'u', bytes: 8 }, &[7_u64, u64::MAX].map(u64::to_ne_bytes).concat()), [7, 255]);
    // 0.5, 1.0 and NaN as half floats.
    assert_eq!(all(Dtype { kind: b'f', bytes: 2 }, &[0x3800_u16, 0x3c00, 0x7e00].map(u16::to_ne_bytes).concat()), [127, 255, 0]);
    assert_eq!(all(F32, &f32s(&[0.999_999_94, 0.0])), [254, 0], "truncated, not rounded");
    let complex = Pixels::new(&Array { dtype: Dtype { kind: b'c', bytes: 8 }, shape: &[1, 1], data: &[0; 8] }, true).unwrap_err();
    assert_eq!(complex.to_string(), "an image cannot be made of complex64 values; expected bool, integers, float16, float32 or float64");
}

#[test]
fn shapes_that_are_no_image_or_video_say_what_is_expected() {
    for shape in [&[][..], &[3], &[0, 5], &[5, 0, 3], &[2, 2, 5], &[2, 2, 0], &[1, 2, 2, 3]] {
        let data = vec![0; shape.iter().product()];
        let error = Pixels::new(&Array { dtype: U8, shape, data: &data }, true).unwrap_err();
        assert!(matches!(error, MediaError::Shape { .. }) && error.to_string().contains("H×W×3"), "{error}");
    }
    for shape in [&[2, 2, 3][..], &[0, 2, 2, 3], &[1, 0, 2, 3], &[1, 2, 2, 2], &[1, 1, 70_000, 1]] {
        let data = vec![0; shape.iter().product()];
        let error = Frames::new(&Array { dtype: U8, shape, data: &data }).unwrap_err();
        assert!(error.to_string().contains("T×H×W×3"), "{error}");
    }
    let short = Array { dtype: U8, shape: &[2, 2], data: &[0; 3] };
    assert!(Pixels::new(&short, true).is_err(), "fewer bytes than the shape says");
}

#[test]
fn the_frames_of_a_gif_are_as_long_as_asked_for_on_average() {
    let shape = [90, 1, 1, 1];
    let frames = Frames::new(&Array { dtype: U8, shape: &shape, data: &[0; 90] }).unwrap();
    let delays = |fps: f64| -> Vec<u16> {
        let file = gif_of::encode(&frames, fps).unwrap();
        let mut decoder = gif::DecodeOptions::new().read_info(&file[..]).unwrap();
        std::iter::from_fn(|| decoder.read_next_frame().unwrap().map(|frame| frame.delay)).collect()
    };
    assert_eq!(delays(30.0).iter().sum::<u16>(), 300, "three seconds");
    assert!(delays(30.0).iter().all(|delay| (3..=4).contains(delay)));
    assert!(delays(1_000.0).iter().all(|&delay| delay == 2), "no faster than browsers play it");
    for fps in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(gif_of::encode(&frames, fps).unwrap_err().to_string().contains("fps"), "{fps}");
    }
}

#[test]
fn a_transparent_pixel_of_a_gif_hides_nothing_of_the_next_frame() {
    let data = [[255, 0, 0, 255], [0, 0, 0, 0]].concat();
    let file = gif_of::encode(&Frames::new(&Array { dtype: U8, shape: &[2, 1, 1, 4], data: &data }).unwrap(), 10.0).unwrap();
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    let mut decoder = options.read_info(&file[..]).unwrap();
    let first = decoder.read_next_frame().unwrap().unwrap();
    assert_eq!((&first.buffer[..], first.dispose), (&[255, 0, 0, 255][..], gif::DisposalMethod::Background));
    assert_eq!(decoder.read_next_frame().unwrap().unwrap().buffer[3], 0);
}

#[test]
fn the_header_of_a_wav_says_what_follows() {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    for (dtype, bytes_per_sample) in [(U8, 1), (Dtype { kind: b'i', bytes: 2 }, 2), (Dtype { kind: b'i', bytes: 4 }, 4), (F32, 2), (F64, 2)]
    {
        for shape in [&[5][..], &[0], &[3, 2], &[7, 1], &[1, 5]] {
            let elements: usize = shape.iter().product();
            let data = vec![0; elements * dtype.bytes];
            let file = wav::encode(&Array { dtype, shape, data: &data }, 44_100).unwrap();
            let (channels, samples) = (shape.get(1).copied().unwrap_or(1) as u64, elements * bytes_per_sample);
            assert_eq!((&file[..4], number(&file[4..8])), (&b"RIFF"[..], file.len() as u64 - 8));
            assert_eq!((&file[8..16], number(&file[16..20]), number(&file[20..22])), (&b"WAVEfmt "[..], 16, 1));
            assert_eq!((number(&file[22..24]), number(&file[24..28])), (channels, 44_100));
            let block = channels * bytes_per_sample as u64;
            assert_eq!((number(&file[28..32]), number(&file[32..34])), (44_100 * block, block));
            assert_eq!((number(&file[34..36]), &file[36..40]), (8 * bytes_per_sample as u64, &b"data"[..]));
            assert_eq!((number(&file[40..44]), file.len()), (samples as u64, (44 + samples).next_multiple_of(2)));
        }
    }
    let loud = wav::encode(&Array { dtype: F32, shape: &[5], data: &f32s(&[1.0, -7.0, f32::NAN, 0.5, 9.0]) }, 1).unwrap();
    let samples: Vec<i16> = loud[44..].as_chunks().0.iter().map(|raw| i16::from_le_bytes(*raw)).collect();
    assert_eq!(samples, [32_767, -32_767, 0, 16_384, 32_767]);
}

#[test]
fn what_no_wav_can_say_is_an_error() {
    let encode = |dtype, shape: &[usize], rate| {
        wav::encode(&Array { dtype, shape, data: &vec![0; shape.iter().product::<usize>() * dtype.bytes] }, rate)
    };
    assert!(encode(Dtype { kind: b'i', bytes: 8 }, &[3], 1).unwrap_err().to_string().contains("int64"));
    for shape in [&[][..], &[3, 0], &[1, 1, 1], &[1, 70_000]] {
        assert!(encode(U8, shape, 1).unwrap_err().to_string().contains("N×channels"), "{shape:?}");
    }
    for rate in [0, u32::MAX] {
        assert!(encode(F32, &[2, 2], rate).unwrap_err().to_string().contains("sample_rate"));
    }
}

#[test]
fn the_header_of_an_npy_is_aligned_and_a_python_literal() {
    for (dtype, shape, said) in [
        (F64, &[][..], "{'descr': '<f8', 'fortran_order': False, 'shape': (), }"),
        (U8, &[3], "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }"),
        (F32, &[2, 0, 1], "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0, 1), }"),
    ] {
        let header = npy::header(dtype, shape);
        assert_eq!(header.len() % 64, 0);
        assert_eq!(&header[..8], b"\x93NUMPY\x01\x00");
        assert_eq!(usize::from(u16::from_le_bytes([header[8], header[9]])), header.len() - 10);
        let text = std::str::from_utf8(&header[10..]).unwrap();
        assert_eq!((text.trim_end(), text.ends_with('\n')), (said, true));
    }
}
