//! Binds the imports of a fused module: functions of the world, resource built-ins, and the rest.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use seam_core::{CoreExternType, CoreFuncType, CoreModuleType, ExportName, Result};

use super::choose::Known;
use super::parts::originals;
use super::resource::{Builtin, HandleTable, ops, resolve, table};
use crate::module::{BoundImport, Chosen, Op, OpName, link, need, suffix};
use crate::pass::unknown;
use crate::plan::{CallerOptions, CoreItem, Func, Import, Options};
use crate::types::{FuncTy, Side, StringEncoding, flatten_functype};

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
}

/// A core import that is a function of the world.
struct Typed<'a> {
    /// Index in the core function index space.
    index: u32,
    /// Position in the composition's [`Plan::imports`](crate::Plan::imports).
    func: usize,
    module: &'a str,
    field: &'a str,
    ty: &'a CoreFuncType,
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
        CoreExternType::Func(_) => Some((module.as_str(), field.as_str())),
        _ => None,
    });
    let numbered: Vec<(u32, &str, &str)> = (0..)
        .zip(funcs)
        .map(|(index, (module, field))| (index, module, field))
        .collect();
    let siblings = ops(&numbered);
    let meant: Vec<Option<usize>> = numbered
        .iter()
        .map(|(_, module, field)| world_func(known, module, field))
        .collect();
    let used: BTreeSet<usize> = meant.iter().copied().flatten().collect();
    let places: BTreeMap<usize, usize> = used.iter().copied().zip(0..).collect();
    let mut made = Imports {
        items: Vec::new(),
        funcs: Vec::new(),
        raw: CoreModuleType {
            imports: Vec::new(),
            ..CoreModuleType::clone(&known.fused.ty)
        },
        bound: Vec::new(),
    };
    for func in &used {
        let import = known.unfused.plan.imports.get(*func).ok_or_else(unknown)?;
        made.funcs.push(import.clone());
    }
    let mut funcs = (0..).zip(meant);
    for (module, field, ty) in all {
        let CoreExternType::Func(func) = ty else {
            made.add_raw(module, field, ty);
            continue;
        };
        let (own, meant) = funcs.next().ok_or_else(unknown)?;
        if let Some(name) = OpName::of(module, field) {
            let what = format!("import `{module}#{field}`");
            name.op.check(func).map_err(|e| link(&what, &e))?;
            if let Some(table) = table(tables, name.number, name.interface, name.resource) {
                made.items.push(CoreItem::OwnExport(
                    table.export(name.op).into(),
                    func.clone(),
                ));
                continue;
            }
            let item = builtin(known, builtins, &siblings, &name, own);
            made.items.push(item.map_err(|e| link(&what, &e))?);
            continue;
        }
        match meant {
            None => made.add_raw(module, field, ty),
            Some(position) => {
                let typed = Typed {
                    index: own,
                    func: position,
                    module,
                    field,
                    ty: func,
                };
                let place = *places.get(&position).ok_or_else(unknown)?;
                let (item, bound) = lower(known, &numbered, &typed, place)?;
                made.items.push(item);
                made.bound.push(bound);
            }
        }
    }
    Ok(made)
}

impl Imports {
    fn add_raw(&mut self, module: &str, field: &str, ty: &CoreExternType) {
        self.items.push(CoreItem::World(self.raw.imports.len()));
        let import = (module.to_string(), field.to_string(), ty.clone());
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
    numbered: &[(u32, &str, &str)],
    typed: &Typed<'_>,
    place: usize,
) -> Result<(CoreItem, BoundImport)> {
    let import = known
        .unfused
        .plan
        .imports
        .get(typed.func)
        .ok_or_else(unknown)?;
    let what = || format!("import `{}#{}`", typed.module, typed.field);
    let wanted = flatten_functype(&import.ty, Side::Lower);
    if *typed.ty != wanted {
        let found = format!(
            "expected type {wanted}, that of {}, found {}",
            import.name, typed.ty
        );
        return Err(link(what(), &found));
    }
    if import.ty.is_async {
        let item = CoreItem::Builtin(crate::Builtin::Unsupported("lower".into()), wanted, 0);
        return Ok((item, bound(typed, import, None, None)));
    }
    let lowered = lowerings(known, typed.func);
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
    let choice = choose(known, typed, &import.ty, part, instance, &lowered);
    let (memory, realloc) = choice.map_err(|e| link(what(), &e))?;
    let name = |chosen: &Option<Chosen>| chosen.as_ref().map(|it| Arc::from(it.export.as_str()));
    let caller = CallerOptions {
        instance: instance.or(options.map(|it| it.instance)).unwrap_or(0),
        memory: name(&memory),
        realloc: name(&realloc),
        encoding: encoding(&lowered, own.map(|(_, options)| *options))
            .map_err(|e| link(what(), &e))?,
    };
    let item = CoreItem::LowerForCaller(Func::Import(place), caller, wanted);
    Ok((item, bound(typed, import, memory, realloc)))
}

fn bound(
    typed: &Typed<'_>,
    import: &Import,
    memory: Option<Chosen>,
    realloc: Option<Chosen>,
) -> BoundImport {
    BoundImport {
        name: import.name.clone(),
        core: (typed.module.to_string(), typed.field.to_string()),
        memory,
        realloc,
    }
}

/// Returns the component instances of the composition that lower an imported function, with their
/// options.
fn lowerings(known: &Known<'_>, func: usize) -> Vec<(usize, Options)> {
    let items = known.unfused.plan.core_items.iter();
    items
        .filter_map(|item| match item {
            CoreItem::Lower(Func::Import(index), options, _) if *index == func => {
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
    numbered: &[(u32, &str, &str)],
    typed: &Typed<'_>,
    lowered: &[(usize, Options)],
) -> Option<usize> {
    if let Some((_, number)) = suffix(typed.field) {
        return known.numbered(number);
    }
    if let Some(part) = known.calling_part(typed.index) {
        return Some(part);
    }
    // The first importer has no suffix: it is the one that no suffix names.
    let named: HashSet<usize> = numbered
        .iter()
        .filter(|(_, module, _)| *module == typed.module)
        .filter_map(|(_, _, field)| suffix(field))
        .filter(|(base, _)| *base == typed.field)
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
    ty: &FuncTy,
    part: Option<usize>,
    instance: Option<usize>,
    lowered: &[(usize, Options)],
) -> Result<(Option<Chosen>, Option<Chosen>), String> {
    let need = need(ty, Side::Lower);
    let given = known.given(&ExportName::in_instance(typed.module, typed.field));
    let memory = match (need.memory, &given.memory) {
        (false, _) => None,
        (true, Some(name)) => Some(known.given_memory(name)?),
        (true, None) => {
            let users: Vec<u32> = known.fused.callers(typed.index).collect();
            let users = if part.is_some() { Vec::new() } else { users };
            Some(known.memory(part, Some(typed.field), &users)?)
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
