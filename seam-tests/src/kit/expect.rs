//! Expectations. Each failure says what was expected and what was found.

use std::fmt::{Debug, Display};

use seam_core::{
    Artifact, CanonTrap, Error, ErrorKind, Instance, InstanceExt, Limit, Trap, Value, World,
};

use super::excuse::or_excused;
use super::failure::Stage;
use super::{Checked, Failure, Subject};

/// Expects that the found value equals the expected value.
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

/// Expects that the statement holds. The failure shows `found`.
pub(crate) fn holds(what: impl Display, statement: bool, found: impl Debug) -> Checked {
    if statement {
        return Ok(());
    }
    or_excused(&what, || {
        Failure::new(format!("expected {what}, found {found:?}"))
    })
}

/// Expects an error of any kind.
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

/// Expects an error of this kind.
pub(crate) fn fails<T, E: Into<Error>>(
    what: impl Display,
    result: Result<T, E>,
    kind: &ErrorKind,
) -> Result<Error, Failure> {
    match result.map_err(Into::into) {
        Err(error) if error.kind() == kind => Ok(error),
        // Kept unchanged, because the backend may lack what the case needs.
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

/// Expects an error that blames the caller.
pub(crate) fn misuse<T, E: Into<Error>>(
    what: impl Display,
    result: Result<T, E>,
) -> Result<Error, Failure> {
    fails(what, result, &ErrorKind::Misuse)
}

/// Expects this trap.
pub(crate) fn traps<T, E: Into<Error>>(
    what: impl Display,
    result: Result<T, E>,
    trap: impl Into<Trap>,
) -> Checked {
    let trapped = fails(&what, result, &ErrorKind::Trap(trap.into()));
    trapped.map_or_else(|failure| or_excused(what, || failure), |_| Ok(()))
}

/// Expects that each of these exports traps so in an instance of its own, called without arguments.
pub(crate) fn each_traps(
    subject: &Subject,
    artifact: &Artifact,
    expected: &[(&str, CanonTrap)],
) -> Checked {
    expected.iter().try_for_each(|(export, trap)| {
        let mut instance = subject.instantiate(artifact, &World::new())?;
        traps(export, instance.call_blocking(*export, &[]), *trap)
    })
}

/// Expects that this limit was reached.
pub(crate) fn limited<T, E: Into<Error>>(
    what: impl Display,
    result: Result<T, E>,
    limit: Limit,
) -> Checked {
    let limited = fails(&what, result, &ErrorKind::Limit(limit));
    limited.map_or_else(|failure| or_excused(what, || failure), |_| Ok(()))
}

/// Expects an error that blames the bytes, at any offset.
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

/// Expects that the error's text contains all these parts.
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

/// Expects that a call of the export returns the value.
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

/// Expects that a call of the export returns without a result.
pub(crate) fn gives_nothing(instance: &mut dyn Instance, export: &str, args: &[Value]) -> Checked {
    let found = instance
        .call_blocking(export, args)
        .map_err(|e| Failure::from(e).about(export))?;
    same(format_args!("{export}({args:?})"), found, None)
}

/// Returns the artifact of a case's own text.
pub(crate) fn wat(name: &str, text: &str) -> Result<Artifact, Failure> {
    Artifact::from_wat(name, text).map_err(|e| Failure::from(e).about("the case's own text"))
}
