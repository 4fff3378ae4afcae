//! Packing of numbers with pco that remembers how: pco spends more than half of its time on the search for the
//! mode (singles in doubles, multiples of 0.01, …), which is the same for nearly all columns of a series.

use pco::data_types::Number;
use pco::metadata::{DynLatent, Mode};
use pco::standalone::FileCompressor;
use pco::{ChunkConfig, ModeSpec};

/// Chunks of short columns: a low level keeps writing fast and loses about 1 % of size.
const LEVEL: usize = 4;
/// Columns that are packed in the same way until it is searched for anew: a series may become another.
const SEARCH_EVERY: u32 = 8;
/// Factor by which a column may have more numbers than the one of the search: of a few, pco can tell little.
const LONGER: usize = 2;
/// Factor by which it may be larger than that one, for each number, before a new search is worth its time.
const GROWTH: f64 = 1.05;
/// Bytes by which it may be larger besides: shorter columns have the same tables.
const GROWTH_BYTES: f64 = 64.0;

/// Mode in which the last columns of one series were packed. What is packed reads back whatever stands here.
#[derive(Debug, Clone, Default)]
pub struct Packing(Option<Choice>);

#[derive(Debug, Clone)]
struct Choice {
    /// Form of the column, as its first byte says: integers are packed in other ways than floats.
    form: u8,
    mode: ModeSpec,
    numbers: usize,
    bytes: usize,
    uses: u32,
}

impl Packing {
    /// Appends the packed numbers of a column of this form to `head`.
    pub(crate) fn pack<T: Number>(&mut self, form: u8, head: &[u8], numbers: &[T]) -> Vec<u8> {
        let fits = |choice: &&mut Choice| choice.form == form && choice.uses < SEARCH_EVERY && numbers.len() <= choice.numbers * LONGER;
        if let Some(choice) = self.0.as_mut().filter(fits) {
            let (packed, _) = compress(head, numbers, &config().with_mode_spec(choice.mode.clone()));
            let as_before = choice.bytes as f64 / choice.numbers as f64 * numbers.len() as f64;
            if packed.len() as f64 <= as_before * GROWTH + GROWTH_BYTES {
                choice.uses += 1;
                return packed;
            }
        }
        let (packed, mode) = compress(head, numbers, &config());
        let choice = |mode| Choice { form, mode, numbers: numbers.len(), bytes: packed.len(), uses: 1 };
        self.0 = mode.map(choice);
        packed
    }
}

fn config() -> ChunkConfig {
    ChunkConfig::default().with_compression_level(LEVEL)
}

/// The bytes, and the mode if there are any numbers and it can be set.
fn compress<T: Number>(head: &[u8], numbers: &[T], config: &ChunkConfig) -> (Vec<u8>, Option<ModeSpec>) {
    let file = FileCompressor::default().with_n_hint(numbers.len());
    let pack = || {
        let packed = file.write_header(head.to_vec())?;
        if numbers.is_empty() {
            return Ok((file.write_footer(packed)?, None));
        }
        let mut chunk = file.chunk_compressor(numbers, config)?;
        let mode = mode_of(&chunk.meta().mode);
        Ok::<_, pco::errors::PcoError>((file.write_footer(chunk.write(packed)?)?, mode))
    };
    pack().expect("pco compresses any numbers under a valid configuration")
}

/// The setting that gives the mode again, if there is one.
fn mode_of(mode: &Mode) -> Option<ModeSpec> {
    match mode {
        Mode::Classic => Some(ModeSpec::Classic),
        Mode::FloatQuant(bits) => Some(ModeSpec::TryFloatQuant(*bits)),
        Mode::IntMult(DynLatent::U64(base)) => Some(ModeSpec::TryIntMult(*base)),
        // The base is positive, and pco's order of positive floats is that of their bits with the sign set.
        Mode::FloatMult(DynLatent::U64(base)) => Some(ModeSpec::TryFloatMult(f64::from_bits(base ^ (1 << 63)))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pco::standalone::simple_decompress;

    /// Numbers of several characters: noise, a smooth curve, singles, decimals, few values, constant.
    fn floats(kind: usize, at: usize, count: usize) -> Vec<f64> {
        let noise = |step: usize| {
            let mixed = (step as u64 + 7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            ((mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 12) as f64 / 4.5e15
        };
        let number = |step: usize| match kind {
            0 => noise(step),
            1 => (step as f64 / 900.0).sin(),
            2 => f64::from((1.0 / (1.0 + step as f32)) + noise(step) as f32 / 100.0),
            3 => (noise(step) * 1000.0).round() / 100.0,
            4 => (step % 5) as f64 / 3.0,
            _ => 0.1,
        };
        (at..at + count).map(number).collect()
    }

    #[test]
    fn each_column_reads_back_and_is_hardly_larger_than_after_a_search() {
        for kinds in [[0, 0], [1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [0, 1], [2, 0], [5, 3]] {
            let (mut packing, mut remembered, mut searched) = (Packing::default(), 0, 0);
            for column in 0..40 {
                let count = 300 + 97 * (column % 37);
                let numbers = floats(kinds[column / 20], column * 4_096, count);
                let packed = packing.pack(b'f', b"f", &numbers);
                let read: Vec<f64> = simple_decompress(&packed[1..]).unwrap();
                assert!(read.iter().zip(&numbers).all(|(read, number)| read.to_bits() == number.to_bits()) && read.len() == count);
                remembered += packed.len();
                searched += Packing::default().pack(b'f', b"f", &numbers).len();
            }
            assert!(remembered * 100 <= searched * 101, "{kinds:?}: {remembered} bytes, {searched} after a search each time");
        }
    }

    #[test]
    fn integers_and_floats_of_one_series_do_not_share_a_choice() {
        let mut packing = Packing::default();
        for round in 0..4 {
            let floats = floats(3, 0, 500);
            let integers: Vec<i64> = (0..500).map(|step| step * 1_000 + round).collect();
            assert_eq!(simple_decompress::<f64>(&packing.pack(b'f', b"", &floats)).unwrap(), floats);
            assert_eq!(simple_decompress::<i64>(&packing.pack(b'i', b"", &integers)).unwrap(), integers);
            assert_eq!(simple_decompress::<i64>(&packing.pack(b'i', b"", &[0_i64; 0])).unwrap(), []);
        }
    }
}
