//! Decides which imports the new module has, and who calls which.

use std::collections::{BTreeMap, BTreeSet};

use seam_core::{Error, Result};
use seam_decode::Provenance;

use super::scan::{Scan, Uses};
use crate::intrinsic::{Intrinsic, MODULE};

/// The original index that meld gives to functions that it made itself.
const MADE_BY_MELD: u32 = u32::MAX;

/// The core module of a component that a function comes from, as an index into [`Plan::units`].
pub(super) type Unit = usize;

/// The imports of the new module.
pub(super) struct Plan {
    /// The new imports for each original one, by its function index. The first one has its index.
    pub(super) copies: BTreeMap<u32, Vec<Copy>>,
    /// The unit of each defined function that has one, by its original index.
    units: BTreeMap<u32, Unit>,
    /// The only unit whose functions use a table, by the table's index.
    pub(super) tables: BTreeMap<u32, Unit>,
    /// The memory of each import, by field name.
    pub(super) memories: BTreeMap<String, String>,
    /// The memories to export.
    pub(super) new_exports: BTreeMap<u32, String>,
}

/// One import of the new module.
pub(super) struct Copy {
    /// The unit that calls it, or `None` for uses that have no unit.
    pub(super) unit: Option<Unit>,
    pub(super) field: String,
    /// Its function index.
    pub(super) index: u32,
}

/// A core module of a component.
struct Module {
    name: String,
    memories: BTreeSet<u32>,
}

impl Plan {
    /// # Errors
    /// `Link` if a function calls an import but has no origin.
    pub(super) fn new(scan: &Scan<'_>, provenance: &Provenance) -> Result<Self> {
        let (mut modules, mut units) = own_functions(scan, provenance);
        assign_made_by_meld(scan, provenance, &modules, &mut units);
        assign_memory_of_made_functions(scan, &units, &mut modules);
        assign_unused_memory(scan, &units, &mut modules);
        number_modules(provenance, &mut modules);
        let mut plan = Self {
            copies: BTreeMap::new(),
            tables: tables(scan, &units),
            units,
            memories: BTreeMap::new(),
            new_exports: BTreeMap::new(),
        };
        let mut next = scan.imported;
        for (import, (field, _)) in &scan.imports {
            let callers = plan.callers(scan, *import)?;
            let mut copies = Vec::new();
            for unit in callers {
                let index = match copies.is_empty() {
                    true => *import,
                    false => {
                        next += 1;
                        next - 1
                    }
                };
                let module = unit.and_then(|unit| modules.get(unit));
                let field = match module {
                    Some(module) => plan.field(scan, field, module),
                    None => (*field).to_string(),
                };
                copies.push(Copy { unit, field, index });
            }
            plan.copies.insert(*import, copies);
        }
        plan.bind_unused(scan);
        Ok(plan)
    }

    /// Binds imports that nobody uses to any memory, so that they do not hinder linking.
    ///
    /// meld often leaves such imports behind.
    fn bind_unused(&mut self, scan: &Scan<'_>) {
        let Some((_, memory)) = scan.memory_exports.iter().next() else {
            return;
        };
        let unnamed = |(import, (field, _)): (&u32, &(&str, u32))| {
            let copies = self.copies.get(import).into_iter().flatten();
            let keeps_name = copies.into_iter().any(|copy| copy.unit.is_none());
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

    /// Returns the units that use an import, in order. `None` stands for uses without a unit.
    fn callers(&self, scan: &Scan<'_>, import: u32) -> Result<BTreeSet<Option<Unit>>> {
        let mut callers = BTreeSet::new();
        for (index, body) in (scan.imported..).zip(&scan.bodies) {
            if body.calls.contains(&import) {
                let unit = self.units.get(&index).ok_or_else(|| {
                    let field = scan.imports.get(&import).map_or("", |(field, _)| field);
                    Error::link(format!(
                        "expected an origin of function {index}, which calls `{MODULE}#{field}`, \
                         found none in `{}`",
                        Provenance::SECTION
                    ))
                })?;
                callers.insert(Some(*unit));
            }
        }
        for (table, funcs) in &scan.segments {
            if funcs.contains(&import) {
                callers.insert(self.tables.get(table).copied());
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

    /// Returns the name under which a memory is exported that was not.
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

    /// Returns the number of imports that the new module has in addition.
    pub(super) fn added(&self) -> u32 {
        let copies = self.copies.values();
        let added: usize = copies.map(|copies| copies.len().saturating_sub(1)).sum();
        u32::try_from(added).unwrap_or(u32::MAX)
    }

    /// Returns the new index of a function, for uses without a unit.
    pub(super) fn moved(&self, scan: &Scan<'_>, func: u32) -> u32 {
        match func < scan.imported {
            true => func,
            false => func.saturating_add(self.added()),
        }
    }

    /// Returns the new index of a function that is used by this unit.
    pub(super) fn moved_for(&self, scan: &Scan<'_>, func: u32, unit: Option<Unit>) -> u32 {
        let copies = self.copies.get(&func).into_iter().flatten();
        let mut copies = copies.filter(|copy| copy.unit == unit);
        match copies.next() {
            Some(copy) => copy.index,
            None => self.moved(scan, func),
        }
    }

    /// Returns the unit of a defined function.
    pub(super) fn unit(&self, func: u32) -> Option<Unit> {
        self.units.get(&func).copied()
    }
}

/// Assigns the functions of the components to core modules.
///
/// The functions of a module follow each other in the order that they had. A component whose
/// functions start again at a lower index has one more module.
fn own_functions(scan: &Scan<'_>, provenance: &Provenance) -> (Vec<Module>, BTreeMap<u32, Unit>) {
    let mut modules: Vec<Module> = Vec::new();
    let mut units = BTreeMap::new();
    let mut last: Option<(usize, u32)> = None;
    for (func, body) in (scan.imported..).zip(&scan.bodies) {
        let Some(origin) = provenance.origin(func) else {
            continue;
        };
        if origin.func == MADE_BY_MELD {
            continue;
        }
        let goes_on =
            last.is_some_and(|(component, at)| component == origin.component && at < origin.func);
        last = Some((origin.component, origin.func));
        if !goes_on {
            let name = provenance.components().get(origin.component);
            modules.push(Module {
                name: name.cloned().unwrap_or_default(),
                memories: BTreeSet::new(),
            });
        }
        if let Some(module) = modules.last_mut() {
            module.memories.extend(&body.memories);
        }
        units.insert(func, modules.len().saturating_sub(1));
    }
    (modules, units)
}

/// Assigns the functions that meld made for a component, such as those of its bridge for streams.
///
/// If the component has several modules, it is the one whose memory the function uses.
fn assign_made_by_meld(
    scan: &Scan<'_>,
    provenance: &Provenance,
    modules: &[Module],
    units: &mut BTreeMap<u32, Unit>,
) {
    for (func, body) in (scan.imported..).zip(&scan.bodies) {
        let origin = provenance.origin(func);
        let Some(origin) = origin.filter(|origin| origin.func == MADE_BY_MELD) else {
            continue;
        };
        let name = provenance.components().get(origin.component);
        let of_component = || {
            let modules = modules.iter().enumerate();
            modules.filter(|(_, module)| Some(&module.name) == name)
        };
        let touched = |(_, module): &(usize, &Module)| {
            let mut shared = module.memories.intersection(&body.memories);
            shared.next().is_some()
        };
        let unit = only(of_component()).or_else(|| only(of_component().filter(touched)));
        if let Some((unit, _)) = unit {
            units.insert(func, unit);
        }
    }
}

/// Assigns a memory to the modules whose own functions use none, if one of the functions that meld made
/// for the module uses it, and no function of another module does.
fn assign_memory_of_made_functions(
    scan: &Scan<'_>,
    units: &BTreeMap<u32, Unit>,
    modules: &mut [Module],
) {
    let mut users: BTreeMap<u32, BTreeSet<Option<&Unit>>> = BTreeMap::new();
    for (func, body) in (scan.imported..).zip(&scan.bodies) {
        for memory in &body.memories {
            users.entry(*memory).or_default().insert(units.get(&func));
        }
    }
    for (unit, module) in modules.iter_mut().enumerate() {
        let alone = |users: &BTreeSet<Option<&Unit>>| users.iter().eq(&[Some(&unit)]);
        let own = users.iter().filter(|(_, users)| alone(users));
        if let (true, Some((memory, _))) = (module.memories.is_empty(), only(own)) {
            module.memories.insert(*memory);
        }
    }
}

/// Assigns the only memory that no function uses to the only module that calls a function with an
/// address but uses no memory itself.
fn assign_unused_memory(scan: &Scan<'_>, units: &BTreeMap<u32, Unit>, modules: &mut [Module]) {
    let used: BTreeSet<u32> = scan
        .bodies
        .iter()
        .flat_map(|it| &it.memories)
        .copied()
        .collect();
    let unused = (0..scan.memories).filter(|memory| !used.contains(memory));
    let passes_address = |import: &u32| {
        let field = scan.imports.get(import).map(|(field, _)| *field);
        let intrinsic = field.and_then(Intrinsic::of_field);
        intrinsic.is_some_and(Intrinsic::uses_memory)
    };
    let callers = (scan.imported..).zip(&scan.bodies);
    let callers = callers.filter(|(_, body)| body.calls.iter().any(passes_address));
    let callers: BTreeSet<_> = callers.filter_map(|(func, _)| units.get(&func)).collect();
    let without = modules.iter_mut().enumerate();
    let without =
        without.filter(|(unit, module)| module.memories.is_empty() && callers.contains(unit));
    if let (Some(memory), Some((_, module))) = (only(unused), only(without)) {
        module.memories.insert(memory);
    }
}

/// Tells the modules of a component apart by a number.
fn number_modules(provenance: &Provenance, modules: &mut [Module]) {
    for name in provenance.components() {
        let of_component = modules.iter_mut().filter(|module| module.name == *name);
        let of_component: Vec<_> = of_component.collect();
        if of_component.len() > 1 {
            for (number, module) in of_component.into_iter().enumerate() {
                module.name = format!("{name}.{number}");
            }
        }
    }
}

/// Returns the unit of each table that the functions of one unit use.
fn tables(scan: &Scan<'_>, units: &BTreeMap<u32, Unit>) -> BTreeMap<u32, Unit> {
    let mut users: BTreeMap<u32, BTreeSet<Option<Unit>>> = BTreeMap::new();
    for (func, body) in (scan.imported..).zip(&scan.bodies) {
        let Uses { tables, .. } = body;
        for table in tables {
            let unit = units.get(&func).copied();
            users.entry(*table).or_default().insert(unit);
        }
    }
    let owned = users.into_iter().filter_map(|(table, users)| {
        let user = only(users.into_iter())?;
        Some((table, user?))
    });
    owned.collect()
}

/// Returns the item of an iterator that has one.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}
