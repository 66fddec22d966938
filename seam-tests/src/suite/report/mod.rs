//! The results of the suites: as data, as text for a person, and as an HTML page.

mod html;
mod text;

use std::collections::BTreeMap;

/// The results of the suites on the targets.
///
/// Serialises to `{"suites": [{"suite", "backend", "files": [{"file", "passed", "failed",
/// "unsupported", "failures": [{"line", "directive", "expected", "found"}]}], "passed", "failed",
/// "unsupported"}]}`; the numbers count directives.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// One report for each suite and each target that runs it.
    pub suites: Vec<SuiteReport>,
}

/// The results of one suite on one target.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SuiteReport {
    /// Name of the suite: `core` or `component-model`.
    pub suite: String,
    /// Name of the target.
    pub backend: String,
    /// The scripts, sorted.
    pub files: Vec<FileReport>,
    /// The number of directives that passed, in all scripts.
    pub passed: usize,
    /// The number of directives that failed, in all scripts.
    pub failed: usize,
    /// The number of directives that need a capability which the target lacks, in all scripts.
    pub unsupported: usize,
}

/// The results of one script.
///
/// Directives that say nothing about an engine are not counted: those that assert that text cannot
/// be parsed, and those about the contents of custom sections. Every other directive counts once. A
/// definition passes if it is accepted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FileReport {
    /// Path relative to the suite's folder.
    pub file: String,
    /// The number of directives that passed.
    pub passed: usize,
    /// The number of directives that failed.
    pub failed: usize,
    /// The number of directives that need a missing capability, directly or through another
    /// directive.
    pub unsupported: usize,
    /// The missing capabilities, each with the number of directives that need it.
    #[serde(skip)]
    pub missing: BTreeMap<String, usize>,
    /// The failed directives, in script order.
    pub failures: Vec<Failure>,
}

/// A directive that failed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Failure {
    /// The line number, from 1.
    pub line: usize,
    /// The directive, e.g. `assert_return invoke "add"`, or `script` if no directive is to blame.
    pub directive: String,
    /// What the script expects.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl Report {
    /// Returns whether no directive failed.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.suites.iter().all(|suite| suite.failed == 0)
    }
}

impl SuiteReport {
    pub(super) fn new(suite: &str, backend: &str) -> Self {
        Self {
            suite: suite.to_string(),
            backend: backend.to_string(),
            files: Vec::new(),
            passed: 0,
            failed: 0,
            unsupported: 0,
        }
    }

    pub(super) fn push(&mut self, file: FileReport) {
        self.passed += file.passed;
        self.failed += file.failed;
        self.unsupported += file.unsupported;
        self.files.push(file);
    }

    /// Returns the missing capabilities of all scripts, each with the number of directives that
    /// need it.
    #[must_use]
    pub fn missing(&self) -> BTreeMap<&str, usize> {
        let mut all = BTreeMap::new();
        for (lack, count) in self.files.iter().flat_map(|file| &file.missing) {
            *all.entry(lack.as_str()).or_default() += count;
        }
        all
    }
}

impl FileReport {
    pub(super) fn new(file: &str) -> Self {
        Self {
            file: file.to_string(),
            passed: 0,
            failed: 0,
            unsupported: 0,
            missing: BTreeMap::new(),
            failures: Vec::new(),
        }
    }

    pub(super) fn lack(&mut self, lack: String) {
        self.unsupported += 1;
        *self.missing.entry(lack).or_default() += 1;
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.failed += 1;
        self.failures.push(failure);
    }

    /// Returns whether nothing was executed.
    ///
    /// This is the case if no directive says anything about an engine, or if all need a capability
    /// which the target lacks.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.passed == 0 && self.failed == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn sample() -> Report {
        let mut good = FileReport::new("a.wast");
        good.passed = 3;
        let mut bad = FileReport::new("f/b.wast");
        bad.passed = 1;
        bad.lack("gc".into());
        bad.lack("gc".into());
        bad.lack("threads".into());
        bad.fail(Failure {
            line: 7,
            directive: "assert_return invoke \"add\"".into(),
            expected: "(i32.const 1)".into(),
            found: "(i32.const <2>)".into(),
        });
        let mut suite = SuiteReport::new("core", "toy");
        suite.push(good);
        suite.push(bad);
        suite.push(FileReport::new("idle.wast"));
        Report {
            suites: vec![suite],
        }
    }

    #[test]
    fn the_document_has_the_documented_shape() {
        let expected = serde_json::json!({"suites": [{
            "suite": "core",
            "backend": "toy",
            "files": [
                {"file": "a.wast", "passed": 3, "failed": 0, "unsupported": 0, "failures": []},
                {"file": "f/b.wast", "passed": 1, "failed": 1, "unsupported": 3, "failures": [{
                    "line": 7,
                    "directive": "assert_return invoke \"add\"",
                    "expected": "(i32.const 1)",
                    "found": "(i32.const <2>)",
                }]},
                {"file": "idle.wast", "passed": 0, "failed": 0, "unsupported": 0, "failures": []},
            ],
            "passed": 4,
            "failed": 1,
            "unsupported": 3,
        }]});
        assert_eq!(serde_json::to_value(sample()).ok(), Some(expected));
    }

    #[test]
    fn a_failed_directive_is_not_fine_and_an_unsupported_one_is() {
        assert!(!sample().is_fine());
        let mut suite = SuiteReport::new("core", "toy");
        let mut file = FileReport::new("a.wast");
        file.lack("gc".into());
        assert!(file.is_idle());
        suite.push(file);
        let report = Report {
            suites: vec![suite],
        };
        assert!(report.is_fine());
    }
}
