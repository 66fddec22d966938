//! Messages about what cannot be bound.

use std::fmt;

use seam_core::Error;

/// Lists names for a message.
pub(crate) fn list(names: impl IntoIterator<Item = impl fmt::Display>) -> String {
    let names: Vec<String> = names
        .into_iter()
        .map(|name| {
            let name = name.to_string();
            match name.starts_with('`') {
                true => name,
                false => format!("`{name}`"),
            }
        })
        .collect();
    match names.as_slice() {
        [] => "none".to_string(),
        _ => names.join(", "),
    }
}

/// Returns the error for an item that cannot be bound.
pub(crate) fn link(what: impl fmt::Display, message: &str) -> Error {
    Error::link(format!("{what}: {message}"))
}
