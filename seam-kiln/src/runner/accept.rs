//! Checks which components kiln's runner can run.

use seam_core::{
    Capability, Entry, Error, ExportName, FuncType, Interface, Item, ItemKind, Result, Type,
};
use seam_decode::Plan;

/// Checks that kiln's runner can instantiate a valid component and call all of its exports.
///
/// # Errors
/// `Unsupported(Components)` that says which components kiln's runner can run, and what was found.
pub(super) fn check(plan: &Plan, interface: &Interface) -> Result<()> {
    if let Some(import) = interface.imports().first() {
        return Err(beyond(
            "no imports",
            format!("an import of `{}`", import.name),
        ));
    }
    let (modules, components) = (plan.modules.len(), plan.components);
    if components > 0 {
        return Err(beyond("no nested components", components.to_string()));
    }
    let instances = interface.core_instances().len();
    if modules != 1 || instances != 1 {
        return Err(beyond(
            "one core module, instantiated once",
            format!("{modules} core modules and {instances} instances"),
        ));
    }
    exports(interface)
}

fn exports(interface: &Interface) -> Result<()> {
    let mut funcs = 0usize;
    for export in interface.exports() {
        match &export.kind {
            ItemKind::Func(ty) if is_scalar(ty) => funcs += 1,
            ItemKind::Func(ty) => {
                let found = format!("`{}`, a {ty}", export.name);
                return Err(beyond("functions over scalars", found));
            }
            ItemKind::Instance(items) if is_entry(interface, export, items) => {}
            _ => {
                return Err(beyond(
                    "exports that are functions or `wasi:cli/run`",
                    format!("`{}`", export.name),
                ));
            }
        }
    }
    if funcs > 1 {
        // kiln registers the second and later ones without a name.
        return Err(beyond("one exported function", format!("{funcs}")));
    }
    if interface.exports().is_empty() {
        return Err(beyond("an export", "none".into()));
    }
    Ok(())
}

/// Whether an exported instance is the command's interface and has no other export.
fn is_entry(interface: &Interface, export: &Item, items: &[Item]) -> bool {
    items.len() == 1
        && matches!(Entry::of(interface), Ok(Entry::Run(name))
            if name.instances() == [export.name.clone()])
}

fn is_scalar(ty: &FuncType) -> bool {
    let mut types = ty.params.iter().map(|(_, ty)| ty).chain(&ty.result);
    !ty.is_async && types.all(Type::is_scalar)
}

/// Returns the command's `run`, if the component is a command.
pub(super) fn entry(interface: &Interface) -> Option<ExportName> {
    match Entry::of(interface) {
        Ok(Entry::Run(name)) => Some(name),
        _ => None,
    }
}

fn beyond(expected: &str, found: String) -> Error {
    let message = format!("kiln's runner runs components with {expected}, found {found}");
    Error::unsupported(Capability::Components, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::{Artifact, ErrorKind};

    fn accepts(text: &str) -> Result<()> {
        let artifact = Artifact::from_wat("a", text).unwrap();
        let decoded = seam_decode::decode(&artifact).unwrap();
        let interface = decoded.interface().clone();
        check(&decoded.into_plan().unwrap(), &interface)
    }

    /// Returns a component with one core module and these exports.
    fn with_exports(exports: &str) -> String {
        format!(
            r#"(component
                (core module $m
                    (memory (export "memory") 1)
                    (func (export "one") (result i32) i32.const 1))
                (core instance $i (instantiate $m))
                (alias core export $i "one" (core func $core))
                (func $one (result u32) (canon lift (core func $core)))
                (func $run (result (result)) (canon lift (core func $core)))
                {exports})"#
        )
    }

    const RUN: &str = r#"(instance $r (export "run" (func $run)))
        (export "wasi:cli/run@0.2.6" (instance $r))"#;

    #[test]
    fn one_function_over_scalars_and_the_entry_are_accepted() {
        let one = r#"(export "one" (func $one))"#;
        accepts(&with_exports(one)).unwrap();
        accepts(&with_exports(RUN)).unwrap();
        accepts(&with_exports(&format!("{one} {RUN}"))).unwrap();
    }

    #[test]
    fn a_component_whose_exports_kiln_would_guess_is_refused() {
        for (text, found) in [
            (with_exports(""), "an export, found none"),
            (
                with_exports(r#"(export "one" (func $one)) (export "two" (func $one))"#),
                "one exported function, found 2",
            ),
            (
                with_exports(
                    r#"(func $s (result string) (canon lift (core func $core)
                        (memory (core memory $i "memory")))) (export "s" (func $s))"#,
                ),
                "functions over scalars, found `s`, a func() -> string",
            ),
            (
                with_exports(
                    r#"(instance $x (export "one" (func $one)))
                        (export "test:a/b" (instance $x))"#,
                ),
                "exports that are functions or `wasi:cli/run`, found `test:a/b`",
            ),
            (
                // It has the name of the entry, but another type.
                with_exports(
                    r#"(instance $r (export "run" (func $one)))
                        (export "wasi:cli/run@0.2.6" (instance $r))"#,
                ),
                "exports that are functions or `wasi:cli/run`, found `wasi:cli/run@0.2.6`",
            ),
            (
                with_exports(r#"(type $t (record (field "a" u8))) (export "t" (type $t))"#),
                "exports that are functions or `wasi:cli/run`, found `t`",
            ),
            (
                with_exports(r#"(core instance (instantiate $m)) (export "one" (func $one))"#),
                "one core module, instantiated once, found 1 core modules and 2 instances",
            ),
            (
                with_exports(r#"(core module) (export "one" (func $one))"#),
                "one core module, instantiated once, found 2 core modules and 1 instances",
            ),
            (
                with_exports(r#"(component) (export "one" (func $one))"#),
                "no nested components, found 1",
            ),
            (
                r#"(component (import "f" (func)))"#.to_string(),
                "no imports, found an import of `f`",
            ),
        ] {
            let error = accepts(&text).unwrap_err();
            let lacking = ErrorKind::Unsupported(Capability::Components);
            assert_eq!(*error.kind(), lacking, "{text}");
            let expected = format!("kiln's runner runs components with {found}");
            assert_eq!(error.message(), expected);
        }
    }
}
