//! Numbers, durations, sizes and dates in the notation of the command line and of scenarios.

use std::time::Duration;

/// Parses a duration: a number and its unit, e.g. `5s`, `500ms`, `1.5s`, `2m`, `1h`.
///
/// # Errors
/// The text is no duration, or it is zero.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("expected a duration like `5s`, `500ms` or `2m`, found `{text}`");
    let (number, unit) = split(text).ok_or_else(wrong)?;
    let seconds_in_unit = match unit {
        "ns" => 1e-9,
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    match Duration::try_from_secs_f64(number * seconds_in_unit) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(wrong()),
    }
}

/// Parses a whole number, e.g. `100000`.
///
/// # Errors
/// The text is no whole number of 64 bits.
pub fn count(text: &str) -> Result<u64, String> {
    let wrong = || format!("expected a whole number like `100000`, found `{text}`");
    text.parse().map_err(|_| wrong())
}

/// A time since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instant {
    /// Whole seconds.
    pub seconds: u64,
    /// Nanoseconds after them, less than a second.
    pub nanoseconds: u32,
}

/// Parses a date, or seconds since 1970, e.g. `1000000000`.
///
/// A date has the form of RFC 3339 in UTC, e.g. `2026-01-31T12:00:00Z`, `2026-01-31T12:00:00.5Z`,
/// or `2026-01-31`.
///
/// # Errors
/// The text is neither, or the date does not exist.
pub fn instant(text: &str) -> Result<Instant, String> {
    let parsed = match text.parse() {
        Ok(seconds) => Some(Instant {
            seconds,
            nanoseconds: 0,
        }),
        Err(_) => date(text),
    };
    parsed.ok_or_else(|| {
        format!(
            "expected a date like `2026-01-31T12:00:00Z`, or seconds since 1970, found `{text}`"
        )
    })
}

fn date(text: &str) -> Option<Instant> {
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, time.strip_suffix('Z')?),
        None => (text, "00:00:00"),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [year, month, day] = numbers(day, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let fits = year >= 1970 && (1..=12).contains(&month) && (1..=31).contains(&day);
    let digits = fraction.len() <= 9 && fraction.bytes().all(|c| c.is_ascii_digit());
    if !fits || !digits || fraction.is_empty() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years start in March here, so that a leap day is the last day of a year.
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let before = |year: u64| 365 * year + year / 4 - year / 100 + year / 400;
    let days = before(year) + (153 * month + 2) / 5 + day - 1;
    let next_month = before(year) + (153 * (month + 1) + 2) / 5;
    let next_year = before(year + 1);
    if days >= next_month.min(next_year) {
        return None;
    }
    let days = days - (before(1969) + (153 * 10 + 2) / 5);
    Some(Instant {
        seconds: ((days * 24 + hour) * 60 + minute) * 60 + second,
        nanoseconds: format!("{fraction:0<9}").parse().ok()?,
    })
}

/// Parses three numbers with these counts of digits.
fn numbers(text: &str, between: char, digits: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(between);
    let mut numbers = [0; 3];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        let whole = part.len() == digits && part.bytes().all(|c| c.is_ascii_digit());
        *number = part.parse().ok().filter(|_| whole)?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Parses a size in bytes: a whole number with an optional unit, e.g. `65536`, `64KiB`, `1GB`.
///
/// # Errors
/// The text is no size of 64 bits.
pub fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("expected a size like `65536`, `64MiB` or `1GB`, found `{text}`");
    let (number, unit) = split(text).ok_or_else(wrong)?;
    let bytes_in_unit: u64 = match unit {
        "" | "B" => 1,
        "KiB" | "K" => 1 << 10,
        "MiB" | "M" => 1 << 20,
        "GiB" | "G" => 1 << 30,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(bytes_in_unit).ok_or_else(wrong)
}

/// Splits a text into number and unit. Returns `None` if there is no number.
fn split(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (!number.is_empty()).then_some((number, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2 m"), Ok(Duration::from_secs(120)));
        for text in [
            "",
            "5",
            "s",
            "5x",
            "0s",
            "-1s",
            "1..2s",
            "99999999999999999999h",
        ] {
            let error = duration(text).expect_err(text);
            assert!(error.contains("expected a duration"), "{error}");
        }
    }

    #[test]
    fn sizes_may_have_a_unit() {
        assert_eq!(bytes("65536"), Ok(65_536));
        assert_eq!(bytes("64MiB"), Ok(64 << 20));
        assert_eq!(bytes("1 GB"), Ok(1_000_000_000));
        for text in ["", "MiB", "1.5MiB", "-1", "1TiBs", "99999999999GiB"] {
            let error = bytes(text).expect_err(text);
            assert!(error.contains("expected a size"), "{error}");
        }
    }
    #[test]
    fn numbers_are_whole() {
        assert_eq!(count("100000"), Ok(100_000));
        for text in ["", "-1", "1.5", "1k", "18446744073709551616"] {
            let error = count(text).expect_err(text);
            assert!(error.contains("expected a whole number"), "{error}");
        }
    }

    #[test]
    fn dates_are_utc() {
        for (text, seconds, nanoseconds) in [
            ("0", 0, 0),
            ("1000000000", 1_000_000_000, 0),
            ("1970-01-01T00:00:00Z", 0, 0),
            ("1970-03-01", 59 * 86_400, 0),
            ("2000-02-29", 951_782_400, 0),
            ("2000-01-01T00:00:00Z", 946_684_800, 0),
            ("2001-09-09T01:46:40.5Z", 1_000_000_000, 500_000_000),
            ("2024-12-31T23:59:59.000000001Z", 1_735_689_599, 1),
        ] {
            let expected = Instant {
                seconds,
                nanoseconds,
            };
            assert_eq!(instant(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "-1",
            "1969-12-31",
            "2001-02-29",
            "2000-04-31",
            "2000-13-01",
            "2000-00-01",
            "2000-01-00",
            "2000-1-1",
            "2000-01-01T24:00:00Z",
            "2000-01-01T00:00:00",
            "2000-01-01T00:00:00.Z",
            "2000-01-01T00:00:00+01:00",
        ] {
            let error = instant(text).expect_err(text);
            assert!(error.contains("expected a date"), "{error}");
        }
    }
}
