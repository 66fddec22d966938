//! `CopyEnd`, `Buffer`, and what the ends of a stream or future share.

use seam_core::{CanonTrap, Error, HostSink, HostSource, Result};

use super::ids::{SharedId, WaitableId};
use crate::abi::Options;
use seam_decode::CopyingTy;

/// An end of a stream or future.
#[derive(Debug)]
pub(crate) struct CopyEnd {
    pub(crate) shared: SharedId,
    pub(crate) is_writable: bool,
    pub(crate) state: CopyState,
    /// The buffer of the copy in progress.
    pub(crate) buffer: Option<Buffer>,
}

/// `CopyState`. A request to cancel a copy ends it at once, so that `CANCELLING_COPY` is never seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyState {
    Idle,
    Copying,
    Done,
}

/// `BufferGuestImpl`: elements in a guest's memory.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    pub(crate) opts: Options,
    pub(crate) ptr: u32,
    /// The number of elements that were copied.
    pub(crate) progress: u32,
    /// The number of elements that there is room for.
    pub(crate) length: u32,
}

/// `SharedStreamImpl` or `SharedFutureImpl`
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) ty: CopyingTy,
    pub(crate) dropped: bool,
    /// The end whose copy waits for the other end.
    pub(crate) pending: Option<WaitableId>,
    /// The end that no guest has, if the host reads or writes.
    pub(crate) host: Option<HostEnd>,
    /// Its place among those that wait for the host, while it is one of them.
    pub(super) place: Option<u64>,
}

/// The host's side of a stream or future.
#[derive(Debug)]
pub(crate) enum HostEnd {
    /// The host writes.
    Source(HostSource),
    /// The host reads.
    Sink(HostSink),
    /// It does both: a guest has passed back what the host had created.
    Both(HostSource, HostSink),
}

impl Shared {
    pub(crate) fn new(ty: CopyingTy, host: Option<HostEnd>) -> Self {
        Self {
            ty,
            dropped: false,
            pending: None,
            host,
            place: None,
        }
    }
}

impl CopyEnd {
    pub(crate) fn new(shared: SharedId, is_writable: bool) -> Self {
        Self {
            shared,
            is_writable,
            state: CopyState::Idle,
            buffer: None,
        }
    }

    /// `trap_if(e.state != CopyState.IDLE)`
    pub(crate) fn check_idle(&self) -> Result<()> {
        match self.state {
            CopyState::Idle => Ok(()),
            CopyState::Done => Err(Error::trap(CanonTrap::EndDone)),
            CopyState::Copying => Err(Error::trap(CanonTrap::EndBusy)),
        }
    }

    pub(crate) fn copying(&self) -> bool {
        self.state == CopyState::Copying
    }
}

impl Buffer {
    /// `MAX_LENGTH`
    pub(crate) const MAX_LENGTH: u32 = (1 << 28) - 1;

    pub(crate) fn remain(&self) -> u32 {
        self.length.saturating_sub(self.progress)
    }
}
