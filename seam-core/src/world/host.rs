//! The calling instance, as a host function sees it.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::world::clock::VirtualClock;
use crate::world::ends::Ends;
use crate::world::observed::{Observed, OutputHook, OutputStream};
use crate::world::states::States;
use crate::{ExportName, FuncType, Limits, Result, Value};

/// The future of an asynchronous host function.
pub type HostFuture = Pin<Box<dyn Future<Output = Result<Option<Value>>> + Send + 'static>>;

/// A call of a host function, with the called import and the state that the instance's functions
/// share.
pub struct HostCall<'a> {
    pub(crate) name: &'a ExportName,
    pub(crate) ty: Option<&'a FuncType>,
    pub(crate) side: &'a mut HostSide,
}

/// What the host functions of an instance use.
pub(crate) struct HostSide {
    pub(crate) states: States,
    pub(crate) ends: Ends,
    pub(crate) clock: VirtualClock,
    pub(crate) observed: Observed,
    pub(crate) limits: Limits,
    pub(crate) on_output: Option<Arc<OutputHook>>,
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
        &self.side.limits
    }

    /// Returns the virtual time of the instance.
    #[must_use]
    pub fn clock(&self) -> &VirtualClock {
        &self.side.clock
    }

    /// Returns the state that [`World::state`](crate::World::state) creates for each instance.
    ///
    /// # Errors
    /// `Host` if the world creates no state of this type, or if it is in use by a
    /// [raw core function](crate::CoreHostFunc::sharing) that called the guest.
    pub fn state<S: Any>(&mut self) -> Result<&mut S> {
        self.side.states.get()
    }

    /// Appends to the instance's captured output.
    ///
    /// The output is also passed to the function set with
    /// [`World::on_output`](crate::World::on_output).
    ///
    /// # Errors
    /// `Limit(Output)` if [`Limits::output`] is exceeded.
    pub fn output(&mut self, stream: OutputStream, bytes: &[u8]) -> Result<()> {
        let side = &mut *self.side;
        side.observed.output(stream, bytes, side.limits.output)?;
        if let Some(hook) = &side.on_output {
            hook(stream, bytes);
        }
        Ok(())
    }
}
