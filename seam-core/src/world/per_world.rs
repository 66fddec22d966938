//! What a program computes once for a world.

use std::sync::{Arc, Mutex, PoisonError};

use super::World;

/// What a program has made for the worlds that it was last instantiated in.
///
/// # For implementors
/// Keep one in a program for everything that follows from the program and the world's definitions:
/// bindings, links, generated modules. Instances then share it, also in parallel. What an instance
/// can change must not be kept here.
///
/// ```
/// use seam_core::{PerWorld, Result, World};
///
/// # fn main() -> Result<()> {
/// let known = PerWorld::default();
/// let world = World::new().func("f", |(): ()| Ok(()));
/// let make = || Ok::<_, seam_core::Error>(String::from("made"));
/// let first = known.get(&world, make)?;
/// let again = known.get(&world.clone().record(true), make)?;
/// assert!(std::sync::Arc::ptr_eq(&first, &again));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PerWorld<T> {
    /// The number of each world's definitions, with the newest at the end.
    known: Mutex<Vec<(u64, Arc<T>)>>,
}

/// How many worlds are remembered.
const WORLDS: usize = 4;

impl<T> PerWorld<T> {
    /// Returns what was made for a world with the same [definitions](World::definitions), or makes
    /// it. Only the last few worlds are remembered.
    ///
    /// # Errors
    /// Those of `make`. They are not remembered.
    pub fn get<E>(
        &self,
        world: &World,
        make: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<Arc<T>, E> {
        let number = world.definitions();
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = lock().iter().rev().find(|(known, _)| *known == number) {
            return Ok(found.clone());
        }
        // Made without the lock, so that other worlds need not wait.
        let made = Arc::new(make()?);
        let mut known = lock();
        // Another instantiation may have made it in the meantime.
        if let Some((_, found)) = known.iter().find(|(known, _)| *known == number) {
            return Ok(found.clone());
        }
        if known.len() == WORLDS {
            known.remove(0);
        }
        known.push((number, made.clone()));
        Ok(made)
    }
}

impl<T> Default for PerWorld<T> {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{Error, Limits};
    use std::cell::Cell;

    #[test]
    fn the_last_worlds_are_remembered_and_errors_are_not() {
        let known = PerWorld::default();
        let made = Cell::new(0);
        let get = |world: &World| {
            let make = || {
                made.set(made.get() + 1);
                Ok::<_, Error>(made.get())
            };
            *known.get(world, make).unwrap()
        };
        let world = || World::new().func("f", |(): ()| Ok(()));
        let failing = world();
        assert!(known.get(&failing, || Err(Error::link("no"))).is_err());
        assert_eq!(get(&failing), 1);
        let same = failing.clone().limits(Limits::new()).record(true);
        assert_eq!(get(&same), 1);
        let others: Vec<World> = (0..WORLDS).map(|_| world()).collect();
        for (other, expected) in others.iter().zip(2..) {
            assert_eq!(get(other), expected);
            assert_eq!(get(other), expected);
        }
        assert_eq!(known.known.lock().unwrap().len(), WORLDS);
        assert_eq!(get(&failing), 2 + WORLDS);
    }

    #[test]
    fn what_is_made_twice_at_once_is_remembered_once() {
        let known = PerWorld::default();
        let world = World::new();
        let made = known.get(&world, || {
            // As another thread does in the meantime.
            known.get(&world, || Ok::<_, Error>(1))?;
            Ok::<_, Error>(2)
        });
        assert_eq!(*made.unwrap(), 1);
        assert_eq!(known.known.lock().unwrap().len(), 1);
    }
}
