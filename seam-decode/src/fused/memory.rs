//! The choice of a memory.

use std::collections::BTreeSet;

use super::choose::Known;
use crate::module::{Chosen, Reason, list, suffix};

impl Known<'_> {
    /// Finds the exported memory that the caller of the seam named.
    ///
    /// # Errors
    /// A message that lists the exported memories.
    pub(super) fn given_memory(&self, name: &str) -> Result<Chosen, String> {
        let mut exports = self.fused.memory_exports();
        match exports.find(|(export, _)| *export == name) {
            Some(_) => Ok(Chosen {
                export: name.to_string(),
                reason: Reason::Given,
            }),
            None => Err(format!(
                "expected the given memory `{name}` to be exported, found {}",
                list(self.fused.memory_exports().map(|(name, _)| name))
            )),
        }
    }

    /// Decides on the memory of a component, or of a function whose component is unknown.
    ///
    /// `users` are the functions whose loads and stores count, e.g. the function itself.
    ///
    /// # Errors
    /// A message that names the candidates.
    pub(super) fn memory(
        &self,
        part: Option<usize>,
        name: Option<&str>,
        users: &[u32],
    ) -> Result<Chosen, String> {
        if self.fused.memories == 1 {
            return self.exported(0, Reason::Only);
        }
        if self.fused.memories == 0 {
            return Err("expected a memory, found none".to_string());
        }
        let mut votes: Vec<(u32, Reason)> = Vec::new();
        if let Some(part) = part.and_then(|part| Some((part, self.parts.get(part)?))) {
            if let Some(memory) = self.memory_of_part(part.0) {
                votes.push((memory, Reason::Provenance(part.1.id.clone())));
            }
        }
        let number = name.and_then(suffix).map(|(_, number)| number);
        let number = number.or_else(|| part.and_then(|part| self.parts.get(part)?.number));
        if let Some(number) = number {
            let named = format!("memory${number}");
            let mut exports = self.fused.memory_exports();
            if let Some((_, memory)) = exports.find(|(name, _)| *name == named) {
                votes.push((memory, Reason::Suffix(number)));
            }
        }
        let used: BTreeSet<u32> = users
            .iter()
            .flat_map(|func| self.memories_of(*func))
            .collect();
        if let [only] = used.iter().collect::<Vec<_>>().as_slice() {
            votes.push((**only, Reason::Uses));
        }
        let Some((memory, reason)) = votes.first().cloned() else {
            let all: Vec<_> = self.fused.memory_exports().map(|(name, _)| name).collect();
            return Err(format!(
                "expected one memory to be meant, found {} and nothing that tells them apart",
                list(all)
            ));
        };
        let differing = votes.iter().find(|(other, _)| *other != memory);
        let unused = (!used.is_empty() && !used.contains(&memory)).then(|| used.first().copied());
        let against = differing.map(|(other, why)| (*other, why.to_string()));
        let against = against.or_else(|| Some((unused??, Reason::Uses.to_string())));
        if let Some((other, why)) = against {
            return Err(format!(
                "expected one memory to be meant, found {} ({reason}) and {} ({why})",
                self.memory_name(memory),
                self.memory_name(other)
            ));
        }
        self.exported(memory, reason)
    }

    fn exported(&self, memory: u32, reason: Reason) -> Result<Chosen, String> {
        let mut exports = self.fused.memory_exports();
        let found = exports.find(|(_, index)| *index == memory);
        let (name, _) = found.ok_or_else(|| {
            format!("expected memory {memory} ({reason}) to be exported, found that it is not")
        })?;
        Ok(Chosen {
            export: name.to_string(),
            reason,
        })
    }

    fn memory_name(&self, memory: u32) -> String {
        let mut exports = self.fused.memory_exports();
        let found = exports.find(|(_, index)| *index == memory);
        found.map_or_else(
            || format!("memory {memory}"),
            |(name, _)| format!("`{name}`"),
        )
    }

    fn memories_of(&self, func: u32) -> BTreeSet<u32> {
        let body = self.fused.body(func);
        body.map(|body| body.memories.clone()).unwrap_or_default()
    }

    /// Returns the one memory that the functions of a component use.
    fn memory_of_part(&self, part: usize) -> Option<u32> {
        let funcs = self.provenance()?.funcs();
        let own = funcs.filter(|(_, origin)| origin.component == part);
        let used: BTreeSet<u32> = own.flat_map(|(func, _)| self.memories_of(func)).collect();
        match used.iter().collect::<Vec<_>>().as_slice() {
            [only] => Some(**only),
            _ => None,
        }
    }
}
