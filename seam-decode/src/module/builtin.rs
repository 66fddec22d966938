//! The names and types of imported resource built-ins.

use seam_core::{CoreFuncType, CoreType, ExportName};

/// A resource built-in that a core module imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Op {
    New,
    Rep,
    Drop,
}

/// The name of a fused module's imported resource built-in, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpName<'a> {
    pub(crate) op: Op,
    /// Whether the importing component defines the resource: `[export]` before the interface.
    pub(crate) defines: bool,
    pub(crate) interface: &'a str,
    pub(crate) resource: &'a str,
    /// The number of the importing component. The first importer has none.
    pub(crate) number: Option<u32>,
}

impl<'a> OpName<'a> {
    /// Takes the name of an import apart, if it is a resource built-in.
    pub(crate) fn of(module: &'a str, field: &'a str) -> Option<Self> {
        let (op, name) = Op::of(field)?;
        let (resource, number) = match suffix(name) {
            Some((resource, number)) => (resource, Some(number)),
            None => (name, None),
        };
        let interface = module.strip_prefix("[export]");
        Some(Self {
            op,
            defines: interface.is_some(),
            interface: interface.unwrap_or(module),
            resource,
            number,
        })
    }

    /// Returns whether two built-ins are about the same resource name, in any version of its interface.
    pub(crate) fn is_of(&self, other: &OpName<'_>) -> bool {
        let track =
            |name: &OpName<'_>| ExportName::in_instance(name.interface, name.resource).track();
        track(self) == track(other)
    }
}

impl Op {
    /// Splits the name of a built-in into the operation and the name of its resource.
    pub(crate) fn of(field: &str) -> Option<(Self, &str)> {
        let ops = [
            ("[resource-new]", Op::New),
            ("[resource-rep]", Op::Rep),
            ("[resource-drop]", Op::Drop),
        ];
        let mut ops = ops.into_iter();
        ops.find_map(|(prefix, op)| Some((op, field.strip_prefix(prefix)?)))
    }

    /// Checks the core type of a built-in.
    ///
    /// # Errors
    /// A message that says what was expected and what was found.
    pub(crate) fn check(self, ty: &CoreFuncType) -> Result<(), String> {
        let results = match self {
            Op::New | Op::Rep => vec![CoreType::I32],
            Op::Drop => vec![],
        };
        let wanted = CoreFuncType::new([CoreType::I32], results);
        match *ty == wanted {
            true => Ok(()),
            false => Err(format!("expected type {wanted}, found {ty}")),
        }
    }
}

/// Splits the number of a component off a name, e.g. `memory$2`.
pub(crate) fn suffix(name: &str) -> Option<(&str, u32)> {
    let (base, digits) = name.rsplit_once('$')?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = plain.then(|| digits.parse().ok()).flatten()?;
    (!base.is_empty()).then_some((base, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_builtin_is_taken_apart() {
        let name = OpName::of("[export]a:b/c@1.0.0", "[resource-new]thing$3");
        let expected = OpName {
            op: Op::New,
            defines: true,
            interface: "a:b/c@1.0.0",
            resource: "thing",
            number: Some(3),
        };
        assert_eq!(name, Some(expected));
        let name = OpName::of("imports", "[resource-drop]kebab-case");
        let expected = OpName {
            op: Op::Drop,
            defines: false,
            interface: "imports",
            resource: "kebab-case",
            number: None,
        };
        assert_eq!(name, Some(expected));
        assert_eq!(OpName::of("imports", "[method]r.m"), None);
    }

    #[test]
    fn a_suffix_is_a_number_after_the_last_dollar() {
        assert_eq!(suffix("memory$2"), Some(("memory", 2)));
        assert_eq!(suffix("a$1$12"), Some(("a$1", 12)));
        for name in [
            "memory",
            "$imports",
            "$3",
            "a$",
            "a$x",
            "a$-1",
            "a$99999999999",
        ] {
            assert_eq!(suffix(name), None, "{name}");
        }
    }
}
