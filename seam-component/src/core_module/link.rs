//! Creates the definition of each import of a core module.

use std::collections::HashMap;

use seam_core::{
    Binding, CoreBindings, CoreExtern, CoreFuncType, CoreHostFunc, CoreItem, CoreItemKind,
    CoreModuleType, CoreSource, CoreStore, Error, ErrorKind, ExportName, HostFn, Interface, Result,
    World,
};

use super::{host_func, provider};
use crate::generated::Generated;
use crate::host::states_of;

/// The definitions of the imports, which all instances in the same world share.
pub(crate) struct Links {
    /// The world's own bindings, in the order of [`Interface::import_funcs`].
    pub(crate) bindings: Vec<Binding>,
    sources: Vec<CoreSource>,
    /// The number of bindings of the instance before these.
    before: usize,
}

impl Links {
    /// Looks up every import.
    ///
    /// # Errors
    /// Those of [`World::bind_core`].
    pub(super) fn new(
        world: &World,
        interface: &Interface,
        module: &CoreModuleType,
    ) -> Result<Self> {
        Self::after(0, world, interface, module)
    }

    /// Like [`Links::new`], for an instance that has `before` other bindings in front of these.
    ///
    /// # Errors
    /// Those of [`World::bind_core`].
    pub(crate) fn after(
        before: usize,
        world: &World,
        interface: &Interface,
        module: &CoreModuleType,
    ) -> Result<Self> {
        let CoreBindings { bindings, sources } = world.bind_core(interface, module)?;
        Ok(Self {
            bindings,
            sources,
            before,
        })
    }

    /// Returns the stubbed imports without a component-level type, which therefore have no binding.
    pub(crate) fn stubs(&self) -> impl Iterator<Item = &ExportName> {
        self.sources.iter().filter_map(|source| match source {
            CoreSource::Stub(name, ..) => Some(name),
            _ => None,
        })
    }

    /// Creates the definition of each import, in declaration order. `items` are those of the world.
    ///
    /// # Errors
    /// `Link` for items that cannot be created. Limits. `Unsupported` for what the engine cannot
    /// express.
    pub(crate) fn make(
        &self,
        generated: &Generated,
        store: &mut dyn CoreStore,
        items: &[CoreItem],
    ) -> Result<Vec<CoreExtern>> {
        let mut made = HashMap::new();
        let mut externs = Vec::new();
        for source in &self.sources {
            externs.push(match source {
                CoreSource::Bound(index, ty) => {
                    let ty_of_binding = self.binding(*index)?.ty.clone();
                    let func =
                        host_func::typed(self.before + *index, ty_of_binding, ty.results.len());
                    CoreExtern::Func(store.host_func_numeric(ty.clone(), func)?)
                }
                CoreSource::Stub(name, ty, stub) => {
                    let func = host_func::stub(name.clone(), ty.clone(), *stub);
                    host(store, ty.clone(), func)?
                }
                CoreSource::Func(name, func, binding) => {
                    self.raw(store, name.clone(), func, *binding)?
                }
                CoreSource::Item(index, binding) => match made.get(index) {
                    Some(known) => *known,
                    None => {
                        let item = items.get(*index).ok_or_else(lost)?;
                        let item = self.item(generated, store, item, *binding)?;
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
        generated: &Generated,
        store: &mut dyn CoreStore,
        item: &CoreItem,
        binding: Option<usize>,
    ) -> Result<CoreExtern> {
        let name = ExportName::in_instance(item.module.clone(), item.field.clone());
        match &item.kind {
            CoreItemKind::Func(func) => self.raw(store, name, func, binding),
            kind => provide(generated, store, kind).map_err(|e| of_import(e, &name)),
        }
    }

    /// Creates a raw function. If it has a component-level type, `binding` is that of the import.
    fn raw(
        &self,
        store: &mut dyn CoreStore,
        name: ExportName,
        func: &CoreHostFunc,
        binding: Option<usize>,
    ) -> Result<CoreExtern> {
        let lifted = binding.map(|index| self.binding(index)).transpose()?;
        let lifted = lifted.map(|binding| binding.ty.clone());
        let (ty, made) = (func.ty().clone(), func.make(states_of));
        host(store, ty.clone(), host_func::raw(name, ty, lifted, made))
    }

    fn binding(&self, index: usize) -> Result<&Binding> {
        let binding = self.bindings.get(index);
        binding.ok_or_else(|| Error::engine("expected a bound import, found none"))
    }
}

fn lost() -> Error {
    Error::engine("expected an item of the world, found none")
}

/// Creates an item with a provider module.
fn provide(
    generated: &Generated,
    store: &mut dyn CoreStore,
    kind: &CoreItemKind,
) -> Result<CoreExtern> {
    let module = generated.module(provider::module(kind)?)?;
    let instance = store.instantiate(&module, &[])?;
    let export = store.export(instance, provider::EXPORT);
    export.ok_or_else(|| Error::engine("expected the provider module's export, found none"))
}

/// Blames the world if the engine rejects a provider module.
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
