//! Which core instances instantiating a component makes: its definitions, carried out with nothing
//! but the core modules, components and instances that they pass around.

use std::collections::HashMap;
use std::sync::Arc;

use wasmparser::component_types::{
    ComponentCoreModuleTypeId, ComponentEntityType, ComponentInstanceTypeId, ComponentTypeId,
};
use wasmparser::types::TypesRef;

use seam_core::{CoreInstanceType, CoreModuleType, CorePath, Error, ErrorKind, Limit, Result};

use super::definition::{Definition, Definitions, Named, Sort};
use super::module::{module_type, unknown};
use crate::budget::Budget;
use crate::module_type::module_type_at;

/// Bounds. Instantiations multiply: a component that instantiates the next one twice, thirty times
/// over, asks for a billion instances in a few hundred bytes.
const MAX_CORE_INSTANCES: usize = 10_000;
const MAX_COMPONENT_INSTANCES: usize = 10_000;
const MAX_DEFINITIONS: usize = 2_000_000;
const MAX_DEPTH: usize = 100;

/// The core instances that instantiating an artifact makes, in order.
pub(super) fn core_instances<'a>(
    bytes: &'a [u8],
    definitions: &Definitions<'a>,
    types: TypesRef<'_>,
    budget: &mut Budget,
) -> Result<Vec<CoreInstanceType>> {
    let mut walk = Walk {
        bytes,
        definitions,
        types,
        budget,
        scopes: Vec::new(),
        made: Vec::new(),
        local_modules: HashMap::new(),
        imported_modules: HashMap::new(),
        steps: 0,
        found: Vec::new(),
    };
    walk.instantiate(0, None, None, &CorePath::default())?;
    Ok(walk.found)
}

struct Walk<'a, 't, 'w> {
    bytes: &'a [u8],
    definitions: &'w Definitions<'a>,
    types: TypesRef<'t>,
    budget: &'w mut Budget,
    /// One for each component instance, kept because components close over them.
    scopes: Vec<Scope>,
    /// What each instance made by the artifact exports.
    made: Vec<HashMap<&'a str, Entity>>,
    local_modules: HashMap<usize, Arc<CoreModuleType>>,
    imported_modules: HashMap<ComponentCoreModuleTypeId, Arc<CoreModuleType>>,
    steps: usize,
    found: Vec<CoreInstanceType>,
}

/// The index spaces of a component instance.
#[derive(Default)]
struct Scope {
    /// The scope that the component was defined in.
    parent: Option<usize>,
    modules: Vec<Module>,
    components: Vec<Component>,
    instances: Vec<Instance>,
}

#[derive(Clone, Copy)]
enum Entity {
    Module(Module),
    Component(Component),
    Instance(Instance),
}

#[derive(Clone, Copy)]
enum Module {
    /// By its place in the definitions.
    Local(usize),
    /// Imported by the artifact: the type is all that is known.
    Imported(ComponentCoreModuleTypeId),
}

#[derive(Clone, Copy)]
enum Component {
    /// By its place in the definitions, closed over a scope.
    Local(usize, usize),
    /// Imported by the artifact. What core instances it makes cannot be known.
    Imported(ComponentTypeId),
}

#[derive(Clone, Copy)]
enum Instance {
    /// By its place in [`Walk::made`].
    Made(usize),
    /// Imported by the artifact, or exported by such an instance.
    Imported(ComponentInstanceTypeId),
    /// An instance of an imported component.
    OfImported(ComponentTypeId),
}

impl<'a> Walk<'a, '_, '_> {
    /// Instantiates a component; the artifact itself without arguments. Gives the place of the new
    /// instance in [`Walk::made`].
    fn instantiate(
        &mut self,
        component: usize,
        parent: Option<usize>,
        args: Option<&HashMap<&'a str, Entity>>,
        path: &CorePath,
    ) -> Result<usize> {
        if path.indices().len() > MAX_DEPTH {
            return Err(limit(format!(
                "component instantiations nested at most {MAX_DEPTH} deep"
            )));
        }
        if self.scopes.len() >= MAX_COMPONENT_INSTANCES {
            return Err(limit(format!(
                "at most {MAX_COMPONENT_INSTANCES} component instances"
            )));
        }
        let scope = self.scopes.len();
        self.scopes.push(Scope {
            parent,
            ..Scope::default()
        });
        let (mut cores, mut components) = (0, 0);
        let mut exports = HashMap::new();
        let definitions = self.definitions;
        for definition in definitions.component(component) {
            self.step()?;
            match definition {
                Definition::Module(module) => self.add(scope, Module::Local(*module).into())?,
                Definition::Component(inner) => {
                    self.add(scope, Component::Local(*inner, scope).into())?;
                }
                Definition::CoreInstantiate(index) => {
                    let module = *at(&self.scope(scope)?.modules, *index)?;
                    self.instantiate_core(module, path.child(cores))?;
                    cores += 1;
                }
                Definition::Instantiate(index, args) => {
                    let component = *at(&self.scope(scope)?.components, *index)?;
                    let args = self.named(scope, args)?;
                    let path = path.child(components);
                    let instance = self.instance(component, &args, &path)?;
                    self.add(scope, instance.into())?;
                    components += 1;
                }
                Definition::FromExports(exports) => {
                    let exports = self.named(scope, exports)?;
                    let instance = self.make(exports);
                    self.add(scope, Instance::Made(instance).into())?;
                }
                Definition::AliasExport(sort, index, name) => {
                    let instance = *at(&self.scope(scope)?.instances, *index)?;
                    let entity = self.export(instance, name)?.ok_or_else(unknown)?;
                    self.add_as(*sort, scope, entity)?;
                }
                Definition::AliasOuter(sort, count, index) => {
                    let outer = self.outer(scope, *count)?;
                    let entity = self.entity(outer, *sort, *index)?;
                    self.add(scope, entity)?;
                }
                Definition::Import(sort, name) => {
                    let entity = self.import(args, name)?;
                    self.add_as(*sort, scope, entity)?;
                }
                Definition::Export(export) => {
                    let entity = self.entity(scope, export.sort, export.index)?;
                    exports.insert(export.name, entity);
                    self.add(scope, entity)?;
                }
            }
        }
        Ok(self.make(exports))
    }

    fn step(&mut self) -> Result<()> {
        self.steps += 1;
        if self.steps > MAX_DEFINITIONS {
            return Err(limit(format!(
                "at most {MAX_DEFINITIONS} definitions in all component instances"
            )));
        }
        Ok(())
    }

    fn instance(
        &mut self,
        component: Component,
        args: &HashMap<&'a str, Entity>,
        path: &CorePath,
    ) -> Result<Instance> {
        match component {
            Component::Local(inner, parent) => self
                .instantiate(inner, Some(parent), Some(args), path)
                .map(Instance::Made),
            Component::Imported(id) => Ok(Instance::OfImported(id)),
        }
    }

    fn make(&mut self, exports: HashMap<&'a str, Entity>) -> usize {
        self.made.push(exports);
        self.made.len() - 1
    }

    fn instantiate_core(&mut self, module: Module, path: CorePath) -> Result<()> {
        if self.found.len() >= MAX_CORE_INSTANCES {
            return Err(limit(format!(
                "at most {MAX_CORE_INSTANCES} core instances"
            )));
        }
        let (range, module) = match module {
            Module::Local(place) => {
                let range = self.definitions.modules().get(place).ok_or_else(unknown)?;
                (Some(range.clone()), self.local_module(place)?)
            }
            Module::Imported(id) => (None, self.imported_module(id)?),
        };
        self.found.push(CoreInstanceType {
            path,
            range,
            module,
        });
        Ok(())
    }

    fn local_module(&mut self, place: usize) -> Result<Arc<CoreModuleType>> {
        if let Some(ty) = self.local_modules.get(&place) {
            return Ok(ty.clone());
        }
        let range = self.definitions.modules().get(place).ok_or_else(unknown)?;
        let bytes = self.bytes.get(range.clone()).ok_or_else(unknown)?;
        let ty = module_type_at(bytes, range.start as u64, self.budget)?;
        let ty = Arc::new(ty);
        self.local_modules.insert(place, ty.clone());
        Ok(ty)
    }

    fn imported_module(&mut self, id: ComponentCoreModuleTypeId) -> Result<Arc<CoreModuleType>> {
        if let Some(ty) = self.imported_modules.get(&id) {
            return Ok(ty.clone());
        }
        let ty = Arc::new(module_type(self.types, id, self.budget)?);
        self.imported_modules.insert(id, ty.clone());
        Ok(ty)
    }

    fn scope(&self, scope: usize) -> Result<&Scope> {
        self.scopes.get(scope).ok_or_else(unknown)
    }

    /// The scope `count` levels out.
    fn outer(&self, mut scope: usize, count: u32) -> Result<usize> {
        for _ in 0..count {
            scope = self.scope(scope)?.parent.ok_or_else(unknown)?;
        }
        Ok(scope)
    }

    fn entity(&self, scope: usize, sort: Sort, index: u32) -> Result<Entity> {
        let scope = self.scope(scope)?;
        Ok(match sort {
            Sort::Module => (*at(&scope.modules, index)?).into(),
            Sort::Component => (*at(&scope.components, index)?).into(),
            Sort::Instance => (*at(&scope.instances, index)?).into(),
        })
    }

    fn named(&mut self, scope: usize, named: &[Named<'a>]) -> Result<HashMap<&'a str, Entity>> {
        let mut out = HashMap::with_capacity(named.len());
        for Named { name, sort, index } in named {
            self.step()?;
            out.insert(*name, self.entity(scope, *sort, *index)?);
        }
        Ok(out)
    }

    /// What stands for an import: an argument, or, for the artifact itself, what the type says.
    fn import(&self, args: Option<&HashMap<&'a str, Entity>>, name: &str) -> Result<Entity> {
        match args {
            Some(args) => args.get(name).copied(),
            None => self
                .types
                .component_item_for_import(name)
                .and_then(|item| Entity::imported(&item.ty)),
        }
        .ok_or_else(unknown)
    }

    fn export(&self, instance: Instance, name: &str) -> Result<Option<Entity>> {
        let item = match instance {
            Instance::Made(place) => {
                let made = self.made.get(place).ok_or_else(unknown)?;
                return Ok(made.get(name).copied());
            }
            Instance::Imported(id) => self.types.get(id).ok_or_else(unknown)?.exports.get(name),
            Instance::OfImported(id) => self.types.get(id).ok_or_else(unknown)?.exports.get(name),
        };
        Ok(item.and_then(|item| Entity::imported(&item.ty)))
    }

    fn add(&mut self, scope: usize, entity: Entity) -> Result<()> {
        let scope = self.scopes.get_mut(scope).ok_or_else(unknown)?;
        match entity {
            Entity::Module(module) => scope.modules.push(module),
            Entity::Component(component) => scope.components.push(component),
            Entity::Instance(instance) => scope.instances.push(instance),
        }
        Ok(())
    }

    /// As [`Walk::add`], for an entity that has to be of this sort.
    fn add_as(&mut self, sort: Sort, scope: usize, entity: Entity) -> Result<()> {
        let found = match entity {
            Entity::Module(_) => Sort::Module,
            Entity::Component(_) => Sort::Component,
            Entity::Instance(_) => Sort::Instance,
        };
        if found == sort {
            self.add(scope, entity)
        } else {
            Err(unknown())
        }
    }
}

impl Entity {
    /// What is known of something that the artifact imports.
    fn imported(ty: &ComponentEntityType) -> Option<Self> {
        match ty {
            ComponentEntityType::Module(id) => Some(Module::Imported(*id).into()),
            ComponentEntityType::Component(id) => Some(Component::Imported(*id).into()),
            ComponentEntityType::Instance(id) => Some(Instance::Imported(*id).into()),
            _ => None,
        }
    }
}

impl From<Module> for Entity {
    fn from(module: Module) -> Self {
        Self::Module(module)
    }
}

impl From<Component> for Entity {
    fn from(component: Component) -> Self {
        Self::Component(component)
    }
}

impl From<Instance> for Entity {
    fn from(instance: Instance) -> Self {
        Self::Instance(instance)
    }
}

fn at<T>(space: &[T], index: u32) -> Result<&T> {
    space.get(index as usize).ok_or_else(unknown)
}

fn limit(expected: String) -> Error {
    let kind = ErrorKind::Limit(Limit::EngineCapacity);
    Error::new(kind, format!("expected {expected}, found more"))
}
