//! Instantiation of core modules.

use std::sync::Arc;

use seam_core::{CoreExtern, CoreInstanceId, Error, ErrorKind, Limit, Result, block_on};
use wasmtime::{AsContext, AsContextMut, Engine, Extern, Instance, Module};

use crate::call::{self, Stop, Way};
use crate::convert::native;
use crate::error;
use crate::handles::InstanceEntry;
use crate::module::{Compiled, Exports};
use crate::state::HasCore;

/// Instantiates a module, and runs its start function.
pub(crate) fn instantiate<C>(
    ctx: &mut C,
    compiled: &Compiled,
    imports: &[CoreExtern],
) -> Result<CoreInstanceId>
where
    C: AsContextMut<Data: HasCore> + Send,
{
    let module = &compiled.module;
    if !Engine::same(ctx.as_context().engine(), module.engine()) {
        return Err(Error::misuse(
            "expected a core module of this engine, found one that another build compiled",
        ));
    }
    let imports = imports.iter().map(|item| native(ctx, *item));
    let imports: Vec<Extern> = imports.collect::<Result<_>>()?;
    let mut inner = ctx.as_context_mut();
    let core = inner.data_mut().core();
    core.failed = None;
    core.limiter.take_refused();
    core.sources.add(module, &compiled.bytes);
    let made = core.handles.instances.len() as u64;
    if core.instances.is_some_and(|limit| made >= limit) {
        return Err(Error::limit(Limit::Instances));
    }
    let shows_failed = core.shows_failed;
    let before = shows_failed.then(|| inner.debug_all_instances().len());
    let armed = call::begin(ctx)?;
    let outcome = match Way::of(ctx) {
        Way::Synchronous => call::synchronous(ctx, |ctx| Instance::new(ctx, module, &imports)),
        Way::Nested | Way::Suspending => call::apart(ctx, |ctx| {
            block_on(Instance::new_async(ctx, module, &imports)).map_err(Stop::Guest)
        }),
    };
    call::end(ctx, armed);
    match outcome {
        Ok(instance) => handle(ctx, instance, Some(compiled.exports().clone())),
        Err(stop) => {
            let failed = before.and_then(|before| failed(ctx, module, before));
            ctx.as_context_mut().data_mut().core().failed = failed;
            Err(failure(ctx, stop))
        }
    }
}

/// Returns the handle of an instance whose module is not known.
pub(crate) fn instance_handle<C>(ctx: &mut C, instance: Instance) -> Result<CoreInstanceId>
where
    C: AsContextMut<Data: HasCore>,
{
    handle(ctx, instance, None)
}

fn handle<C>(
    ctx: &mut C,
    instance: Instance,
    exports: Option<Arc<Exports>>,
) -> Result<CoreInstanceId>
where
    C: AsContextMut<Data: HasCore>,
{
    let mut inner = ctx.as_context_mut();
    let core = inner.data_mut().core();
    let key = instance.debug_index_in_store();
    let entry = InstanceEntry { instance, exports };
    let slot = core.handles.instances.intern(key, || entry)?;
    Ok(CoreInstanceId::new(core.number, slot))
}

/// Returns the instance that a failed instantiation left, if the build shows it.
fn failed<C: AsContextMut>(ctx: &mut C, module: &Module, before: usize) -> Option<Instance> {
    let all = ctx.as_context_mut().debug_all_instances();
    let mut new = all.into_iter().skip(before);
    new.rfind(|instance| Module::same(instance.module(ctx.as_context()), module))
}

/// Maps the reason why a module could not be instantiated.
fn failure<C>(ctx: &mut C, stop: Stop) -> Error
where
    C: AsContextMut<Data: HasCore>,
{
    let text = match &stop {
        Stop::Guest(error) => format!("{error:#}"),
        Stop::Seam(error) => error.to_string(),
    };
    let mapped = stop.error(ctx.as_context().data().code());
    if *mapped.kind() != ErrorKind::Engine {
        return mapped;
    }
    if text.starts_with("incompatible import type")
        || (text.starts_with("expected ") && text.contains(" imports, found "))
    {
        return Error::link(text);
    }
    let mut inner = ctx.as_context_mut();
    let refused = inner.data_mut().core().limiter.take_refused();
    error::refusal(mapped, refused)
}
