//! The layer's own data in a store.

use std::any::Any;

/// The layer's own data in a store.
///
/// The layer above a [`CoreEngine`](crate::CoreEngine) keeps its tables here. Host functions reach them without a
/// lock.
pub struct HostState(Box<dyn Any + Send>);

impl HostState {
    /// Wraps the layer's data.
    #[must_use]
    pub fn new<T: Any + Send>(data: T) -> Self {
        Self(Box::new(data))
    }

    /// Creates a `HostState` without data.
    #[must_use]
    pub fn none() -> Self {
        Self::new(())
    }

    /// Returns the data, if it has this type.
    #[must_use]
    #[inline]
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }

    /// Returns the data, if it has this type.
    #[must_use]
    #[inline]
    pub fn downcast_mut<T: Any>(&mut self) -> Option<&mut T> {
        self.0.downcast_mut()
    }
}
