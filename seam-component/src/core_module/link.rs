//! What stands for each import of a core module.

use std::collections::{HashMap, VecDeque};

use seam_core::{
    Binding, Capability, CoreEngine, CoreExtern, CoreExternType, CoreFuncType, CoreItem,
    CoreItemKind, CoreModuleType, CoreStore, Error, ErrorKind, ExportName, HostFn, Interface,
    Result, Stub, Target, World,
};
use seam_decode::compile;

use super::fit::fit;
use super::{host_func, provider};

/// What stands for the imports, before there is a store to make it in.
pub(super) struct Links<'w> {
    /// The world's own bindings, in the order of [`Interface::import_funcs`].
    pub(super) bindings: Vec<Binding>,
    /// Stubbed imports whose types have no component-level form, and so no binding.
    pub(super) stubs: Vec<ExportName>,
    sources: Vec<Source>,
    items: &'w [CoreItem],
}

/// What stands for one import, in the order of the module's imports.
enum Source {
    /// The binding at this index, as a function of this type.
    Bound(usize, CoreFuncType),
    /// The stub of a function with this type, which has no component-level form.
    Stub(ExportName, CoreFuncType, Stub),
    /// The core-level item of the world at this index; of a function, the binding if it has one.
    Item(usize, Option<usize>),
}

impl<'w> Links<'w> {
    /// Looks up every import.
    ///
    /// # Errors
    /// `Link`, naming all imports that are missing or do not fit; `Unsupported` for what needs the
    /// system's WASI.
    pub(super) fn new(
        world: &'w World,
        interface: &Interface,
        module: &CoreModuleType,
    ) -> Result<Self> {
        let mut faults = Vec::new();
        let bindings = world.bind(interface).unwrap_or_else(|error| {
            faults.push(error.message().to_string());
            Vec::new()
        });
        let mut lookup = Lookup {
            world,
            bound: positions(&bindings),
            bindings: &bindings,
            is_bound: faults.is_empty(),
        };
        let mut sources = Vec::new();
        for (module, field, ty) in &module.imports {
            match lookup.source(module, field, ty) {
                Ok(Some(source)) => sources.push(source),
                // The world has said what is wrong with it.
                Ok(None) => {}
                Err(error) if *error.kind() == ErrorKind::Link => {
                    faults.push(error.message().to_string());
                }
                Err(error) => return Err(error),
            }
        }
        if !faults.is_empty() {
            return Err(Error::link(faults.join("; ")));
        }
        let stubs = sources.iter().filter_map(|source| match source {
            Source::Stub(name, ..) => Some(name.clone()),
            _ => None,
        });
        Ok(Self {
            stubs: stubs.collect(),
            bindings,
            sources,
            items: world.core_items(),
        })
    }

    /// Makes what stands for each import, in order.
    ///
    /// # Errors
    /// `Link` for items that cannot be made; limits; what the engine cannot express.
    pub(super) fn make(
        &self,
        engine: &dyn CoreEngine,
        store: &mut dyn CoreStore,
    ) -> Result<Vec<CoreExtern>> {
        let mut made = HashMap::new();
        let mut externs = Vec::new();
        for source in &self.sources {
            externs.push(match source {
                Source::Bound(index, ty) => {
                    let func = host_func::typed(*index, self.binding(*index)?.ty.clone());
                    host(store, ty.clone(), func)?
                }
                Source::Stub(name, ty, stub) => {
                    let func = host_func::stub(name.clone(), ty.clone(), *stub);
                    host(store, ty.clone(), func)?
                }
                Source::Item(index, binding) => match made.get(index) {
                    Some(known) => *known,
                    None => {
                        let item = self.item(engine, store, *index, *binding)?;
                        made.insert(*index, item);
                        item
                    }
                },
            });
        }
        Ok(externs)
    }

    fn item(
        &self,
        engine: &dyn CoreEngine,
        store: &mut dyn CoreStore,
        index: usize,
        binding: Option<usize>,
    ) -> Result<CoreExtern> {
        let lost = || Error::engine("expected an item of the world, found none");
        let item = self.items.get(index).ok_or_else(lost)?;
        let name = name(&item.module, &item.field);
        match &item.kind {
            CoreItemKind::Func(ty, make) => {
                let lifted = binding.map(|index| self.binding(index)).transpose()?;
                let lifted = lifted.map(|binding| binding.ty.clone());
                host(
                    store,
                    ty.clone(),
                    host_func::raw(name, ty.clone(), lifted, make()),
                )
            }
            kind => provide(engine, store, kind).map_err(|e| of_import(e, &name)),
        }
    }

    fn binding(&self, index: usize) -> Result<&Binding> {
        let binding = self.bindings.get(index);
        binding.ok_or_else(|| Error::engine("expected a bound import, found none"))
    }
}

/// An item that a provider module defines.
fn provide(
    engine: &dyn CoreEngine,
    store: &mut dyn CoreStore,
    kind: &CoreItemKind,
) -> Result<CoreExtern> {
    let module = compile(engine, &provider::module(kind)?)?;
    let instance = store.instantiate(&module, &[])?;
    let export = store.export(instance, provider::EXPORT);
    export.ok_or_else(|| Error::engine("expected the provider module's export, found none"))
}

/// Blames the world for a provider module that the engine finds invalid.
fn of_import(error: Error, name: &ExportName) -> Error {
    match error.kind() {
        ErrorKind::Invalid { .. } | ErrorKind::Link => {
            let message = format!("import `{name}`: {}", error.message());
            Error::link(message).with_source(error)
        }
        _ => error.during(format!("define import {name}")),
    }
}

fn host(store: &mut dyn CoreStore, ty: CoreFuncType, func: HostFn) -> Result<CoreExtern> {
    store.host_func(ty, func).map(CoreExtern::Func)
}

/// Where the bindings of each name are: a module can import one name several times.
fn positions(bindings: &[Binding]) -> HashMap<ExportName, VecDeque<usize>> {
    let mut positions: HashMap<ExportName, VecDeque<usize>> = HashMap::new();
    for (index, binding) in bindings.iter().enumerate() {
        let same = positions.entry(binding.name.clone()).or_default();
        same.push_back(index);
    }
    positions
}

struct Lookup<'a> {
    world: &'a World,
    bindings: &'a [Binding],
    bound: HashMap<ExportName, VecDeque<usize>>,
    /// Whether the world could bind every function that has a component-level type.
    is_bound: bool,
}

impl<'a> Lookup<'a> {
    fn source(&mut self, module: &str, field: &str, ty: &CoreExternType) -> Result<Option<Source>> {
        let name = name(module, field);
        let item = self.item(module, field);
        let func = match ty {
            CoreExternType::Func(func) => func,
            CoreExternType::Tag(_) => {
                return Err(Error::link(format!(
                    "missing import `{name}` of type {ty}: no world can give a tag"
                )));
            }
            _ => {
                let (index, item) = item.ok_or_else(|| missing(&name, ty))?;
                fit(&name, ty, &item.kind)?;
                return Ok(Some(Source::Item(index, None)));
            }
        };
        if is_lifted(func) {
            if !self.is_bound {
                return Ok(None);
            }
            let index = self.bound.get_mut(&name).and_then(VecDeque::pop_front);
            let index = index.ok_or_else(|| missing(&name, ty))?;
            return self.bound_source(&name, index, func, item).map(Some);
        }
        match item {
            Some((index, item)) => {
                fit(&name, ty, &item.kind)?;
                Ok(Some(Source::Item(index, None)))
            }
            None => match self.world.stub_policy(&name) {
                Stub::Deny => Err(missing(&name, ty)),
                stub => Ok(Some(Source::Stub(name, func.clone(), stub))),
            },
        }
    }

    /// The source of a function that the world has bound.
    fn bound_source(
        &self,
        name: &ExportName,
        index: usize,
        func: &CoreFuncType,
        item: Option<(usize, &CoreItem)>,
    ) -> Result<Source> {
        let ty = &CoreExternType::Func(func.clone());
        let target = self.bindings.get(index).map(|binding| &binding.target);
        match (target, item) {
            (Some(Target::Core), Some((item, found))) => {
                fit(name, ty, &found.kind)?;
                Ok(Source::Item(item, Some(index)))
            }
            (Some(Target::Host(_) | Target::Stub(_)), _) => Ok(Source::Bound(index, func.clone())),
            (Some(Target::Wasi), _) => Err(Error::unsupported(
                Capability::SystemWasi,
                format!("import `{name}` needs the system's WASI"),
            )),
            _ => Err(missing(name, ty)),
        }
    }

    fn item(&self, module: &str, field: &str) -> Option<(usize, &'a CoreItem)> {
        let mut items = self.world.core_items().iter().enumerate();
        items.find(|(_, item)| &*item.module == module && &*item.field == field)
    }
}

fn name(module: &str, field: &str) -> ExportName {
    ExportName::in_instance(module, field)
}

/// Whether a function has a component-level type, and so a binding.
fn is_lifted(ty: &CoreFuncType) -> bool {
    ty.params
        .iter()
        .chain(&ty.results)
        .all(super::scalar::is_number)
}

fn missing(name: &ExportName, ty: &CoreExternType) -> Error {
    let how = match ty {
        CoreExternType::Func(_) => {
            "define it with World::core_func, or stub it (`--stub trap` or `--stub default`)"
        }
        _ => "define it with World::core_item; only functions can be stubbed",
    };
    Error::link(format!("missing import `{name}` of type {ty}: {how}"))
}
