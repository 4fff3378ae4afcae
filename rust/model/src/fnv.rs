//! FNV-1a with 64 bits, over bytes and over words. Files hold the hashes, so their values never change.

const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// The hash of bytes.
pub fn of_bytes(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(EMPTY, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// The hash of words, which is turned before each: a product alone never brings high bits down.
pub fn of_words(words: impl IntoIterator<Item = u64>) -> u64 {
    words.into_iter().fold(EMPTY, |hash, word| (hash.rotate_left(23) ^ word).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_that_files_hold() {
        for (text, hash) in [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)] {
            assert_eq!(of_bytes(text.bytes()), hash, "{text}");
        }
        assert_eq!(of_bytes(*b"local\xffp\xffr\xff\xff"), 0x30f5_7d3b_cfa3_a93c);
        assert_eq!(of_words([1, 2, -3_i64 as u64]), 0x0211_4e2e_25d3_c64a);
    }
}
