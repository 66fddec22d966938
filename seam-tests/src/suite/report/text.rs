//! The report as text for a terminal.

use std::collections::BTreeMap;
use std::fmt;

use super::{FileReport, Report, SuiteReport};

/// Prints a line for each script and each failed directive, and then the totals.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for suite in &self.suites {
            writeln!(f, "{} on {}", suite.suite, suite.backend)?;
            let width = suite.files.iter().map(|file| file.file.len()).max();
            for file in &suite.files {
                writeln!(
                    f,
                    "  {:<1$}  {2}",
                    file.file,
                    width.unwrap_or_default(),
                    Row(file)
                )?;
                for failure in &file.failures {
                    writeln!(f, "    line {}: {}", failure.line, failure.directive)?;
                    writeln!(f, "      expected {}", failure.expected)?;
                    writeln!(f, "      found    {}", failure.found)?;
                }
            }
            writeln!(f)?;
        }
        for suite in &self.suites {
            writeln!(f, "{}", Totals(suite))?;
        }
        Ok(())
    }
}

/// The numbers of one script.
struct Row<'a>(&'a FileReport);

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.0;
        if file.is_idle() {
            f.write_str("nothing executed")?;
        } else {
            write!(f, "{} passed", file.passed)?;
        }
        if file.failed > 0 {
            write!(f, ", {} failed", file.failed)?;
        }
        if file.unsupported > 0 {
            let missing = file
                .missing
                .iter()
                .map(|(lack, count)| (lack.as_str(), *count));
            write!(
                f,
                ", {} not supported ({})",
                file.unsupported,
                lacks(missing)
            )?;
        }
        Ok(())
    }
}

/// The numbers of one suite.
pub(super) struct Totals<'a>(pub(super) &'a SuiteReport);

impl fmt::Display for Totals<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suite = self.0;
        let (files, passed, failed) = (suite.files.len(), suite.passed, suite.failed);
        write!(
            f,
            "{} on {}: {}, {passed} passed, {failed} failed, {} not supported",
            suite.suite,
            suite.backend,
            files_text(files),
            suite.unsupported
        )?;
        let missing: BTreeMap<&str, usize> = suite.missing();
        if !missing.is_empty() {
            write!(f, " ({})", lacks(missing.into_iter()))?;
        }
        let idle = suite.files.iter().filter(|file| file.is_idle()).count();
        if idle > 0 {
            write!(f, ", {} in which nothing executed", files_text(idle))?;
        }
        Ok(())
    }
}

fn files_text(count: usize) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} file{s}")
}

/// Lists the missing capabilities, the most frequent first.
pub(super) fn lacks<'a>(missing: impl Iterator<Item = (&'a str, usize)>) -> String {
    let mut missing: Vec<(&str, usize)> = missing.collect();
    missing.sort_by_key(|(lack, count)| (std::cmp::Reverse(*count), *lack));
    let missing: Vec<String> = missing
        .into_iter()
        .map(|(lack, count)| format!("{lack} {count}"))
        .collect();
    missing.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;

    #[test]
    fn every_script_has_a_line_and_missing_capabilities_are_named() {
        let expected = "\
core on toy
  a.wast     3 passed
  f/b.wast   1 passed, 1 failed, 3 not supported (gc 2, threads 1)
    line 7: assert_return invoke \"add\"
      expected (i32.const 1)
      found    (i32.const <2>)
  idle.wast  nothing executed

core on toy: 3 files, 4 passed, 1 failed, 3 not supported (gc 2, threads 1), 1 file in which nothing executed
";
        assert_eq!(sample().to_string(), expected);
    }
}
