//! Expectations: each says what was expected and what was found.

use std::fmt::{Debug, Display};

use seam_core::{Artifact, Error, ErrorKind, Instance, InstanceExt, Limit, Trap, Value};

use super::excuse::or_excused;
use super::failure::Stage;
use super::{Checked, Failure};

/// The found value equals the expected one.
pub(crate) fn same<F, E>(what: impl Display, found: F, expected: E) -> Checked
where
    F: PartialEq<E> + Debug,
    E: Debug,
{
    if found == expected {
        return Ok(());
    }
    or_excused(&what, || {
        Failure::new(format!("{what}: expected {expected:?}, found {found:?}"))
    })
}

/// The statement holds; `found` is shown if not.
pub(crate) fn holds(what: impl Display, statement: bool, found: impl Debug) -> Checked {
    if statement {
        return Ok(());
    }
    or_excused(&what, || {
        Failure::new(format!("expected {what}, found {found:?}"))
    })
}

/// There is an error, whatever its kind.
pub(crate) fn error<T, E: Into<Error>>(
    what: impl Display,
    result: Result<T, E>,
) -> Result<Error, Failure> {
    match result {
        Err(error) => Ok(error.into()),
        Ok(_) => Err(Failure::new(format!(
            "{what}: expected an error, found success"
        ))),
    }
}

/// There is an error of this kind.
pub(crate) fn fails<T, E: Into<Error>>(
    what: impl Display,
    result: Result<T, E>,
    kind: &ErrorKind,
) -> Result<Error, Failure> {
    match result.map_err(Into::into) {
        Err(error) if error.kind() == kind => Ok(error),
        // Kept as what it is: the answer of a backend that lacks what the case needs.
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported(_)) => {
            Err(Failure::of(Stage::Use, error).about(format!("{what}: expected {kind:?}")))
        }
        Err(error) => Err(Failure::new(format!(
            "{what}: expected {kind:?}, found {error:?}"
        ))),
        Ok(_) => Err(Failure::new(format!(
            "{what}: expected {kind:?}, found success"
        ))),
    }
}

/// There is an error that says the caller broke the contract.
pub(crate) fn misuse<T, E: Into<Error>>(
    what: impl Display,
    result: Result<T, E>,
) -> Result<Error, Failure> {
    fails(what, result, &ErrorKind::Misuse)
}

/// There is this trap.
pub(crate) fn traps<T, E: Into<Error>>(
    what: impl Display,
    result: Result<T, E>,
    trap: impl Into<Trap>,
) -> Checked {
    let trapped = fails(&what, result, &ErrorKind::Trap(trap.into()));
    trapped.map_or_else(|failure| or_excused(what, || failure), |_| Ok(()))
}

/// This limit was hit.
pub(crate) fn limited<T, E: Into<Error>>(
    what: impl Display,
    result: Result<T, E>,
    limit: Limit,
) -> Checked {
    let limited = fails(&what, result, &ErrorKind::Limit(limit));
    limited.map_or_else(|failure| or_excused(what, || failure), |_| Ok(()))
}

/// There is an error that blames the bytes, wherever in them.
pub(crate) fn invalid<T, E: Into<Error>>(
    what: impl Display,
    result: Result<T, E>,
) -> Result<Error, Failure> {
    match result.map_err(Into::into) {
        Err(error) if matches!(error.kind(), ErrorKind::Invalid { .. }) => Ok(error),
        Err(error) => Err(Failure::new(format!(
            "{what}: expected Invalid, found {error:?}"
        ))),
        Ok(_) => Err(Failure::new(format!(
            "{what}: expected Invalid, found success"
        ))),
    }
}

/// The error's text has all these parts.
pub(crate) fn says(what: impl Display, error: &Error, parts: &[&str]) -> Checked {
    let text = error.to_string();
    for part in parts {
        if !text.contains(part) {
            return or_excused(&what, || {
                Failure::new(format!(
                    "{what}: expected an error that says `{part}`, found `{text}`"
                ))
            });
        }
    }
    Ok(())
}

/// Calling the export gives the value.
pub(crate) fn gives(
    instance: &mut dyn Instance,
    export: &str,
    args: &[Value],
    expected: impl Into<Value>,
) -> Checked {
    let found = instance
        .call_blocking(export, args)
        .map_err(|e| Failure::from(e).about(export))?;
    same(
        format_args!("{export}({args:?})"),
        found,
        Some(expected.into()),
    )
}

/// Calling the export gives nothing.
pub(crate) fn gives_nothing(instance: &mut dyn Instance, export: &str, args: &[Value]) -> Checked {
    let found = instance
        .call_blocking(export, args)
        .map_err(|e| Failure::from(e).about(export))?;
    same(format_args!("{export}({args:?})"), found, None)
}

/// An artifact of a case's own, from text.
pub(crate) fn wat(name: &str, text: &str) -> Result<Artifact, Failure> {
    Artifact::from_wat(name, text).map_err(|e| Failure::from(e).about("the case's own text"))
}
