//! Instantiation: walking a component's definitions in order.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use seam_core::{
    Capability, CoreEngine, CoreExtern, CoreExternType, CoreFunc, CoreModule, CorePath, CoreStore,
    Error, Limit, Origin, ResourceType, Result,
};
use wasmparser::CanonicalFunction;

use super::current::Current;
use super::def::{
    AliasDef, CanonDef, CoreInstanceDef, CoreSort, Def, ExternName, InstanceDef, Sort, TypeDef,
};
use super::import::{HostImports, Scope};
use super::index::{
    ComponentInst, CoreInstanceInst, CoreItemInst, IndexSpaces, InstanceInst, ItemInst, TypeInst,
    apart, at,
};
use super::state::Running;
use super::typing;
use crate::canon::lift::FuncInst;
use crate::canon::lower::Lowered;
use crate::canon::resource::Dropping;
use crate::canon::{builtin, resource};
use crate::cores::Core;
use crate::glue::{Glue, GlueTask, Glued};
use crate::handle::{ResourceImpl, ResourceInfo};
use crate::types::ResourceId;

/// Components nested deeper than this are refused: each level uses native stack.
const MAX_DEPTH: usize = 100;
/// Component instances of one root: nesting can double their number with every level.
const MAX_INSTANCES: usize = 10_000;

/// Bytes of definitions that are carried out: instances of one component count each.
const MAX_SIZE: usize = 16 << 20;

/// The instantiation of a root component.
pub(crate) struct Instantiation<'a> {
    pub(crate) engine: &'a dyn CoreEngine,
    pub(crate) store: &'a mut dyn CoreStore,
    /// The compiled core modules, by the range of their bytes.
    pub(crate) modules: &'a HashMap<Range<usize>, CoreModule>,
    pub(crate) imports: &'a HostImports,
    /// The core instances made so far, in order.
    pub(crate) cores: Vec<Core>,
    pub(crate) glue: Glue,
    /// Bytes of the definitions carried out so far.
    pub(crate) size: usize,
}

impl Instantiation<'_> {
    /// Instantiates the root component.
    ///
    /// # Errors
    /// `Link` for imports, traps and limits of start functions, `Unsupported` for what the layer or engine lacks.
    pub(crate) fn root(&mut self, component: &ComponentInst) -> Result<InstanceInst> {
        self.component(component, None, None, CorePath::default(), 0)
    }

    fn component(
        &mut self,
        component: &ComponentInst,
        args: Option<HashMap<ExternName, ItemInst>>,
        parent: Option<u32>,
        path: CorePath,
        depth: usize,
    ) -> Result<InstanceInst> {
        let running = Running::of(self.store)?;
        if depth > MAX_DEPTH || running.instances.len() >= MAX_INSTANCES {
            return Err(Error::new(
                seam_core::ErrorKind::Limit(Limit::Instances),
                format!(
                    "expected at most {MAX_INSTANCES} component instances nested at most {MAX_DEPTH} deep, found more"
                ),
            ));
        }
        self.size = self.size.saturating_add(component.def.size);
        if self.size > MAX_SIZE {
            return Err(Error::new(
                seam_core::ErrorKind::Limit(Limit::EngineCapacity),
                format!(
                    "expected definitions of at most {MAX_SIZE} bytes in all component instances, \
                     found more"
                ),
            ));
        }
        let mut current = Current {
            spaces: IndexSpaces::default(),
            instance: running.add_instance(parent)?,
            env: component.env.clone(),
            args,
            path,
            core_instances: 0,
            component_instances: 0,
            depth,
            exports: HashMap::new(),
        };
        for def in &component.def.defs {
            self.define(&mut current, def)?;
        }
        Running::of(self.store)?.open(current.instance)?;
        Ok(InstanceInst {
            exports: current.exports,
        })
    }

    fn define(&mut self, current: &mut Current, def: &Def) -> Result<()> {
        match def {
            Def::CoreModule(range) => {
                let module = self
                    .modules
                    .get(range)
                    .ok_or_else(|| apart("a compiled core module"))?;
                current.spaces.core_modules.push(module.clone());
            }
            Def::CoreInstance(def) => self.core_instance(current, def)?,
            Def::CoreType => {}
            Def::Component(def) => {
                let env = current.capture(def)?;
                current.spaces.components.push(ComponentInst {
                    def: def.clone(),
                    env,
                });
            }
            Def::Instance(def) => self.instance(current, def)?,
            Def::Alias(alias) => self.alias(current, alias)?,
            Def::Type(def) => self.type_def(current, def)?,
            Def::Canon(def) => self.canon(current, def)?,
            Def::Import(name, ty) => self.import(current, name, ty)?,
            Def::Export(name, sort, index) => {
                let item = current.spaces.item(*sort, *index)?;
                current.spaces.add(item.clone());
                current.exports.insert(name.clone(), item);
            }
        }
        Ok(())
    }

    fn import(
        &mut self,
        current: &mut Current,
        name: &ExternName,
        ty: &super::def::ExternType,
    ) -> Result<()> {
        let item = match &current.args {
            Some(args) => args
                .get(name)
                .cloned()
                .ok_or_else(|| apart(&format!("an argument for import `{name}`")))?,
            None => {
                let scope = Scope {
                    types: &current.spaces.types,
                    parent: None,
                };
                self.imports
                    .item(Running::of(self.store)?, &[], name, ty, &scope)?
            }
        };
        current.spaces.add(item);
        Ok(())
    }

    fn instance(&mut self, current: &mut Current, def: &InstanceDef) -> Result<()> {
        let items = |current: &Current,
                     items: &[(ExternName, Sort, u32)]|
         -> Result<HashMap<_, _>> {
            items
                .iter()
                .map(|(name, sort, index)| Ok((name.clone(), current.spaces.item(*sort, *index)?)))
                .collect()
        };
        let instance = match def {
            InstanceDef::FromExports(exports) => InstanceInst {
                exports: items(current, exports)?,
            },
            InstanceDef::Instantiate(index, args) => {
                let component = at(&current.spaces.components, *index, "component")?.clone();
                let args = items(current, args)?;
                let path = current.path.child(current.component_instances);
                current.component_instances += 1;
                self.component(
                    &component,
                    Some(args),
                    Some(current.instance),
                    path,
                    current.depth + 1,
                )?
            }
        };
        current.spaces.instances.push(Arc::new(instance));
        Ok(())
    }

    fn core_instance(&mut self, current: &mut Current, def: &CoreInstanceDef) -> Result<()> {
        let instance = match def {
            CoreInstanceDef::FromExports(exports) => {
                let exports: Result<HashMap<_, _>> = exports
                    .iter()
                    .map(|(name, sort, index)| {
                        Ok((name.clone(), current.spaces.core_item(*sort, *index)?))
                    })
                    .collect();
                CoreInstanceInst::Exports(exports?)
            }
            CoreInstanceDef::Instantiate(index, args) => {
                let module = at(&current.spaces.core_modules, *index, "core module")?.clone();
                let ty = module.ty()?.clone();
                let imports: Result<Vec<_>> = ty
                    .imports
                    .iter()
                    .map(|(from, field, ty)| self.core_import(current, args, from, field, ty))
                    .collect();
                let path = current.path.child(current.core_instances);
                current.core_instances += 1;
                let entry = |id| Core {
                    path: path.clone(),
                    origin: Origin::Main,
                    id,
                    module: ty.clone(),
                };
                match self.store.instantiate(&module, &imports?) {
                    Ok(id) => {
                        self.cores.push(entry(id));
                        CoreInstanceInst::Engine(id)
                    }
                    Err(error) => {
                        self.cores.extend(self.store.failed_instance().map(entry));
                        return Err(error);
                    }
                }
            }
        };
        current.spaces.core_instances.push(instance);
        Ok(())
    }

    /// What an instantiation's arguments give for one import of a core module.
    fn core_import(
        &mut self,
        current: &Current,
        args: &[(String, u32)],
        module: &str,
        field: &str,
        ty: &CoreExternType,
    ) -> Result<CoreExtern> {
        let index = args
            .iter()
            .find(|(name, _)| name == module)
            .map(|(_, index)| *index);
        let index = index.ok_or_else(|| apart(&format!("a core instance for `{module}`")))?;
        let item = self.core_export(current, index, field)?;
        match (item, ty) {
            (CoreItemInst::Extern(item), _) => Ok(item),
            (CoreItemInst::Pending(pending), _) => self
                .glue
                .func(self.engine, self.store, &pending)
                .map(CoreExtern::Func),
            (CoreItemInst::Builtin(builtin), CoreExternType::Func(ty)) => {
                builtin::core_func(self.store, &builtin, ty.clone(), current.instance)
                    .map(CoreExtern::Func)
            }
            (CoreItemInst::Builtin(_), ty) => {
                Err(apart(&format!("a {} for `{module}` `{field}`", ty.kind())))
            }
        }
    }

    fn core_export(
        &mut self,
        current: &Current,
        instance: u32,
        name: &str,
    ) -> Result<CoreItemInst> {
        let missing = || apart(&format!("a core export `{name}`"));
        match at(&current.spaces.core_instances, instance, "core instance")? {
            CoreInstanceInst::Engine(id) => self
                .store
                .export(*id, name)
                .map(CoreItemInst::Extern)
                .ok_or_else(missing),
            CoreInstanceInst::Exports(exports) => exports.get(name).cloned().ok_or_else(missing),
        }
    }

    fn alias(&mut self, current: &mut Current, alias: &AliasDef) -> Result<()> {
        match alias {
            AliasDef::InstanceExport(_, instance, name) => {
                let instance = at(&current.spaces.instances, *instance, "instance")?;
                let item = instance.exports.get(name).cloned();
                current
                    .spaces
                    .add(item.ok_or_else(|| apart(&format!("an export `{name}`")))?);
            }
            AliasDef::CoreInstanceExport(sort, instance, name) => {
                let item = self.core_export(current, *instance, name)?;
                current.spaces.core_space(*sort).push(item);
            }
            AliasDef::Outer(..) => current.outer(alias)?,
        }
        Ok(())
    }

    fn type_def(&mut self, current: &mut Current, def: &TypeDef) -> Result<()> {
        let ty = match def {
            TypeDef::Resource(dtor) => {
                let dtor = dtor
                    .map(|index| self.core_func(current, index))
                    .transpose()?;
                let running = Running::of(self.store)?;
                let id = u32::try_from(running.resources.len())
                    .map_err(|_| Error::limit(Limit::EngineCapacity))?;
                running.resources.push(ResourceInfo {
                    name: ResourceType::new(""),
                    implementation: ResourceImpl::Guest {
                        instance: current.instance,
                        dtor,
                    },
                });
                TypeInst::Resource(ResourceId(id))
            }
            def => typing::evaluate(def, &current.spaces.types)?,
        };
        current.spaces.types.push(ty);
        Ok(())
    }

    fn canon(&mut self, current: &mut Current, def: &CanonDef) -> Result<()> {
        let instance = current.instance;
        let resource = |index: &u32| typing::resource_at(&current.spaces.types, *index);
        let item = match def {
            CanonDef::Lift(func, ty, options) => {
                let lifted = current.lift(self, *func, *ty, options)?;
                current
                    .spaces
                    .funcs
                    .push(FuncInst::Lifted(Arc::new(lifted)));
                return Ok(());
            }
            CanonDef::Lower(func, options) => {
                let callee = at(&current.spaces.funcs, *func, "function")?.clone();
                let caller = current.options(self, options)?;
                if options.is_async || callee.ty().is_async {
                    CoreItemInst::Builtin(Arc::new(CanonicalFunction::Lower {
                        func_index: *func,
                        options: Box::default(),
                    }))
                } else {
                    self.lowered(GlueTask::Call(Lowered::new(callee, caller)))?
                }
            }
            CanonDef::ResourceNew(index) => {
                made(resource::new(self.store, resource(index)?, instance)?)
            }
            CanonDef::ResourceDrop(index) => {
                let ty = resource(index)?;
                self.lowered(GlueTask::Drop(Dropping { ty, instance }))?
            }
            CanonDef::ResourceRep(index) => {
                made(resource::rep(self.store, resource(index)?, instance)?)
            }
            CanonDef::Async(builtin) => CoreItemInst::Builtin(Arc::new((**builtin).clone())),
        };
        current.spaces.core_funcs.push(item);
        Ok(())
    }

    /// The core function of a definition that calls guests, by glue where host functions cannot.
    fn lowered(&mut self, task: GlueTask) -> Result<CoreItemInst> {
        if !self.engine.info().capabilities.has(Capability::Reentrant) {
            return Ok(match self.glue.add(self.store, task)? {
                Glued::Made(func) => made(func),
                Glued::Pending(pending) => CoreItemInst::Pending(pending),
            });
        }
        let func = match task {
            GlueTask::Call(lowered) => lowered.core_func(self.store),
            GlueTask::Drop(dropping) => dropping.core_func(self.store),
        };
        func.map(made)
    }

    /// The core function at an index, to be called.
    ///
    /// # Errors
    /// `Unsupported` for an asynchronous built-in; what making the glue of a function ends in.
    pub(super) fn core_func(&mut self, current: &Current, index: u32) -> Result<CoreFunc> {
        match current.spaces.core_item(CoreSort::Func, index)? {
            CoreItemInst::Extern(CoreExtern::Func(func)) => Ok(func),
            CoreItemInst::Pending(pending) => self.glue.func(self.engine, self.store, &pending),
            CoreItemInst::Builtin(_) => Err(Error::unsupported(
                Capability::ComponentAsync,
                "expected a core function of a module, found an asynchronous built-in lifted or used as an option",
            )),
            CoreItemInst::Extern(_) => Err(apart(&format!("a core function at {index}"))),
        }
    }
}

fn made(func: CoreFunc) -> CoreItemInst {
    CoreItemInst::Extern(CoreExtern::Func(func))
}
