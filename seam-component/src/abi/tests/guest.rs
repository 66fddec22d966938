//! A machine for tests: each guest is a memory, a scripted `realloc` and a handle table.

use std::collections::{HashMap, VecDeque};

use seam_core::{
    CoreFunc, CoreMemory, Error, Limit, MemoryAccess, MemoryView, Resource, ResourceType, Result,
};

use crate::abi::{Cx, FlatBits, InTransit, Machine, Options, Transfer};
use crate::canon::signature;
use crate::state::{BorrowScope, ResourceHandle, Table};
use seam_decode::types::{RecordTy, ResourceId, StringEncoding};

/// A call of `realloc`, its result, and whether it copies the old content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Realloc {
    pub(super) args: [u32; 4],
    pub(super) result: u32,
    pub(super) carries: bool,
}

/// A guest.
pub(super) struct Guest {
    pub(super) bytes: Vec<u8>,
    /// Whether the memory exposes its bytes as a slice, or can only be copied from and to.
    pub(super) direct: bool,
    /// The scripted results of `realloc`. Without a script it allocates upwards from `next`.
    pub(super) script: Option<VecDeque<Realloc>>,
    pub(super) next: u32,
    pub(super) calls: Vec<[u32; 4]>,
    pub(super) handles: Table<ResourceHandle>,
}

/// Returns the initial content of a memory.
pub(super) fn fill(size: usize) -> Vec<u8> {
    (0..size).map(|i| ((i * 167 + 13) & 0xff) as u8).collect()
}

impl Guest {
    pub(super) fn new(size: usize, direct: bool) -> Self {
        Self {
            bytes: fill(size),
            direct,
            script: None,
            next: 64,
            calls: Vec::new(),
            handles: Table::new(),
        }
    }

    fn realloc(&mut self, args: [u32; 4]) -> u32 {
        self.calls.push(args);
        let [old, old_len, align, new_len] = args;
        let answer = match &mut self.script {
            Some(script) => {
                let answer = script
                    .pop_front()
                    .expect("another call of realloc in the script");
                assert_eq!(args, answer.args, "arguments of realloc");
                answer
            }
            None => {
                let result = self.next.next_multiple_of(align);
                self.next = result.saturating_add(new_len);
                Realloc {
                    args,
                    result,
                    carries: true,
                }
            }
        };
        let carried = old_len.min(new_len) as usize;
        let (from, to) = (old as usize, answer.result as usize);
        if answer.carries && to + carried <= self.bytes.len() {
            self.bytes.copy_within(from..from + carried, to);
        }
        answer.result
    }
}

/// The guests, by instance index.
pub(super) struct Guests {
    pub(super) guests: Vec<Guest>,
    /// The guest that defines each resource type.
    pub(super) definers: HashMap<ResourceId, u32>,
    pub(super) num_borrows: u32,
    pub(super) charged: u64,
    pub(super) limit: u64,
}

impl Guests {
    pub(super) fn new(guests: Vec<Guest>) -> Self {
        Self {
            guests,
            definers: HashMap::new(),
            num_borrows: 0,
            charged: 0,
            limit: 1 << 30,
        }
    }

    fn handles(&mut self, opts: &Options) -> &mut Table<ResourceHandle> {
        &mut self.guests[opts.instance as usize].handles
    }
}

/// Returns the options of a guest.
pub(super) fn options(instance: u32, encoding: StringEncoding) -> Options {
    Options {
        instance,
        memory: Some(CoreMemory::new(0, instance)),
        realloc: Some(signature::realloc(CoreFunc::new(0, instance)).unwrap()),
        encoding,
    }
}

impl Transfer<'_> {
    /// Performs both halves of a transfer.
    pub(super) fn flat_values(
        &mut self,
        max_flat: usize,
        flat: &[u64],
        types: &RecordTy,
        out_param: Option<u32>,
        out: &mut FlatBits,
    ) -> Result<()> {
        let cx = &mut Cx::new(&mut *self.machine, self.from);
        let lifted = InTransit::lift(cx, max_flat, flat, types)?;
        self.lower(lifted, max_flat, out_param, out)
    }
}

impl Machine for Guests {
    fn memory(&mut self, opts: &Options) -> Result<MemoryView<'_>> {
        let guest = &mut self.guests[opts.instance as usize];
        Ok(match guest.direct {
            true => MemoryView::from_slice(&mut guest.bytes),
            false => MemoryView::from_access(Copied(&mut guest.bytes)),
        })
    }

    fn copy(&mut self, from: (&Options, u64), to: (&Options, u64), len: u64) -> Result<()> {
        let bytes = self.memory(from.0)?.read_vec(from.1, len as usize)?;
        self.memory(to.0)?.write(to.1, &bytes)
    }

    fn realloc(
        &mut self,
        opts: &Options,
        old: u32,
        old_len: u32,
        align: u32,
        new_len: u32,
    ) -> Result<u32> {
        Ok(self.guests[opts.instance as usize].realloc([old, old_len, align, new_len]))
    }

    fn lift_own(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        let handle = self.handles(opts).remove(index)?;
        handle.check_type(ty)?;
        handle.check_not_lent()?;
        handle.check_own()?;
        Ok(handle.rep)
    }

    fn lift_borrow(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        let handle = self.handles(opts).get(index)?;
        handle.check_type(ty)?;
        handle.num_lends += 1;
        Ok(handle.rep)
    }

    fn lower_own(&mut self, opts: &Options, rep: u32, ty: ResourceId) -> Result<u32> {
        self.handles(opts).add(ResourceHandle::own(ty, rep))
    }

    fn lower_borrow(&mut self, opts: &Options, rep: u32, ty: ResourceId) -> Result<u32> {
        if self.definers.get(&ty) == Some(&opts.instance) {
            return Ok(rep);
        }
        self.num_borrows += 1;
        self.handles(opts)
            .add(ResourceHandle::borrow(ty, rep, BorrowScope::Frame(0)))
    }

    fn host_resource(&mut self, rep: u32, ty: ResourceId, _: bool) -> Result<Resource> {
        Ok(Resource::host(ResourceType::new(ty.0.to_string()), rep))
    }

    fn host_rep(&mut self, resource: &Resource, _: ResourceId, _: bool) -> Result<u32> {
        resource.rep()
    }

    fn check_borrows_dropped(&mut self) -> Result<()> {
        Ok(())
    }

    fn charge(&mut self, bytes: u64) -> Result<()> {
        self.charged = self.charged.saturating_add(bytes);
        if self.charged > self.limit {
            return Err(Error::limit(Limit::Lifted));
        }
        Ok(())
    }
}

/// A memory that does not expose its bytes as a slice.
struct Copied<'a>(&'a mut Vec<u8>);

impl MemoryAccess for Copied<'_> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let start = offset as usize;
        out.copy_from_slice(&self.0[start..start + out.len()]);
        Ok(())
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let start = offset as usize;
        self.0[start..start + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
}
