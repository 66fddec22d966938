//! What a host function sees.

use std::any::{Any, TypeId};

use crate::world::{Observed, OutputHook, OutputStream};
use crate::{Error, ExportName, FuncType, Limits, Result};

/// A call of a host function: the import that was called, and the instance's shared state.
pub struct HostCall<'a> {
    pub(crate) name: &'a ExportName,
    pub(crate) ty: Option<&'a FuncType>,
    pub(crate) states: &'a mut [(TypeId, Box<dyn Any + Send>)],
    pub(crate) observed: &'a mut Observed,
    pub(crate) limits: &'a Limits,
    pub(crate) on_output: Option<&'a OutputHook>,
}

impl HostCall<'_> {
    /// The import's full name, as the guest has it.
    #[must_use]
    pub fn name(&self) -> &ExportName {
        self.name
    }

    /// The import's type; `None` in a resource's destructor.
    #[must_use]
    pub fn ty(&self) -> Option<&FuncType> {
        self.ty
    }

    /// The limits of the instance.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.limits
    }

    /// The state that [`World::state`](crate::World::state) makes for each instance.
    ///
    /// # Errors
    /// `Host` if the world makes none of this type.
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

    /// Appends to the instance's captured output, and shows it to what
    /// [`World::on_output`](crate::World::on_output) has set.
    ///
    /// # Errors
    /// `Limit(Output)` at [`Limits::output`].
    pub fn output(&mut self, stream: OutputStream, bytes: &[u8]) -> Result<()> {
        self.observed.output(stream, bytes, self.limits.output)?;
        if let Some(hook) = self.on_output {
            hook(stream, bytes);
        }
        Ok(())
    }
}
