//! Instantiation of components.

use std::sync::Arc;

use seam_core::{
    Capability, Error, ErrorKind, Failed, Instance, Limit, Result, World, WorldState,
    check_core_limits,
};
use wasmtime::Store;
use wasmtime::component::Val;

use crate::call::{self, Stop};
use crate::component::instance::ComponentInstance;
use crate::component::linker::Linked;
use crate::component::loaded::Loaded;
use crate::component::state::State;
use crate::error;
use crate::state::{HasCore, set_limits};
use crate::wasi::{Captured, Wasi};

/// Makes an instance in a world of its own.
///
/// # Errors
/// Whatever fails before guest code runs, and what guest code did and left if it failed later.
pub(crate) async fn instantiate(
    loaded: &Arc<Loaded>,
    world: &World,
) -> Result<ComponentInstance, Failed> {
    let limits = world.limits_of_instances();
    check_core_limits(limits, &loaded.info.capabilities)?;
    if limits
        .instances
        .is_some_and(|limit| loaded.plan.len() as u64 > limit)
    {
        return Err(Error::limit(Limit::Instances).into());
    }
    let linked = loaded.linked(world)?;
    let host = WorldState::new(world, &linked.bindings);
    if loaded.is_concurrent() && host.schedule_seed().is_some() {
        return Err(Error::unsupported(
            Capability::ScheduleSeed,
            "wasmtime has its own order of tasks, which no seed changes; that of `wasmtime-layered` follows \
             a seed",
        )
        .into());
    }
    let wasi = world.system_wasi_config().filter(|_| linked.wasi);
    let captured = wasi.map(|_| Captured::new(limits.output, world.output_hook().cloned()));
    let wasi = (wasi.zip(captured.as_ref()))
        .map(|(config, captured)| Wasi::new(config, captured))
        .transpose()?;
    let state = State::new(
        limits,
        host,
        loaded.types.clone(),
        loaded.code.clone(),
        wasi,
    );
    let store = Store::try_new(&loaded.engine, state)
        .map_err(|e| Error::engine(format!("no store could be made: {e:#}")))?;
    start(loaded, store, &linked, captured).await
}

async fn start(
    loaded: &Arc<Loaded>,
    mut store: Store<State>,
    linked: &Linked,
    captured: Option<Captured>,
) -> Result<ComponentInstance, Failed> {
    set_limits(&mut store, loaded.build);
    store.set_hostcall_fuel(lifting_fuel(loaded, store.data().world.limits().lifted));
    let core = store.data_mut().core();
    core.asynchronous = linked.asynchronous;
    core.stack = loaded.stack;
    let armed = call::begin(&mut store)?;
    let pre = &linked.pre;
    let outcome = if linked.asynchronous {
        let bounds = call::bounds(&store);
        call::bounded(bounds, pre.instantiate_async(&mut store)).await
    } else {
        call::synchronous(&mut store, |store| pre.instantiate(store))
    };
    call::end(&mut store, armed);
    let program = loaded.clone();
    let instance =
        |store, instance, captured| ComponentInstance::new(program, store, instance, captured);
    match outcome {
        Ok(made) => Ok(instance(store, Some(made), captured)),
        Err(stop) => {
            let error = failure(loaded, &mut store, stop);
            let world = &mut store.data_mut().world;
            if let Some(captured) = &captured {
                captured.drain(world.observed_mut());
            }
            let observed = Box::new(world.observed().clone());
            let left = (loaded.sees_inside() && leaves_instance(&error))
                .then(|| Box::new(instance(store, None, captured)) as Box<dyn Instance>);
            Err(Failed {
                error,
                observed,
                instance: left,
            })
        }
    }
}

/// Maps the reason why the component could not be instantiated.
fn failure(loaded: &Loaded, store: &mut Store<State>, stop: Stop) -> Error {
    let error = stop.error(&*loaded.code);
    let refused = store.data_mut().core().limiter.take_refused();
    error::refusal(error, refused)
}

/// Returns how many bytes the engine may allocate to lift so many bytes of the guest's.
///
/// In a build for asynchronous components, the engine counts its own values, one for each element of a
/// list, even of single bytes. Then the result is bounded, since it must stay far below the memory of a
/// machine.
fn lifting_fuel(loaded: &Loaded, bytes: u64) -> usize {
    const MOST: u64 = 4 << 30;
    let counted = if loaded.is_concurrent() {
        let expanded = bytes.saturating_mul(size_of::<Val>() as u64);
        expanded.min(MOST.max(bytes))
    } else {
        bytes
    };
    usize::try_from(counted).unwrap_or(usize::MAX)
}

/// Whether guest code ran before it failed.
fn leaves_instance(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Trap(_) | ErrorKind::Exit(_) | ErrorKind::Limit(_) | ErrorKind::Host
    )
}
