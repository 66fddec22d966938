//! The layer's own data in a store.

use std::any::Any;

/// The layer's own data in a store: whatever sits above a [`CoreEngine`] keeps its tables here and
/// reaches them from host functions without a lock.
pub struct HostState(Box<dyn Any + Send>);

impl HostState {
    /// Wraps the layer's data.
    #[must_use]
    pub fn new<T: Any + Send>(data: T) -> Self {
        Self(Box::new(data))
    }

    /// No data.
    #[must_use]
    pub fn none() -> Self {
        Self::new(())
    }

    /// The data, if it is of this type.
    #[must_use]
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }

    /// The data, if it is of this type.
    #[must_use]
    pub fn downcast_mut<T: Any>(&mut self) -> Option<&mut T> {
        self.0.downcast_mut()
    }
}
