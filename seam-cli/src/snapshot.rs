//! Exported globals that are shown after a command.

use seam_core::{Instance, Query, Snapshot};

use crate::status::Failure;

/// Takes a snapshot of the globals that `--snapshot` selects, if it is given.
///
/// # Errors
/// `Unsupported` if the backend cannot see them.
pub(crate) fn take(
    instance: &mut dyn Instance,
    prefix: Option<&str>,
) -> Result<Option<Snapshot>, Failure> {
    match prefix {
        None => Ok(None),
        Some(prefix) => Ok(Some(instance.snapshot(&Query::new().with_prefix(prefix))?)),
    }
}

/// Formats each global as a line: path and module of the core instance, name, value.
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
