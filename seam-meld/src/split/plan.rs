//! Decides which imports the new module has, and who calls which.

use std::collections::{BTreeMap, BTreeSet};

use seam_core::{Error, Result};
use seam_decode::Provenance;

use super::origin::{Module, Origins, Unit};
use super::scan::Scan;
use crate::intrinsic::{Intrinsic, MODULE};

/// The imports of the new module.
pub(super) struct Plan {
    /// The new imports for each original one, by its function index. The first one has its index.
    pub(super) imports: BTreeMap<u32, Vec<NewImport>>,
    pub(super) origins: Origins,
    /// The name of the exported memory that each import means, by field name.
    pub(super) memories: BTreeMap<String, String>,
    /// The memories to export, by index, with their new names.
    pub(super) new_exports: BTreeMap<u32, String>,
}

/// One import of the new module.
pub(super) struct NewImport {
    /// The unit that calls it, or `None` for uses outside of a unit.
    pub(super) unit: Option<Unit>,
    pub(super) field: String,
    /// Its function index.
    pub(super) index: u32,
}

impl Plan {
    /// Makes the plan.
    ///
    /// # Errors
    /// `Link` if the origin of a function that calls an import is unknown.
    pub(super) fn new(scan: &Scan<'_>, provenance: &Provenance) -> Result<Self> {
        let mut plan = Self {
            imports: BTreeMap::new(),
            origins: Origins::new(scan, provenance),
            memories: BTreeMap::new(),
            new_exports: BTreeMap::new(),
        };
        let mut next = scan.imported;
        for (import, (field, _)) in &scan.imports {
            let mut made = Vec::new();
            for unit in plan.callers(scan, *import)? {
                let index = match made.is_empty() {
                    true => *import,
                    false => {
                        next += 1;
                        next - 1
                    }
                };
                let module = unit.and_then(|unit| plan.origins.modules.get(unit));
                let field = match module.cloned() {
                    Some(module) => plan.field(scan, field, &module),
                    None => (*field).to_string(),
                };
                made.push(NewImport { unit, field, index });
            }
            plan.imports.insert(*import, made);
        }
        plan.bind_unused(scan);
        Ok(plan)
    }

    /// Binds unused imports to the first exported memory. Without a binding they would prevent linking.
    ///
    /// meld's output often has such imports.
    fn bind_unused(&mut self, scan: &Scan<'_>) {
        let Some((_, memory)) = scan.memory_exports.iter().next() else {
            return;
        };
        let unnamed = |(import, (field, _)): (&u32, &(&str, u32))| {
            let made = self.imports.get(import).into_iter().flatten();
            let keeps_name = made.into_iter().any(|made| made.unit.is_none());
            keeps_name.then(|| ((*field).to_string(), scan.is_used(*import)))
        };
        let unnamed: Vec<_> = scan.imports.iter().filter_map(unnamed).collect();
        for (field, _) in &unnamed {
            let used = unnamed.iter().any(|(other, used)| other == field && *used);
            let needs = Intrinsic::of_field(field).is_some_and(Intrinsic::uses_memory);
            if needs && !used {
                self.memories.insert(field.clone(), (*memory).to_string());
            }
        }
    }

    /// Returns the units that use an import. `None` stands for uses outside of a unit.
    fn callers(&self, scan: &Scan<'_>, import: u32) -> Result<BTreeSet<Option<Unit>>> {
        let mut callers = BTreeSet::new();
        for (index, body) in (scan.imported..).zip(&scan.bodies) {
            if body.calls.contains(&import) {
                let unit = self.origins.units.get(&index).ok_or_else(|| {
                    let field = scan.imports.get(&import).map_or("", |(field, _)| field);
                    Error::link(format!(
                        "expected the core module from which function {index} comes, which calls \
                         `{MODULE}#{field}`, found none in the section `{}`",
                        Provenance::SECTION
                    ))
                })?;
                callers.insert(Some(*unit));
            }
        }
        for (table, funcs) in &scan.segments {
            if funcs.contains(&import) {
                callers.insert(self.origins.tables.get(table).copied());
            }
        }
        if scan.elsewhere.contains(&import) || callers.is_empty() {
            callers.insert(None);
        }
        Ok(callers)
    }

    /// Returns the field name of a module's import, and notes its memory.
    fn field(&mut self, scan: &Scan<'_>, field: &str, module: &Module) -> String {
        let Some(intrinsic) = Intrinsic::of_field(field) else {
            return field.to_string();
        };
        let field = format!("{intrinsic}${}", module.name);
        let mut memories = module.memories.iter();
        if let (true, Some(memory), None) =
            (intrinsic.uses_memory(), memories.next(), memories.next())
        {
            let export = match scan.memory_exports.get(memory) {
                Some(name) => (*name).to_string(),
                None => self.new_export(scan, *memory),
            };
            self.memories.insert(field.clone(), export);
        }
        field
    }

    /// Returns the new name of a memory that is not exported yet.
    fn new_export(&mut self, scan: &Scan<'_>, memory: u32) -> String {
        let name = self.new_exports.entry(memory).or_insert_with(|| {
            let mut name = format!("seam:memory.{memory}");
            while scan.exports.contains(&*name) {
                name.push('\'');
            }
            name
        });
        name.clone()
    }

    /// Returns the number of additional imports.
    pub(super) fn added(&self) -> u32 {
        let made = self.imports.values();
        let added: usize = made.map(|made| made.len().saturating_sub(1)).sum();
        u32::try_from(added).unwrap_or(u32::MAX)
    }

    /// Returns the new index of a function, for uses outside of a unit.
    pub(super) fn moved(&self, scan: &Scan<'_>, func: u32) -> u32 {
        match func < scan.imported {
            true => func,
            false => func.saturating_add(self.added()),
        }
    }

    /// Returns the new index of a function, for uses by a unit.
    pub(super) fn moved_for(&self, scan: &Scan<'_>, func: u32, unit: Option<Unit>) -> u32 {
        let made = self.imports.get(&func).into_iter().flatten();
        let mut made = made.filter(|made| made.unit == unit);
        match made.next() {
            Some(made) => made.index,
            None => self.moved(scan, func),
        }
    }
}
