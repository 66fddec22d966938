//! The table behind the handles that the host holds of a component instance.

use std::sync::Arc;

use seam_core::{Error, Handle, Limit, Resource, ResourceType, Result, Type, token};
use wasmtime::component::{ResourceAny, Val};

/// The type of elements. `None` if a stream or future has none.
pub(crate) type ElementType = Option<Arc<Type>>;

/// Resources and stream ends that the guest gave to the host.
///
/// A slot is reused under a new generation, so a handle that was moved or dropped never refers to
/// another item.
pub(crate) struct Held {
    owner: u64,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// How many handles were made so far.
    given: u32,
}

struct Slot {
    generation: u32,
    /// How many handles were made before the current one of this slot.
    ordinal: u32,
    item: Option<HeldItem>,
}

/// What a handle stands for.
#[derive(Clone)]
pub(crate) enum HeldItem {
    /// A resource of a type that the guest defines, and the type's name.
    Resource(ResourceAny, ResourceType),
    /// The end of a stream or future with the type of its elements, or an error context.
    End(Val, ElementType),
}

impl Held {
    pub(crate) fn new() -> Self {
        Self {
            owner: token(),
            slots: Vec::new(),
            free: Vec::new(),
            given: 0,
        }
    }

    /// Returns the token of the instance.
    pub(crate) fn owner(&self) -> u64 {
        self.owner
    }

    /// Puts an item into the table.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)` at 2^32 handles.
    pub(crate) fn hold(&mut self, item: HeldItem) -> Result<Handle> {
        let full = || Error::limit(Limit::EngineCapacity);
        let ordinal = self.given;
        self.given = ordinal.checked_add(1).ok_or_else(full)?;
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                let slot = u32::try_from(self.slots.len()).map_err(|_| full())?;
                self.slots.push(Slot {
                    generation: 0,
                    ordinal,
                    item: None,
                });
                slot
            }
        };
        let entry = self.slots.get_mut(slot as usize).ok_or_else(full)?;
        entry.item = Some(item);
        entry.ordinal = ordinal;
        Ok(Handle::new(self.owner, slot, entry.generation, ordinal))
    }

    /// Returns what a handle stands for.
    ///
    /// # Errors
    /// `Misuse` for a handle of another instance, or one that was moved or dropped.
    pub(crate) fn at(&self, handle: Handle) -> Result<&HeldItem> {
        if handle.owner() != self.owner {
            return Err(Error::misuse(format!(
                "expected a handle of this instance, found {handle:?} of another"
            )));
        }
        let slot = self.slots.get(handle.slot() as usize);
        slot.filter(|slot| slot.generation == handle.generation())
            .and_then(|slot| slot.item.as_ref())
            .ok_or_else(|| {
                Error::misuse(format!(
                    "expected a handle that is held, found {handle:?}, which was moved or dropped"
                ))
            })
    }

    /// Returns the owned resources, in the order in which their handles were made.
    pub(crate) fn owned(&self) -> Vec<Resource> {
        let slots = (0..).zip(&self.slots);
        let mut owned: Vec<Resource> = slots
            .filter_map(|(index, slot)| match &slot.item {
                Some(HeldItem::Resource(any, ty)) if any.owned() => {
                    let handle = Handle::new(self.owner, index, slot.generation, slot.ordinal);
                    Some(Resource::guest(ty.clone(), handle))
                }
                _ => None,
            })
            .collect();
        owned.sort_unstable_by_key(Resource::ordinal);
        owned
    }

    /// Removes what a handle stands for from the table, and returns it.
    ///
    /// # Errors
    /// As [`Held::at`].
    pub(crate) fn take(&mut self, handle: Handle) -> Result<HeldItem> {
        let item = self.at(handle)?.clone();
        if let Some(slot) = self.slots.get_mut(handle.slot() as usize) {
            slot.item = None;
            slot.generation = slot.generation.wrapping_add(1);
            self.free.push(handle.slot());
        }
        Ok(item)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::ErrorKind;

    #[test]
    fn a_reused_slot_rejects_its_former_handle() {
        let mut held = Held::new();
        let first = held.hold(HeldItem::End(Val::Bool(true), None)).unwrap();
        held.take(first).unwrap();
        let second = held.hold(HeldItem::End(Val::Bool(false), None)).unwrap();
        assert_eq!((second.slot(), second.ordinal()), (first.slot(), 1));
        assert_eq!(held.at(first).err().unwrap().kind(), &ErrorKind::Misuse);
        assert!(held.at(second).is_ok());
    }

    #[test]
    fn a_handle_of_another_instance_is_misuse() {
        let handle = Held::new()
            .hold(HeldItem::End(Val::Bool(true), None))
            .unwrap();
        let mut other = Held::new();
        other.hold(HeldItem::End(Val::Bool(true), None)).unwrap();
        assert_eq!(other.at(handle).err().unwrap().kind(), &ErrorKind::Misuse);
    }
}
