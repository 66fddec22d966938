//! The entry of an artifact.

use std::sync::Arc;

use crate::{
    ArtifactKind, CoreExternType, Error, ExportName, FuncType, Interface, ItemKind, Result, Type,
};

/// The canonical entry of an artifact: the one export that a run calls.
///
/// The seam never guesses any other entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// `run` of `wasi:cli/run`, exported by a component, or under that name by a fused core module.
    ///
    /// `ok` is exit code 0, and `err` is exit code 1.
    Run(ExportName),
    /// `_start` of a preview1 command.
    Start,
}

impl Entry {
    /// The interfaces of the canonical entry, each in any version of its track. The first that is
    /// exported is the entry.
    pub const RUN: [&'static str; 2] = ["wasi:cli/run@0.3.0", "wasi:cli/run@0.2.0"];

    /// Returns the entry of an artifact.
    ///
    /// The entry of a component is its `wasi:cli/run@0.3.x` export, or else `wasi:cli/run@0.2.x`,
    /// whatever its core modules look like. The entry of a core module is its export of such an
    /// interface. Without this export it is `_start`, if the module exports `_start` and not
    /// `_initialize`.
    ///
    /// `run` of 0.3 is an asynchronous function. An export of that name with any other type is no
    /// entry.
    ///
    /// # Errors
    /// `Misuse` that says what was expected and what the artifact exports.
    pub fn of(interface: &Interface) -> Result<Self> {
        for run in Self::RUN {
            let run = ExportName::in_instance(run, "run");
            let Ok((name, ty)) = interface.func(&run) else {
                continue;
            };
            let is_0_3 = name.to_string().contains("@0.3.");
            if is_0_3 && !ty.is_async {
                continue;
            }
            if is_run(interface.kind(), ty) {
                return Ok(Entry::Run(name.clone()));
            }
            return Err(Error::misuse(format!(
                "expected `{name}` to be of type func() -> result, found {ty}"
            )));
        }
        let reactor = Self::initializer(interface).is_some();
        if exports_start(interface, "_start") && !reactor {
            return Ok(Entry::Start);
        }
        Err(no_entry(interface, reactor))
    }

    /// Returns the function that initialises a preview1 reactor: `_initialize`.
    ///
    /// It must be called once, before any other function.
    #[must_use]
    pub fn initializer(interface: &Interface) -> Option<&'static str> {
        exports_start(interface, "_initialize").then_some("_initialize")
    }
}

/// Returns whether a core module exports a function with this name, without parameters and results.
fn exports_start(interface: &Interface, wanted: &str) -> bool {
    interface.kind() == ArtifactKind::CoreModule
        && interface.exports().iter().any(|item| {
            &*item.name == wanted
                && matches!(&item.kind, ItemKind::Core(CoreExternType::Func(ty))
                    if ty.params.is_empty() && ty.results.is_empty())
        })
}

fn is_run(kind: ArtifactKind, ty: &Arc<FuncType>) -> bool {
    ty.params.is_empty()
        && match (kind, &ty.result) {
            (_, Some(Type::Result(result))) => result.ok.is_none() && result.err.is_none(),
            // Without the types of a component, a fused core module returns the flattened result.
            (ArtifactKind::CoreModule, Some(Type::S32)) => true,
            _ => false,
        }
}

fn no_entry(interface: &Interface, reactor: bool) -> Error {
    let names: Vec<String> = interface
        .export_funcs()
        .iter()
        .take(12)
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    let more = interface.export_funcs().len().saturating_sub(12);
    let tail = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let exported = if names.is_empty() {
        "no function".to_string()
    } else {
        names.join(", ") + &tail
    };
    let wanted = match interface.kind() {
        ArtifactKind::Component => "an export of `wasi:cli/run@0.3.x` or `wasi:cli/run@0.2.x`",
        ArtifactKind::CoreModule => {
            "an export `wasi:cli/run@0.2.x#run`, or `_start` without `_initialize`"
        }
    };
    let what = if reactor { "a reactor" } else { "an artifact" };
    Error::misuse(format!(
        "expected {wanted} to run, found {what} that exports {exported}"
    ))
}
