//! Ends of streams and futures, and error contexts, that the host holds.

use std::sync::Arc;

use seam_core::{Error, Handle, Result, Value};

use super::held::HostTable;
use super::ids::SharedId;
use super::slots::Slots;

/// What a handle of the host stands for.
#[derive(Clone, Debug)]
pub(crate) enum HeldEnd {
    /// The readable end of a stream or future.
    Readable(SharedId),
    /// An error context, with its debug message.
    ErrorContext(Arc<str>),
}

/// The table of such handles.
#[derive(Debug, Default)]
pub(crate) struct HostEnds(Slots<HeldEnd>);

impl HostEnds {
    /// Adds what a guest has passed to the host. Its handle is numbered among those of the table of
    /// resources.
    ///
    /// # Errors
    /// `Limit` if the host already holds 2^32 of them.
    pub(crate) fn add(&mut self, host: &mut HostTable, held: HeldEnd) -> Result<Handle> {
        let (slot, generation) = self.0.add(held)?;
        Ok(host.handle(slot, generation))
    }

    /// Returns what a handle stands for.
    ///
    /// # Errors
    /// `Misuse` if it was passed on, or belongs to another instance.
    pub(crate) fn find(&self, host: &HostTable, value: &Value) -> Result<(u32, HeldEnd)> {
        let handle = match value {
            Value::Stream(handle) | Value::Future(handle) | Value::ErrorContext(handle) => handle,
            other => {
                let found = other.kind();
                let message =
                    format!("expected a stream, future or error context, found a {found}");
                return Err(Error::misuse(message));
            }
        };
        let slot = handle.slot();
        let held = match host.is_of_owner(handle) {
            true => self.0.get(slot, handle.generation()),
            false => None,
        };
        match held {
            Some(held) => Ok((slot, held.clone())),
            None => Err(Error::misuse(format!(
                "expected a {} that this instance has passed to the host, found one that was passed \
                 on, or of another instance",
                value.kind()
            ))),
        }
    }

    /// Removes a handle that is passed on to a guest.
    pub(crate) fn take(&mut self, slot: u32) {
        self.0.remove(slot);
    }
}
