//! Numbers as people read them.

use crate::measure::Compared;

/// Formats nanoseconds with three digits and a unit.
pub(super) fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        below if below < 999.5 => (below, "ns"),
        below if below < 999_500.0 => (below / 1e3, "us"),
        below if below < 999_500_000.0 => (below / 1e6, "ms"),
        other => (other / 1e9, "s"),
    };
    format!("{} {unit}", three_digits(value))
}

/// Formats a ratio with three digits.
pub(super) fn ratio(ratio: f64) -> String {
    three_digits(ratio)
}

fn three_digits(value: f64) -> String {
    match value {
        small if small < 9.995 => format!("{value:.2}"),
        small if small < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Formats the goal of a subject, or nothing if it has no goal.
pub(super) fn goal(subject: &Compared) -> String {
    match (subject.goal_ratio, subject.goal_time) {
        (Some(goal), _) => format!("<= {goal:.2} x"),
        (None, Some(goal)) => format!("<= {}", time(goal)),
        (None, None) => String::new(),
    }
}

/// Formats whether the goal is met, or nothing if there is no goal.
pub(super) fn verdict(subject: &Compared) -> &'static str {
    match subject.met {
        Some(true) => "met",
        Some(false) => "missed",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        for (nanoseconds, text) in [
            (1.234, "1.23 ns"),
            (9.996, "10.0 ns"),
            (99.96, "100 ns"),
            (999.6, "1.00 us"),
            (36_300.0, "36.3 us"),
            (59_000_000.0, "59.0 ms"),
            (2_500_000_000.0, "2.50 s"),
        ] {
            assert_eq!(time(nanoseconds), text);
        }
    }
}
