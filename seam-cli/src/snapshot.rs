//! Exported globals that are shown after a command.

use seam_core::{CoreSnapshot, Snapshot};

use crate::output::{self, Output};

/// Returns the globals of a snapshot whose names start with the prefix.
pub(crate) fn with_prefix(snapshot: &Snapshot, prefix: &str) -> Snapshot {
    let instances = snapshot.instances.iter().map(|instance| CoreSnapshot {
        globals: instance.globals.with_prefix(prefix),
        ..instance.clone()
    });
    Snapshot {
        instances: instances.collect(),
    }
}

/// Prints the globals of a snapshot that was taken with this prefix, or a note if there are none.
pub(crate) fn print(snapshot: &Snapshot, prefix: &str, out: &mut Output) {
    for line in lines(snapshot) {
        out.line(&line);
    }
    if !out.is_json() {
        note_if_empty(snapshot, prefix);
    }
}

/// Writes a note to stderr that no global was found.
pub(crate) fn note_if_empty(snapshot: &Snapshot, prefix: &str) {
    let mut instances = snapshot.instances.iter();
    if instances.all(|instance| instance.globals.is_empty()) {
        output::say(&format!(
            "note: --snapshot: no exported global has a name that begins with `{prefix}`"
        ));
    }
}

/// Formats each global as a line: path and module of the core instance, name, value.
pub(crate) fn lines(snapshot: &Snapshot) -> Vec<String> {
    let mut lines = Vec::new();
    for instance in &snapshot.instances {
        let module = instance.module.as_ref();
        let module = module.map_or_else(String::new, |name| format!(" ({name})"));
        for (name, value) in instance.globals.iter() {
            let (path, kind) = (&instance.path, value.kind());
            lines.push(format!(
                "core instance {path}{module}: {name}: {kind} = {value}"
            ));
        }
    }
    lines
}
