//! The resource built-ins that a fused module imports, and its own handle tables.

use std::collections::BTreeSet;

use seam_core::Result;

use super::canonical::CoreImport;
use super::choose::Known;
use super::unfused::Origin;
use crate::module::{Op, OpName, link};
use crate::plan::{CoreItem, Plan, ResourceOrigin};
use crate::types::ResourceId;

/// The functions of a handle table that a module keeps itself: meld makes one for each resource
/// that a component imports and exports again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HandleTable<'a> {
    number: u32,
    /// Interface and resource, mangled.
    rest: &'a str,
    resource: &'a str,
}

/// A resource built-in that a core module of the composition imports.
#[derive(Clone, Debug)]
pub(super) struct Builtin<'a> {
    pub(super) name: OpName<'a>,
    pub(super) component: usize,
    pub(super) resource: ResourceId,
}

/// Returns all resource built-ins that core modules of the composition import.
pub(super) fn builtins<'a>(known: &Known<'a>) -> Vec<Builtin<'a>> {
    let items = &known.unfused.plan.core_items;
    let all = known.unfused.core_imports();
    all.filter_map(|(component, module, field, item)| {
        let resource = match items.get(item)? {
            CoreItem::ResourceNew(id, _)
            | CoreItem::ResourceDrop(id, _)
            | CoreItem::ResourceRep(id, _) => *id,
            _ => return None,
        };
        Some(Builtin {
            name: OpName::of(module, field)?,
            component,
            resource,
        })
    })
    .collect()
}

/// Finds which resource type an imported built-in is about, and for which component instance.
///
/// `siblings` are all resource built-ins that the fused module imports.
///
/// # Errors
/// A message that says what was expected and what was found.
pub(super) fn resolve(
    known: &Known<'_>,
    builtins: &[Builtin<'_>],
    siblings: &[(u32, OpName<'_>)],
    name: &OpName<'_>,
    index: u32,
) -> Result<(ResourceId, usize), String> {
    let about: Vec<&Builtin<'_>> = builtins.iter().filter(|b| b.name.is_of(name)).collect();
    if about.is_empty() {
        return Err(format!(
            "expected a resource of the composition, found no `{}` of `{}` there",
            name.resource, name.interface
        ));
    }
    let part = match name.number {
        Some(number) => known.numbered(number),
        None => known.calling_part(index),
    };
    let instance = part.and_then(|part| known.instance_of(part).ok().flatten());
    // The importing component's own view of the name comes first, as it or another defines it.
    let views: [&dyn Fn(&Builtin<'_>) -> bool; 3] = [
        &|b| Some(b.component) == instance && b.name.defines == name.defines,
        &|b| Some(b.component) == instance,
        &|b| {
            let numbered = siblings.iter().filter(|(_, other)| {
                other.number.is_some() && other.op == name.op && other.defines == name.defines
            });
            let mut claimed =
                numbered
                    .filter(|(_, other)| other.is_of(name))
                    .filter_map(|(_, other)| {
                        known
                            .instance_of(known.numbered(other.number?)?)
                            .ok()
                            .flatten()
                    });
            let own = instance.is_none() && name.number.is_none();
            own && b.name.defines == name.defines
                && b.name.op == name.op
                && !claimed.any(|other| other == b.component)
        },
    ];
    let all: &dyn Fn(&Builtin<'_>) -> bool = &|_| true;
    for view in views.into_iter().chain([all]) {
        let seen: Vec<_> = about.iter().filter(|b| view(b)).collect();
        let resources: BTreeSet<ResourceId> = seen.iter().map(|b| b.resource).collect();
        let Some(first) = seen.first() else {
            continue;
        };
        if resources.len() == 1 {
            return Ok((first.resource, instance.unwrap_or(first.component)));
        }
    }
    Err(format!(
        "expected one resource `{}` of `{}` to be meant, found {} in the composition and nothing \
         that tells them apart",
        name.resource,
        name.interface,
        about
            .iter()
            .map(|b| b.resource)
            .collect::<BTreeSet<_>>()
            .len()
    ))
}

impl<'a> HandleTable<'a> {
    /// Returns the handle tables of a module, in the order of component numbers and names.
    pub(super) fn all(known: &Known<'a>) -> Vec<Self> {
        let names = known.fused.funcs().filter_map(|(name, ..)| {
            let (number, rest) = name.strip_prefix("$ht_new_")?.split_once('_')?;
            let complete = ["rep", "drop"].iter().all(|op| {
                known
                    .fused
                    .func(&format!("$ht_{op}_{number}_{rest}"))
                    .is_some()
            });
            let resource = rest.rsplit('_').next()?;
            let number = number.parse().ok()?;
            complete.then_some(Self {
                number,
                rest,
                resource,
            })
        });
        let mut all: Vec<_> = names.collect();
        all.sort_by(|a, b| (a.number, a.rest).cmp(&(b.number, b.rest)));
        all
    }

    /// Returns the name of the exported function that performs an operation.
    pub(super) fn export(&self, op: Op) -> String {
        let op = match op {
            Op::New => "new",
            Op::Rep => "rep",
            Op::Drop => "drop",
        };
        format!("$ht_{op}_{}_{}", self.number, self.rest)
    }

    fn is_for(&self, interface: &str) -> bool {
        let mangled: String = interface
            .chars()
            .map(|c| match c {
                ':' | '/' | '@' | '.' | '-' => '_',
                other => other,
            })
            .collect();
        self.rest == format!("{mangled}_{}", self.resource)
    }
}

/// Returns the handle table that keeps the handles of a resource, if the module has one.
///
/// meld sends the built-ins of a resource name to one table where any component keeps one: to that
/// of the component itself, else of the interface, else to the first.
pub(super) fn table<'t, 'a>(
    tables: &'t [HandleTable<'a>],
    number: Option<u32>,
    interface: &str,
    resource: &str,
) -> Option<&'t HandleTable<'a>> {
    let named = || tables.iter().filter(|table| table.resource == resource);
    let own = named().find(|table| Some(table.number) == number && table.is_for(interface));
    own.or_else(|| named().find(|table| table.is_for(interface)))
        .or_else(|| named().next())
}

/// Finds the exported function that destroys a resource, if its type has a destructor.
///
/// A component names its destructor `I#[dtor]R`. In the composition, a function of a shim can stand
/// for it, which a fusion into one memory drops.
///
/// # Errors
/// `Link` that names the resource.
pub(super) fn destructor(
    known: &Known<'_>,
    id: ResourceId,
    instance: usize,
    defining: Option<&Builtin<'_>>,
) -> Result<Option<String>> {
    let Some(item) = dtor(&known.unfused.plan, id) else {
        return Ok(None);
    };
    let named = defining.map(|b| format!("{}#[dtor]{}", b.name.interface, b.name.resource));
    let mut modules = known.unfused.modules_of(instance);
    let own = named.as_deref().and_then(|name| {
        let found = modules.find_map(|module| module.func(name));
        found.map(|(func, ty)| Origin {
            component: instance,
            name,
            func,
            ty,
        })
    });
    let origin = match own {
        Some(origin) => Some(origin),
        None => known.unfused.origin(item)?,
    };
    let what = || {
        format!(
            "destructor `{}`",
            named.as_deref().unwrap_or("of a resource")
        )
    };
    let origin = origin.ok_or_else(|| link(what(), "expected an export of a core module"))?;
    let func = known.func(&origin).map_err(|e| link(what(), &e))?;
    Ok(Some(func.name))
}

fn dtor(plan: &Plan, id: ResourceId) -> Option<usize> {
    match plan.resources.get(usize::try_from(id.0).ok()?)?.origin {
        ResourceOrigin::Guest { dtor, .. } => dtor,
        _ => None,
    }
}

/// Lists the resource built-ins among imported functions: index and name.
pub(super) fn ops<'a>(imports: &[CoreImport<'a>]) -> Vec<(u32, OpName<'a>)> {
    let named = imports.iter();
    named
        .filter_map(|import| Some((import.index, OpName::of(import.module, import.field)?)))
        .collect()
}
