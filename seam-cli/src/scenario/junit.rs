//! The results of scenarios as XML in the format of JUnit, which CI systems read.

use std::fmt::{self, Write};

use seam_diff::scenario::{Judged, Outcome};

use super::done::Done;
use super::text;
use crate::output::plural;

/// Returns the report. An inconclusive scenario is a failure, and a wrong file is an error.
pub(super) fn report(done: &[Done]) -> String {
    let count = |wanted: &dyn Fn(&Done) -> bool| done.iter().filter(|done| wanted(done)).count();
    let failures =
        count(&|done| matches!(done.verdict(), Some(Judged::Failed | Judged::Inconclusive)));
    let errors = count(&|done| done.verdict().is_none());
    let time: f64 = done.iter().map(|done| done.time.as_secs_f64()).sum();
    let mut xml = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"seam scenario\" \
         tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\" time=\"{time:.3}\">\n",
        done.len()
    );
    for done in done {
        let _ = case(&mut xml, done);
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}

fn case(xml: &mut String, done: &Done) -> fmt::Result {
    let (folder, name) = done
        .file
        .name
        .rsplit_once('/')
        .unwrap_or(("", &done.file.name));
    let folder = folder.replace('/', ".");
    write!(
        xml,
        "<testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{:.3}\">",
        Escaped(&folder),
        Escaped(name),
        Escaped(&done.file.path.display().to_string()),
        done.time.as_secs_f64()
    )?;
    let reason = Escaped(done.reason());
    match &done.outcome {
        Err(_) => write!(xml, "<error message=\"{reason}\"/>")?,
        Ok(outcome) if outcome.verdict != Judged::Passed => {
            let (kind, details) = (outcome.verdict.text(), details(outcome));
            let details = Escaped(&details);
            write!(
                xml,
                "<failure type=\"{kind}\" message=\"{reason}\">{details}</failure>"
            )?;
        }
        Ok(outcome) => {
            let cells = details(outcome);
            write!(xml, "<system-out>{}</system-out>", Escaped(&cells))?;
        }
    }
    writeln!(xml, "</testcase>")
}

/// Lists the differences and the verdict on each run.
pub(super) fn details(outcome: &Outcome) -> String {
    let mut lines: Vec<String> = outcome.differences.iter().map(text::plain).collect();
    lines.extend(outcome.blame.clone());
    for cell in &outcome.cells {
        let (artifact, backend, word) = (&cell.artifact, &cell.backend, cell.word.text());
        let mut line = format!("{artifact} on {backend}: {word}");
        for detail in &cell.details {
            line += &format!("; {detail}");
        }
        lines.push(line);
    }
    if outcome.not_run > 0 {
        lines.push(format!(
            "{} of {} were not run",
            outcome.not_run,
            plural(outcome.steps, "step")
        ));
    }
    lines.extend(outcome.notes.iter().cloned());
    lines.join("\n")
}

/// Text with all markup escaped. Characters that XML cannot contain become U+FFFD.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\n' | '\t' => write!(f, "&#{};", u32::from(character)),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}'),
            other => f.write_char(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_contain_is_replaced() {
        let text = Escaped("a<b>&\"\u{1}\n").to_string();
        assert_eq!(text, "a&lt;b&gt;&amp;&quot;\u{fffd}&#10;");
    }
}
