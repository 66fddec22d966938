//! The choice of a `realloc`.

use super::choose::{CoreFunc, Known};
use super::parts::originals;
use super::unfused::Origin;
use crate::module::{Chosen, Reason, list, realloc_type};
use crate::provenance::Provenance;

impl Known<'_> {
    /// Finds the exported `realloc` that the caller of the seam named.
    ///
    /// # Errors
    /// Those of [`Known::given_func`].
    pub(super) fn given_realloc(&self, name: &str) -> Result<Chosen, String> {
        let CoreFunc { name, reason, .. } = self.given_func(name, &realloc_type())?;
        Ok(Chosen {
            export: name,
            reason,
        })
    }

    /// Decides on the `realloc` that a function of the composition names in its options.
    ///
    /// # Errors
    /// A message that says what was expected and which exports cannot be it.
    pub(super) fn realloc(&self, origin: &Origin<'_>) -> Result<Chosen, String> {
        let wanted = realloc_type();
        let named: Vec<_> = self
            .fused
            .funcs()
            .filter(|(name, ..)| name.starts_with(origin.name))
            .collect();
        let Some(provenance) = self.provenance() else {
            let mut typed = named.iter().filter(|(.., ty)| **ty == wanted);
            return match (typed.next(), typed.next()) {
                (Some((name, ..)), None) if self.fused.memories == 1 => Ok(Chosen {
                    export: (*name).to_string(),
                    reason: Reason::Only,
                }),
                _ => Err(format!(
                    "expected one `{}` or a section `{}` that tells them apart, found {}",
                    origin.name,
                    Provenance::SECTION,
                    list(named.iter().map(|(name, ..)| *name))
                )),
            };
        };
        // The component's own `realloc`, under whatever name.
        let same = self.fused.funcs().find_map(|(name, index, ty)| {
            let from = provenance.origin(index)?;
            let part = self.parts.get(from.component)?;
            let own = part.instances.len() == 1 && part.instances.contains(&origin.component);
            let fits = own && from.func == origin.func && *ty == wanted;
            fits.then(|| (name, part.id.clone()))
        });
        // Else another export of the component that allocates: wit-bindgen exports it twice.
        let found = same.or_else(|| {
            named.iter().find_map(|(name, index, ty)| {
                let from = provenance.origin(*index)?;
                let part = self.parts.get(from.component)?;
                let own = part.instances.len() == 1 && part.instances.contains(&origin.component);
                let mut modules = self.unfused.modules_of(origin.component);
                let exported = modules.any(|module| {
                    originals(name).any(|name| module.func(name) == Some((from.func, *ty)))
                });
                (own && exported && **ty == wanted).then(|| (*name, part.id.clone()))
            })
        });
        match found {
            Some((name, id)) => Ok(Chosen {
                export: name.to_string(),
                reason: Reason::Provenance(id),
            }),
            None => Err(format!(
                "expected an export that is function {} of the component, its `{}`, found {}",
                origin.func,
                origin.name,
                list(
                    named
                        .iter()
                        .map(|(name, index, _)| self.described(name, *index))
                )
            )),
        }
    }
}
