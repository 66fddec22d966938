//! `Store.waiting`: the threads that wait, in order. Likewise the streams and futures that wait for the
//! host.

use std::collections::BTreeMap;

/// What waits, in the order in which it began to wait.
#[derive(Debug)]
pub(crate) struct Waiting<T> {
    places: BTreeMap<u64, T>,
    next: u64,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self {
            places: BTreeMap::new(),
            next: 0,
        }
    }
}

impl<T: Copy> Waiting<T> {
    /// Adds an element behind all others. Returns its place.
    pub(crate) fn push(&mut self, id: T) -> u64 {
        let place = self.next;
        self.next += 1;
        self.places.insert(place, id);
        place
    }

    /// Removes the element at a place.
    pub(crate) fn remove(&mut self, place: u64) {
        self.places.remove(&place);
    }

    /// Returns the first element at this place or behind it, and the place behind the element.
    pub(crate) fn at_or_behind(&self, place: u64) -> Option<(T, u64)> {
        let (found, id) = self.places.range(place..).next()?;
        Some((*id, found + 1))
    }

    /// Returns the number of elements.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns the place that the next element gets.
    pub(crate) fn end(&self) -> u64 {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::ThreadId;

    #[test]
    fn threads_keep_their_order_when_others_go() {
        let mut waiting = Waiting::default();
        let places = [7, 8, 9].map(|id| waiting.push(ThreadId(id)));
        waiting.remove(places[1]);
        assert_eq!(waiting.push(ThreadId(8)), 3);
        let (mut all, mut place) = (Vec::new(), 0);
        while let Some((id, behind)) = waiting.at_or_behind(place) {
            all.push(id.0);
            place = behind;
        }
        assert_eq!(all, [7, 9, 8]);
    }
}
