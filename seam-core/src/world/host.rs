//! The calling instance, as a host function sees it.

use std::any::Any;

use crate::world::clock::VirtualClock;
use crate::world::ends::Ends;
use crate::world::observed::{Observed, OutputHook, OutputStream};
use crate::world::states::States;
use crate::{ExportName, FuncType, Limits, Result};

/// A call of a host function, with the called import and the state that the instance's functions
/// share.
pub struct HostCall<'a> {
    pub(crate) name: &'a ExportName,
    pub(crate) ty: Option<&'a FuncType>,
    pub(crate) states: &'a mut States,
    pub(crate) ends: &'a mut Ends,
    pub(crate) clock: &'a VirtualClock,
    pub(crate) observed: &'a mut Observed,
    pub(crate) limits: &'a Limits,
    pub(crate) on_output: Option<&'a OutputHook>,
}

impl HostCall<'_> {
    /// Returns the import's full name, as the guest spells it.
    #[must_use]
    pub fn name(&self) -> &ExportName {
        self.name
    }

    /// Returns the import's type, or `None` in a resource's destructor, a source and a sink.
    #[must_use]
    pub fn ty(&self) -> Option<&FuncType> {
        self.ty
    }

    /// Returns the limits of the instance.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.limits
    }

    /// Returns the virtual time of the instance.
    #[must_use]
    pub fn clock(&self) -> &VirtualClock {
        self.clock
    }

    /// Returns the state that [`World::state`](crate::World::state) creates for each instance.
    ///
    /// # Errors
    /// `Host` if the world creates no state of this type, or if it is in use by a
    /// [raw core function](crate::CoreHostFunc::sharing) that called the guest.
    pub fn state<S: Any>(&mut self) -> Result<&mut S> {
        self.states.get()
    }

    /// Appends to the instance's captured output.
    ///
    /// The output is also passed to the function set with
    /// [`World::on_output`](crate::World::on_output).
    ///
    /// # Errors
    /// `Limit(Output)` if [`Limits::output`] is exceeded.
    pub fn output(&mut self, stream: OutputStream, bytes: &[u8]) -> Result<()> {
        self.observed.output(stream, bytes, self.limits.output)?;
        if let Some(hook) = self.on_output {
            hook(stream, bytes);
        }
        Ok(())
    }
}
