//! Parsers of values of arguments.

use std::path::PathBuf;

use seam_core::Capability;
use seam_tests::kit::isolated::Known;

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err(format!("expected KEY=VALUE, found `{text}`")),
    }
}

pub(super) fn capability(text: &str) -> Result<Capability, String> {
    Capability::named(text).ok_or_else(|| {
        format!("expected a capability (`seam backends` lists them), found `{text}`")
    })
}

pub(super) fn known(text: &str) -> Result<Known, String> {
    let parts = text.split_once('=').and_then(|(place, reason)| {
        let (backend, case) = place.split_once('/')?;
        Some((backend, case, reason))
    });
    match parts {
        Some((backend, case, reason)) if !reason.is_empty() => {
            Known::new(backend, case, reason).map_err(|error| error.message().to_string())
        }
        _ => Err(format!("expected BACKEND/CASE=REASON, found `{text}`")),
    }
}

pub(super) fn dir(text: &str) -> Result<(PathBuf, String), String> {
    match text.split_once("::") {
        Some((host, guest)) if !host.is_empty() && !guest.is_empty() => {
            Ok((host.into(), guest.into()))
        }
        _ => Err(format!("expected HOST::GUEST, found `{text}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_folders_need_both_sides() {
        assert_eq!(pair("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert_eq!(dir(".::/"), Ok((".".into(), "/".into())));
        assert!(pair("A").is_err() && pair("=b").is_err());
        assert!(dir(".").is_err() && dir("::/").is_err() && dir(".::").is_err());
    }
}
