//! Instantiation: first imports and segments, then the start function.

use std::panic::{AssertUnwindSafe, catch_unwind};

use seam_core::{
    CoreExtern, CoreExternType, CoreInstanceId, CoreModule, CoreModuleType, Error, Result,
    foreign_handle, handle_index,
};
use wasmi::{Extern, Instance};

use crate::call::call;
use crate::convert::native;
use crate::error::{of_instantiation, of_panic};
use crate::handles::InstanceEntry;
use crate::module::Compiled;
use crate::state::{AnyStore, CoreState};

/// Instantiates without running the start function.
pub(crate) fn link<C: AnyStore>(
    ctx: &mut C,
    module: &CoreModule,
    imports: &[CoreExtern],
) -> Result<CoreInstanceId> {
    let compiled = compiled(module, ctx.state())?;
    let natives: Result<Vec<Extern>> = by_kind(module.ty()?, imports)
        .map(|import| native(ctx, import))
        .collect();
    let natives = natives?;
    let made = catch_unwind(AssertUnwindSafe(|| {
        Instance::new(&mut *ctx, &compiled.module, &natives)
    }));
    let instance = made.map_err(|panic| of_panic(&*panic))?.map_err(|error| {
        let state = ctx.state_mut();
        state.add_failed_code(&compiled.indirect_calls);
        of_instantiation(error, || state.calls_indirectly(), &state.limits)
    })?;
    let state = ctx.state_mut();
    let index = handle_index(state.handles.instances.len())?;
    state.handles.instances.push(InstanceEntry {
        instance,
        module: module.clone(),
        imports: imports.into(),
        exports: Vec::new(),
    });
    Ok(CoreInstanceId::new(state.number, index))
}

/// Runs the start function, if there is one.
pub(crate) fn start<C: AnyStore>(
    ctx: &mut C,
    module: &CoreModule,
    id: CoreInstanceId,
) -> Result<()> {
    let Some(start) = &module.compiled::<Compiled>()?.start else {
        return Ok(());
    };
    let instance = instance(ctx.state(), id)?.instance;
    let Some(func) = instance.get_func(&*ctx, start) else {
        return Err(Error::engine(
            "expected the moved start function, found no export of its name",
        ));
    };
    call(ctx, func, &[], &mut []).inspect_err(|_| ctx.state_mut().failed = Some(id))
}

/// Sorts imports as the engine expects them: functions first, then tables, memories and globals,
/// each kind in the order of the module's import section.
fn by_kind(module: &CoreModuleType, imports: &[CoreExtern]) -> impl Iterator<Item = CoreExtern> {
    let rank = |index: usize| match module.imports.get(index) {
        Some((_, _, CoreExternType::Func(_))) => 0,
        Some((_, _, CoreExternType::Table(_))) => 1,
        Some((_, _, CoreExternType::Memory(_))) => 2,
        _ => 3,
    };
    let mut imports: Vec<_> = imports.iter().copied().enumerate().collect();
    imports.sort_by_key(|(index, _)| rank(*index));
    imports.into_iter().map(|(_, import)| import)
}

/// Returns the compiled module.
///
/// # Errors
/// `Misuse` if another engine compiled it.
fn compiled<'m>(module: &'m CoreModule, state: &CoreState) -> Result<&'m Compiled> {
    let compiled: &Compiled = module.compiled()?;
    if compiled.engine == state.engine {
        return Ok(compiled);
    }
    Err(Error::misuse(
        "expected a core module of this engine, found one that another build of it compiled",
    ))
}

/// Returns the instance that a handle stands for.
///
/// # Errors
/// `Misuse` for a handle of another store.
pub(crate) fn instance(state: &CoreState, id: CoreInstanceId) -> Result<&InstanceEntry> {
    let entry = state.handles.instances.get(id.index() as usize);
    entry
        .filter(|_| id.store() == state.number)
        .ok_or_else(foreign_handle)
}
