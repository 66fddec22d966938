//! The `#[seam(..)]` attributes of types, fields and cases.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, LitStr, Result};

/// The attributes of a type.
#[derive(Default)]
pub(crate) struct OfType {
    /// A struct of `bool`s stands for flags.
    pub(crate) flags: bool,
    /// An enum stands for a variant even if no case has a payload.
    pub(crate) variant: bool,
}

impl OfType {
    pub(crate) fn parse(attributes: &[Attribute], is_enum: bool) -> Result<Self> {
        let mut found = Self::default();
        each(attributes, |meta| {
            if meta.path.is_ident("flags") {
                if is_enum {
                    return Err(meta.error("expected `flags` on a struct with `bool` fields"));
                }
                found.flags = true;
            } else if meta.path.is_ident("variant") {
                if !is_enum {
                    return Err(meta.error("expected `variant` on an enum"));
                }
                found.variant = true;
            } else if meta.path.is_ident("rename") {
                return Err(meta.error(
                    "expected `rename` on a field or case: the name of a type is not part of it",
                ));
            } else {
                return Err(meta.error("unknown attribute, expected `flags` or `variant`"));
            }
            Ok(())
        })?;
        Ok(found)
    }
}

/// Returns the name that `#[seam(rename = "..")]` gives a field or case.
pub(crate) fn rename(attributes: &[Attribute]) -> Result<Option<LitStr>> {
    let mut name = None;
    each(attributes, |meta| {
        if !meta.path.is_ident("rename") {
            return Err(meta.error("unknown attribute, expected `rename = \"..\"`"));
        }
        match name.replace(meta.value()?.parse()?) {
            None => Ok(()),
            Some(_) => Err(meta.error("expected one `rename`, found two")),
        }
    })?;
    Ok(name)
}

/// Refuses all `#[seam(..)]` attributes.
pub(crate) fn none(attributes: &[Attribute]) -> Result<()> {
    each(attributes, |meta| {
        Err(meta.error("expected no attribute on a payload, which has no name"))
    })
}

fn each(
    attributes: &[Attribute],
    mut take: impl FnMut(&ParseNestedMeta<'_>) -> Result<()>,
) -> Result<()> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("seam"))
        .try_for_each(|attribute| attribute.parse_nested_meta(|meta| take(&meta)))
}
