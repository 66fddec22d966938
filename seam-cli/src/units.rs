//! Durations and sizes as people write them.

use std::time::Duration;

/// A duration: a number and its unit, e.g. `5s`, `500ms`, `1.5s`, `2m`, `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
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
    Duration::try_from_secs_f64(number * seconds_in_unit).map_err(|_| wrong())
}

/// A size in bytes: a whole number and perhaps a unit, e.g. `65536`, `64KiB`, `64MiB`, `1GB`.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
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

/// The number and the unit; nothing if there is no number.
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
        for text in ["", "5", "s", "5x", "-1s", "1..2s", "99999999999999999999h"] {
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
}
