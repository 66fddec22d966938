//! The steps that are performed on an instance.

use std::fmt;
use std::sync::Arc;

use seam_core::{CorePath, CoreValue, ExportName, Query, Value};

/// One step that is performed on an instance.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Calls an export.
    Invoke {
        /// The export. A semver-compatible version of its interface matches too.
        name: ExportName,
        /// The arguments. Resources are [variables](seam_core::Resource::variable) that earlier
        /// steps named.
        args: Vec<Value>,
        /// The names of the resources in the result, in order, for later steps.
        results: Vec<Arc<str>>,
    },
    /// Calls an export of a core instance with core values.
    Core {
        /// The position of the core instance.
        at: CorePath,
        /// The name of the export.
        export: Arc<str>,
        /// The arguments.
        args: Vec<CoreValue>,
    },
    /// Drops the resource that an earlier step named.
    Drop(Arc<str>),
    /// Runs the canonical entry.
    Run,
    /// Takes a snapshot. A snapshot of everything is always taken at the end.
    Snapshot(Query),
}

impl Step {
    /// Creates a call of the export with this full name, e.g. `f` or `ns:pkg/iface@1.0.0#f`.
    #[must_use]
    pub fn invoke(name: &str, args: impl IntoIterator<Item = Value>) -> Self {
        Step::Invoke {
            name: name.parse().unwrap_or_else(|_| ExportName::root(name)),
            args: args.into_iter().collect(),
            results: Vec::new(),
        }
    }

    /// Names the resources in the result of a call, in order. Does nothing to other steps.
    #[must_use]
    pub fn naming<N: Into<Arc<str>>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        if let Step::Invoke { results, .. } = &mut self {
            results.extend(names.into_iter().map(Into::into));
        }
        self
    }
}

/// Prints the step as a call: `f(1, "x")`, or `$a = f(1, "x")` if it names a resource. A call of a
/// core instance is `core f(1)`, or `core 1/0 f(1)` if it is not the only one of a core module.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Invoke {
                name,
                args,
                results,
            } => {
                for (index, result) in results.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}${result}")?;
                }
                let equals = if results.is_empty() { "" } else { " = " };
                let args: Vec<String> = args.iter().map(ToString::to_string).collect();
                write!(f, "{equals}{name}({})", args.join(", "))
            }
            Step::Core { at, export, args } => {
                let args: Vec<String> = args.iter().map(ToString::to_string).collect();
                let path = match at.indices() {
                    [0] => String::new(),
                    _ => format!("{at} "),
                };
                write!(f, "core {path}{export}({})", args.join(", "))
            }
            Step::Drop(name) => write!(f, "drop ${name}"),
            Step::Run => f.write_str("run"),
            Step::Snapshot(query) => match &query.prefix {
                Some(prefix) => write!(f, "snapshot {prefix}"),
                None => f.write_str("snapshot"),
            },
        }
    }
}

impl serde::Serialize for Step {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seam_core::{Resource, ResourceType};

    #[test]
    fn a_step_is_written_as_a_call() {
        let step = Step::invoke("a:b/c@1.0.0#f", [1u32.into(), "x".into()]);
        assert_eq!(step.to_string(), r#"a:b/c@1.0.0#f(1, "x")"#);
        assert_eq!(Step::Run.to_string(), "run");
        let query = Query::new().with_prefix("count");
        assert_eq!(Step::Snapshot(query).to_string(), "snapshot count");
    }

    #[test]
    fn a_core_call_has_the_path_of_its_instance() {
        let call = |path: &str| Step::Core {
            at: path.parse().unwrap_or_default(),
            export: "add".into(),
            args: vec![1i32.into(), CoreValue::FuncRef(None)],
        };
        assert_eq!(call("0").to_string(), "core add(1, null func)");
        assert_eq!(call("1/0").to_string(), "core 1/0 add(1, null func)");
    }

    #[test]
    fn named_resources_are_written_as_variables() {
        let counter = Resource::variable(ResourceType::new("counter"), "c");
        let step = Step::invoke("split", [Value::Own(counter)]).naming(["a", "b"]);
        assert_eq!(step.to_string(), "$a, $b = split($c)");
        assert_eq!(Step::Drop("a".into()).to_string(), "drop $a");
    }
}
