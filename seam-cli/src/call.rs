//! Calls as text: `iface#f("x", [1, 2])`.

use std::fmt;
use std::sync::Arc;

use seam_core::{Artifact, ExportName, FuncType, Interface, Value};

use crate::status::Failure;

/// A call as the user wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    text: &'a str,
    name: ExportName,
    args: &'a str,
}

/// A call with a known export, and with arguments of its parameter types.
#[derive(Clone, Debug)]
pub(crate) struct Resolved<'a> {
    /// The text of the call.
    pub(crate) text: &'a str,
    /// The export's full name.
    pub(crate) name: ExportName,
    pub(crate) args: Vec<Value>,
}

impl<'a> Call<'a> {
    /// Parses a call.
    ///
    /// # Errors
    /// The text is not a name with arguments in parentheses.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Failure> {
        let wrong = || {
            Failure::input(format!(
                "expected a call like `f(1, \"x\")`, found `{text}`"
            ))
        };
        let (name, rest) = text.trim().split_once('(').ok_or_else(wrong)?;
        let args = rest.strip_suffix(')').ok_or_else(wrong)?;
        let name = name.trim();
        if name.is_empty() {
            return Err(wrong());
        }
        // A core module may use any text as the name of an export.
        let name = name.parse().unwrap_or_else(|_| ExportName::root(name));
        Ok(Self { text, name, args })
    }

    /// Finds the export and reads the arguments according to its type.
    ///
    /// # Errors
    /// The export is unknown or ambiguous, or an argument does not have its type.
    pub(crate) fn resolve(
        &self,
        interface: &Interface,
        artifact: &Artifact,
    ) -> Result<Resolved<'a>, Failure> {
        let (name, ty) = match interface.func(&self.name) {
            Ok((name, ty)) => (name.clone(), ty.clone()),
            Err(error) => self.inner(artifact).ok_or(error)?,
        };
        let args = ty
            .parse_args(self.args)
            .map_err(|error| error.during(format!("call {name}")))?;
        Ok(Resolved {
            text: self.text,
            name,
            args,
        })
    }

    /// Finds the function among the exports of components inside the artifact.
    fn inner(&self, artifact: &Artifact) -> Option<(ExportName, Arc<FuncType>)> {
        if !seam_decode::is_inner(&self.name) && !artifact.is_typed() {
            return None;
        }
        let ty = seam_decode::inner_func(artifact, &self.name).ok()?;
        Some((self.name.clone(), ty))
    }
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Two instances that export `f`. One of them also exports `g`.
    fn artifact() -> Artifact {
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

    fn resolve(text: &str) -> Result<String, String> {
        let call = Call::parse(text).map_err(|failure| failure.report.line.clone())?;
        let artifact = artifact();
        match call.resolve(&seam_decode::validate(&artifact).unwrap(), &artifact) {
            Ok(Resolved { name, args, .. }) => Ok(format!("{name} {args:?}")),
            Err(failure) => Err(failure.report.line.clone()),
        }
    }

    #[test]
    fn an_export_is_found_by_its_full_name_track_or_item() {
        let g = "a:b/both@1.2.0#g [U8(7)]";
        for text in [
            "a:b/both@1.2.0#g(7)",
            "a:b/both@1.0.0#g(7)",
            " g ( 7 ) ",
            "g(7)",
        ] {
            assert_eq!(resolve(text).as_deref(), Ok(g), "{text}");
        }
    }

    #[test]
    fn an_item_that_two_instances_export_is_ambiguous() {
        assert_eq!(
            resolve("f(7)").unwrap_err(),
            "expected the full name of one export, found `f`, which is `a:b/both@1.2.0#f` or \
             `a:b/one#f`"
        );
    }

    #[test]
    fn an_argument_is_refused_by_its_path() {
        let error = resolve("g(256)").unwrap_err();
        assert!(
            error.starts_with("call a:b/both@1.2.0#g: argument 1"),
            "{error}"
        );
        assert!(resolve("g").unwrap_err().contains("expected a call like"));
    }
}
