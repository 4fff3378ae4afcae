//! The hash that decides which steps are sampled, fixed for ever: stored samples depend on it.

/// 2^64 divided by the golden ratio, made odd: the increment of SplitMix64.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The priority of a step; the lowest are sampled.
///
/// It is the output of SplitMix64 at position `step` of the stream that starts at the mixed seed (Steele,
/// Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; constants of Stafford's variant
/// 13). For one seed it is a bijection: different steps never tie.
#[inline]
pub fn priority(seed: u64, step: i64) -> u64 {
    mix((step as u64).wrapping_mul(GOLDEN).wrapping_add(mix(seed.wrapping_add(GOLDEN))))
}

/// The finaliser of SplitMix64: a bijection in which every bit of the input flips about half of the output.
#[inline]
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_published_generator() {
        // SplitMix64 seeded with 0 starts with these.
        assert_eq!(mix(GOLDEN), 0xe220_a839_7b1d_cdaf);
        assert_eq!(mix(GOLDEN.wrapping_mul(2)), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn priorities_never_change() {
        // From an implementation in Python.
        let golden = [
            (0, 0, 0x4821_8226_ff3c_d4bf),
            (0, 1, 0xa706_dd2f_4d19_7e6f),
            (0, -1, 0xf85d_2851_2d08_1c40),
            (1, 0, 0xdce4_23fc_82c0_d5b8),
            (42, 1_000_000, 0xeb87_5d5a_6b5c_7be4),
            (u64::MAX, i64::MIN, 0x4e23_2f2d_5b64_0524),
            (7, i64::MAX, 0xf7ab_d3bd_4597_da08),
        ];
        for (seed, step, expected) in golden {
            assert_eq!(priority(seed, step), expected, "{seed} {step} {:#x}", priority(seed, step));
        }
    }

    #[test]
    fn a_step_or_seed_of_one_bit_more_changes_half_of_the_bits() {
        for bit in 0..64 {
            let flipped = |other: fn(u64, u64) -> u64| {
                let total: u32 = (0..1000u64).map(|i| (other(i, 1 << bit) ^ priority(5, i as i64)).count_ones()).sum();
                f64::from(total) / 1000.0
            };
            let by_step = flipped(|i, mask| priority(5, (i ^ mask) as i64));
            let by_seed = flipped(|i, mask| priority(5 ^ mask, i as i64));
            assert!((by_step - 32.0).abs() < 1.5 && (by_seed - 32.0).abs() < 1.5, "bit {bit}: {by_step} {by_seed}");
        }
    }
}
