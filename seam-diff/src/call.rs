//! Calls as text: `iface#f("x", [1, 2])`.

use std::fmt;
use std::sync::Arc;

use seam_core::{Artifact, Error, ExportName, FuncType, Interface, Result};

use crate::{Scope, Step};

/// A step as a person writes it: a call, or `drop $x`.
///
/// - `ns:pkg/iface@1.0.0#f("x", [1, 2])` calls an export with arguments in WAVE.
/// - `$c = [constructor]counter(3)` also names the resource that the call returns;
///   `$a, $b = f()` names all resources in the result, in order.
/// - `[method]counter.add($c, 5)` passes it. A parameter of type `own` takes it away, and its name
///   is no longer known.
/// - `drop $c` drops it.
#[derive(Clone, Debug)]
pub struct Call {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Invoke {
        results: Vec<Arc<str>>,
        name: ExportName,
        args: String,
    },
    Drop(Arc<str>),
}

impl Call {
    /// Parses a call.
    ///
    /// # Errors
    /// `Misuse` if the text is not a name with arguments in parentheses, with or without variables
    /// before it, and not `drop $x`.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::misuse(format!(
                "expected a call like `f(1, \"x\")`, `$x = f()` or `drop $x`, found `{text}`"
            ))
        };
        let kind = if let Some(name) = text.trim().strip_prefix("drop ") {
            Kind::Drop(variable(name).ok_or_else(wrong)?)
        } else {
            let (head, rest) = text.trim().split_once('(').ok_or_else(wrong)?;
            let args = rest.strip_suffix(')').ok_or_else(wrong)?.to_owned();
            let (results, name) = match head.split_once('=') {
                Some((results, name)) if results.trim_start().starts_with('$') => {
                    let results = results.split(',').map(variable);
                    (results.collect::<Option<_>>().ok_or_else(wrong)?, name)
                }
                _ => (Vec::new(), head),
            };
            let name = name.trim();
            if name.is_empty() {
                return Err(wrong());
            }
            // A core module may use any text as the name of an export.
            let name = name.parse().unwrap_or_else(|_| ExportName::root(name));
            Kind::Invoke {
                results,
                name,
                args,
            }
        };
        Ok(Self {
            text: text.to_owned(),
            kind,
        })
    }

    /// Returns the export that is called, as it is written.
    #[must_use]
    pub fn name(&self) -> Option<&ExportName> {
        match &self.kind {
            Kind::Invoke { name, .. } => Some(name),
            Kind::Drop(_) => None,
        }
    }

    /// Finds the exports and reads the arguments according to their types.
    ///
    /// Functions of components inside a composition are found by their names like
    /// `[component]0#iface#f`; [`seam_decode::inner_funcs`] lists them.
    ///
    /// # Errors
    /// `Misuse` if an export is unknown or ambiguous, an argument does not have its type, or a
    /// variable does not stand for a resource at this point.
    pub fn resolve(
        calls: &[Call],
        interface: &Interface,
        artifact: &Artifact,
    ) -> Result<Vec<Step>> {
        let mut scope = Scope::default();
        let step = |call: &Call| call.step(&mut scope, |name| callable(interface, artifact, name));
        calls.iter().map(step).collect()
    }

    /// Reads the arguments according to the type that `find` returns for the export.
    ///
    /// # Errors
    /// Those of `find` and of [`Call::resolve`].
    pub fn step(
        &self,
        scope: &mut Scope,
        find: impl FnOnce(&ExportName) -> Result<(ExportName, Arc<FuncType>)>,
    ) -> Result<Step> {
        let (name, args, results) = match &self.kind {
            Kind::Drop(name) => {
                scope.take(name, &self.text)?;
                return Ok(Step::Drop(name.clone()));
            }
            Kind::Invoke {
                name,
                args,
                results,
            } => (name, args, results),
        };
        let (name, ty) = find(name)?;
        let during = |error: Error| error.during(format!("call {name}"));
        let args = ty.parse_args(args).map_err(during)?;
        scope
            .call(&self.text, &args, &ty, results)
            .map_err(during)?;
        Ok(Step::Invoke {
            name,
            args,
            results: results.clone(),
        })
    }
}

/// Prints the call as it was written.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Reads the name of a variable after its `$`.
fn variable(text: &str) -> Option<Arc<str>> {
    let name = text.trim().strip_prefix('$')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (!name.is_empty() && name.chars().all(is_name)).then(|| name.into())
}

/// Finds a function among the exports, or else among those of components inside the artifact.
pub(crate) fn callable(
    interface: &Interface,
    artifact: &Artifact,
    name: &ExportName,
) -> Result<(ExportName, Arc<FuncType>)> {
    match interface.func(name) {
        Ok((name, ty)) => Ok((name.clone(), ty.clone())),
        Err(error) => inner(artifact, name).ok_or(error),
    }
}

/// Finds a function among the exports of components inside the artifact.
fn inner(artifact: &Artifact, name: &ExportName) -> Option<(ExportName, Arc<FuncType>)> {
    if !seam_decode::is_inner(name) && !artifact.is_typed() {
        return None;
    }
    let ty = seam_decode::inner_func(artifact, name).ok()?;
    Some((name.clone(), ty))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Two instances that export `f`. One of them also exports `g`.
    fn both() -> Artifact {
        let text = r#"(component
            (core module $m (func (export "f") (param i32) (result i32) local.get 0))
            (core instance $m (instantiate $m))
            (func $f (param "x" u8) (result u8) (canon lift (core func $m "f")))
            (instance $both (export "f" (func $f)) (export "g" (func $f)))
            (instance $one (export "f" (func $f)))
            (export "a:b/both@1.2.0" (instance $both))
            (export "a:b/one" (instance $one)))"#;
        Artifact::from_wat("a", text).unwrap()
    }

    /// A resource with a constructor, a method, and a function that takes it away.
    fn counter() -> Artifact {
        let text = r#"(component
            (core module $m
                (func (export "make") (param i32) (result i32) local.get 0)
                (func (export "add") (param i32 i32) (result i32) local.get 1)
                (func (export "take") (param i32)))
            (core instance $m (instantiate $m))
            (type $r' (resource (rep i32)))
            (export $r "counter" (type $r'))
            (core func $new (canon resource.new $r))
            (func (export "[constructor]counter") (param "n" u32) (result (own $r))
                (canon lift (core func $m "make")))
            (func (export "[method]counter.add") (param "self" (borrow $r)) (param "n" u32) (result u32)
                (canon lift (core func $m "add")))
            (func (export "take") (param "c" (own $r)) (canon lift (core func $m "take"))))"#;
        Artifact::from_wat("counter", text).unwrap()
    }

    fn resolve(artifact: &Artifact, calls: &[&str]) -> std::result::Result<Vec<String>, String> {
        let resolved = || {
            let calls = calls.iter().map(|text| Call::parse(text));
            let calls = calls.collect::<Result<Vec<_>>>()?;
            let interface = seam_decode::validate(artifact)?;
            Call::resolve(&calls, &interface, artifact)
        };
        let steps = resolved().map_err(|error| error.to_string())?;
        Ok(steps.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_export_is_found_by_its_full_name_track_or_item() {
        for text in [
            "a:b/both@1.2.0#g(7)",
            "a:b/both@1.0.0#g(7)",
            " g ( 7 ) ",
            "g(7)",
        ] {
            let expected = ["a:b/both@1.2.0#g(7)".to_string()];
            assert_eq!(resolve(&both(), &[text]).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn an_item_that_two_instances_export_is_ambiguous() {
        assert_eq!(
            resolve(&both(), &["f(7)"]).unwrap_err(),
            "expected the full name of one export, found `f`, which is `a:b/both@1.2.0#f` or \
             `a:b/one#f`"
        );
    }

    #[test]
    fn an_argument_is_refused_by_its_path() {
        let error = resolve(&both(), &["g(256)"]).unwrap_err();
        assert!(
            error.starts_with("call a:b/both@1.2.0#g: argument 1"),
            "{error}"
        );
    }

    #[test]
    fn text_that_is_no_call_is_refused() {
        for text in [
            "g",
            "(1)",
            "$x = (1)",
            "$ = g(1)",
            "$x, y = g(1)",
            "drop x",
            "drop",
            "g(1",
        ] {
            let error = resolve(&both(), &[text]).unwrap_err();
            assert!(error.starts_with("expected a call like"), "{text}: {error}");
        }
    }

    #[test]
    fn resources_are_named_lent_taken_away_and_dropped() {
        let calls = [
            "$c = [constructor]counter(3)",
            " $d=[constructor]counter(4) ",
            "[method]counter.add($c, 5)",
            "take($c)",
            "drop $d",
        ];
        let expected = [
            "$c = [constructor]counter(3)",
            "$d = [constructor]counter(4)",
            "[method]counter.add($c, 5)",
            "take($c)",
            "drop $d",
        ];
        assert_eq!(resolve(&counter(), &calls).unwrap(), expected);
    }

    #[test]
    fn a_variable_that_stands_for_no_resource_is_refused_before_any_call() {
        let made = "$c = [constructor]counter(3)";
        for (calls, expected) in [
            (
                ["take($c)", made],
                "call take: expected a variable that an earlier call named, like in `$c = f()`, \
                 found `$c`",
            ),
            (
                [made, "drop $d"],
                "expected a variable that an earlier call named, like in `$d = f()`, found `$d`",
            ),
            (
                [made, made],
                "call [constructor]counter: expected a new variable, found `$c`, which an earlier \
                 call named",
            ),
            (
                [made, "$d = take($c)"],
                "call take: expected a result with a resource, found no result",
            ),
        ] {
            assert_eq!(resolve(&counter(), &calls).unwrap_err(), expected);
        }
        let calls = [made, "take($c)", "[method]counter.add($c, 1)"];
        assert_eq!(
            resolve(&counter(), &calls).unwrap_err(),
            "call [method]counter.add: expected a resource, found `$c`, which `take($c)` took away"
        );
    }
}
