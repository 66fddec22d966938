//! The table on a terminal.

use std::fmt::Write;

use super::format::{goal, ratio, time, verdict};
use super::machine::Machine;
use crate::measure::Measured;

/// Formats everything as a table with one line for each subject.
pub(super) fn table(machine: &Machine, rows: &[Measured]) -> String {
    let mut text = format!("{}\n", machine.sentence());
    let mut section = "";
    for row in rows {
        if row.section != section {
            section = &row.section;
            text.push_str(&format!("\n== {section}\n"));
        }
        text.push_str(&lines(row));
    }
    text.push_str(&format!("\n{}\n", summary(rows)));
    text
}

fn lines(row: &Measured) -> String {
    let mut text = format!("{} ({} rounds)\n", row.row, row.rounds);
    for (name, median) in &row.bounds {
        let (time, spread) = (time(median.value), median.percent());
        let _ = writeln!(text, "    {name:<28} {time:>9}  +-{spread:>3.0}%");
    }
    for subject in &row.subjects {
        let (time, spread) = (time(subject.time.value), subject.time.percent());
        let _ = writeln!(
            text,
            "  {:<30} {time:>9}  +-{spread:>3.0}%  {:>6} x {:<28} {:<12} {}",
            subject.name,
            ratio(subject.ratio.value),
            subject.bound,
            goal(subject),
            verdict(subject),
        );
    }
    text
}

/// Says how many rows have goals and which of them miss a goal.
pub(super) fn summary(rows: &[Measured]) -> String {
    let with_goals = rows.iter().filter(|row| has(row, |met| met.is_some()));
    let missing: Vec<_> = rows
        .iter()
        .filter(|row| has(row, |met| met == Some(false)))
        .map(|row| format!("{}: {}", row.section, row.row))
        .collect();
    let all = with_goals.count();
    match missing.len() {
        0 => format!("{all} rows have goals; none misses one."),
        some => format!(
            "{all} rows have goals; {some} miss one: {}.",
            missing.join("; ")
        ),
    }
}

fn has(row: &Measured, met: impl Fn(Option<bool>) -> bool) -> bool {
    row.subjects.iter().any(|subject| met(subject.met))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Compared;
    use crate::statistics::Median;

    fn row(met: &[Option<bool>]) -> Measured {
        let median = Median::of([1.0]);
        let subject = |met: &Option<bool>| Compared {
            name: "seam".into(),
            time: median,
            bound: "engine".into(),
            ratio: median,
            goal_ratio: met.map(|_| 1.5),
            goal_time: None,
            met: *met,
        };
        Measured {
            section: "calls".into(),
            row: "add".into(),
            rounds: 3,
            bounds: vec![("engine".into(), median)],
            subjects: met.iter().map(subject).collect(),
        }
    }

    #[test]
    fn a_row_misses_if_any_of_its_goals_does() {
        let met = row(&[Some(true), None]);
        let missed = row(&[Some(true), Some(false)]);
        let without = row(&[None]);
        assert_eq!(
            summary(&[met.clone(), without.clone()]),
            "1 rows have goals; none misses one."
        );
        let expected = "2 rows have goals; 1 miss one: calls: add.";
        assert_eq!(summary(&[met, missed, without]), expected);
    }
}
