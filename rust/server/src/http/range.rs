//! Conditions of a request for a file: which bytes of it (RFC 9110, 14), and unless it is the same as before
//! (13.1).

use axum::http::{HeaderMap, header};
use std::ops::Range;

/// Part of a file that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it. Several ranges, and what is no range in bytes, are answered with that too.
    Whole,
    /// A part.
    Part(Range<u64>),
    /// A part that there is not.
    Nothing,
}

/// Part that `headers` ask for of a file of `size` bytes and this tag.
pub(super) fn wanted(headers: &HeaderMap, size: u64, tag: &str) -> Wanted {
    // A part of another version than the one that the reader has begins from the start.
    if headers.get(header::IF_RANGE).is_some_and(|known| known.as_bytes() != tag.as_bytes()) {
        return Wanted::Whole;
    }
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok()?.strip_prefix("bytes="));
    range.and_then(|range| parse(range.trim(), size)).unwrap_or(Wanted::Whole)
}

fn parse(range: &str, size: u64) -> Option<Wanted> {
    let number = |text: &str| if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse::<u64>().ok() } else { None };
    let (first, last) = range.split_once('-')?;
    let part = match (first.is_empty(), last.is_empty()) {
        (true, true) => return None,
        // The last so many bytes.
        (true, false) => size.saturating_sub(number(last)?)..size,
        (false, true) => number(first)?..size,
        (false, false) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            first..size.min(last.saturating_add(1))
        }
    };
    Some(if part.is_empty() { Wanted::Nothing } else { Wanted::Part(part) })
}

/// Whether the reader has the version with this tag.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn one_range_is_a_part_and_anything_else_the_whole() {
        for (range, expected) in [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=2-5", Wanted::Part(2..6)),
            ("bytes=7-", Wanted::Part(7..10)),
            ("bytes=7-99999999999", Wanted::Part(7..10)),
            ("bytes=0-18446744073709551615", Wanted::Part(0..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-99", Wanted::Part(0..10)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=10-12", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("bytes=18446744073709551616-", Wanted::Whole),
            ("rows=0-1", Wanted::Whole),
        ] {
            assert_eq!(wanted(&headers(&[(header::RANGE, range)]), 10, "\"a\""), expected, "{range}");
        }
        assert_eq!(wanted(&headers(&[(header::RANGE, "bytes=0-")]), 0, "\"a\""), Wanted::Nothing);
    }

    #[test]
    fn a_range_of_another_version_is_the_whole() {
        for (known, expected) in [("\"a\"", Wanted::Part(0..2)), ("\"b\"", Wanted::Whole), ("W/\"a\"", Wanted::Whole)] {
            assert_eq!(wanted(&headers(&[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, known)]), 10, "\"a\""), expected);
        }
    }

    #[test]
    fn a_known_version_is_recognised_in_a_list() {
        for (known, expected) in [("\"a\"", true), ("\"b\", W/\"a\"", true), ("*", true), ("\"b\"", false), ("a", false)] {
            assert_eq!(is_known(&headers(&[(header::IF_NONE_MATCH, known)]), "\"a\""), expected, "{known}");
        }
    }
}
