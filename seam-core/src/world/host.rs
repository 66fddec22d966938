//! The calling instance, as a host function sees it.

use std::any::{Any, TypeId};

use crate::world::observed::{Observed, OutputHook, OutputStream};
use crate::{Error, ExportName, FuncType, Limits, Result};

/// A call of a host function, with the called import and the state that the instance's functions
/// share.
pub struct HostCall<'a> {
    pub(crate) name: &'a ExportName,
    pub(crate) ty: Option<&'a FuncType>,
    pub(crate) states: &'a mut [(TypeId, Box<dyn Any + Send>)],
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

    /// Returns the import's type, or `None` in a resource's destructor.
    #[must_use]
    pub fn ty(&self) -> Option<&FuncType> {
        self.ty
    }

    /// Returns the limits of the instance.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.limits
    }

    /// Returns the state that [`World::state`](crate::World::state) creates for each instance.
    ///
    /// # Errors
    /// `Host` if the world creates no state of this type.
    pub fn state<S: Any>(&mut self) -> Result<&mut S> {
        let state = self
            .states
            .iter_mut()
            .find(|(id, _)| *id == TypeId::of::<S>());
        state
            .and_then(|(_, state)| state.downcast_mut())
            .ok_or_else(|| {
                Error::host(format!(
                    "the world makes no state of type {}",
                    std::any::type_name::<S>()
                ))
            })
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
