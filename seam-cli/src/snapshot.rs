//! Exported globals, shown after a command.

use seam_core::{Instance, Query, Snapshot};

use crate::status::Failure;

/// The globals that `--snapshot` asks for, if it does.
///
/// # Errors
/// `Unsupported` where the backend cannot see them.
pub(crate) fn take(
    instance: &mut dyn Instance,
    prefix: Option<&str>,
) -> Result<Option<Snapshot>, Failure> {
    match prefix {
        None => Ok(None),
        Some(prefix) => Ok(Some(instance.snapshot(&Query::new().with_prefix(prefix))?)),
    }
}

/// One line for each global: the core instance's path and module, the global, its value.
pub(crate) fn lines(snapshot: &Snapshot) -> Vec<String> {
    let mut lines = Vec::new();
    for instance in &snapshot.instances {
        let module = instance.module.as_ref();
        let module = module.map_or_else(String::new, |name| format!(" ({name})"));
        for (name, value) in &instance.globals {
            let (path, kind) = (&instance.path, value.kind());
            lines.push(format!(
                "core instance {path}{module}: {name}: {kind} = {value}"
            ));
        }
    }
    lines
}
