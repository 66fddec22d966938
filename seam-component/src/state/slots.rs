//! `Slots`: what the handles of the host stand for.

use seam_core::{Error, Limit, Result};

/// Elements in slots. Each time a slot is freed, it gets a new generation, so that the use of an
/// earlier handle is noticed.
#[derive(Debug)]
pub(super) struct Slots<T> {
    slots: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Slots<T> {
    /// Adds an element. Returns its slot and generation.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)` if there are 2^32 elements already.
    pub(super) fn add(&mut self, element: T) -> Result<(u32, u32)> {
        let full = || Error::limit(Limit::EngineCapacity);
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push((0, None));
                u32::try_from(self.slots.len() - 1).map_err(|_| full())?
            }
        };
        let entry = self.slots.get_mut(slot as usize).ok_or_else(full)?;
        entry.1 = Some(element);
        Ok((slot, entry.0))
    }

    /// Returns the element in a slot, if it still has this generation.
    pub(super) fn get(&self, slot: u32, generation: u32) -> Option<&T> {
        match self.slots.get(slot as usize)? {
            (current, element) if *current == generation => element.as_ref(),
            _ => None,
        }
    }

    /// Returns the element that is in a slot now.
    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.slots.get_mut(slot as usize)?.1.as_mut()
    }

    /// Frees a slot.
    pub(super) fn remove(&mut self, slot: u32) {
        if let Some((generation, element)) = self.slots.get_mut(slot as usize) {
            *element = None;
            *generation = generation.wrapping_add(1);
            self.free.push(slot);
        }
    }

    /// Returns the elements with their slots and generations, in the order of the slots.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32, &T)> {
        let slots = (0..).zip(&self.slots);
        slots.filter_map(|(slot, (generation, element))| {
            Some((slot, *generation, element.as_ref()?))
        })
    }
}
