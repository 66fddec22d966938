//! Functions that wait for their glue. One module is made for many of them.
//!
//! Engines have room for only a few modules. Therefore glue is not made for each definition, but
//! when one of the functions is needed: when a core module imports it, when it is lifted, or when
//! it is used as an option or a destructor.

use std::sync::{Arc, OnceLock};

use seam_core::{
    CoreExtern, CoreFunc, CoreFuncType, CoreStore, CoreType, Error, NumericFunc, Result,
};

use super::job::{JobKind, Target};
use super::link::{begin, shared};
use super::module::{self, Calls, MOST, SHARED};
use super::perform::perform;
use super::work::Work;
use crate::canon::lower::Lowered;
use crate::canon::resource::Dropping;
use crate::generated::Generated;
use crate::state::{FuncInst, Running};
use crate::task::InSteps;

/// The task of a glue function.
pub(crate) enum GlueTask {
    /// A lowered call.
    Call(Lowered),
    /// The drop of a resource.
    Drop(Dropping),
    /// A function of this type that may call any guest.
    InSteps(InSteps, CoreFuncType),
}

impl GlueTask {
    /// Creates the core function that performs the task itself. It calls guests, unless the task
    /// calls none.
    ///
    /// # Errors
    /// Those of [`CoreStore::host_func`].
    pub(crate) fn core_func(self, store: &mut dyn CoreStore) -> Result<CoreFunc> {
        match self {
            GlueTask::Call(lowered) => lowered.core_func(store),
            GlueTask::Drop(dropping) => dropping.core_func(store),
            GlueTask::InSteps(body, ty) => store.host_func_numeric(ty, body.into_func()),
        }
    }

    /// Returns a call of a function whose calls are tasks as a function that may call any guest.
    fn in_steps(self) -> Self {
        match self {
            GlueTask::Call(lowered) => {
                let ty = lowered.core_ty.clone();
                match lowered.in_steps() {
                    Ok(body) => GlueTask::InSteps(body, ty),
                    Err(lowered) => GlueTask::Call(lowered),
                }
            }
            task => task,
        }
    }
}

/// A glue function that may not have been made yet.
#[derive(Clone, Default)]
pub(crate) struct Pending(Arc<OnceLock<CoreFunc>>);

/// A core function that is already made or still pending.
pub(crate) enum Glued {
    Made(CoreFunc),
    Pending(Pending),
}

/// The glue of a store.
#[derive(Default)]
pub(crate) struct Glue {
    /// The host functions that all modules import: `resume`, and `get` and `put` of each type.
    ///
    /// They are created for the first module.
    shared: Option<Vec<CoreExtern>>,
    /// The signatures of all functions that may be called without being imported.
    signatures: Vec<CoreFuncType>,
    waiting: Vec<Waiting>,
}

/// A function that waits for its module.
struct Waiting {
    work: Work,
    ty: CoreFuncType,
    targets: Vec<(Target, CoreFunc)>,
    made: Pending,
}

impl Glue {
    /// Creates the glue of a store. The functions that may be called without being imported have these
    /// signatures.
    pub(crate) fn new(signatures: Vec<CoreFuncType>) -> Self {
        Self {
            shared: None,
            signatures,
            waiting: Vec::new(),
        }
    }

    /// Adds a function that performs a task and never re-enters the engine.
    ///
    /// # Errors
    /// Those of [`CoreStore::host_func`]. Those of [`Glue::func`].
    pub(crate) fn add(
        &mut self,
        generated: &Generated,
        store: &mut dyn CoreStore,
        task: GlueTask,
    ) -> Result<Glued> {
        let task = task.in_steps();
        let targets = match &task {
            GlueTask::Call(lowered) => call_targets(lowered),
            GlueTask::Drop(dropping) => {
                let dtor = dropping.destructor(Running::of(store)?)?;
                let targets = dtor.map(|dtor| (Target::Destructor, dtor));
                targets.into_iter().collect()
            }
            GlueTask::InSteps(..) => vec![(Target::Any, self.perform(generated, store)?)],
        };
        if targets.is_empty() {
            // The host does everything. Most WASI functions are of this kind.
            return task.core_func(store).map(Glued::Made);
        }
        let (work, ty) = match task {
            GlueTask::Call(lowered) => {
                let ty = lowered.core_ty.clone();
                (Work::Job(JobKind::Call(Arc::new(lowered))), ty)
            }
            GlueTask::Drop(dropping) => {
                let ty = CoreFuncType::new([CoreType::I32], []);
                (Work::Job(JobKind::Drop(Arc::new(dropping))), ty)
            }
            GlueTask::InSteps(body, ty) => (Work::InSteps(body), ty),
        };
        let made = Pending::default();
        self.waiting.push(Waiting {
            work,
            ty,
            targets,
            made: made.clone(),
        });
        Ok(Glued::Pending(made))
    }

    /// Returns the function that calls any guest, which is made when it is first needed.
    fn perform(&mut self, generated: &Generated, store: &mut dyn CoreStore) -> Result<CoreFunc> {
        if let Some(known) = &Running::of(store)?.perform {
            return Ok(known.func());
        }
        let shared = self.shared(store)?;
        let perform = perform(generated, store, &shared, self.signatures.clone())?;
        let func = perform.func();
        Running::of(store)?.perform = Some(perform);
        Ok(func)
    }

    fn shared(&mut self, store: &mut dyn CoreStore) -> Result<Vec<CoreExtern>> {
        Ok(match &self.shared {
            Some(shared) => shared.clone(),
            None => self.shared.insert(shared(store)?).clone(),
        })
    }

    /// Returns a function that was added. If it is pending, all waiting functions are made first.
    ///
    /// # Errors
    /// Those of [`CoreEngine::compile`](seam_core::CoreEngine::compile) and [`CoreStore::instantiate`].
    pub(crate) fn func(
        &mut self,
        generated: &Generated,
        store: &mut dyn CoreStore,
        pending: &Pending,
    ) -> Result<CoreFunc> {
        if pending.0.get().is_none() {
            let waiting = std::mem::take(&mut self.waiting);
            for batch in batches(waiting) {
                self.make(generated, store, batch)?;
            }
        }
        let made = pending.0.get().copied();
        made.ok_or_else(|| Error::engine("expected a function that waits for its glue, found none"))
    }

    /// Makes and instantiates the module of a batch.
    fn make(
        &mut self,
        generated: &Generated,
        store: &mut dyn CoreStore,
        batch: Batch,
    ) -> Result<()> {
        let callees = batch.callees.iter();
        let types: Result<Vec<_>> = callees.map(|func| store.func_type(*func)).collect();
        let module = generated.module(batch.wasm(&types?)?)?;
        let mut imports = self.shared(store)?;
        imports.extend(batch.callees.into_iter().map(CoreExtern::Func));
        let mut made = Vec::new();
        for (waiting, _) in batch.funcs {
            made.push(waiting.made);
            let begin = begin(store, &waiting.ty, waiting.work)?;
            imports.push(CoreExtern::Func(begin));
        }
        let instance = store.instantiate(&module, &imports)?;
        for (position, made) in made.into_iter().enumerate() {
            let Some(CoreExtern::Func(func)) = store.export(instance, &position.to_string()) else {
                return Err(Error::engine("expected the glue to export its functions"));
            };
            made.0.get_or_init(|| func);
        }
        Ok(())
    }
}

/// Returns the task of a lowered function, its core type, and the functions that its glue calls.
fn call_targets(lowered: &Lowered) -> Vec<(Target, CoreFunc)> {
    let mut targets: Vec<(Target, CoreFunc)> = Vec::new();
    let mut add = |target, func: Option<CoreFunc>| targets.extend(func.map(|func| (target, func)));
    let func = |func: &Option<NumericFunc>| func.as_ref().map(NumericFunc::func);
    add(Target::CallerRealloc, func(&lowered.call.opts.realloc));
    if let FuncInst::Lifted(callee) = &lowered.callee {
        add(Target::CalleeRealloc, func(&callee.opts.realloc));
        add(Target::Callee, Some(callee.core.func()));
        add(Target::PostReturn, func(&callee.post_return));
    }
    targets
}

/// The functions of one module.
#[derive(Default)]
struct Batch {
    /// Each function with its calls: the number by which the host calls it, and the position in
    /// `callees`.
    funcs: Vec<(Waiting, Vec<(i32, usize)>)>,
    /// All functions that are called, without duplicates.
    callees: Vec<CoreFunc>,
}

/// Distributes functions, in order, over modules that have room for them.
fn batches(all: Vec<Waiting>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for waiting in all {
        match batches.last_mut().filter(|batch| batch.has_room(&waiting)) {
            Some(batch) => batch.push(waiting),
            None => {
                let mut batch = Batch::default();
                batch.push(waiting);
                batches.push(batch);
            }
        }
    }
    batches
}

impl Batch {
    /// Returns whether one more function fits within the import limit. There are fewer exports.
    fn has_room(&self, more: &Waiting) -> bool {
        let new = more.targets.iter();
        let new = new.filter(|(_, func)| !self.callees.contains(func));
        let begins = self.funcs.len() + 1;
        SHARED + self.callees.len() + new.count() + begins <= MOST
    }

    fn push(&mut self, waiting: Waiting) {
        let targets = waiting.targets.iter();
        let calls = targets.map(|(target, func)| {
            let known = self.callees.iter().position(|callee| callee == func);
            let position = known.unwrap_or_else(|| {
                self.callees.push(*func);
                self.callees.len() - 1
            });
            (*target as i32, position)
        });
        let calls = calls.collect();
        self.funcs.push((waiting, calls));
    }

    /// Generates the module. `callees` are the types of the functions that it calls.
    fn wasm(&self, callees: &[CoreFuncType]) -> Result<Vec<u8>> {
        let funcs: Vec<Calls<'_>> = self
            .funcs
            .iter()
            .map(|(waiting, callees)| Calls {
                ty: &waiting.ty,
                callees,
            })
            .collect();
        module::glue(&funcs, callees)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use seam_decode::types::ResourceId;

    /// Creates a function with a unique type that calls these functions.
    fn waiting(callees: &[u32]) -> Waiting {
        let (ty, instance) = (ResourceId(0), 0);
        let targets = callees.iter().map(|callee| CoreFunc::new(1, *callee));
        Waiting {
            work: Work::Job(JobKind::Drop(Arc::new(Dropping { ty, instance }))),
            ty: CoreFuncType::new([CoreType::I64], []),
            targets: targets.map(|func| (Target::Callee, func)).collect(),
            made: Pending::default(),
        }
    }

    /// Returns the numbers of functions and callees of each module, and checks the limits.
    fn sizes(all: Vec<Waiting>) -> Vec<(usize, usize)> {
        let size = |batch: &Batch| {
            let ty = CoreFuncType::new([CoreType::I32; 4], [CoreType::I32]);
            let wasm = batch.wasm(&vec![ty; batch.callees.len()]).unwrap();
            wasmparser::validate(&wasm).unwrap();
            let (funcs, callees) = (batch.funcs.len(), batch.callees.len());
            assert!(SHARED + funcs + callees <= MOST);
            (funcs, callees)
        };
        batches(all).iter().map(size).collect()
    }

    #[test]
    fn functions_with_the_same_callee_share_its_import() {
        let all = (0..60).map(|_| waiting(&[7])).collect();
        assert_eq!(sizes(all), [(60, 1)]);
        let batch = &batches(vec![waiting(&[7, 8]), waiting(&[8, 7, 9])])[0];
        assert_eq!(
            batch.callees,
            [7, 8, 9].map(|index| CoreFunc::new(1, index))
        );
        assert_eq!(batch.funcs[0].1, [(3, 0), (3, 1)]);
        assert_eq!(batch.funcs[1].1, [(3, 1), (3, 0), (3, 2)]);
    }

    #[test]
    fn functions_that_exceed_a_module_go_into_the_next() {
        let most = MOST - SHARED;
        assert_eq!(
            sizes((1..most).map(|_| waiting(&[7])).collect()),
            [(most - 1, 1)]
        );
        let all = (0..400).map(|_| waiting(&[7])).collect();
        assert_eq!(sizes(all), [(190, 1), (190, 1), (20, 1)]);
        let all = (0..100).map(|n| waiting(&[4 * n, 4 * n + 1, 4 * n + 2, 7]));
        assert_eq!(sizes(all.collect()), [(47, 142), (47, 142), (6, 19)]);
        assert_eq!(sizes(Vec::new()), []);
    }
}
