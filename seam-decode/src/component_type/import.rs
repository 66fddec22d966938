//! Binds the imports of a core module: functions of the world, built-ins, and the rest.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{CoreExternType, CoreFuncType, CoreModuleType, ExportName, Result};

use super::builtin::{AsyncImport, options};
use super::export::{memory, realloc};
use super::world::{ROOT, Side as Of, World, WorldFunc, name};
use crate::module::{AsyncName, BoundImport, Chosen, Later, Op, OpName, Scan, link, need};
use crate::plan::{Builtin, CoreItem, Func, Import, Options};
use crate::types::{Side, flatten_async_functype, flatten_functype};

/// The imports of a core module.
pub(super) struct Imports {
    /// What stands for each import, in declaration order.
    pub(super) items: Vec<CoreItem>,
    /// The functions of the world that the module imports, in the world's order.
    pub(super) funcs: Vec<Import>,
    /// The module with only those imports that keep their core types, in declaration order.
    pub(super) raw: CoreModuleType,
    /// How each typed import was bound.
    pub(super) bound: Vec<BoundImport>,
    /// The exports that the imported functions use.
    pub(super) later: Later,
}

/// Binds all imports. `order` lists the functions that the world imports.
///
/// # Errors
/// `Link` that names the import, what was expected and what was found.
pub(super) fn imports<'w>(
    scan: &Scan,
    world: &World,
    order: impl Iterator<Item = &'w ExportName>,
) -> Result<Imports> {
    let all = &scan.ty.imports;
    let funcs: Vec<Option<CoreImport<'_>>> = all
        .iter()
        .map(|(module, field, ty)| match ty {
            CoreExternType::Func(ty) => Some(CoreImport::of(world, module, field, ty)),
            _ => None,
        })
        .collect();
    let mut made = Imports {
        items: Vec::new(),
        funcs: Vec::new(),
        raw: CoreModuleType {
            imports: Vec::new(),
            ..CoreModuleType::clone(&scan.ty)
        },
        bound: Vec::new(),
        later: Later::new(all.len()),
    };
    let places = made.add_funcs(funcs.iter().flatten(), order);
    for ((module, field, ty), import) in all.iter().zip(&funcs) {
        let Some(import) = import else {
            made.add_raw(module, field, ty);
            continue;
        };
        let what = || format!("import `{module}#{field}`");
        if let Some((name, func)) = import.meant {
            let place = places.get(name).copied();
            let place = place.ok_or_else(crate::pass::unknown)?;
            let lowered = import.lower(scan, func, place, &mut made.later);
            let (item, memory, realloc) = lowered.map_err(|e| link(what(), &e))?;
            made.items.push(item);
            made.bound.push(BoundImport {
                name: name.clone(),
                core: (module.clone(), field.clone()),
                memory,
                realloc,
            });
        } else {
            let item = import.builtin(scan, world, &mut made.later);
            match item.map_err(|e| link(what(), &e))? {
                Some(item) => made.items.push(item),
                None => made.add_raw(module, field, ty),
            }
        }
    }
    Ok(made)
}

impl Imports {
    /// Adds the functions of the world that the module imports. Returns their positions.
    fn add_funcs<'a, 'w>(
        &mut self,
        imported: impl Iterator<Item = &'a CoreImport<'a>>,
        order: impl Iterator<Item = &'w ExportName>,
    ) -> HashMap<&'w ExportName, usize> {
        let used: HashMap<&ExportName, &WorldFunc> = imported.filter_map(|it| it.meant).collect();
        let mut places = HashMap::new();
        for name in order {
            let Some(func) = used.get(name) else {
                continue;
            };
            places.insert(name, self.funcs.len());
            self.funcs.push(Import {
                name: name.clone(),
                ty: func.ty.clone(),
            });
        }
        places
    }

    fn add_raw(&mut self, module: &Arc<str>, field: &Arc<str>, ty: &CoreExternType) {
        self.items.push(CoreItem::World(self.raw.imports.len()));
        let import = (module.clone(), field.clone(), ty.clone());
        self.raw.imports.push(import);
    }
}

/// An imported function of a core module.
struct CoreImport<'a> {
    module: &'a str,
    field: &'a str,
    ty: &'a CoreFuncType,
    /// The function of the world that it is, if it is one.
    meant: Option<(&'a ExportName, &'a WorldFunc)>,
    /// Whether it is lowered with the option `async`.
    is_async: bool,
}

impl<'a> CoreImport<'a> {
    fn of(world: &'a World, module: &'a str, field: &'a str, ty: &'a CoreFuncType) -> Self {
        let lowered = field.strip_prefix("[async-lower]");
        Self {
            module,
            field,
            ty,
            meant: world.find(Of::Import, &name(module, lowered.unwrap_or(field))),
            is_async: lowered.is_some(),
        }
    }

    /// Lowers a function of the world.
    ///
    /// # Errors
    /// A message that says what was expected and what was found.
    fn lower(
        &self,
        scan: &Scan,
        func: &WorldFunc,
        place: usize,
        later: &mut Later,
    ) -> Result<(CoreItem, Option<Chosen>, Option<Chosen>), String> {
        let wanted = match self.is_async {
            true => flatten_async_functype(&func.ty, Side::Lower, false),
            false => flatten_functype(&func.ty, Side::Lower),
        };
        if *self.ty != wanted {
            return Err(format!("expected type {wanted}, found {}", self.ty));
        }
        let need = need(&func.ty, Side::Lower, self.is_async);
        let memory = memory(scan, need.memory)?;
        let realloc = realloc(scan, need.realloc, Of::Import)?;
        let options = Options {
            is_async: self.is_async,
            ..options(func.encoding, memory.as_ref(), realloc.as_ref(), later)
        };
        let item = CoreItem::LowerForCaller(Func::Import(place), options, wanted);
        Ok((item, memory, realloc))
    }

    /// Returns the built-in that this is, or `None` if the world has nothing to do with it.
    ///
    /// # Errors
    /// A message that says what was expected and what was found.
    fn builtin(
        &self,
        scan: &Scan,
        world: &World,
        later: &mut Later,
    ) -> Result<Option<CoreItem>, String> {
        let exported = self.module.strip_prefix("[export]");
        let (side, interface) = match exported {
            Some(interface) => (Of::Export, interface),
            None => (Of::Import, self.module),
        };
        if let Some(OpName { op, .. }) = OpName::of(self.module, self.field) {
            return self.resource(world, side, interface, op);
        }
        let known = interface == ROOT || world.has_interface(side, interface);
        if !known {
            return Ok(None);
        }
        if let Some(name) = AsyncName::of(self.field) {
            let import = AsyncImport {
                scan,
                world,
                side,
                interface,
                ty: self.ty,
            };
            return import.item(name, later).map(Some);
        }
        match self.field.strip_prefix('[') {
            Some(name) => {
                let name = name.split(']').next().unwrap_or(name);
                let builtin = Builtin::Unsupported(name.to_string());
                Ok(Some(CoreItem::Builtin(builtin, self.ty.clone(), 0)))
            }
            None => {
                Err("expected a function that the section describes, found another".to_string())
            }
        }
    }

    fn resource(
        &self,
        world: &World,
        side: Of,
        interface: &str,
        op: Op,
    ) -> Result<Option<CoreItem>, String> {
        let resource = self.field.split_once(']').map_or("", |(_, name)| name);
        let Some(id) = world.resource(side, &name(interface, resource)) else {
            return match interface == ROOT || world.has_interface(side, interface) {
                true => Err(format!(
                    "expected a resource that the section describes, found `{resource}`"
                )),
                false => Ok(None),
            };
        };
        op.check(self.ty)?;
        let own = world.defines(id);
        Ok(Some(match op {
            Op::Drop => CoreItem::ResourceDrop(id, 0),
            Op::New if own => CoreItem::ResourceNew(id, 0),
            Op::Rep if own => CoreItem::ResourceRep(id, 0),
            Op::New | Op::Rep => {
                return Err(format!(
                    "expected a resource that the module defines, found `{resource}`, which it imports"
                ));
            }
        }))
    }
}
