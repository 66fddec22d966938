//! The effects of lifting and lowering on the running components: `LiftLowerContext`.

use seam_core::{CoreMemory, CoreStore, Error, MemoryView, NumericFunc, Resource, Result, Value};

use crate::abi::{Cx, Machine, Options, check_allocated, fill_allocated, low, word};
use crate::state::Running;
use seam_decode::types::{RecordTy, ResourceId, Ty, spills};

/// A store with running components.
pub(crate) struct StoreMachine<'a>(pub(crate) &'a mut dyn CoreStore);

impl StoreMachine<'_> {
    fn running(&mut self) -> Result<&mut Running> {
        Running::of(self.0)
    }

    /// Asks a fused module for the representation behind one of its own handles.
    fn rep_in_table(&mut self, func: &NumericFunc, handle: u32) -> Result<u32> {
        let mut bits = [handle.into()];
        self.0.call_numeric(func, &mut bits)?;
        let [result, ..] = bits;
        Ok(low(result))
    }

    /// Returns the `realloc` of these options, which must be called next.
    ///
    /// The instance must not be left until it has returned.
    ///
    /// # Errors
    /// `Engine` if the options have no `realloc`.
    #[inline]
    pub(crate) fn begin_realloc<'o>(&mut self, opts: &'o Options) -> Result<&'o NumericFunc> {
        let realloc = opts.realloc.as_ref();
        let realloc =
            realloc.ok_or_else(|| Error::engine("expected the canonical option `realloc`"))?;
        let running = self.running()?;
        running.instance(opts.instance)?.may_leave = false;
        running.begin_thread();
        Ok(realloc)
    }

    /// Calls `realloc`, whose end has still to be noted.
    #[inline(always)]
    fn call_realloc(&mut self, opts: &Options, args: [u32; 4]) -> Result<u32> {
        let realloc = self.begin_realloc(opts)?;
        let mut bits = args.map(u64::from);
        self.0.call_numeric(realloc, &mut bits)?;
        let [result, ..] = bits;
        Ok(low(result))
    }

    /// Notes the end of a call of `realloc`, and passes on the memory, which the call may have moved.
    /// Both are looked up at once if the engine can lend the bytes.
    #[inline]
    fn after_realloc<T>(
        &mut self,
        opts: &Options,
        then: impl FnOnce(&mut MemoryView<'_>) -> Result<T>,
    ) -> Result<T> {
        let memory = memory(opts)?;
        let mut view = match self.0.memory_and_host(memory)? {
            Some((bytes, host)) => {
                Running::in_host(host)?.end_realloc(opts.instance)?;
                MemoryView::from_slice(bytes)
            }
            None => {
                self.running()?.end_realloc(opts.instance)?;
                self.0.memory(memory)?
            }
        };
        then(&mut view)
    }
}

#[inline]
fn memory(opts: &Options) -> Result<CoreMemory> {
    let memory = opts.memory;
    memory.ok_or_else(|| Error::engine("expected the canonical option `memory`"))
}

impl Machine for StoreMachine<'_> {
    fn memory(&mut self, opts: &Options) -> Result<MemoryView<'_>> {
        self.0.memory(memory(opts)?)
    }

    fn copy(&mut self, from: (&Options, u64), to: (&Options, u64), len: u64) -> Result<()> {
        let (source, target) = (memory(from.0)?, memory(to.0)?);
        self.0.memory_copy((source, from.1), (target, to.1), len)
    }

    fn realloc(
        &mut self,
        opts: &Options,
        old: u32,
        old_len: u32,
        align: u32,
        new_len: u32,
    ) -> Result<u32> {
        let ptr = self.call_realloc(opts, [old, old_len, align, new_len])?;
        self.running()?.end_realloc(opts.instance)?;
        Ok(ptr)
    }

    fn reallocate(&mut self, opts: &Options, old: (u32, u32), align: u32, len: u32) -> Result<u32> {
        let ptr = self.call_realloc(opts, [old.0, old.1, align, len])?;
        self.after_realloc(opts, |memory| check_allocated(memory, ptr, align, len))?;
        Ok(ptr)
    }

    fn allocate_filled(
        &mut self,
        opts: &Options,
        align: u32,
        bytes: &[u8],
        range_at: Option<u64>,
    ) -> Result<u32> {
        let ptr = self.call_realloc(opts, [0, 0, align, word(bytes.len() as u64)?])?;
        self.after_realloc(opts, |memory| {
            fill_allocated(memory, ptr, align, bytes, range_at)
        })?;
        Ok(ptr)
    }

    fn lift_own(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        self.running()?.lift_own(opts, index, ty)
    }

    fn lift_borrow(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        self.running()?.lift_borrow(opts, index, ty)
    }

    fn lower_own(&mut self, opts: &Options, rep: u32, ty: ResourceId) -> Result<u32> {
        self.running()?.lower_own(opts, rep, ty)
    }

    fn lower_borrow(&mut self, opts: &Options, rep: u32, ty: ResourceId) -> Result<u32> {
        let running = self.running()?;
        if let Some((instance, func)) = running.table(ty)? {
            let func = func.clone();
            return match instance == opts.instance {
                true => self.rep_in_table(&func, rep),
                false => Ok(rep),
            };
        }
        running.lower_borrow(opts, rep, ty)
    }

    fn lift_async(&mut self, opts: &Options, index: u32, ty: &Ty) -> Result<u32> {
        self.running()?.lift_async(opts, index, ty)
    }

    fn lower_async(&mut self, opts: &Options, rep: u32, ty: &Ty) -> Result<u32> {
        self.running()?.lower_async(opts, rep, ty)
    }

    fn host_end(&mut self, rep: u32, ty: &Ty) -> Result<Value> {
        self.running()?.host_end(rep, ty)
    }

    fn host_end_rep(&mut self, value: &Value, ty: &Ty) -> Result<u32> {
        self.running()?.host_end_rep(value, ty)
    }

    fn host_resource(&mut self, rep: u32, ty: ResourceId, owned: bool) -> Result<Resource> {
        self.running()?.host_resource(rep, ty, owned)
    }

    fn host_rep(&mut self, resource: &Resource, ty: ResourceId, owned: bool) -> Result<u32> {
        self.running()?.host_rep(resource, ty, owned)
    }

    fn check_borrows_dropped(&mut self) -> Result<()> {
        self.running()?.check_borrows_dropped()
    }

    fn charge(&mut self, bytes: u64) -> Result<()> {
        self.running()?.charge(bytes)
    }
}

/// Returns whether values of these types may be in memory, wholly or in part.
#[inline]
pub(crate) fn reads_memory(max_flat: usize, types: &RecordTy) -> bool {
    types.contents.traps || spills(max_flat, types)
}

/// Runs a lifting of values that are lifted with these options.
///
/// `reads_memory` says whether any of them may be in memory. If the engine can lend its bytes, they
/// are looked up once for all values, together with the running components.
///
/// # Errors
/// Those of `lift`.
#[inline]
pub(crate) fn lifting<T>(
    store: &mut dyn CoreStore,
    opts: &Options,
    reads_memory: bool,
    lift: impl FnOnce(&mut Cx<'_>) -> Result<T>,
) -> Result<T> {
    lifting_then(store, opts, reads_memory, lift, |_, lifted| lifted)
}

/// Like [`lifting`], but passes the running components and the outcome of the lifting to `then`.
///
/// # Errors
/// Those of `then`.
#[inline]
pub(crate) fn lifting_then<T>(
    store: &mut dyn CoreStore,
    opts: &Options,
    reads_memory: bool,
    lift: impl FnOnce(&mut Cx<'_>) -> Result<T>,
    then: impl FnOnce(&mut Running, Result<T>) -> Result<T>,
) -> Result<T> {
    lifting_between(
        store,
        opts,
        reads_memory,
        |_| Ok(()),
        |cx, ()| lift(cx),
        |running, (), lifted| then(running, lifted),
    )
}

/// Like [`lifting_then`], but begins with `before`, whose outcome the lifting and `then` get.
///
/// # Errors
/// Those of `before` and `then`.
#[inline]
pub(crate) fn lifting_between<B, L, T>(
    store: &mut dyn CoreStore,
    opts: &Options,
    reads_memory: bool,
    before: impl FnOnce(&mut Running) -> Result<B>,
    lift: impl FnOnce(&mut Cx<'_>, &mut B) -> Result<L>,
    then: impl FnOnce(&mut Running, B, Result<L>) -> Result<T>,
) -> Result<T> {
    if let Some(memory) = opts.memory.filter(|_| reads_memory) {
        // An error comes again from the lifting, so that `then` gets it.
        if let Ok(Some((bytes, host))) = store.memory_and_host(memory) {
            let running = Running::in_host(host)?;
            let mut begun = before(running)?;
            let mut borrowed = Borrowed(running);
            let lifted = lift(&mut Cx::over(bytes, &mut borrowed, opts), &mut begun);
            return then(borrowed.0, begun, lifted);
        }
    }
    let mut begun = before(Running::of(store)?)?;
    let machine = &mut StoreMachine(&mut *store);
    let lifted = lift(&mut Cx::new(machine, opts), &mut begun);
    then(Running::of(store)?, begun, lifted)
}

/// The running components, borrowed from a store together with the bytes of a memory.
///
/// It is for lifting, which calls no guest.
pub(crate) struct Borrowed<'a>(pub(crate) &'a mut Running);

fn no_guest() -> Error {
    Error::engine("expected a lifting from bytes that are borrowed, found a use of the guest")
}

impl Machine for Borrowed<'_> {
    fn memory(&mut self, _: &Options) -> Result<MemoryView<'_>> {
        Err(no_guest())
    }

    fn copy(&mut self, _: (&Options, u64), _: (&Options, u64), _: u64) -> Result<()> {
        Err(no_guest())
    }

    fn realloc(&mut self, _: &Options, _: u32, _: u32, _: u32, _: u32) -> Result<u32> {
        Err(no_guest())
    }

    fn lift_own(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        self.0.lift_own(opts, index, ty)
    }

    fn lift_borrow(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        self.0.lift_borrow(opts, index, ty)
    }

    fn lower_own(&mut self, _: &Options, _: u32, _: ResourceId) -> Result<u32> {
        Err(no_guest())
    }

    fn lower_borrow(&mut self, _: &Options, _: u32, _: ResourceId) -> Result<u32> {
        Err(no_guest())
    }

    fn lift_async(&mut self, opts: &Options, index: u32, ty: &Ty) -> Result<u32> {
        self.0.lift_async(opts, index, ty)
    }

    fn host_end(&mut self, rep: u32, ty: &Ty) -> Result<Value> {
        self.0.host_end(rep, ty)
    }

    fn host_resource(&mut self, rep: u32, ty: ResourceId, owned: bool) -> Result<Resource> {
        self.0.host_resource(rep, ty, owned)
    }

    fn host_rep(&mut self, _: &Resource, _: ResourceId, _: bool) -> Result<u32> {
        Err(no_guest())
    }

    fn check_borrows_dropped(&mut self) -> Result<()> {
        self.0.check_borrows_dropped()
    }

    fn charge(&mut self, bytes: u64) -> Result<()> {
        self.0.charge(bytes)
    }
}
