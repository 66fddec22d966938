//! Binds the imports of a fused module: functions of the world, resource built-ins, and the rest.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use seam_core::{CoreExternType, CoreModuleType, ExportName, Result};

use super::canonical::{self, Canonical, CoreImport};
use super::choose::Known;
use super::parts::originals;
use super::resource::{Builtin, HandleTable, ops, resolve, table};
use crate::module::{
    BoundImport, Chosen, ExportChoice, Later, Need, Op, OpName, link, need, suffix,
};
use crate::pass::unknown;
use crate::plan::{CoreItem, Func, Import, Options};
use crate::types::{Side, StringEncoding, flatten_async_functype, flatten_functype};

/// The imports of a fused module.
pub(super) struct Imports {
    /// What stands for each import, in declaration order.
    pub(super) items: Vec<CoreItem>,
    /// The functions of the world that the module imports, in the order of the composition's.
    pub(super) funcs: Vec<Import>,
    /// The module with only those imports that keep their core types, in declaration order.
    pub(super) raw: CoreModuleType,
    /// How each typed import was bound.
    pub(super) bound: Vec<BoundImport>,
    /// The exports that the imported functions use.
    pub(super) later: Later,
    /// The lifted functions that imports are, as indices into the composition's
    /// [`Plan::lifts`](crate::Plan::lifts), with what they use. They come first in the plan.
    pub(super) lifted: Vec<(usize, ExportChoice)>,
}

/// What an import is.
enum Meaning<'a> {
    Resource(OpName<'a>),
    /// The function of the world at this position of the composition's
    /// [`Plan::imports`](crate::Plan::imports).
    World(usize),
    /// A built-in, or a function of a component inside the composition.
    Inside(CoreItem),
    /// Something that the composition has nothing to do with.
    Raw,
}

/// A core import that is a function of the world.
struct Typed<'a> {
    import: CoreImport<'a>,
    /// Position in the composition's [`Plan::imports`](crate::Plan::imports).
    func: usize,
}

/// Binds all imports.
///
/// # Errors
/// `Link` that names the import, what was expected and what was found.
pub(super) fn imports(
    known: &Known<'_>,
    builtins: &[Builtin<'_>],
    tables: &[HandleTable<'_>],
) -> Result<Imports> {
    let all = &known.fused.ty.imports;
    let funcs = all.iter().filter_map(|(module, field, ty)| match ty {
        CoreExternType::Func(ty) => Some((&**module, &**field, ty)),
        _ => None,
    });
    let numbered = (0..).zip(funcs);
    let numbered: Vec<CoreImport<'_>> = numbered
        .map(|(index, (module, field, ty))| CoreImport {
            index,
            module,
            field,
            ty,
        })
        .collect();
    let mut later = Later::new(all.len());
    let mut lifted = Vec::new();
    let mut meanings = Vec::new();
    for import in &numbered {
        meanings.push(meaning(known, &numbered, *import, &mut later, &mut lifted)?);
    }
    let used = meanings.iter().filter_map(|meaning| match meaning {
        Meaning::World(func) => Some(*func),
        _ => None,
    });
    let used: BTreeSet<usize> = used.collect();
    let mut made = Imports {
        items: Vec::new(),
        funcs: Vec::new(),
        raw: CoreModuleType {
            imports: Vec::new(),
            ..CoreModuleType::clone(&known.fused.ty)
        },
        bound: Vec::new(),
        later,
        lifted,
    };
    for func in &used {
        let import = known.unfused.plan.imports.get(*func).ok_or_else(unknown)?;
        made.funcs.push(import.clone());
    }
    let binder = Binder {
        known,
        builtins,
        tables,
        siblings: ops(&numbered),
        places: used.into_iter().zip(0..).collect(),
        numbered: &numbered,
    };
    let mut meanings = numbered.iter().zip(meanings);
    for (module, field, ty) in all {
        match ty {
            CoreExternType::Func(_) => {
                let (import, meaning) = meanings.next().ok_or_else(unknown)?;
                binder.add(&mut made, *import, meaning)?;
            }
            ty => made.add_raw(module, field, ty),
        }
    }
    Ok(made)
}

/// Finds out what an import is.
fn meaning<'a>(
    known: &Known<'_>,
    numbered: &[CoreImport<'a>],
    import: CoreImport<'a>,
    later: &mut Later,
    lifted: &mut Vec<(usize, ExportChoice)>,
) -> Result<Meaning<'a>> {
    let CoreImport { module, field, .. } = import;
    if let Some(name) = OpName::of(module, field) {
        return Ok(Meaning::Resource(name));
    }
    let world = world_func(known, module, field);
    let inside = canonical::bind(known, numbered, import, world, later);
    Ok(match (inside.map_err(|e| link(import, &e))?, world) {
        (Some(Canonical::Builtin(item)), _) => Meaning::Inside(item),
        (Some(Canonical::Internal(internal)), _) => {
            let known = lifted.iter().position(|(lift, _)| *lift == internal.lift);
            let position = known.unwrap_or_else(|| {
                lifted.push((internal.lift, internal.choice));
                lifted.len() - 1
            });
            let (func, options) = (Func::Lifted(position), internal.options);
            Meaning::Inside(CoreItem::LowerForCaller(func, options, import.ty.clone()))
        }
        (Some(Canonical::World(position)), _) | (None, Some(position)) => Meaning::World(position),
        (None, None) => Meaning::Raw,
    })
}

/// What binding an import needs to know.
struct Binder<'k, 'a> {
    known: &'k Known<'k>,
    builtins: &'k [Builtin<'k>],
    tables: &'k [HandleTable<'k>],
    /// All resource built-ins that the module imports.
    siblings: Vec<(u32, OpName<'a>)>,
    /// The position of each function of the world among those that the module imports.
    places: BTreeMap<usize, usize>,
    numbered: &'k [CoreImport<'a>],
}

impl Binder<'_, '_> {
    fn add(&self, made: &mut Imports, import: CoreImport<'_>, meaning: Meaning<'_>) -> Result<()> {
        match meaning {
            Meaning::Resource(name) => made.items.push(self.resource(import, &name)?),
            Meaning::Inside(item) => made.items.push(item),
            Meaning::World(func) => {
                let place = *self.places.get(&func).ok_or_else(unknown)?;
                let typed = Typed { import, func };
                let lowered = lower(self.known, self.numbered, &typed, place, &mut made.later);
                let (item, bound) = lowered?;
                made.items.push(item);
                made.bound.push(bound);
            }
            Meaning::Raw => {
                let ty = CoreExternType::Func(import.ty.clone());
                made.add_raw(import.module, import.field, &ty);
            }
        }
        Ok(())
    }

    fn resource(&self, import: CoreImport<'_>, name: &OpName<'_>) -> Result<CoreItem> {
        let checked = name.op.check(import.ty);
        checked.map_err(|e| link(import, &e))?;
        if let Some(table) = table(self.tables, name.number, name.interface, name.resource) {
            let export = table.export(name.op).into();
            return Ok(CoreItem::OwnExport(export, import.ty.clone()));
        }
        let item = builtin(
            self.known,
            self.builtins,
            &self.siblings,
            name,
            import.index,
        );
        item.map_err(|e| link(import, &e))
    }
}

impl Imports {
    fn add_raw(&mut self, module: &str, field: &str, ty: &CoreExternType) {
        self.items.push(CoreItem::World(self.raw.imports.len()));
        let import = (module.into(), field.into(), ty.clone());
        self.raw.imports.push(import);
    }
}

/// Returns the position of the composition's import that a core import is.
///
/// meld names interfaces with the highest version that occurs.
fn world_func(known: &Known<'_>, module: &str, field: &str) -> Option<usize> {
    let imports = &known.unfused.plan.imports;
    originals(field).find_map(|field| {
        let name = match module {
            "" | "$root" => ExportName::root(field),
            // meld names a function that is no part of an interface by the module alone.
            _ if field.is_empty() => ExportName::root(module),
            _ => ExportName::in_instance(module, field),
        };
        let equal = imports.iter().position(|import| import.name == name);
        equal.or_else(|| {
            let track = name.track();
            let mut same = imports.iter().enumerate();
            same.find(|(_, import)| import.name.track() == track)
                .map(|(position, _)| position)
        })
    })
}

fn builtin(
    known: &Known<'_>,
    builtins: &[Builtin<'_>],
    siblings: &[(u32, OpName<'_>)],
    name: &OpName<'_>,
    index: u32,
) -> Result<CoreItem, String> {
    let (resource, component) = resolve(known, builtins, siblings, name, index)?;
    Ok(match name.op {
        Op::New => CoreItem::ResourceNew(resource, component),
        Op::Rep => CoreItem::ResourceRep(resource, component),
        Op::Drop => CoreItem::ResourceDrop(resource, component),
    })
}

/// Lowers a function of the world for the component that imports it.
fn lower(
    known: &Known<'_>,
    numbered: &[CoreImport<'_>],
    typed: &Typed<'_>,
    place: usize,
    later: &mut Later,
) -> Result<(CoreItem, BoundImport)> {
    let imports = &known.unfused.plan.imports;
    let import = imports.get(typed.func).ok_or_else(unknown)?;
    let is_async = is_async(typed, import).map_err(|e| link(typed.import, &e))?;
    let lowered = lowerings(known, typed.func, is_async);
    let part = importer(known, numbered, typed, &lowered);
    let instance = match part {
        Some(part) => known.instance_of(part)?,
        None => None,
    };
    let own = lowered
        .iter()
        .find(|(component, _)| Some(*component) == instance);
    let options = own.or_else(|| lowered.first());
    let options = options.map(|(_, options)| *options);
    let need = need(&import.ty, Side::Lower, is_async);
    let choice = choose(known, typed, need, part, instance, &lowered);
    let (memory, realloc) = choice.map_err(|e| link(typed.import, &e))?;
    let mut item = |chosen: &Option<Chosen>| chosen.as_ref().map(|it| later.item(&it.export));
    let options = Options {
        instance: instance.or(options.map(|it| it.instance)).unwrap_or(0),
        memory: item(&memory),
        realloc: item(&realloc),
        encoding: encoding(&lowered, own.map(|(_, options)| *options))
            .map_err(|e| link(typed.import, &e))?,
        is_async,
        gc: false,
    };
    let item = CoreItem::LowerForCaller(Func::Import(place), options, typed.import.ty.clone());
    Ok((item, bound(typed, import, memory, realloc)))
}

/// Finds out whether a function of the world is lowered with the option `async`. Its core type tells.
///
/// # Errors
/// A message that says what was expected and what was found.
fn is_async(typed: &Typed<'_>, import: &Import) -> Result<bool, String> {
    let wanted = flatten_functype(&import.ty, Side::Lower);
    let wanted_async = flatten_async_functype(&import.ty, Side::Lower, false);
    match typed.import.ty {
        ty if *ty == wanted => Ok(false),
        ty if *ty == wanted_async => Ok(true),
        ty => Err(format!(
            "expected type {wanted}, that of {}, or {wanted_async} if it is lowered with `async`, \
             found {ty}",
            import.name
        )),
    }
}

fn bound(
    typed: &Typed<'_>,
    import: &Import,
    memory: Option<Chosen>,
    realloc: Option<Chosen>,
) -> BoundImport {
    BoundImport {
        name: import.name.clone(),
        core: (typed.import.module.into(), typed.import.field.into()),
        memory,
        realloc,
    }
}

/// Returns the component instances of the composition that lower an imported function, with their
/// options.
fn lowerings(known: &Known<'_>, func: usize, is_async: bool) -> Vec<(usize, Options)> {
    let items = known.unfused.plan.core_items.iter();
    items
        .filter_map(|item| match item {
            CoreItem::Lower(Func::Import(index), options, _)
                if *index == func && options.is_async == is_async =>
            {
                Some((options.instance, *options))
            }
            _ => None,
        })
        .collect()
}

/// Returns the component that imports a function: by its callers, by its suffix, or because no
/// other component imports the function.
fn importer(
    known: &Known<'_>,
    numbered: &[CoreImport<'_>],
    typed: &Typed<'_>,
    lowered: &[(usize, Options)],
) -> Option<usize> {
    let CoreImport {
        index,
        module,
        field,
        ..
    } = typed.import;
    if let Some((_, number)) = suffix(field) {
        return known.numbered(number);
    }
    if let Some(part) = known.calling_part(index) {
        return Some(part);
    }
    // The first importer has no suffix: it is the one that no suffix names.
    let named: HashSet<usize> = numbered
        .iter()
        .filter(|other| other.module == module)
        .filter_map(|other| suffix(other.field))
        .filter(|(base, _)| *base == field)
        .filter_map(|(_, number)| known.instance_of(known.numbered(number)?).ok().flatten())
        .collect();
    let left: BTreeSet<usize> = lowered
        .iter()
        .map(|(component, _)| *component)
        .filter(|component| !named.contains(component))
        .collect();
    match left.into_iter().collect::<Vec<_>>().as_slice() {
        [only] => known.part_of(*only),
        _ => None,
    }
}

fn choose(
    known: &Known<'_>,
    typed: &Typed<'_>,
    need: Need,
    part: Option<usize>,
    instance: Option<usize>,
    lowered: &[(usize, Options)],
) -> Result<(Option<Chosen>, Option<Chosen>), String> {
    let given = known.given(&ExportName::in_instance(
        typed.import.module,
        typed.import.field,
    ));
    let memory = match (need.memory, &given.memory) {
        (false, _) => None,
        (true, Some(name)) => Some(known.given_memory(name)?),
        (true, None) => {
            let users: Vec<u32> = known.fused.callers(typed.import.index).collect();
            let users = if part.is_some() { Vec::new() } else { users };
            Some(known.memory(part, Some(typed.import.field), &users)?)
        }
    };
    if !need.realloc {
        return Ok((memory, None));
    }
    if let Some(name) = &given.realloc {
        return Ok((memory, Some(known.given_realloc(name)?)));
    }
    let own = lowered
        .iter()
        .find(|(component, _)| Some(*component) == instance);
    let single = match lowered {
        [only] => Some(only),
        _ => None,
    };
    let Some((_, options)) = own.or(single) else {
        return Err(
            "expected one component to be the importer, found nothing that tells which".to_string(),
        );
    };
    let item = options
        .realloc
        .ok_or("expected the option `realloc`, found none")?;
    let origin = known.unfused.origin(item).map_err(|e| e.to_string())?;
    let origin = origin.ok_or("expected `realloc` to be an export of a core module")?;
    Ok((memory, Some(known.realloc(&origin)?)))
}

/// Returns the encoding of strings: that of the importing component, or the one that all have.
fn encoding(lowered: &[(usize, Options)], own: Option<Options>) -> Result<StringEncoding, String> {
    if let Some(own) = own {
        return Ok(own.encoding);
    }
    let Some((_, first)) = lowered.first() else {
        return Ok(StringEncoding::Utf8);
    };
    let same = lowered
        .iter()
        .all(|(_, other)| other.encoding == first.encoding);
    match same {
        true => Ok(first.encoding),
        false => Err("expected one string encoding, found several importers that differ".into()),
    }
}
