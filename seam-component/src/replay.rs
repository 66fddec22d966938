//! Lowering that is interrupted at each call of `realloc`.
//!
//! After each call, lowering runs again from its start. A log supplies the results of all effects
//! on the running components so far. Anything that was written to memories before the interruption
//! is not written again, because the guest may have moved or freed it in the meantime. Therefore
//! every effect happens once, in the same order as in direct lowering.
//!
//! List elements that have been lowered are skipped, so that the time is not quadratic in the
//! length of a list.

use seam_core::{Error, MemoryAccess, MemoryView, NumericFunc, Resource, Result, Value};

use crate::abi::{Machine, Options};
use crate::machine::StoreMachine;
use crate::state::Running;
use seam_decode::types::{ResourceId, Ty};

/// The progress of a lowering.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The result of each effect.
    effects: Vec<u32>,
    /// The lists whose lowering has started, in order. Lists inside elements that have been lowered
    /// completely are omitted.
    lists: Vec<Elements>,
}

/// The progress within the elements of a list.
#[derive(Clone, Copy, Debug)]
struct Elements {
    /// The number of effects before the first element. It is unique among lists, because allocating
    /// a list is an effect.
    begin: usize,
    /// The first element that has not been lowered completely.
    next: u64,
    /// The number of effects before this element.
    at: usize,
    /// The number of handles lowered before this element.
    handles: usize,
}

impl Log {
    /// Ends a call of `realloc`: the instance may be left again.
    ///
    /// # Errors
    /// `Engine` for an unknown instance.
    pub(crate) fn reallocated(
        &mut self,
        running: &mut Running,
        instance: u32,
        ptr: u32,
    ) -> Result<()> {
        self.effects.push(ptr);
        running.end_realloc(instance)
    }
}

/// A call of `realloc` that the lowering waits for.
#[derive(Debug)]
pub(crate) struct Request {
    /// The component instance that owns the `realloc`.
    pub(crate) instance: u32,
    pub(crate) realloc: NumericFunc,
    /// Old pointer, old size, alignment and new size.
    pub(crate) args: [u32; 4],
}

/// The running components, as a restarted lowering sees them.
pub(crate) struct Replay<'a> {
    machine: StoreMachine<'a>,
    log: &'a mut Log,
    /// The number of logged effects that have been replayed.
    at: usize,
    /// The lists whose elements are being lowered, outermost first, as positions in the log.
    open: Vec<usize>,
    request: Option<Request>,
}

impl<'a> Replay<'a> {
    /// Runs a lowering until it is done (`None`) or waits for a call of `realloc`.
    ///
    /// # Errors
    /// Any error that ends the lowering.
    pub(crate) fn run(
        machine: StoreMachine<'a>,
        log: &'a mut Log,
        lowering: impl FnOnce(&mut dyn Machine) -> Result<()>,
    ) -> Result<Option<Request>> {
        let mut replay = Self {
            machine,
            log,
            at: 0,
            open: Vec::new(),
            request: None,
        };
        let result = lowering(&mut replay);
        match replay.request {
            Some(request) => Ok(Some(request)),
            None => result.map(|()| None),
        }
    }

    /// Returns whether the current effect is a replayed one.
    fn is_past(&self) -> bool {
        self.at < self.log.effects.len()
    }

    fn effect(&mut self, effect: impl FnOnce(&mut StoreMachine<'a>) -> Result<u32>) -> Result<u32> {
        let result = match self.log.effects.get(self.at) {
            Some(past) => *past,
            None => {
                let result = effect(&mut self.machine)?;
                self.log.effects.push(result);
                result
            }
        };
        self.at += 1;
        Ok(result)
    }
}

impl Machine for Replay<'_> {
    fn memory(&mut self, opts: &Options) -> Result<MemoryView<'_>> {
        let past = self.is_past();
        let memory = self.machine.memory(opts)?;
        Ok(if past {
            MemoryView::from_access(Written(memory))
        } else {
            memory
        })
    }

    fn copy(&mut self, from: (&Options, u64), to: (&Options, u64), len: u64) -> Result<()> {
        match self.is_past() {
            true => Ok(()),
            false => self.machine.copy(from, to, len),
        }
    }

    fn realloc(
        &mut self,
        opts: &Options,
        old: u32,
        old_len: u32,
        align: u32,
        new_len: u32,
    ) -> Result<u32> {
        if self.is_past() {
            return self.effect(|_| Ok(0));
        }
        let realloc = self.machine.begin_realloc(opts)?.clone();
        self.request = Some(Request {
            instance: opts.instance,
            realloc,
            args: [old, old_len, align, new_len],
        });
        Err(Error::engine("expected the glue to call realloc"))
    }

    // Lifting completes before lowering starts, so it is never interrupted.

    fn lift_own(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        self.machine.lift_own(opts, index, ty)
    }

    fn lift_borrow(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        self.machine.lift_borrow(opts, index, ty)
    }

    fn lift_async(&mut self, opts: &Options, index: u32, ty: &Ty) -> Result<u32> {
        self.machine.lift_async(opts, index, ty)
    }

    fn host_end(&mut self, rep: u32, ty: &Ty) -> Result<Value> {
        self.machine.host_end(rep, ty)
    }

    fn host_resource(&mut self, rep: u32, ty: ResourceId, owned: bool) -> Result<Resource> {
        self.machine.host_resource(rep, ty, owned)
    }

    fn check_borrows_dropped(&mut self) -> Result<()> {
        self.machine.check_borrows_dropped()
    }

    fn charge(&mut self, bytes: u64) -> Result<()> {
        self.machine.charge(bytes)
    }

    fn lower_own(&mut self, opts: &Options, rep: u32, ty: ResourceId) -> Result<u32> {
        self.effect(|engine| engine.lower_own(opts, rep, ty))
    }

    fn lower_borrow(&mut self, opts: &Options, rep: u32, ty: ResourceId) -> Result<u32> {
        self.effect(|engine| engine.lower_borrow(opts, rep, ty))
    }

    fn host_rep(&mut self, resource: &Resource, ty: ResourceId, owned: bool) -> Result<u32> {
        self.effect(|engine| engine.host_rep(resource, ty, owned))
    }

    fn lower_async(&mut self, opts: &Options, rep: u32, ty: &Ty) -> Result<u32> {
        self.effect(|engine| engine.lower_async(opts, rep, ty))
    }

    fn host_end_rep(&mut self, value: &Value, ty: &Ty) -> Result<u32> {
        self.effect(|engine| engine.host_end_rep(value, ty))
    }

    fn first_element(&mut self, handles: usize) -> (u64, usize) {
        let (lists, begin) = (&mut self.log.lists, self.at);
        let known = lists.binary_search_by_key(&begin, |list| list.begin);
        let new = Elements {
            begin,
            next: 0,
            at: begin,
            handles,
        };
        let position = known.unwrap_or_else(|position| {
            lists.insert(position, new);
            position
        });
        let list = lists.get(position).copied().unwrap_or(new);
        self.open.push(position);
        self.at = list.at;
        (list.next, list.handles)
    }

    fn element_lowered(&mut self, handles: usize) {
        let Some(position) = self.open.last().copied() else {
            return;
        };
        if let Some(list) = self.log.lists.get_mut(position) {
            (list.next, list.at, list.handles) = (list.next + 1, self.at, handles);
        }
        // The lists inside the element are complete, so their log entries are no longer needed.
        self.log.lists.truncate(position + 1);
    }

    fn list_lowered(&mut self) {
        self.open.pop();
    }
}

/// A memory that has already been written. Reads work, and writes have no effect.
struct Written<'a>(MemoryView<'a>);

impl MemoryAccess for Written<'_> {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.0.read(offset, out)
    }

    fn write(&mut self, _offset: u64, _bytes: &[u8]) -> Result<()> {
        Ok(())
    }
}
