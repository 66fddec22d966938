//! `Store.waiting`: the threads that wait, in order.

use std::collections::BTreeMap;

use super::ids::ThreadId;

/// The threads that wait, in the order in which they began to wait.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    threads: BTreeMap<u64, ThreadId>,
    next: u64,
}

impl Waiting {
    /// Adds a thread behind all others. Returns its place.
    pub(crate) fn push(&mut self, id: ThreadId) -> u64 {
        let place = self.next;
        self.next += 1;
        self.threads.insert(place, id);
        place
    }

    /// Removes the thread at a place.
    pub(crate) fn remove(&mut self, place: u64) {
        self.threads.remove(&place);
    }

    /// Returns the first thread at this place or behind it, and the place behind the thread.
    pub(crate) fn at_or_behind(&self, place: u64) -> Option<(ThreadId, u64)> {
        let (found, id) = self.threads.range(place..).next()?;
        Some((*id, found + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
