//! Ends of streams and futures, and error contexts, that the host holds.

use std::sync::Arc;

use seam_core::{Error, Handle, Result, Value};

use super::held::HostTable;
use super::ids::SharedId;

/// What a handle of the host stands for.
#[derive(Clone, Debug)]
pub(crate) enum HeldEnd {
    /// The readable end of a stream or future.
    Readable(SharedId),
    /// An error context, with its debug message.
    ErrorContext(Arc<str>),
}

/// The table of such handles. A slot gets a new generation each time it is freed.
#[derive(Debug, Default)]
pub(crate) struct HostEnds {
    slots: Vec<(u32, Option<HeldEnd>)>,
    free: Vec<u32>,
}

impl HostEnds {
    /// Adds what a guest has passed to the host. Its handle is numbered among those of the table of
    /// resources.
    ///
    /// # Errors
    /// `Limit` if the host already holds 2^32 of them.
    pub(crate) fn add(&mut self, host: &mut HostTable, held: HeldEnd) -> Result<Handle> {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push((0, None));
                u32::try_from(self.slots.len() - 1)
                    .map_err(|_| Error::limit(seam_core::Limit::EngineCapacity))?
            }
        };
        let entry = self.slots.get_mut(slot as usize);
        let (generation, entry) = entry.ok_or_else(|| Error::engine("expected a free slot"))?;
        *entry = Some(held);
        Ok(host.handle(slot, *generation))
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
        let entry = match host.is_of_owner(handle) {
            true => self.slots.get(slot as usize),
            false => None,
        };
        match entry {
            Some((generation, Some(held))) if *generation == handle.generation() => {
                Ok((slot, held.clone()))
            }
            _ => Err(Error::misuse(format!(
                "expected a {} that this instance has passed to the host, found one that was passed \
                 on, or of another instance",
                value.kind()
            ))),
        }
    }

    /// Removes a handle that is passed on to a guest.
    pub(crate) fn take(&mut self, slot: u32) {
        if let Some((generation, entry)) = self.slots.get_mut(slot as usize) {
            *generation = generation.wrapping_add(1);
            *entry = None;
            self.free.push(slot);
        }
    }
}
