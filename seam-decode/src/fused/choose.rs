//! Decides which core function, memory and `realloc` of a fused module an item uses.

use std::collections::BTreeSet;

use seam_core::{CoreBinding, CoreFuncType, ExportName, Result};

use super::parts::{Part, counts_memories, originals, parts};
use super::unfused::{Origin, Unfused};
use crate::module::{Reason, Scan, link, list};
use crate::provenance::Provenance;

/// Everything that is known of a fused module.
pub(super) struct Known<'a> {
    pub(super) fused: &'a Scan,
    pub(super) unfused: &'a Unfused,
    /// What the caller of the seam said.
    given: &'a [(ExportName, CoreBinding)],
    /// The components of the provenance, with the component instances that they can be.
    pub(super) parts: Vec<Part>,
}

/// An exported core function of the fused module.
#[derive(Clone, Debug)]
pub(super) struct CoreFunc {
    pub(super) name: String,
    pub(super) index: u32,
    pub(super) reason: Reason,
    /// The component that it comes from, if that is known.
    pub(super) part: Option<usize>,
}

impl<'a> Known<'a> {
    pub(super) fn new(
        fused: &'a Scan,
        unfused: &'a Unfused,
        given: &'a [(ExportName, CoreBinding)],
    ) -> Self {
        let provenance = fused.provenance.as_ref();
        let parts = provenance.map(|provenance| parts(fused, provenance, unfused));
        Self {
            fused,
            unfused,
            given,
            parts: parts.unwrap_or_default(),
        }
    }

    /// Returns what the caller of the seam said of an export or import.
    pub(super) fn given(&self, name: &ExportName) -> &'a CoreBinding {
        static NONE: CoreBinding = CoreBinding {
            func: None,
            memory: None,
            realloc: None,
            post_return: None,
        };
        let found = self.given.iter().find(|(given, _)| given == name);
        found.map_or(&NONE, |(_, binding)| binding)
    }

    /// Checks that every name that the caller of the seam gave exists.
    ///
    /// # Errors
    /// `Link` that names the binding.
    pub(super) fn check_given(&self, exists: impl Fn(&ExportName) -> bool) -> Result<()> {
        match self.given.iter().find(|(name, _)| !exists(name)) {
            None => Ok(()),
            Some((name, _)) => Err(link(
                format!("binding of `{name}`"),
                "expected an export of the composition or an import of the module, found neither",
            )),
        }
    }

    /// Finds the exported function that the caller of the seam named.
    ///
    /// # Errors
    /// A message that says what was expected and what was found.
    pub(super) fn given_func(&self, name: &str, ty: &CoreFuncType) -> Result<CoreFunc, String> {
        match self.fused.func(name) {
            Some((index, found)) if found == ty => Ok(CoreFunc {
                name: name.to_string(),
                index,
                reason: Reason::Given,
                part: self
                    .provenance()
                    .and_then(|provenance| Some(provenance.origin(index)?.component)),
            }),
            Some((_, found)) => Err(format!(
                "expected the given function `{name}` to be of type {ty}, found {found}"
            )),
            None => Err(format!(
                "expected the given function `{name}` to be exported, found none"
            )),
        }
    }

    pub(super) fn provenance(&self) -> Option<&'a Provenance> {
        self.fused.provenance.as_ref()
    }

    fn part(&self, part: usize) -> Result<&Part> {
        self.parts.get(part).ok_or_else(crate::pass::unknown)
    }

    /// Finds the exported function that an export of a core module of the composition has become.
    ///
    /// # Errors
    /// A message that says what was expected and what was found.
    pub(super) fn func(&self, origin: &Origin<'_>) -> Result<CoreFunc, String> {
        let named = self.fused.funcs().filter(|(name, ..)| {
            originals(name).any(|name| name == origin.name)
                && (origin.name == *name || !counts_memories(name) || self.provenance().is_some())
        });
        let named: Vec<_> = named.collect();
        if named.is_empty() {
            return Err(format!(
                "expected an exported function `{}`, found none",
                origin.name
            ));
        }
        let typed: Vec<_> = named.iter().filter(|(.., ty)| *ty == origin.ty).collect();
        if typed.is_empty() {
            let found: Vec<String> = named
                .iter()
                .map(|(name, _, ty)| format!("`{name}`: {ty}"))
                .collect();
            return Err(format!(
                "expected an exported function `{}` of type {}, found {}",
                origin.name,
                origin.ty,
                found.join(", ")
            ));
        }
        let Some(provenance) = self.provenance() else {
            return match typed.as_slice() {
                [(name, index, _)] => Ok(CoreFunc {
                    name: (*name).to_string(),
                    index: *index,
                    reason: Reason::Only,
                    part: None,
                }),
                several => Err(format!(
                    "expected one exported function `{}` or a section `{}` that tells them apart, \
                     found {}",
                    origin.name,
                    Provenance::SECTION,
                    list(several.iter().map(|(name, ..)| *name))
                )),
            };
        };
        let comes_from = |index: u32| {
            let found = provenance.origin(index)?;
            let part = self.parts.get(found.component)?;
            let fits = found.func == origin.func && part.instances.contains(&origin.component);
            fits.then_some(found.component)
        };
        let mut fitting = typed
            .iter()
            .filter_map(|(name, index, _)| comes_from(*index).map(|part| (*name, *index, part)));
        let Some((name, index, part)) = fitting.next() else {
            return Err(format!(
                "expected function {} of the component that exports `{}`, found by provenance {}",
                origin.func,
                origin.name,
                list(
                    typed
                        .iter()
                        .map(|(name, index, _)| self.described(name, *index))
                )
            ));
        };
        let others: Vec<_> = fitting.filter(|(_, other, _)| *other != index).collect();
        let id = self.parts.get(part).map(|part| part.id.clone());
        let alone = self
            .parts
            .get(part)
            .is_some_and(|part| part.instances.len() == 1);
        if !others.is_empty() || !alone {
            let all = std::iter::once(name).chain(others.iter().map(|(name, ..)| *name));
            return Err(format!(
                "expected one exported function that comes from the component that exports `{}`, \
                 found {}; the composition has several such components",
                origin.name,
                list(all)
            ));
        }
        Ok(CoreFunc {
            name: name.to_string(),
            index,
            reason: Reason::Provenance(id.unwrap_or_default()),
            part: Some(part),
        })
    }

    pub(super) fn described(&self, name: &str, index: u32) -> String {
        let origin = self.provenance().and_then(|all| all.origin(index));
        match origin.and_then(|origin| Some((origin.func, self.parts.get(origin.component)?))) {
            Some((func, part)) => format!("`{name}` (function {func} of {})", part.id),
            None => format!("`{name}` (of unknown origin)"),
        }
    }

    /// Returns the component whose functions call an imported function, if they are of one.
    pub(super) fn calling_part(&self, import: u32) -> Option<usize> {
        let provenance = self.provenance()?;
        let callers = self.fused.callers(import);
        let parts: BTreeSet<usize> = callers
            .filter_map(|caller| Some(provenance.origin(caller)?.component))
            .collect();
        match parts.into_iter().collect::<Vec<_>>().as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// Returns the component with this number.
    pub(super) fn numbered(&self, number: u32) -> Option<usize> {
        let mut all = self.parts.iter().enumerate();
        all.find(|(_, part)| part.number == Some(number))
            .map(|(index, _)| index)
    }

    /// Returns the component instance that a component certainly is.
    pub(super) fn instance_of(&self, part: usize) -> Result<Option<usize>> {
        let part = self.part(part)?;
        let certain = part.instances.len() == 1;
        Ok(certain.then(|| part.instances.first().copied()).flatten())
    }

    /// Returns the component that certainly is a component instance.
    pub(super) fn part_of(&self, instance: usize) -> Option<usize> {
        let mut all = self.parts.iter().enumerate();
        let own =
            all.find(|(_, part)| part.instances.len() == 1 && part.instances.contains(&instance));
        own.map(|(index, _)| index)
    }
}
