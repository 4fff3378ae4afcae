//! Times as people write them: ISO 8601.

use stepwell_model::TimeMicros;

/// Microseconds since 1970 of `2026-01-31`, `2026-01-31T12:00`, `2026-01-31 12:00:00.25`, each with `Z`, `±hh:mm` or nothing (UTC) behind.
pub(super) fn parse(text: &str) -> Option<TimeMicros> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(date, '-')?;
    let days = days_since_1970(year, month, day)?;
    if rest.is_empty() {
        return days.checked_mul(86_400_000_000);
    }
    let clock = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, offset_minutes) = match clock.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, 0),
        None => match clock.rfind(['+', '-']) {
            Some(at) => {
                let sign = if clock[at..].starts_with('-') { -1 } else { 1 };
                let zone = clock[at + 1..].replace(':', "");
                let zone: i64 = if zone.len() == 4 { digits(&zone)? } else { digits(&zone)? * 100 };
                (&clock[..at], sign * (zone / 100 * 60 + zone % 100))
            }
            None => (clock, 0),
        },
    };
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let full = if whole.len() == 5 { format!("{whole}:00") } else { whole.to_owned() };
    let [hours, minutes, seconds] = numbers(&full, ':')?;
    if hours > 24 || minutes > 59 || seconds > 60 {
        return None;
    }
    let micros = if fraction.is_empty() { 0 } else { digits(&format!("{fraction:0<6}")[..6])? };
    let seconds = days * 86_400 + hours * 3_600 + (minutes - offset_minutes) * 60 + seconds;
    seconds.checked_mul(1_000_000)?.checked_add(micros)
}

fn digits(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) { None } else { text.parse().ok() }
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator).map(digits);
    let found = [parts.next()??, parts.next()??, parts.next()??];
    if parts.next().is_none() { Some(found) } else { None }
}

/// Howard Hinnant's `days_from_civil`.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
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
