//! Faults of imports, and an error message about them that fits a screen.

use std::fmt;

use crate::{Error, ExportName};

/// The reason why an import cannot be linked.
pub(super) enum Fault {
    /// Nothing defines it.
    Missing {
        /// The import's full name.
        name: ExportName,
        /// Its type, as text.
        ty: String,
        /// How the world could define it.
        how: &'static str,
    },
    /// Its definition does not fit.
    Mismatched(String),
}

/// Most faults that a message lists.
const SHOWN: usize = 6;

/// Most characters of a type that a message shows.
const TYPE: usize = 120;

impl Fault {
    /// Creates the fault for a missing function with a component-level type.
    pub(super) fn missing_func(name: &ExportName, ty: impl fmt::Display) -> Self {
        Self::missing(
            name,
            ty,
            "define what is missing with World::func, or stub it (`--stub trap` or `--stub default`)",
        )
    }

    /// Creates the fault for a missing function of a core module that has only a core type.
    pub(super) fn missing_core_func(name: &ExportName, ty: impl fmt::Display) -> Self {
        Self::missing(
            name,
            ty,
            "define what is missing with World::core_func, or stub it (`--stub trap` or `--stub \
             default`)",
        )
    }

    /// Creates the fault for a missing memory, table or global.
    pub(super) fn missing_item(name: &ExportName, ty: impl fmt::Display) -> Self {
        Self::missing(
            name,
            ty,
            "define memories, tables and globals with World::core_item; only functions can be stubbed",
        )
    }

    /// Creates the fault for a missing tag.
    pub(super) fn missing_tag(name: &ExportName, ty: impl fmt::Display) -> Self {
        Self::missing(name, ty, "no world can define a tag")
    }

    fn missing(name: &ExportName, ty: impl fmt::Display, how: &'static str) -> Self {
        Self::Missing {
            name: name.clone(),
            ty: shortened(ty),
            how,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Missing { name, ty, .. } => write!(f, "missing import `{name}` of type {ty}"),
            Fault::Mismatched(text) => f.write_str(text),
        }
    }
}

/// Returns the `Link` error for these faults: the first few, the number of others, and what to do.
pub(super) fn link_error(faults: &[Fault]) -> Error {
    let mut parts: Vec<String> = faults.iter().take(SHOWN).map(Fault::to_string).collect();
    let more = faults.len().saturating_sub(SHOWN);
    if more > 0 {
        parts.push(format!("and {more} more (`seam inspect` lists all)"));
    }
    let mut hints = Vec::new();
    for fault in faults {
        match fault {
            Fault::Missing { how, .. } if !hints.contains(how) => hints.push(*how),
            _ => {}
        }
    }
    parts.extend(hints.into_iter().map(String::from));
    Error::link(parts.join("; "))
}

/// Returns the text of a type, truncated if it is too long for a message.
pub(super) fn shortened(ty: impl fmt::Display) -> String {
    let text = ty.to_string();
    match text.char_indices().nth(TYPE) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_faults_fit_a_screen_and_are_counted() {
        let ty = "func(x: record { a: u32 }) -> ".repeat(100);
        let faults: Vec<Fault> = (0..40)
            .map(|index| {
                let name = ExportName::in_instance("a:b/c@1.0.0", format!("f{index}"));
                Fault::missing_func(&name, &ty)
            })
            .collect();
        let error = link_error(&faults);
        let message = error.message();
        assert!(message.len() < 1600, "{message}");
        for part in [
            "`a:b/c@1.0.0#f0`",
            "f3",
            "and 34 more (`seam inspect`",
            "--stub trap",
        ] {
            assert!(message.contains(part), "{message}");
        }
        assert!(!message.contains("#f6"), "{message}");
    }

    #[test]
    fn each_way_to_define_an_import_is_listed_once() {
        let name = |name: &str| ExportName::in_instance("env", name.to_string());
        let faults = [
            Fault::missing_func(&name("f"), "func()"),
            Fault::missing_func(&name("g"), "func()"),
            Fault::missing_item(&name("memory"), "(memory 1)"),
        ];
        let error = link_error(&faults);
        assert_eq!(error.message().matches("World::func").count(), 1);
        assert_eq!(error.message().matches("World::core_item").count(), 1);
        assert!(!error.message().contains("more"), "{error}");
    }
}
