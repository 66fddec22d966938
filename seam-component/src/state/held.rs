//! Handles that the host holds: guest-defined resources that a call passed to the host.

use seam_core::{Error, Handle, Resource, ResourceType, Result};

use super::slots::Slots;

use seam_decode::types::ResourceId;

/// The entry of a [`Handle`] of the host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) ty: ResourceId,
    pub(crate) rep: u32,
    /// The number of handles that the host received before this one.
    ordinal: u32,
    /// The number of calls that currently borrow the handle.
    lends: u32,
}

/// The table of handles that the host holds.
#[derive(Debug)]
pub(crate) struct HostTable {
    owner: u64,
    slots: Slots<Held>,
    next_ordinal: u32,
}

impl HostTable {
    /// Creates the table of the instance with this token.
    pub(crate) fn new(owner: u64) -> Self {
        Self {
            owner,
            slots: Slots::default(),
            next_ordinal: 0,
        }
    }

    /// Adds the representation of a resource that a guest has passed to the host.
    ///
    /// # Errors
    /// `Limit` if the host already holds 2^32 handles.
    pub(crate) fn add(
        &mut self,
        name: &ResourceType,
        ty: ResourceId,
        rep: u32,
    ) -> Result<Resource> {
        let ordinal = self.next_ordinal;
        self.next_ordinal = self.next_ordinal.wrapping_add(1);
        let held = Held {
            ty,
            rep,
            ordinal,
            lends: 0,
        };
        let (slot, generation) = self.slots.add(held)?;
        let handle = Handle::new(self.owner, slot, generation, ordinal);
        Ok(Resource::guest(name.clone(), handle))
    }

    /// Returns a handle for a slot of another table of this instance, with the next number.
    pub(super) fn handle(&mut self, slot: u32, generation: u32) -> Handle {
        let ordinal = self.next_ordinal;
        self.next_ordinal = self.next_ordinal.wrapping_add(1);
        Handle::new(self.owner, slot, generation, ordinal)
    }

    /// Returns whether a handle belongs to this instance.
    pub(super) fn is_of_owner(&self, handle: &Handle) -> bool {
        handle.owner() == self.owner
    }

    /// Removes an owned handle from the table, because it moves into a guest.
    ///
    /// # Errors
    /// `Misuse` if the handle was moved or dropped, belongs to another instance, or is lent.
    pub(crate) fn take(&mut self, resource: &Resource) -> Result<Held> {
        let (slot, held) = self.check_movable(resource)?;
        self.slots.remove(slot);
        Ok(held)
    }

    /// Returns the slot and entry of a handle that [`HostTable::take`] can remove.
    ///
    /// # Errors
    /// Those of [`HostTable::take`].
    pub(crate) fn check_movable(&self, resource: &Resource) -> Result<(u32, Held)> {
        let (slot, held) = self.find(resource)?;
        if held.lends > 0 {
            return Err(misuse(resource, "is lent to a call that has not returned"));
        }
        Ok((slot, held))
    }

    /// Lends a handle to a call. The loan of the returned slot must end with
    /// [`HostTable::give_back`].
    ///
    /// # Errors
    /// Those of [`HostTable::find`].
    pub(crate) fn lend(&mut self, resource: &Resource) -> Result<(u32, Held)> {
        let (slot, held) = self.find(resource)?;
        if let Some(entry) = self.slots.get_mut(slot) {
            entry.lends += 1;
        }
        Ok((slot, held))
    }

    /// Returns the handles, with their types, in the order in which the host received them.
    pub(crate) fn owned(&self) -> Vec<(Handle, ResourceId)> {
        let owned = self.slots.iter().map(|(slot, generation, held)| {
            let handle = Handle::new(self.owner, slot, generation, held.ordinal);
            (handle, held.ty)
        });
        let mut owned: Vec<_> = owned.collect();
        owned.sort_unstable_by_key(|(handle, _)| handle.ordinal());
        owned
    }

    /// Returns the number of handles that the host has received so far.
    pub(crate) fn given(&self) -> u32 {
        self.next_ordinal
    }

    /// Removes the handles that the host received after the first `given` ones.
    pub(crate) fn take_back(&mut self, given: u32) {
        let since = self.slots.iter().filter(|(.., held)| held.ordinal >= given);
        let slots: Vec<u32> = since.map(|(slot, ..)| slot).collect();
        slots.into_iter().for_each(|slot| self.slots.remove(slot));
    }

    /// Ends a loan.
    pub(crate) fn give_back(&mut self, slot: u32) {
        if let Some(entry) = self.slots.get_mut(slot) {
            entry.lends = entry.lends.saturating_sub(1);
        }
    }

    /// Returns the slot and entry of a handle.
    ///
    /// # Errors
    /// `Misuse` if the handle was moved or dropped, or belongs to another instance.
    pub(crate) fn find(&self, resource: &Resource) -> Result<(u32, Held)> {
        let handle = resource
            .handle()
            .ok_or_else(|| misuse(resource, "is defined by the host"))?;
        if handle.owner() != self.owner {
            return Err(misuse(resource, "belongs to another instance"));
        }
        match self.slots.get(handle.slot(), handle.generation()) {
            Some(held) => Ok((handle.slot(), *held)),
            None => Err(misuse(resource, "was moved or dropped")),
        }
    }
}

fn misuse(resource: &Resource, what: &str) -> Error {
    let (name, ordinal) = (resource.ty().name(), resource.ordinal());
    Error::misuse(format!(
        "expected a live handle of this instance, found `{name}` #{ordinal}, which {what}"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use seam_core::ErrorKind;

    fn table() -> (HostTable, ResourceType) {
        (HostTable::new(7), ResourceType::new("r"))
    }

    #[test]
    fn a_moved_handle_is_misuse_even_when_its_slot_is_used_again() {
        let (mut table, name) = table();
        let first = table.add(&name, ResourceId(0), 10).unwrap();
        assert_eq!(table.take(&first).unwrap().rep, 10);
        let second = table.add(&name, ResourceId(0), 20).unwrap();
        assert_eq!(*table.take(&first).unwrap_err().kind(), ErrorKind::Misuse);
        assert_eq!(table.find(&second).unwrap().1.rep, 20);
    }

    #[test]
    fn a_lent_handle_does_not_move() {
        let (mut table, name) = table();
        let owned = table.add(&name, ResourceId(0), 10).unwrap();
        let (slot, _) = table.lend(&owned).unwrap();
        assert!(table.take(&owned).is_err());
        table.give_back(slot);
        assert!(table.take(&owned).is_ok());
    }

    #[test]
    fn a_handle_of_another_instance_is_misuse() {
        let (table, name) = table();
        let foreign = HostTable::new(8).add(&name, ResourceId(0), 1).unwrap();
        assert_eq!(*table.find(&foreign).unwrap_err().kind(), ErrorKind::Misuse);
    }
}
