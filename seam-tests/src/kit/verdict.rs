//! Judges cases by the rules for missing capabilities and known failures.

use seam_core::Capability;

use super::watch::{Ran, watched};
use super::{Case, Checked, On, Stage, Subject};

/// A known failure with its reason. The case still runs and must fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KnownFailure {
    /// Name of the case.
    pub case: &'static str,
    /// Name of the backend.
    pub backend: &'static str,
    /// The assertion that fails, or `None` if the whole case is excused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assertion: Option<&'static str>,
    /// Why it fails.
    pub reason: &'static str,
}

impl KnownFailure {
    /// Creates a known failure of a case on a backend.
    #[must_use]
    pub const fn new(case: &'static str, backend: &'static str, reason: &'static str) -> Self {
        Self {
            case,
            backend,
            assertion: None,
            reason,
        }
    }

    /// Restricts the known failure to one assertion.
    ///
    /// `assertion` is the part of the failure's message before the colon. This assertion must fail,
    /// and the rest of the case must pass. A case may have several known assertions.
    ///
    /// Only assertions that compare a value, a trap or a limit can be named, because a case can
    /// continue after them.
    #[must_use]
    pub const fn at(mut self, assertion: &'static str) -> Self {
        self.assertion = Some(assertion);
        self
    }
}

/// The verdict on a case.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// The backend keeps the contract.
    Passed,
    /// The backend lacks this capability, and reported this correctly.
    Unsupported(Capability),
    /// The backend breaks the contract. Says what was expected and what was found.
    Failed(String),
    /// The case failed for this known reason.
    KnownFailure(String),
    /// The case was known to fail for this reason, but passed.
    UnexpectedPass(String),
    /// The case is for core engines, and the subject has none.
    NoEngine,
}

impl Verdict {
    /// Returns whether the backend breaks the contract, known or not.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, Verdict::Failed(_) | Verdict::KnownFailure(_))
    }

    /// Returns the verdict on a case that is known to fail for this reason.
    pub(super) fn of_known(self, reason: &str) -> Self {
        match self {
            Verdict::NoEngine => self,
            Verdict::Failed(_) => Verdict::KnownFailure(reason.to_string()),
            _ => Verdict::UnexpectedPass(reason.to_string()),
        }
    }

    /// Returns whether there is neither an unknown failure nor an unexpected pass.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        !matches!(self, Verdict::Failed(_) | Verdict::UnexpectedPass(_))
    }
}

/// Runs one case.
pub(super) fn judge(case: &Case, subject: &Subject, known: &[KnownFailure]) -> Verdict {
    if case.on == On::Engine && subject.core_engine().is_none() {
        return Verdict::NoEngine;
    }
    let of_this =
        |known: &&KnownFailure| known.case == case.name && known.backend == subject.name();
    let known: Vec<&KnownFailure> = known.iter().filter(of_this).collect();
    let named: Vec<&'static str> = known.iter().filter_map(|known| known.assertion).collect();
    let Ran { result, excused } = watched(case, subject, &named);
    let verdict = verdict(case, subject, result);
    let Some(first) = known.first() else {
        return verdict;
    };
    if let Some(whole) = known.iter().find(|known| known.assertion.is_none()) {
        return verdict.of_known(whole.reason);
    }
    if let Verdict::Failed(_) = verdict {
        return verdict;
    }
    let passed =
        |known: &&&KnownFailure| known.assertion.is_some_and(|name| !excused.contains(&name));
    match (known.iter().find(passed), verdict) {
        (Some(known), _) => Verdict::UnexpectedPass(known.reason.to_string()),
        (None, Verdict::Passed) => Verdict::KnownFailure(first.reason.to_string()),
        (None, verdict) => verdict,
    }
}

impl Case {
    /// Returns the verdict on the case, without regard to known failures.
    #[must_use]
    pub fn verdict(&self, subject: &Subject) -> Verdict {
        judge(self, subject, &[])
    }
}

/// Returns the verdict according to the rule for missing capabilities.
///
/// If the subject lacks a capability that the case needs, the case must fail for this reason, at
/// the first operation that needs the capability.
fn verdict(case: &Case, subject: &Subject, result: Checked) -> Verdict {
    let lacking = case.lacking(subject);
    let names = |capabilities: &[Capability]| {
        let names: Vec<&str> = capabilities.iter().map(|c| c.name()).collect();
        names.join(" or ")
    };
    match result {
        Ok(()) if lacking.is_empty() => Verdict::Passed,
        Ok(()) => Verdict::Failed(format!(
            "expected Unsupported({}), found success",
            names(&lacking)
        )),
        Err(failure) => match failure.unsupported() {
            Some((capability, stage)) if lacking.contains(&capability) => {
                if stage.fits(capability) {
                    Verdict::Unsupported(capability)
                } else {
                    Verdict::Failed(format!(
                        "expected Unsupported({capability}) at {:?}, found it at {stage:?}",
                        Stage::of(capability)
                    ))
                }
            }
            _ if lacking.is_empty() => Verdict::Failed(failure.to_string()),
            _ => Verdict::Failed(format!(
                "expected Unsupported({}), found: {failure}",
                names(&lacking)
            )),
        },
    }
}

/// Runs the case with this name as the body of a test.
///
/// # Panics
/// If there is no case with this name, if it fails, or if it was known to fail and passes.
#[expect(clippy::panic, reason = "this is the body of a test")]
pub fn check(name: &str, subject: &Subject, known: &[KnownFailure]) {
    let Some(case) = Case::named(name) else {
        panic!("expected a case of the kit, found no `{name}`");
    };
    match judge(case, subject, known) {
        Verdict::Passed => {}
        Verdict::Unsupported(capability) => println!("unsupported: {capability}"),
        Verdict::KnownFailure(reason) => println!("known failure: {reason}"),
        Verdict::NoEngine => panic!("{name}: expected a core engine, found none"),
        Verdict::Failed(message) => panic!("{} on {}: {message}", name, subject.name()),
        Verdict::UnexpectedPass(reason) => panic!(
            "{name} on {}: expected the known failure ({reason}), found a pass: take it off the \
             table",
            subject.name()
        ),
    }
}

/// Checks a table of known failures as the body of a test: every entry must name a case and this
/// backend.
///
/// # Panics
/// If an entry names no case, or names another backend.
#[expect(clippy::panic, reason = "this is the body of a test")]
pub fn check_known_failures(subject: &Subject, known: &[KnownFailure]) {
    for known in known {
        if Case::named(known.case).is_none() {
            panic!("expected the name of a case, found `{}`", known.case);
        }
        if known.backend != subject.name() {
            panic!(
                "expected a known failure of `{}`, found one of `{}`",
                subject.name(),
                known.backend
            );
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::kit::Failure;
    use crate::kit::expect::same;
    use seam_core::{Artifact, Backend, BackendInfo, Capabilities, Error, Program};

    /// A backend without any capability, which does not even load core modules.
    struct Lacking(BackendInfo);

    #[async_trait::async_trait]
    impl Backend for Lacking {
        fn info(&self) -> &BackendInfo {
            &self.0
        }

        async fn load(&self, _: &Artifact) -> seam_core::Result<Box<dyn Program>> {
            Err(Error::unsupported(Capability::Gc, "expected no gc"))
        }
    }

    fn subject(has: &[Capability]) -> Subject {
        let capabilities: Capabilities = has.iter().copied().collect();
        Subject::new(Lacking(BackendInfo::new("lacking", "1", capabilities)))
    }

    /// Returns a backend that lacks every capability.
    pub(in crate::kit) fn lacking() -> Subject {
        subject(&[])
    }

    fn case(run: fn(&Subject) -> Checked) -> Case {
        Case {
            name: "a_case",
            area: "tests",
            on: On::Backend,
            needs: &[Capability::Gc],
            run,
        }
    }

    fn loads(subject: &Subject) -> Checked {
        subject.load(&crate::fixtures::calc()?).map(drop)
    }

    #[test]
    fn a_lacking_capability_must_be_answered_and_no_early_pass_is_one() {
        let lacks = subject(&[]);
        let unsupported = Verdict::Unsupported(Capability::Gc);
        assert_eq!(case(loads).verdict(&lacks), unsupported);
        let passes = case(|_| Ok(()));
        assert!(matches!(passes.verdict(&lacks), Verdict::Failed(_)));
        // The right error at the wrong operation, because `load` succeeded.
        let late = case(|_| Err(Error::unsupported(Capability::Gc, "expected no gc").into()));
        assert!(matches!(late.verdict(&lacks), Verdict::Failed(_)));
        let other = case(|_| {
            let error = Error::unsupported(Capability::Simd, "expected no simd");
            Err(Failure::of(Stage::Load, error))
        });
        assert!(matches!(other.verdict(&lacks), Verdict::Failed(_)));
    }

    #[test]
    fn what_the_backend_claims_to_have_it_must_not_refuse() {
        let claims = subject(&[Capability::Gc]);
        assert!(matches!(case(loads).verdict(&claims), Verdict::Failed(_)));
        assert_eq!(case(|_| Ok(())).verdict(&claims), Verdict::Passed);
    }

    #[test]
    fn a_panic_of_a_case_is_a_failure() {
        let subject = subject(&[Capability::Gc]);
        let panics = case(|subject| {
            assert!(subject.name().is_empty(), "a backend without a name");
            Ok(())
        });
        assert!(matches!(panics.verdict(&subject), Verdict::Failed(_)));
    }

    #[test]
    fn a_known_failure_must_fail() {
        let claims = subject(&[Capability::Gc]);
        let known = [KnownFailure::new("a_case", "lacking", "it is a toy")];
        let failed = judge(&case(loads), &claims, &known);
        assert_eq!(failed, Verdict::KnownFailure("it is a toy".into()));
        assert!(failed.is_fine());
        let passed = judge(&case(|_| Ok(())), &claims, &known);
        assert_eq!(passed, Verdict::UnexpectedPass("it is a toy".into()));
        assert!(!passed.is_fine());
        let elsewhere = [KnownFailure::new("a_case", "other", "it is a toy")];
        assert!(!judge(&case(loads), &claims, &elsewhere).is_fine());
    }

    #[test]
    fn a_case_that_was_not_run_is_no_unexpected_pass() {
        let verdict = Verdict::NoEngine.of_known("it is a toy");
        assert_eq!(verdict, Verdict::NoEngine);
    }

    #[test]
    fn a_known_assertion_must_fail_and_the_rest_must_pass() {
        let claims = subject(&[Capability::Gc]);
        let at = |assertion| [KnownFailure::new("a_case", "lacking", "it is a toy").at(assertion)];
        let one_fails = case(|_| same("one", 1, 2).and_then(|()| same("two", 2, 2)));
        let both_fail = case(|_| same("one", 1, 2).and_then(|()| same("two", 2, 3)));
        let known = Verdict::KnownFailure("it is a toy".into());
        assert_eq!(judge(&one_fails, &claims, &at("one")), known);
        let failed = judge(&both_fail, &claims, &at("one"));
        assert!(
            matches!(&failed, Verdict::Failed(text) if text.contains("two")),
            "{failed:?}"
        );
        assert!(matches!(
            judge(&one_fails, &claims, &at("two")),
            Verdict::Failed(_)
        ));
        let passes = case(|_| same("one", 1, 1));
        let passed = Verdict::UnexpectedPass("it is a toy".into());
        assert_eq!(judge(&passes, &claims, &at("one")), passed);
        let [one] = at("one");
        let [two] = at("two");
        assert_eq!(judge(&both_fail, &claims, &[one, two]), known);
        assert_eq!(judge(&one_fails, &claims, &[one, two]), passed);
    }
}
