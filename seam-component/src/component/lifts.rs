//! The lifted functions of an instance, most of which are made when they are first needed.

use std::sync::Arc;

use seam_core::{CoreExtern, CoreFunc, CoreInstanceId, CoreStore, Error, Result};
use seam_decode::{CoreItem, Func, Plan};
use smallvec::SmallVec;

use super::lookup::{at, missing};
use super::prepared::{Prepared, PreparedLift};
use crate::canon::options::{Items, options, wrong};
use crate::canon::signature;
use crate::state::{FuncInst, HostFunc, Lifted, Running};

/// The lifted functions of an instance.
///
/// A function that uses only exports of core instances is made when it is first needed. So an instance
/// of which few functions are called looks up and allocates only those.
pub(super) struct Lifts {
    pub(super) exports: Exports,
    prepared: Arc<Prepared>,
    /// The functions made so far, by index in the plan. Those behind the last one are missing.
    made: Vec<Option<Arc<Lifted>>>,
}

impl Lifts {
    pub(super) fn new(plan: Arc<Plan>, prepared: Arc<Prepared>) -> Self {
        Self {
            exports: Exports {
                core_instances: SmallVec::with_capacity(plan.core_instances.len()),
                plan,
            },
            prepared,
            made: Vec::new(),
        }
    }

    /// Returns a function whose step of the instantiation has been executed.
    ///
    /// # Errors
    /// `Engine` if the engine's instance lacks an export of its module.
    pub(super) fn get(&mut self, store: &mut dyn CoreStore, index: usize) -> Result<Arc<Lifted>> {
        if let Some(Some(made)) = self.made.get(index) {
            return Ok(made.clone());
        }
        let exports = &self.exports;
        let items = &mut ExportsIn { exports, store };
        let lifted = lift(&exports.plan, &self.prepared, index, items)?;
        Ok(self.put(index, lifted))
    }

    /// Returns a function that can be called.
    ///
    /// # Errors
    /// Those of [`Lifts::get`]. `Link` for a function that cannot be called.
    pub(super) fn func(&mut self, store: &mut dyn CoreStore, func: Func) -> Result<FuncInst> {
        Ok(match func {
            Func::Lifted(index) => FuncInst::Lifted(self.get(store, index)?),
            Func::Import(index) => {
                let ty = at(&self.exports.plan.imports, index)?.ty.clone();
                FuncInst::Host(HostFunc { index, ty })
            }
            Func::Undecided(index) => {
                let why = at(&self.exports.plan.undecided, index)?;
                return Err(Error::link(why.clone()));
            }
            Func::OfImport => return Err(missing()),
        })
    }

    /// Makes all functions, and returns them in the plan's order.
    ///
    /// # Errors
    /// Those of [`Lifts::get`].
    pub(super) fn all(&mut self, store: &mut dyn CoreStore) -> Result<Vec<Arc<Lifted>>> {
        let indices = 0..self.exports.plan.lifts.len();
        indices.map(|index| self.get(store, index)).collect()
    }

    /// Keeps a function that was made.
    pub(super) fn put(&mut self, index: usize, lifted: Lifted) -> Arc<Lifted> {
        let lifted = Arc::new(lifted);
        if self.made.len() <= index {
            self.made.resize(index + 1, None);
        }
        if let Some(slot) = self.made.get_mut(index) {
            *slot = Some(lifted.clone());
        }
        lifted
    }
}

/// Makes the lifted function at an index of a plan.
///
/// # Errors
/// Those of [`options`].
pub(super) fn lift(
    plan: &Plan,
    prepared: &Prepared,
    index: usize,
    items: &mut dyn Items,
) -> Result<Lifted> {
    let lift = at(&plan.lifts, index)?;
    let PreparedLift {
        core, after, shape, ..
    } = at(&prepared.lifts, index)?;
    let post_return = lift.post_return.map(|item| func(items, item)).transpose()?;
    let callback = lift.callback.map(|item| func(items, item)).transpose()?;
    let core = core.with_func(func(items, lift.core)?);
    let options = options(&lift.options, items)?;
    let mut lifted = Lifted::new(
        Running::of(items.store())?,
        core,
        lift.ty.clone(),
        options,
        post_return.map(|func| after.with_func(func)),
        *shape,
    )?;
    lifted.is_async = lift.options.is_async;
    lifted.callback = callback.map(signature::callback).transpose()?;
    lifted.concurrent = prepared.is_async;
    Ok(lifted)
}

fn func(items: &mut dyn Items, item: usize) -> Result<CoreFunc> {
    match items.item(item)? {
        CoreExtern::Func(func) => Ok(func),
        _ => Err(wrong("a function")),
    }
}

/// The core instances of a plan made so far, whose exports are core items.
pub(super) struct Exports {
    plan: Arc<Plan>,
    /// By index in the plan.
    pub(super) core_instances: SmallVec<[CoreInstanceId; 4]>,
}

impl Exports {
    /// Returns the core item at an index of the plan, which is an export.
    ///
    /// # Errors
    /// `Engine` if the engine's instance lacks it.
    pub(super) fn item(&self, store: &mut dyn CoreStore, item: usize) -> Result<CoreExtern> {
        let CoreItem::Export(instance, name) = at(&self.plan.core_items, item)? else {
            return Err(missing());
        };
        let id = *at(&self.core_instances, *instance)?;
        store.export(id, name).ok_or_else(missing)
    }
}

/// The exports of core instances in their store.
struct ExportsIn<'a> {
    exports: &'a Exports,
    store: &'a mut dyn CoreStore,
}

impl Items for ExportsIn<'_> {
    fn item(&mut self, item: usize) -> Result<CoreExtern> {
        self.exports.item(self.store, item)
    }

    fn store(&mut self) -> &mut dyn CoreStore {
        self.store
    }
}
