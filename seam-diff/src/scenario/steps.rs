//! The steps of a scenario, with arguments and expectations of the types of an artifact's functions.

use std::sync::Arc;

use seam_core::{
    Artifact, CoreExternType, CoreFuncType, CorePath, CoreValue, Error, FuncType, Interface, Query,
    Result, Value,
};

use super::core_value;
use super::file::{ExpectedText, Scenario, StepKind, StepText};
use super::limit;
use super::text::At;
use super::world::result;
use crate::call::callable;
use crate::{Call, Ended, Scope, Step};

/// A step of one artifact.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) step: Step,
    pub(super) expected: Option<Expected>,
}

/// What a step must end with.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    Result(Option<Value>),
    Core(Vec<CoreValue>),
    Trap(String),
    Exit(i32),
    Limit(String),
}

/// The type of what a step calls.
enum Callee {
    Func(Arc<FuncType>),
    Core(CoreFuncType),
    None,
}

/// Resolves the steps for an artifact: `own` has its core instances, `typed` its component-level
/// types.
///
/// # Errors
/// `Misuse` with the place in the file: an unknown export, an argument or an expected value that does
/// not have its type, or a variable that does not stand for a resource.
pub(super) fn resolve(
    scenario: &Scenario,
    artifact: &Artifact,
    own: &Interface,
    typed: &Interface,
) -> Result<Vec<Planned>> {
    let mut scope = Scope::default();
    let steps = scenario.steps.iter();
    let step = |text: &StepText| {
        let (step, callee) = step(scenario, &text.kind, &mut scope, artifact, own, typed)?;
        let expected = text.expected.as_ref();
        let expected = expected
            .map(|text| expect(scenario, text, &callee))
            .transpose()?;
        Ok(Planned { step, expected })
    };
    steps.map(step).collect()
}

fn step(
    scenario: &Scenario,
    kind: &StepKind,
    scope: &mut Scope,
    artifact: &Artifact,
    own: &Interface,
    typed: &Interface,
) -> Result<(Step, Callee)> {
    let place = |text: &At<String>| {
        let at = text.at;
        move |error: Error| scenario.text.fault(at, without_kind(&error))
    };
    Ok(match kind {
        StepKind::Run => (Step::Run, Callee::None),
        StepKind::Snapshot(prefix) => {
            let query = Query::new();
            let query = match prefix.as_str() {
                "" => query,
                prefix => query.with_prefix(prefix),
            };
            (Step::Snapshot(query), Callee::None)
        }
        StepKind::Drop(name) => {
            let call = Call::parse(&format!("drop {}", name.value)).map_err(place(name))?;
            let step = call.step(scope, |_| Err(Error::misuse("expected no call")));
            (step.map_err(place(name))?, Callee::None)
        }
        StepKind::Invoke(text) => {
            let call = Call::parse(&text.value).map_err(place(text))?;
            if call.name().is_none() {
                let message = "`invoke`: expected a call, found `drop`, which is a step of its own";
                return Err(scenario.text.fault(text.at, message));
            }
            let mut callee = Callee::None;
            let step = call.step(scope, |name| {
                let (name, ty) = callable(typed, artifact, name)?;
                callee = Callee::Func(ty.clone());
                Ok((name, ty))
            });
            (step.map_err(place(text))?, callee)
        }
        StepKind::Core(text, at) => {
            let path = at.as_ref().map_or(Ok(CorePath::new([0])), |at| {
                at.value.parse().map_err(place(at))
            })?;
            let (export, args) = text
                .value
                .trim()
                .strip_suffix(')')
                .and_then(|call| call.split_once('('))
                .ok_or_else(|| {
                    let found = &text.value;
                    let message = format!("expected a call like `add(1, 2)`, found `{found}`");
                    scenario.text.fault(text.at, message)
                })?;
            let export = export.trim();
            let ty = core_func(artifact, own, &path, export).map_err(place(text))?;
            let args = core_value::parse_all(&ty.params, args)
                .map_err(|error| place(text)(error.during(format!("call core {export}"))))?;
            let step = Step::Core {
                at: path,
                export: export.into(),
                args,
            };
            (step, Callee::Core(ty.clone()))
        }
    })
}

/// Finds an exported function of a core instance.
fn core_func<'a>(
    artifact: &Artifact,
    own: &'a Interface,
    path: &CorePath,
    export: &str,
) -> Result<&'a CoreFuncType> {
    let instances = own.core_instances();
    let Some(instance) = instances.iter().find(|instance| instance.path == *path) else {
        let paths: Vec<String> = instances
            .iter()
            .map(|it| format!("`{}`", it.path))
            .collect();
        return Err(Error::misuse(format!(
            "expected the path of a core instance of `{}` ({}), found `{path}`",
            artifact.name(),
            paths.join(", ")
        )));
    };
    let exports = &instance.module.exports;
    let func = exports.iter().find_map(|(name, ty)| match ty {
        CoreExternType::Func(ty) if **name == *export => Some(ty),
        _ => None,
    });
    func.ok_or_else(|| {
        let funcs = exports
            .iter()
            .filter(|(_, ty)| matches!(ty, CoreExternType::Func(_)));
        let funcs: Vec<String> = funcs.map(|(name, _)| format!("`{name}`")).collect();
        Error::misuse(format!(
            "expected an exported function of core instance {path} ({}), found `{export}`",
            funcs.join(", ")
        ))
    })
}

fn expect(scenario: &Scenario, text: &ExpectedText, callee: &Callee) -> Result<Expected> {
    Ok(match text {
        ExpectedText::Trap(trap) => Expected::Trap(trap.value.clone()),
        ExpectedText::Exit(code) => Expected::Exit(*code),
        ExpectedText::Limit(word) => Expected::Limit(word.clone()),
        ExpectedText::Result(text) => {
            let read = match callee {
                Callee::Func(ty) => result(ty, &text.value).map(Expected::Result),
                Callee::Core(ty) => {
                    core_value::parse_all(&ty.results, results(&text.value)).map(Expected::Core)
                }
                Callee::None => Err(Error::misuse("expected a call, found another step")),
            };
            read.map_err(|error| {
                let message = format!("`expect`: {}", without_kind(&error));
                scenario.text.fault(text.at, message)
            })?
        }
    })
}

/// Returns the text of the core results; `()` becomes the empty text.
fn results(text: &str) -> &str {
    match text.trim() {
        "()" => "",
        text => text,
    }
}

/// Returns the message with what was attempted.
fn without_kind(error: &Error) -> String {
    match error.operation() {
        Some(operation) => format!("{operation}: {}", error.message()),
        None => error.message().to_string(),
    }
}

impl Expected {
    /// Returns whether a step ended so.
    pub(super) fn holds(&self, ended: &Ended) -> bool {
        match (self, ended) {
            (Expected::Result(value), Ended::Returned(found)) => value == found,
            (Expected::Core(values), Ended::ReturnedCore(found)) => values == found,
            (Expected::Trap(text), Ended::Trapped(trap)) => {
                trap.matches(text) || trap.to_string() == *text
            }
            (Expected::Exit(code), Ended::Exited(found)) => code == found,
            (Expected::Limit(name), Ended::Limited(found)) => {
                limit::word(*found) == Some(name.as_str())
            }
            _ => false,
        }
    }
}

/// Prints like an [`Ended`] of this kind.
impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Expected::Result(value) => Ended::Returned(value.clone()).fmt(f),
            Expected::Core(values) => Ended::ReturnedCore(values.clone()).fmt(f),
            Expected::Trap(text) => write!(f, "trap: {text}"),
            Expected::Exit(code) => write!(f, "exit code {code}"),
            Expected::Limit(name) => write!(f, "limit: {name}"),
        }
    }
}
