//! Instantiation: executes a plan step by step.

use std::sync::{Arc, OnceLock};

use seam_core::{
    Capability, CoreExtern, CoreFunc, CoreFuncType, CoreModule, CoreStore, CoreType, Error,
    Interface, Origin, Result,
};
use seam_decode::types::ResourceId;
use seam_decode::{Builtin, ComponentInstance, CoreInstance, ResourceDef, ResourceOrigin};
use seam_decode::{CoreItem, Func, ModuleRef, Options as PlannedOptions, Plan, Step};
use smallvec::SmallVec;

use super::builtin::body;
use super::late::Late;
use super::lifts::{Lifts, lift};
use super::lookup::{at, missing, narrow};
use super::prepared::Prepared;
use crate::canon::builtin::Body;
use crate::canon::lower::Lowered;
use crate::canon::options::{Items, options};
use crate::canon::resource::Dropping;
use crate::canon::{caller, resource, signature};
use crate::cores::{Core, Cores};
use crate::generated::Generated;
use crate::glue::{Glue, GlueTask, Glued, Pending};
use crate::state::{FuncInst, Lifted, ResourceImpl, ResourceInfo, Running, TableFuncs};

/// The execution of a plan in a store.
pub(super) struct Execution<'a> {
    pub(super) generated: &'a Generated,
    pub(super) store: &'a mut dyn CoreStore,
    pub(super) plan: &'a Arc<Plan>,
    interface: &'a Interface,
    prepared: &'a Arc<Prepared>,
    /// The compiled modules, in the order of the plan's modules.
    modules: &'a [CoreModule],
    /// The core items of the world, in the order of the imports that keep their core types.
    world: &'a [CoreExtern],
    /// The core instances made so far, in order.
    cores: Cores,
    glue: Glue,
    pub(super) late: Late,
    /// The core items made so far, by their index in the plan.
    pub(super) core_items: SmallVec<[Made; 8]>,
    /// The core instances and lifted functions made so far.
    pub(super) lifts: Lifts,
    /// All lifted functions, once they are made. `None` if no function waits for them.
    pub(super) all_lifts: Option<AllLifts>,
}

/// All lifted functions of a plan, for functions that are made before them.
pub(super) type AllLifts = Arc<OnceLock<Vec<Arc<Lifted>>>>;

/// A core item.
pub(super) enum Made {
    Extern(CoreExtern),
    /// An export of a core instance that nothing has used yet.
    Export,
    /// A function whose glue is made when it is first needed.
    Pending(Pending),
    /// A built-in of the asynchronous part.
    Builtin(Glued),
    /// The function at this position among those that must be made after their caller.
    Late(usize),
}

impl<'a> Execution<'a> {
    pub(super) fn new(
        generated: &'a Generated,
        store: &'a mut dyn CoreStore,
        (plan, interface, prepared): (&'a Arc<Plan>, &'a Interface, &'a Arc<Prepared>),
        modules: &'a [CoreModule],
        world: &'a [CoreExtern],
    ) -> Self {
        Self {
            generated,
            store,
            plan,
            interface,
            prepared,
            modules,
            world,
            cores: Cores::with_capacity(plan.core_instances.len()),
            glue: Glue::default(),
            late: Late::default(),
            core_items: SmallVec::with_capacity(plan.core_items.len()),
            lifts: Lifts::new(plan.clone(), prepared.clone()),
            all_lifts: None,
        }
    }

    /// Executes all steps.
    ///
    /// # Errors
    /// Traps and limits of start functions and initializers. `Unsupported` for capabilities that the layer or the
    /// engine lacks.
    pub(super) fn run(&mut self) -> Result<()> {
        let plan = self.plan;
        let running = Running::of(self.store)?;
        running.resources.extend(plan.resources.iter().map(info));
        (running.instances).reserve_exact(plan.component_instances.len());
        let capabilities = &self.generated.engine().info().capabilities;
        running.tasks.is_concurrent = self.prepared.is_async;
        if self.prepared.is_async {
            self.glue = Glue::new(self.prepared.called());
        }
        running.tasks.suspends =
            capabilities.has(Capability::Reentrant) && capabilities.has(Capability::SuspendedCalls);
        for step in &plan.steps {
            match *step {
                Step::Begin(index) => {
                    let instance = at(&plan.component_instances, index)?;
                    let ComponentInstance {
                        parent, handles, ..
                    } = *instance;
                    let parent = parent.map(narrow).transpose()?;
                    Running::of(self.store)?.add_instance(parent, narrow(handles)?)?;
                }
                Step::End(index) => Running::of(self.store)?.open(narrow(index)?)?,
                Step::CoreInstance(index) => self.core_instance(index)?,
                Step::CoreItem(index) => {
                    let item = self.core_item(at(&plan.core_items, index)?)?;
                    self.core_items.push(item);
                }
                Step::Lift(index)
                    if self.prepared.lifts.get(index).is_some_and(|it| it.can_wait) => {}
                Step::Lift(index) => {
                    let lifted = lift(plan, self.prepared, index, self)?;
                    self.lifts.put(index, lifted);
                }
                Step::Resource(id) => self.resource(id)?,
            }
        }
        if let Some(all) = &self.all_lifts {
            let _ = all.set(self.lifts.all(self.store)?);
        }
        self.make_late()?;
        if let Some(item) = plan.initialize {
            let initialize = self.core_func(item)?;
            self.core_call(0, |store| store.call(initialize, &[], &mut []))?;
        }
        Ok(())
    }

    /// Returns the lifted functions, and the core instances made so far, in order.
    pub(super) fn into_made(self) -> (Lifts, Cores) {
        let mut cores = self.cores;
        cores.sort();
        (self.lifts, cores)
    }

    fn core_instance(&mut self, index: usize) -> Result<()> {
        let CoreInstance {
            module,
            imports,
            component_instance,
        } = at(&self.plan.core_instances, index)?;
        let ModuleRef::Defined(module) = *module else {
            return Err(missing());
        };
        let module = at(self.modules, module)?;
        let imports: Result<Vec<_>> = imports.iter().map(|item| self.import(*item)).collect();
        let imports = imports?;
        let ty = module.ty()?.clone();
        let core = at(self.interface.core_instances(), index)?;
        let entry = |id| Core {
            path: core.path.clone(),
            origin: Origin::Main,
            id,
            module: ty,
        };
        let instance = narrow(*component_instance)?;
        match self.core_call(instance, |store| store.instantiate(module, &imports)) {
            Ok(id) => {
                self.lifts.exports.core_instances.push(id);
                self.cores.push(entry(id));
                Ok(())
            }
            Err(error) => {
                if let Some(id) = self.store.failed_instance() {
                    self.cores.push(entry(id));
                }
                Err(error)
            }
        }
    }

    /// Makes a call during which a core function of a component instance runs that no function lifts.
    fn core_call<T>(
        &mut self,
        instance: u32,
        call: impl FnOnce(&mut dyn CoreStore) -> Result<T>,
    ) -> Result<T> {
        let running = Running::of(self.store)?;
        running.begin_thread();
        let begun = running.begin_core_call(instance)?;
        let made = call(self.store)?;
        let running = Running::of(self.store)?;
        running.end_core_call(begun)?;
        running.end_thread();
        Ok(made)
    }

    /// Returns a core item that is imported.
    fn import(&mut self, item: usize) -> Result<CoreExtern> {
        match at(&self.core_items, item)? {
            Made::Extern(item) => Ok(*item),
            Made::Export => {
                let export = self.lifts.exports.item(self.store, item)?;
                if let Some(made) = self.core_items.get_mut(item) {
                    *made = Made::Extern(export);
                }
                Ok(export)
            }
            Made::Builtin(Glued::Made(func)) => Ok(CoreExtern::Func(*func)),
            Made::Builtin(Glued::Pending(pending)) | Made::Pending(pending) => self
                .glue
                .func(self.generated, self.store, pending)
                .map(CoreExtern::Func),
            Made::Late(position) => {
                let func = self.late.func(self.generated, self.store, *position)?;
                Ok(CoreExtern::Func(func))
            }
        }
    }

    /// Returns a core item that is called.
    ///
    /// # Errors
    /// `Unsupported` for a built-in of the asynchronous part. Any error of making a function's
    /// glue.
    pub(super) fn core_func(&mut self, item: usize) -> Result<CoreFunc> {
        match self.item(item)? {
            CoreExtern::Func(func) => Ok(func),
            _ => Err(missing()),
        }
    }

    fn check_module_item(&self, item: usize) -> Result<()> {
        match at(&self.core_items, item)? {
            Made::Builtin(_) => Err(Error::unsupported(
                Capability::ComponentAsync,
                "expected a core function of a module, found an asynchronous built-in lifted or \
                 used as an option",
            )),
            _ => Ok(()),
        }
    }

    fn core_item(&mut self, item: &CoreItem) -> Result<Made> {
        Ok(match item {
            CoreItem::Export(..) => Made::Export,
            CoreItem::Lower(func, options, ty) => {
                let callee = self.func(*func)?;
                self.lower(callee, options, ty)?
            }
            CoreItem::LowerForCaller(func, options, ty)
                if self.is_lowered_later(*func, options)? =>
            {
                Made::Late(self.late.add(item.clone(), ty.clone()))
            }
            CoreItem::LowerForCaller(func, options, ty) => {
                made(self.lower_for_caller(*func, *options, ty)?)
            }
            CoreItem::OwnExport(_, ty) if self.is_late(true) => {
                Made::Late(self.late.add(item.clone(), ty.clone()))
            }
            CoreItem::OwnExport(name, ty) => {
                made(caller::own_export(self.store, name.clone(), ty.clone())?)
            }
            CoreItem::ResourceDrop(ty, _) if self.is_late(self.is_destroyed_later(*ty)?) => {
                let ty = CoreFuncType::new([CoreType::I32], []);
                Made::Late(self.late.add(item.clone(), ty))
            }
            CoreItem::World(index) => Made::Extern(*at(self.world, *index)?),
            CoreItem::ResourceNew(ty, instance) => {
                made(resource::new(self.store, *ty, narrow(*instance)?)?)
            }
            CoreItem::ResourceDrop(ty, instance) => {
                let (ty, instance) = (*ty, narrow(*instance)?);
                self.lowered(GlueTask::Drop(Dropping { ty, instance }))?
            }
            CoreItem::ResourceRep(ty, instance) => {
                made(resource::rep(self.store, *ty, narrow(*instance)?)?)
            }
            CoreItem::Builtin(builtin, ty, instance) => {
                Made::Builtin(self.builtin(builtin, ty, *instance)?)
            }
            CoreItem::BuiltinForCaller(_, ty, _) if self.is_late(true) => {
                Made::Late(self.late.add(item.clone(), ty.clone()))
            }
            CoreItem::BuiltinForCaller(builtin, ty, instance) => Made::Builtin(Glued::Made(
                self.builtin_for_caller(builtin, ty, *instance)?,
            )),
        })
    }

    /// Lowers a function for a caller with these options.
    pub(super) fn lower(
        &mut self,
        callee: FuncInst,
        planned: &PlannedOptions,
        ty: &CoreFuncType,
    ) -> Result<Made> {
        let caller = options(planned, self)?;
        let running = Running::of(self.store)?;
        let lowered = Lowered::new(running, callee, caller, planned.is_async, ty.clone())?;
        self.lowered(GlueTask::Call(lowered))
    }

    /// Makes the core function of a built-in.
    pub(super) fn builtin(
        &mut self,
        builtin: &Builtin,
        ty: &CoreFuncType,
        instance: usize,
    ) -> Result<Glued> {
        match body(builtin, ty, narrow(instance)?, self)? {
            Body::Host(func) => {
                let func = self.store.host_func_numeric(ty.clone(), func)?;
                Ok(Glued::Made(func))
            }
            Body::Guests(body) => self.glued(GlueTask::InSteps(body, ty.clone())),
        }
    }

    /// Makes the core function of a task that calls guests.
    ///
    /// If host functions cannot call back into the guest, glue makes the calls.
    pub(super) fn lowered(&mut self, task: GlueTask) -> Result<Made> {
        Ok(match self.glued(task)? {
            Glued::Made(func) => made(func),
            Glued::Pending(pending) => Made::Pending(pending),
        })
    }

    fn glued(&mut self, task: GlueTask) -> Result<Glued> {
        let capabilities = &self.generated.engine().info().capabilities;
        match capabilities.has(Capability::Reentrant) {
            true => task.core_func(self.store).map(Glued::Made),
            false => self.glue.add(self.generated, self.store, task),
        }
    }

    fn optional(&mut self, func: Option<usize>) -> Result<Option<CoreFunc>> {
        func.map(|func| self.core_func(func)).transpose()
    }

    /// Returns a function that can be called. A plan lowers no other.
    ///
    /// # Errors
    /// Those of [`Lifts::func`].
    pub(super) fn func(&mut self, func: Func) -> Result<FuncInst> {
        self.lifts.func(self.store, func)
    }

    /// Defines a resource type of the guest, which has its destructor from now on.
    fn resource(&mut self, id: ResourceId) -> Result<()> {
        let ResourceDef { origin, .. } = at(&self.plan.resources, id.0 as usize)?;
        let defined = match *origin {
            ResourceOrigin::Host(_) => return Ok(()),
            ResourceOrigin::Guest { instance, dtor } => ResourceImpl::Guest {
                instance: narrow(instance)?,
                dtor: self.optional(dtor)?.map(signature::drop).transpose()?,
            },
            ResourceOrigin::Table {
                instance,
                rep,
                drop,
            } => ResourceImpl::Table {
                instance: narrow(instance)?,
                funcs: Some(TableFuncs {
                    rep: signature::rep(self.core_func(rep)?)?,
                    drop: signature::drop(self.core_func(drop)?)?,
                }),
            },
        };
        let running = Running::of(self.store)?;
        if let Some(info) = running.resources.get_mut(id.0 as usize) {
            info.implementation = defined;
        }
        Ok(())
    }
}

impl Items for Execution<'_> {
    fn item(&mut self, item: usize) -> Result<CoreExtern> {
        self.check_module_item(item)?;
        self.import(item)
    }

    fn store(&mut self) -> &mut dyn CoreStore {
        self.store
    }
}

fn info(def: &ResourceDef) -> ResourceInfo {
    let implementation = match &def.origin {
        ResourceOrigin::Host(name) => ResourceImpl::Host(name.clone()),
        ResourceOrigin::Guest { instance, .. } => ResourceImpl::Guest {
            instance: u32::try_from(*instance).unwrap_or(u32::MAX),
            dtor: None,
        },
        ResourceOrigin::Table { instance, .. } => ResourceImpl::Table {
            instance: u32::try_from(*instance).unwrap_or(u32::MAX),
            funcs: None,
        },
    };
    ResourceInfo {
        name: def.name.clone(),
        implementation,
    }
}

pub(super) fn made(func: CoreFunc) -> Made {
    Made::Extern(CoreExtern::Func(func))
}
