//! The ends of streams and futures in a world in use, for implementors.

use crate::world::WorldState;
use crate::world::ends::{HostSink, HostSource, Ready, Sink, Source, Supply};
use crate::{Error, ExportName, Handle, List, Result, Value};

/// # For implementors
/// The ends that the host has created or connected.
impl WorldState {
    /// Creates a readable end whose elements come from `source`: for
    /// [`Instance::create_end`](crate::Instance::create_end).
    pub fn create_end(&mut self, source: Box<dyn Source>) -> Handle {
        self.side.ends.create(&ExportName::root("host"), source)
    }

    /// Connects a readable end to a sink: for [`Instance::connect`](crate::Instance::connect).
    ///
    /// # Errors
    /// `Misuse` for any other value.
    pub fn connect_end(&mut self, end: &Value, sink: Box<dyn Sink>) -> Result<()> {
        self.side.ends.connect(&ExportName::root("host"), end, sink)
    }

    /// Returns whether the host has created this end and not passed it yet.
    #[must_use]
    pub fn has_created(&self, handle: &Handle) -> bool {
        handle.owner() == self.side.ends.owner
            && (self.side.ends.created.iter()).any(|(number, _)| *number == handle.slot())
    }

    /// Returns the source of an end that the host has created, which is passed to a guest now. Returns
    /// `None` for any other end.
    ///
    /// # Errors
    /// `Misuse` if the end was passed before.
    pub fn pass_created(&mut self, handle: &Handle) -> Result<Option<HostSource>> {
        if handle.owner() != self.side.ends.owner {
            return Ok(None);
        }
        let created = &mut self.side.ends.created;
        match created.iter().position(|(slot, _)| *slot == handle.slot()) {
            Some(index) => Ok(Some(created.swap_remove(index).1)),
            None => Err(Error::misuse(format!(
                "expected an end that the host has created and not passed yet, found {handle:?}"
            ))),
        }
    }

    /// Returns whether a readable end waits to be connected.
    #[must_use]
    #[inline]
    pub fn has_connections(&self) -> bool {
        !self.side.ends.connections.is_empty()
    }

    /// Returns the next readable end to be connected, with its sink.
    #[must_use]
    pub fn next_connection(&mut self) -> Option<(Value, HostSink)> {
        match self.side.ends.connections.is_empty() {
            true => None,
            false => Some(self.side.ends.connections.remove(0)),
        }
    }

    /// Asks a source for elements, if it has none.
    ///
    /// # Errors
    /// Any error of the source; `Host` if it panics.
    pub fn supply(&mut self, source: &mut HostSource, max: usize) -> Result<Ready> {
        if source.kept() == 0 && !source.ended {
            let HostSource {
                source: supplier,
                name,
                ..
            } = source;
            let supply = self.host_call(name, |call| supplier.next(call, max))?;
            match supply {
                Supply::Elements(list) if !list.is_empty() => source.kept = (list, 0),
                Supply::Elements(_) => {
                    return Err(Error::host(format!(
                        "expected a source of `{}` to supply at least one element, found none",
                        source.name
                    )));
                }
                Supply::Pending => return Ok(Ready::Pending),
                Supply::End => source.ended = true,
            }
        }
        Ok(match source.kept() {
            0 => Ready::End,
            n => Ready::Elements(n),
        })
    }

    /// Passes elements to a sink.
    ///
    /// # Errors
    /// Any error of the sink; `Host` if it panics.
    pub fn accept(&mut self, sink: &mut HostSink, elements: List) -> Result<()> {
        let HostSink { sink, name } = sink;
        self.host_call(name, |call| sink.accept(call, elements))
    }

    /// Tells a sink that no element follows.
    ///
    /// # Errors
    /// Any error of the sink; `Host` if it panics.
    pub fn end(&mut self, mut sink: HostSink) -> Result<()> {
        let HostSink { sink, name } = &mut sink;
        self.host_call(name, |call| sink.end(call))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;
    use crate::world::HostCall;
    use crate::{ErrorKind, World, token};

    fn world() -> WorldState {
        WorldState::new(&World::new(), &[])
    }

    fn created(world: &mut WorldState, source: impl Source + 'static) -> HostSource {
        let handle = world.create_end(Box::new(source));
        assert!(world.has_created(&handle));
        world.pass_created(&handle).unwrap().unwrap()
    }

    #[test]
    fn elements_that_no_guest_takes_are_kept() {
        let world = &mut world();
        let mut source = created(world, Some(List::U8(vec![1, 2, 3])));
        assert_eq!(world.supply(&mut source, 2).unwrap(), Ready::Elements(3));
        assert_eq!(source.take(2), List::U8(vec![1, 2]));
        assert_eq!(world.supply(&mut source, 2).unwrap(), Ready::Elements(1));
        assert_eq!(source.take(1), List::U8(vec![3]));
        assert_eq!(world.supply(&mut source, 2).unwrap(), Ready::End);
    }

    #[test]
    fn a_source_that_supplies_no_elements_or_panics_is_at_fault() {
        let world = &mut world();
        let empty = |_: &mut HostCall<'_>, _| Ok(Supply::Elements(List::U8(vec![])));
        let mut source = created(world, empty);
        let error = world.supply(&mut source, 1).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Host);
        let mut source = created(world, |_: &mut HostCall<'_>, _| panic!("a panic"));
        let error = world.supply(&mut source, 1).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Host);
    }

    #[test]
    fn an_end_of_the_host_is_passed_once() {
        let world = &mut world();
        let handle = world.create_end(Box::new(None));
        assert!(world.pass_created(&handle).unwrap().is_some());
        let error = world.pass_created(&handle).err().unwrap();
        assert_eq!(*error.kind(), ErrorKind::Misuse);
        assert!(!world.has_created(&handle));
        let other = Handle::new(token(), 0, 0, 0);
        assert!(world.pass_created(&other).unwrap().is_none());
    }

    #[test]
    fn only_ends_that_guests_have_passed_are_connected() {
        struct All;
        impl Sink for All {
            fn accept(&mut self, _: &mut HostCall<'_>, _: List) -> Result<()> {
                Ok(())
            }
        }
        let world = &mut world();
        let own = Value::Stream(world.create_end(Box::new(None)));
        for wrong in [own, Value::U8(1)] {
            let error = world.connect_end(&wrong, Box::new(All)).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Misuse);
        }
        let of_guest = Value::Stream(Handle::new(token(), 0, 0, 0));
        world.connect_end(&of_guest, Box::new(All)).unwrap();
        assert_eq!(world.next_connection().unwrap().0, of_guest);
        assert!(world.next_connection().is_none());
    }
}
