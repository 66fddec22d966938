//! Finds the core modules that the functions of a fused module come from, and their memories.

use std::collections::{BTreeMap, BTreeSet};

use seam_decode::Provenance;

use super::scan::{Scan, Uses};
use crate::intrinsic::Intrinsic;

/// The original index that meld gives to functions that it made itself.
const MADE_BY_MELD: u32 = u32::MAX;

/// A core module of a component, as an index into [`Origins::modules`].
pub(super) type Unit = usize;

/// The core modules that a fused module was made from.
pub(super) struct Origins {
    pub(super) modules: Vec<Module>,
    /// The module that each defined function comes from, by the function's index.
    pub(super) units: BTreeMap<u32, Unit>,
    /// The module that uses a table, by the table's index, unless several modules use it.
    pub(super) tables: BTreeMap<u32, Unit>,
}

/// A core module of a component.
#[derive(Clone)]
pub(super) struct Module {
    /// The component's name, with a number if the component has several modules.
    pub(super) name: String,
    /// The memories that it uses.
    pub(super) memories: BTreeSet<u32>,
}

impl Origins {
    pub(super) fn new(scan: &Scan<'_>, provenance: &Provenance) -> Self {
        let (mut modules, mut units) = own_functions(scan, provenance);
        assign_made_by_meld(scan, provenance, &modules, &mut units);
        assign_memory_of_made_functions(scan, &units, &mut modules);
        assign_unused_memory(scan, &units, &mut modules);
        number_modules(provenance, &mut modules);
        Self {
            tables: tables(scan, &units),
            modules,
            units,
        }
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
