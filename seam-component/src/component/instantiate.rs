//! Instantiation: walking a component's definitions in order.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use seam_core::core::{
    CoreEngine, CoreExtern, CoreExternType, CoreFunc, CoreMemory, CoreModule, CoreStore,
};
use seam_core::{Capability, CorePath, Error, Limit, Origin, ResourceType, Result};
use wasmparser::CanonicalOption;

use super::def::{
    AliasDef, CanonDef, CoreInstanceDef, CoreSort, Def, ExternName, InstanceDef, OptionsDef,
    OuterSort, Sort, TypeDef,
};
use super::import::{HostImports, Scope};
use super::index::{
    ComponentInst, CoreInstanceInst, CoreItemInst, Env, IndexSpaces, InstanceInst, ItemInst,
    TypeInst, apart, at,
};
use super::state::Running;
use super::typing;
use crate::abi::{self, Context, Options, StringEncoding};
use crate::canon::lift::{FuncInst, Lifted};
use crate::canon::lower::Lowered;
use crate::canon::resource::Dropping;
use crate::canon::{builtin, resource};
use crate::cores::Core;
use crate::glue::{self, Glue, GlueTask};
use crate::handle::{ResourceImpl, ResourceInfo};
use crate::types::ResourceId;

/// Components nested deeper than this are refused: each level uses native stack.
const MAX_DEPTH: usize = 100;
/// Component instances of one root: nesting can double their number with every level.
const MAX_INSTANCES: usize = 10_000;

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
}

/// One component under instantiation.
struct Current {
    spaces: IndexSpaces,
    /// Its index in the runtime's table.
    instance: u32,
    env: Option<Arc<Env>>,
    args: Option<HashMap<ExternName, ItemInst>>,
    path: CorePath,
    core_instances: u32,
    component_instances: u32,
    depth: usize,
    exports: HashMap<ExternName, ItemInst>,
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
                let env = Some(current.capture());
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
                let item = current.item(*sort, *index)?;
                current.add(item.clone());
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
                    env: current.env.as_ref(),
                };
                self.imports
                    .item(Running::of(self.store)?, &[], name, ty, &scope)?
            }
        };
        current.add(item);
        Ok(())
    }

    fn instance(&mut self, current: &mut Current, def: &InstanceDef) -> Result<()> {
        let items =
            |current: &Current, items: &[(ExternName, Sort, u32)]| -> Result<HashMap<_, _>> {
                items
                    .iter()
                    .map(|(name, sort, index)| Ok((name.clone(), current.item(*sort, *index)?)))
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
                let imports: Result<Vec<_>> = module
                    .ty()
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
                    module: module.ty().clone(),
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
            (CoreItemInst::Builtin(builtin), CoreExternType::Func(ty)) => {
                builtin::unsupported(self.store, &builtin, ty.clone(), current.instance)
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
                current.add(item.ok_or_else(|| apart(&format!("an export `{name}`")))?);
            }
            AliasDef::CoreInstanceExport(sort, instance, name) => {
                let item = self.core_export(current, *instance, name)?;
                current.spaces.core_space(*sort).push(item);
            }
            AliasDef::Outer(sort, count, index) => current.outer(*sort, *count, *index)?,
        }
        Ok(())
    }

    fn type_def(&mut self, current: &mut Current, def: &TypeDef) -> Result<()> {
        let ty = match def {
            TypeDef::Resource(dtor) => {
                let dtor = dtor
                    .map(|index| current.spaces.core_func(index))
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
        let func = match def {
            CanonDef::Lift(func, ty, options) => {
                let lifted = current.lift(*func, *ty, options)?;
                current
                    .spaces
                    .funcs
                    .push(FuncInst::Lifted(Arc::new(lifted)));
                return Ok(());
            }
            CanonDef::Lower(func, options) => {
                let callee = at(&current.spaces.funcs, *func, "function")?.clone();
                let caller = current.options(options)?;
                self.core_func(GlueTask::Call(Lowered::new(
                    callee,
                    caller,
                    options.is_async,
                )?))?
            }
            CanonDef::ResourceNew(index) => resource::new(self.store, resource(index)?, instance)?,
            CanonDef::ResourceDrop(index) => {
                let ty = resource(index)?;
                self.core_func(GlueTask::Drop(Dropping { ty, instance }))?
            }
            CanonDef::ResourceRep(index) => resource::rep(self.store, resource(index)?, instance)?,
            CanonDef::Async(builtin) => {
                let builtin = CoreItemInst::Builtin(Arc::new((**builtin).clone()));
                current.spaces.core_funcs.push(builtin);
                return Ok(());
            }
        };
        current
            .spaces
            .core_funcs
            .push(CoreItemInst::Extern(CoreExtern::Func(func)));
        Ok(())
    }
}

impl Instantiation<'_> {
    /// The core function of a definition that calls guests, by glue where host functions cannot.
    fn core_func(&mut self, task: GlueTask) -> Result<CoreFunc> {
        if !self.engine.info().capabilities.has(Capability::Reentrant) {
            return glue::core_func(&mut self.glue, self.engine, self.store, task);
        }
        match task {
            GlueTask::Call(lowered) => lowered.core_func(self.store),
            GlueTask::Drop(dropping) => dropping.core_func(self.store),
        }
    }
}

impl Current {
    /// The item at an index of a component-level index space.
    fn item(&self, sort: Sort, index: u32) -> Result<ItemInst> {
        let spaces = &self.spaces;
        Ok(match sort {
            Sort::CoreModule => {
                ItemInst::CoreModule(at(&spaces.core_modules, index, "core module")?.clone())
            }
            Sort::Func => ItemInst::Func(at(&spaces.funcs, index, "function")?.clone()),
            Sort::Type => ItemInst::Type(at(&spaces.types, index, "type")?.clone()),
            Sort::Instance => ItemInst::Instance(at(&spaces.instances, index, "instance")?.clone()),
            Sort::Component => {
                ItemInst::Component(at(&spaces.components, index, "component")?.clone())
            }
            Sort::Value => return Err(apart("no value")),
        })
    }

    /// Adds an item to the index space of its sort.
    fn add(&mut self, item: ItemInst) {
        match item {
            ItemInst::CoreModule(module) => self.spaces.core_modules.push(module),
            ItemInst::Func(func) => self.spaces.funcs.push(func),
            ItemInst::Type(ty) => self.spaces.types.push(ty),
            ItemInst::Instance(instance) => self.spaces.instances.push(instance),
            ItemInst::Component(component) => self.spaces.components.push(component),
        }
    }

    /// What a component defined here can reach of this one: all that is defined so far.
    fn capture(&self) -> Arc<Env> {
        Arc::new(Env {
            types: self.spaces.types.clone(),
            modules: self.spaces.core_modules.clone(),
            components: self.spaces.components.clone(),
            parent: self.env.clone(),
        })
    }

    fn outer(&mut self, sort: OuterSort, count: u32, index: u32) -> Result<()> {
        let captured;
        let env = match (count.checked_sub(1), &self.env) {
            (Some(count), Some(env)) => env.outward(count)?,
            (Some(_), None) => return Err(apart("an enclosing component")),
            (None, _) => {
                captured = self.capture();
                &captured
            }
        };
        let item = match sort {
            OuterSort::CoreType => return Ok(()),
            OuterSort::CoreModule => {
                ItemInst::CoreModule(at(&env.modules, index, "core module")?.clone())
            }
            OuterSort::Type => ItemInst::Type(at(&env.types, index, "type")?.clone()),
            OuterSort::Component => {
                ItemInst::Component(at(&env.components, index, "component")?.clone())
            }
        };
        self.add(item);
        Ok(())
    }

    fn lift(&self, func: u32, ty: u32, options: &OptionsDef) -> Result<Lifted> {
        let ty = typing::func_at(&self.spaces.types, ty)?;
        let num_results = abi::flatten_functype(&ty, Context::Lift).results.len();
        Ok(Lifted {
            core: self.spaces.core_func(func)?,
            ty,
            opts: self.options(options)?,
            post_return: options
                .post_return
                .map(|index| self.spaces.core_func(index))
                .transpose()?,
            is_async: options.is_async,
            num_results,
        })
    }

    fn options(&self, options: &OptionsDef) -> Result<Options> {
        if let Some(what) = options.unsupported {
            return Err(Error::unsupported(
                Capability::Gc,
                format!("expected the linear-memory canonical ABI, found {what}"),
            ));
        }
        Ok(Options {
            instance: self.instance,
            memory: options
                .memory
                .map(|index| self.spaces.core_memory(index))
                .transpose()?,
            realloc: options
                .realloc
                .map(|index| self.spaces.core_func(index))
                .transpose()?,
            encoding: match options.encoding {
                Some(CanonicalOption::UTF16) => StringEncoding::Utf16,
                Some(CanonicalOption::CompactUTF16) => StringEncoding::Latin1Utf16,
                _ => StringEncoding::Utf8,
            },
        })
    }
}

impl IndexSpaces {
    fn core_space(&mut self, sort: CoreSort) -> &mut Vec<CoreItemInst> {
        match sort {
            CoreSort::Func => &mut self.core_funcs,
            CoreSort::Table => &mut self.core_tables,
            CoreSort::Memory => &mut self.core_memories,
            CoreSort::Global => &mut self.core_globals,
            CoreSort::Tag => &mut self.core_tags,
        }
    }

    fn core_item(&self, sort: CoreSort, index: u32) -> Result<CoreItemInst> {
        let (space, what) = match sort {
            CoreSort::Func => (&self.core_funcs, "core function"),
            CoreSort::Table => (&self.core_tables, "core table"),
            CoreSort::Memory => (&self.core_memories, "core memory"),
            CoreSort::Global => (&self.core_globals, "core global"),
            CoreSort::Tag => (&self.core_tags, "core tag"),
        };
        at(space, index, what).cloned()
    }

    fn core_func(&self, index: u32) -> Result<CoreFunc> {
        match self.core_item(CoreSort::Func, index)? {
            CoreItemInst::Extern(CoreExtern::Func(func)) => Ok(func),
            CoreItemInst::Builtin(_) => Err(Error::unsupported(
                Capability::ComponentAsync,
                "expected a core function of a module, found an asynchronous built-in lifted or used as an option",
            )),
            CoreItemInst::Extern(_) => Err(apart(&format!("a core function at {index}"))),
        }
    }

    fn core_memory(&self, index: u32) -> Result<CoreMemory> {
        match self.core_item(CoreSort::Memory, index)? {
            CoreItemInst::Extern(CoreExtern::Memory(memory)) => Ok(memory),
            _ => Err(apart(&format!("a core memory at {index}"))),
        }
    }
}
