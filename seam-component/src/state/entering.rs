//! `entering_set`: the instances that a call enters.

use seam_core::{CanonTrap, Error, Result};
use smallvec::SmallVec;

use super::lifted::Entering;
use super::running::Running;

impl Running {
    /// Returns the instances that a call enters. `caller` is `None` for the host.
    ///
    /// # Errors
    /// `Engine` if an instance is unknown.
    pub(crate) fn entering(&mut self, callee: u32, caller: Option<u32>) -> Result<Entering> {
        let around_both = self.around_both(callee, caller)?;
        let mut set = SmallVec::new();
        let mut next = Some(callee);
        while let Some(index) = next.filter(|_| next != around_both) {
            set.push(index);
            next = self.instance(index)?.parent;
        }
        Ok(Entering(set))
    }

    /// Returns the innermost instance that is, or is around, both the callee and the caller.
    fn around_both(&mut self, callee: u32, caller: Option<u32>) -> Result<Option<u32>> {
        let (mut one, mut other) = (Some(callee), caller);
        while one != other {
            let (Some(first), Some(second)) = (one, other) else {
                return Ok(None);
            };
            let a = self.instance(first)?;
            let (nesting, parent) = (a.nesting, a.parent);
            let b = self.instance(second)?;
            if b.nesting >= nesting {
                other = b.parent;
            }
            if nesting >= b.nesting {
                one = parent;
            }
        }
        Ok(one)
    }

    /// `trap_if(not inst.may_enter_from(caller))`, then `inst.enter_from(caller)`.
    #[inline]
    pub(crate) fn enter(&mut self, set: &Entering) -> Result<()> {
        let cannot_enter = || Error::trap(CanonTrap::CannotEnter);
        let set = set.0.as_slice();
        if let [index] = set {
            let may_enter = std::mem::take(&mut self.instance(*index)?.may_enter);
            return may_enter.then_some(()).ok_or_else(cannot_enter);
        }
        for index in set {
            if !self.instance(*index)?.may_enter {
                return Err(cannot_enter());
            }
        }
        for index in set {
            self.instance(*index)?.may_enter = false;
        }
        Ok(())
    }

    /// `inst.leave_to(caller)`. It is not called after a trap, so that the entering set stays
    /// closed.
    #[inline]
    pub(crate) fn leave(&mut self, set: &Entering) -> Result<()> {
        let set = set.0.as_slice();
        if let [index] = set {
            self.instance(*index)?.may_enter = true;
            return Ok(());
        }
        for index in set {
            self.instance(*index)?.may_enter = true;
        }
        Ok(())
    }
}
