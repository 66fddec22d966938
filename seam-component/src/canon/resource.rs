//! `canon resource.new`, `resource.drop` and `resource.rep`.

use std::sync::Arc;

use seam_core::{
    CoreFunc, CoreFuncType, CoreStore, CoreType, Error, NumericFn, NumericFunc, Result,
};

use crate::abi::low;
use crate::state::{Depth, Entering, ResourceHandle, ResourceImpl, Running};
use crate::task::CoreCall;
use seam_decode::types::ResourceId;

/// Creates the core function of `canon resource.new` for an instance.
///
/// # Errors
/// Those of [`CoreStore::host_func`].
pub(crate) fn new(store: &mut dyn CoreStore, ty: ResourceId, instance: u32) -> Result<CoreFunc> {
    unary(store, true, move |store, rep| {
        let running = Running::of(store)?;
        running.check_may_leave(instance)?;
        running.add_resource(instance, ResourceHandle::own(ty, rep))
    })
}

/// Creates the core function of `canon resource.rep` for an instance.
///
/// # Errors
/// Those of [`CoreStore::host_func`].
pub(crate) fn rep(store: &mut dyn CoreStore, ty: ResourceId, instance: u32) -> Result<CoreFunc> {
    unary(store, true, move |store, index| {
        let handle = Running::of(store)?.resource_handle(instance, index)?;
        handle.check_type(ty)?;
        Ok(handle.rep)
    })
}

/// `canon resource.drop` for a resource type and an instance.
pub(crate) struct Dropping {
    pub(crate) ty: ResourceId,
    pub(crate) instance: u32,
}

/// A call of a destructor that has been prepared.
pub(crate) struct Destructor {
    func: NumericFunc,
    pub(crate) rep: u32,
    /// The instances that are entered.
    entering: Entering,
    depth: Depth,
    call: Option<CoreCall>,
}

impl Dropping {
    /// Creates the core function, for an engine whose host functions can call back into the guest.
    ///
    /// # Errors
    /// Those of [`CoreStore::host_func`].
    pub(crate) fn core_func(self, store: &mut dyn CoreStore) -> Result<CoreFunc> {
        unary(store, false, move |store, index| {
            if let Some(destructor) = self.begin(store, index)? {
                destructor.call(store)?;
            }
            Ok(0)
        })
    }

    /// Returns the destructor that is called, if a guest defines the type with a destructor.
    ///
    /// # Errors
    /// `Engine` if the type is unknown.
    pub(crate) fn destructor(&self, running: &Running) -> Result<Option<CoreFunc>> {
        let dtor = running.resource(self.ty)?.implementation.dtor();
        Ok(dtor.map(NumericFunc::func))
    }

    /// Removes the handle. Returns the destructor call that remains to be made, if any.
    ///
    /// # Errors
    /// Traps of the canonical ABI, and any error of a destructor of the host.
    pub(crate) fn begin(
        &self,
        store: &mut dyn CoreStore,
        index: u32,
    ) -> Result<Option<Destructor>> {
        let running = Running::of(store)?;
        running.check_may_leave(self.instance)?;
        let handle = running.remove_resource(self.instance, index)?;
        handle.check_type(self.ty)?;
        handle.check_not_lent()?;
        match handle.borrow_scope {
            None => destructor(running, self.ty, handle.rep, Some(self.instance)),
            Some(scope) => {
                running.borrow_dropped(scope);
                Ok(None)
            }
        }
    }
}

/// Drops a resource that the host holds.
///
/// # Errors
/// The trap `CannotEnter` if the defining instance must not be entered. Also any error of the
/// destructor.
pub(crate) fn destroy(store: &mut dyn CoreStore, ty: ResourceId, rep: u32) -> Result<()> {
    match destructor(Running::of(store)?, ty, rep, None)? {
        Some(destructor) => destructor.call(store),
        None => Ok(()),
    }
}

/// Enters the instance that defines a resource type, so that its destructor can be called.
///
/// `caller` is `None` for the host. If the type has no destructor, or belongs to the host,
/// everything is done on return and the result is `None`.
fn destructor(
    running: &mut Running,
    ty: ResourceId,
    rep: u32,
    caller: Option<u32>,
) -> Result<Option<Destructor>> {
    let implementation = &running.resource(ty)?.implementation;
    let dtor = implementation.dtor().cloned();
    let instance = match implementation {
        ResourceImpl::Host(name) => {
            let name = name.clone();
            running.world.drop_resource(&name, rep)?;
            return Ok(None);
        }
        // The handle itself is what the host holds.
        ResourceImpl::Guest { instance, .. } | ResourceImpl::Table { instance, .. } => *instance,
    };
    let entering = running.entering(instance, caller)?;
    running.enter(&entering)?;
    let Some(func) = dtor else {
        running.leave(&entering)?;
        return Ok(None);
    };
    let depth = running.depth();
    running.begin()?;
    Ok(Some(Destructor {
        func,
        rep,
        entering,
        depth,
        call: running.begin_core_call(instance)?,
    }))
}

impl Destructor {
    fn call(&self, store: &mut dyn CoreStore) -> Result<()> {
        let result = store.call_numeric(&self.func, &mut [self.rep.into()]);
        if result.is_err() {
            Running::of(store)?.unwind(self.depth);
            return result;
        }
        self.end(Running::of(store)?)
    }

    /// Performs the steps after the destructor has returned.
    ///
    /// # Errors
    /// `Engine` if the instance is unknown.
    pub(crate) fn end(&self, running: &mut Running) -> Result<()> {
        running.end_core_call(self.call)?;
        running.unwind(self.depth);
        running.leave(&self.entering)
    }
}

/// Creates a host function with an `i32` parameter and either an `i32` result or no result.
fn unary(
    store: &mut dyn CoreStore,
    with_result: bool,
    func: impl Fn(&mut dyn CoreStore, u32) -> Result<u32> + Send + Sync + 'static,
) -> Result<CoreFunc> {
    let results = if with_result {
        vec![CoreType::I32]
    } else {
        vec![]
    };
    let func: NumericFn = Arc::new(move |caller, bits| {
        let [bits] = bits else {
            return Err(Error::engine("expected one argument, found another number"));
        };
        *bits = func(caller.as_store(), low(*bits))?.into();
        Ok(())
    });
    store.host_func_numeric(CoreFuncType::new([CoreType::I32], results), func)
}
