//! Assertions that are known to fail. They are recorded, and the rest of their case is judged.

use std::cell::RefCell;
use std::fmt::Display;

use super::{Checked, Failure};

/// The assertions of a case that may fail, each with whether it did.
pub(super) struct Excuses(Vec<(&'static str, bool)>);

impl Excuses {
    pub(super) fn new(assertions: &[&'static str]) -> Self {
        Self(assertions.iter().map(|name| (*name, false)).collect())
    }
}

thread_local! {
    static EXCUSES: RefCell<Excuses> = const { RefCell::new(Excuses(Vec::new())) };
}

/// Calls `run`, in which these assertions may fail. Returns its result and the assertions that
/// failed.
pub(super) fn during<T>(excuses: Excuses, run: impl FnOnce() -> T) -> (T, Vec<&'static str>) {
    EXCUSES.set(excuses);
    let result = run();
    let Excuses(excuses) = EXCUSES.replace(Excuses(Vec::new()));
    let failed = excuses.into_iter().filter(|(_, failed)| *failed);
    (result, failed.map(|(name, _)| name).collect())
}

/// Returns the failure of an assertion, unless the assertion is excused.
pub(super) fn or_excused(assertion: impl Display, failure: impl FnOnce() -> Failure) -> Checked {
    let name = assertion.to_string();
    let excused = EXCUSES.with_borrow_mut(|Excuses(excuses)| {
        let found = excuses.iter_mut().find(|(excused, _)| *excused == name);
        found.map(|(_, failed)| *failed = true).is_some()
    });
    if excused { Ok(()) } else { Err(failure()) }
}
