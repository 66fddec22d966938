//! The host's resources, by representation.

use std::any::Any;
use std::collections::BTreeMap;

use seam_core::{CanonTrap, Error, ErrorKind, Limit, Result};

/// Most resources that a guest may hold at a time.
const CAPACITY: usize = 1 << 17;

/// The resources that a guest holds.
///
/// Representations count up from 1 and are never reused, so each representation in the record of a
/// run names one resource.
#[derive(Default)]
pub(crate) struct Table {
    last: u32,
    live: BTreeMap<u32, Box<dyn Any + Send>>,
}

impl Table {
    /// Adds a resource and returns its representation.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)` if the guest holds too many resources, or if all 2^32 - 1
    /// representations have been used.
    pub(crate) fn add<T: Any + Send>(&mut self, resource: T) -> Result<u32> {
        let full = |message: String| Error::new(ErrorKind::Limit(Limit::EngineCapacity), message);
        if self.live.len() >= CAPACITY {
            return Err(full(format!(
                "expected at most {CAPACITY} WASI resources at a time, found one more"
            )));
        }
        let rep = self.last.checked_add(1).ok_or_else(|| {
            let most = u32::MAX;
            full(format!(
                "expected at most {most} WASI resources in the life of an instance, found one more"
            ))
        })?;
        self.last = rep;
        self.live.insert(rep, Box::new(resource));
        Ok(rep)
    }

    /// Returns the resource with this representation.
    ///
    /// # Errors
    /// The trap `UnknownHandle`. Backends check handles, so this happens only on a faulty backend.
    pub(crate) fn at<T: Any>(&mut self, rep: u32) -> Result<&mut T> {
        let resource = self.live.get_mut(&rep);
        resource
            .and_then(|resource| resource.downcast_mut())
            .ok_or_else(unknown)
    }

    /// Removes and returns a resource whose ownership the guest transferred.
    ///
    /// # Errors
    /// As [`Table::at`].
    pub(crate) fn take<T: Any>(&mut self, rep: u32) -> Result<T> {
        self.at::<T>(rep)?;
        let resource = self.live.remove(&rep).ok_or_else(unknown)?;
        resource.downcast().map(|it| *it).map_err(|_| unknown())
    }

    /// Removes a resource that the guest drops.
    ///
    /// # Errors
    /// As [`Table::at`].
    pub(crate) fn remove(&mut self, rep: u32) -> Result<Box<dyn Any + Send>> {
        self.live.remove(&rep).ok_or_else(unknown)
    }
}

pub(crate) fn unknown() -> Error {
    Error::trap(CanonTrap::UnknownHandle)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::Trap;

    #[test]
    fn a_representation_is_never_used_again() {
        let mut table = Table::default();
        let first = table.add('a').unwrap();
        table.remove(first).unwrap();
        assert_eq!(table.add('b').unwrap(), first + 1);
        assert!(table.at::<char>(first).is_err());
    }

    #[test]
    fn a_resource_of_another_kind_is_not_found_and_stays() {
        let mut table = Table::default();
        let rep = table.add('a').unwrap();
        let error = table.take::<u8>(rep).unwrap_err();
        let trap = Trap::Canon(CanonTrap::UnknownHandle);
        assert_eq!(error.as_trap(), Some(&trap));
        assert_eq!(table.take::<char>(rep).unwrap(), 'a');
    }

    #[test]
    fn resources_are_bounded() {
        let mut table = Table::default();
        for _ in 0..CAPACITY {
            table.add(()).unwrap();
        }
        let error = table.add(()).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::EngineCapacity));
        assert!(error.message().contains("131072 WASI resources at a time"));
        table.remove(1).unwrap();
        table.add(()).unwrap();
    }

    #[test]
    fn representations_are_used_up_once() {
        let mut table = Table {
            last: u32::MAX - 1,
            ..Table::default()
        };
        assert_eq!(table.add(()).unwrap(), u32::MAX);
        let error = table.add(()).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::EngineCapacity));
        let expected = "4294967295 WASI resources in the life of an instance";
        assert!(error.message().contains(expected), "{error}");
    }
}
