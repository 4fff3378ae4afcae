//! Times as people write them, in ISO 8601, as microseconds since 1970.

use jiff::civil::Time;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;
use stepwell_model::TimeMicros;

/// Microseconds since 1970 of `2026-01-31`, `2026-01-31T12:00`, `2026-01-31 12:00:00.25`, each with `Z`,
/// `±hh:mm` or nothing (UTC) behind.
pub(super) fn parse(text: &str) -> Option<TimeMicros> {
    let text = text.trim();
    // ISO 8601 has dates without hyphens too, which could as well be numbers.
    if text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let pieces = DateTimeParser::new().parse_pieces(text).ok().filter(|pieces| pieces.time_zone_annotation().is_none())?;
    let local = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
    Some(offset.to_timestamp(local).ok()?.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_moments_and_nonsense_is_none() {
        let second = 1_000_000;
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("2000-02-29", Some(951_782_400 * second)),
            ("2026-03-04T05:06:07Z", Some(1_772_600_767 * second)),
            ("2026-03-04T05:06:07.25", Some(1_772_600_767 * second + 250_000)),
            ("2026-03-04 06:06+01:00", Some(1_772_600_760 * second)),
            ("2026-03-04T05:06:07.1234567-0030", Some(1_772_602_567 * second + 123_456)),
            ("1969-12-31T23:59:59Z", Some(-second)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-03-04T25:00", None),
            ("2026-03-04T", None),
            ("20260304", None),
            ("2026-03-0é", None),
            ("yesterday", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
