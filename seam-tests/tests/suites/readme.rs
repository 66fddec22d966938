//! Checks the README's table of the official suites against the results.

use std::fmt::Write;
use std::path::PathBuf;

use seam_tests::suite::SuiteReport;

const BEGIN: &str = "<!-- suites -->\n";
const END: &str = "<!-- end of suites -->";

/// Compares the README with the results of all suites, and returns a description of the difference.
///
/// If `SEAM_REWRITE` is set, it updates the README instead.
pub(crate) fn fault(totals: &[SuiteReport]) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = match std::fs::read_to_string(&path) {
        Ok(readme) => readme,
        Err(error) => return Some(format!("---- README.md ----\n{error}")),
    };
    let parts = readme
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?)));
    let Some((before, (stated, after))) = parts else {
        return Some(format!(
            "---- README.md ----\nexpected {BEGIN}.. {END}, found no such lines"
        ));
    };
    let found = table(totals);
    if stated == found {
        return None;
    }
    if std::env::var_os("SEAM_REWRITE").is_some() {
        let text = format!("{before}{BEGIN}{found}{END}{after}");
        return std::fs::write(&path, text).err().map(|e| e.to_string());
    }
    Some(format!(
        "---- README.md ----\nexpected its table of suites to be\n{found}found\n{stated}SEAM_REWRITE=1 \
         updates it"
    ))
}

fn table(totals: &[SuiteReport]) -> String {
    let mut text = String::from(
        "| suite | on | scripts | passed | failed | not supported |\n|---|---|---|---|---|---|\n",
    );
    for report in totals {
        let files = report.files.len();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {files} | {} | {} | {} |",
            report.suite, report.backend, report.passed, report.failed, report.unsupported
        );
    }
    text
}
