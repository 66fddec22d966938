//! Lowering that is interrupted at each call of `realloc`.
//!
//! Lowering runs again from its start after each call, with everything that it did to the running
//! components so far taken from a log: what an effect gave is remembered, and what was written to
//! memories before the interruption is not written again, since the guest may have moved or freed it
//! meanwhile. So every effect happens once and in the order that direct lowering has.
//!
//! Elements of lists that have been lowered are skipped, so that the time is not that of the square
//! of a list's length.

use seam_core::{Error, MemoryAccess, MemoryView, Resource, Result};

use crate::abi::{Machine, Options};
use crate::canon::Engine;
use crate::component::state::Running;
use crate::types::ResourceId;

/// What a lowering has done so far.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The number that each effect gave.
    effects: Vec<u32>,
    /// The lists whose elements are being lowered or have been, in the order they began in; those in
    /// elements that have been lowered whole are left out.
    lists: Vec<Elements>,
}

/// How far the elements of a list have been lowered.
#[derive(Clone, Copy, Debug)]
struct Elements {
    /// Effects before the first element. No other list has as many, since the allocation of a list
    /// is an effect.
    begin: usize,
    /// The first element that has not been lowered whole.
    next: u64,
    /// Effects before that one.
    at: usize,
    /// Handles lowered before that one.
    handles: usize,
}

impl Log {
    /// Ends a call of `realloc`: the guest may be left again.
    ///
    /// # Errors
    /// `Engine` for an unknown instance.
    pub(super) fn reallocated(
        &mut self,
        running: &mut Running,
        instance: u32,
        ptr: u32,
    ) -> Result<()> {
        self.effects.push(ptr);
        running.end_realloc(instance)
    }
}

/// A call of `realloc` that lowering waits for.
#[derive(Debug)]
pub(super) struct Request {
    /// The component instance whose `realloc` it is.
    pub(super) instance: u32,
    /// Old pointer, old size, alignment and new size.
    pub(super) args: [u32; 4],
}

/// The running components, as a lowering that starts again sees them.
pub(super) struct Replay<'a> {
    engine: Engine<'a>,
    log: &'a mut Log,
    /// How many effects of the log have happened again.
    at: usize,
    /// The lists whose elements are being lowered, outermost first, as positions in the log.
    open: Vec<usize>,
    request: Option<Request>,
}

impl<'a> Replay<'a> {
    /// Runs a lowering as far as it gets: done (nothing), or a call of `realloc` it waits for.
    ///
    /// # Errors
    /// What the lowering ends in.
    pub(super) fn run(
        engine: Engine<'a>,
        log: &'a mut Log,
        lowering: impl FnOnce(&mut dyn Machine) -> Result<()>,
    ) -> Result<Option<Request>> {
        let mut replay = Self {
            engine,
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

    /// Whether what happens now has happened before.
    fn is_past(&self) -> bool {
        self.at < self.log.effects.len()
    }

    fn effect(&mut self, effect: impl FnOnce(&mut Engine<'a>) -> Result<u32>) -> Result<u32> {
        let result = match self.log.effects.get(self.at) {
            Some(past) => *past,
            None => {
                let result = effect(&mut self.engine)?;
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
        let memory = self.engine.memory(opts)?;
        Ok(if past {
            MemoryView::from_access(Written(memory))
        } else {
            memory
        })
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
        self.engine.begin_realloc(opts)?;
        self.request = Some(Request {
            instance: opts.instance,
            args: [old, old_len, align, new_len],
        });
        Err(Error::engine("expected the glue to call realloc"))
    }

    // Lifting is done before lowering begins, and is never interrupted.

    fn lift_own(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        self.engine.lift_own(opts, index, ty)
    }

    fn lift_borrow(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        self.engine.lift_borrow(opts, index, ty)
    }

    fn host_resource(&mut self, rep: u32, ty: ResourceId, owned: bool) -> Result<Resource> {
        self.engine.host_resource(rep, ty, owned)
    }

    fn check_borrows_dropped(&mut self) -> Result<()> {
        self.engine.check_borrows_dropped()
    }

    fn charge(&mut self, bytes: u64) -> Result<()> {
        self.engine.charge(bytes)
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
        // The lists within the element need not be looked at again.
        self.log.lists.truncate(position + 1);
    }

    fn list_lowered(&mut self) {
        self.open.pop();
    }
}

/// A memory that has been written: reads read, and writes do nothing.
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
