//! `--bind`: what an export or import of a fused module uses.

use std::str::FromStr;

use seam_core::{CoreBinding, ExportName};

/// The name of an export or import, and the module's own exports that it uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bind(pub(crate) ExportName, pub(crate) CoreBinding);

impl FromStr for Bind {
    type Err = String;

    /// Parses `NAME=func:F,memory:M,realloc:R,post-return:P`. Each part can be left out, but not all of them.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "expected a binding like `iface#f=memory:memory$1,realloc:cabi_realloc$1`, found \
                 `{text}`"
            )
        };
        let (name, parts) = text.split_once('=').ok_or_else(wrong)?;
        let name: ExportName = name.parse().map_err(|_| wrong())?;
        let mut binding = CoreBinding::default();
        for part in parts.split(',') {
            let (kind, export) = part.split_once(':').ok_or_else(wrong)?;
            let slot = match kind {
                "func" => &mut binding.func,
                "memory" => &mut binding.memory,
                "realloc" => &mut binding.realloc,
                "post-return" => &mut binding.post_return,
                _ => return Err(wrong()),
            };
            if export.is_empty() || slot.replace(export.into()).is_some() {
                return Err(wrong());
            }
        }
        Ok(Self(name, binding))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_binding_names_exports_of_the_module() {
        let text = "a:b/c#f=func:a:b/c#f$2,memory:memory$1,post-return:cabi_post_f$2";
        let Bind(name, binding) = text.parse().unwrap();
        assert_eq!(name.to_string(), "a:b/c#f");
        assert_eq!(binding.func.as_deref(), Some("a:b/c#f$2"));
        assert_eq!(binding.memory.as_deref(), Some("memory$1"));
        assert_eq!(binding.realloc, None);
        assert_eq!(binding.post_return.as_deref(), Some("cabi_post_f$2"));
    }

    #[test]
    fn what_is_no_binding_is_told_what_one_looks_like() {
        for text in [
            "",
            "f",
            "f=",
            "f=memory",
            "f=memory:",
            "f=table:t",
            "f=func:a,func:b",
        ] {
            let error = text.parse::<Bind>().unwrap_err();
            assert!(error.contains("expected a binding like"), "{error}");
        }
    }
}
