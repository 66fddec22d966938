//! The results of several backends side by side.

use std::fmt;

use super::Report;

/// Prints a Markdown table with a row for each area and a column for each backend.
///
/// A cell shows how many cases of the area pass, of how many, and how many fail. The backend lacks what
/// the other cases need. The reports must be of the same cases.
pub struct Table<'a>(pub &'a [Report]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| area |")?;
        for Report { backend, .. } in self.0 {
            write!(f, " {} {} |", backend.name, backend.version)?;
        }
        write!(f, "\n|---|{}", "---|".repeat(self.0.len()))?;
        let areas: Vec<_> = self.0.iter().map(Report::areas).collect();
        // An engine may be missing in the first report.
        let widest = areas.iter().max_by_key(|areas| areas.len());
        for (area, ..) in widest.into_iter().flatten() {
            write!(f, "\n| {area} |")?;
            for (report, areas) in self.0.iter().zip(&areas) {
                match areas.iter().find(|(name, ..)| name == area) {
                    Some((_, passed, all)) => {
                        write!(f, " {passed}/{all}{} |", Failed { report, area })?
                    }
                    None => write!(f, " no core engine |")?,
                }
            }
        }
        writeln!(f)
    }
}

/// How many cases of an area fail, if any.
struct Failed<'a> {
    report: &'a Report,
    area: &'a str,
}

impl fmt::Display for Failed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_area = self
            .report
            .outcomes
            .iter()
            .filter(|outcome| outcome.area == self.area && outcome.verdict.is_failure());
        match of_area.count() {
            0 => Ok(()),
            failed => write!(f, ", {failed} fail"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::{Outcome, Verdict};
    use seam_core::{BackendInfo, Capabilities, Capability};

    #[test]
    fn a_cell_counts_passes_and_failures() {
        let outcome = |area, verdict| Outcome {
            case: "a_case",
            area,
            verdict,
        };
        let report = |name, outcomes| Report {
            backend: BackendInfo::new(name, "1", Capabilities::default()),
            outcomes,
        };
        let reports = [
            report(
                "one",
                vec![
                    outcome("calls", Verdict::Passed),
                    outcome("calls", Verdict::Failed("expected 1, found 2".into())),
                    outcome("calls", Verdict::KnownFailure("it is a toy".into())),
                    outcome("calls", Verdict::Unsupported(Capability::Gc)),
                    outcome("engine", Verdict::NoEngine),
                ],
            ),
            report(
                "two",
                vec![
                    outcome("calls", Verdict::Passed),
                    outcome("engine", Verdict::Passed),
                ],
            ),
        ];
        let expected = "| area | one 1 | two 1 |\n|---|---|---|\n| calls | 1/4, 2 fail | 1/1 |\n\
            | engine | no core engine | 1/1 |\n";
        assert_eq!(Table(&reports).to_string(), expected);
    }
}
