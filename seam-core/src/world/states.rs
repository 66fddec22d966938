//! The state that the host functions of one instance share.

use std::any::{Any, TypeId};

use crate::{Error, Result};

/// Creates an instance's state of one Rust type.
pub(crate) type MakeState = dyn Fn() -> Box<dyn Any + Send> + Send + Sync;

/// The state that the host functions of one instance share: one value per Rust type.
#[derive(Default)]
pub struct States(Vec<(TypeId, Slot)>);

enum Slot {
    Here(Box<dyn Any + Send>),
    /// A raw core function has it at the moment.
    Lent,
}

impl States {
    /// Creates the states of a new instance.
    pub(crate) fn new<'a, I>(makers: I) -> Self
    where
        I: IntoIterator<Item = (TypeId, &'a MakeState)>,
    {
        let made = makers
            .into_iter()
            .map(|(id, make)| (id, Slot::Here(make())));
        Self(made.collect())
    }

    /// Returns the state of this type, or `None` if there is none or a host function has it.
    pub(crate) fn find<S: Any>(&self) -> Option<&S> {
        let mut slots = self.0.iter();
        match slots.find(|(id, _)| *id == TypeId::of::<S>()) {
            Some((_, Slot::Here(state))) => state.downcast_ref(),
            _ => None,
        }
    }

    /// Returns the state of this type.
    ///
    /// # Errors
    /// `Host` if the world creates no state of this type, or if a raw core function that called the
    /// guest again has it.
    pub(crate) fn get<S: Any>(&mut self) -> Result<&mut S> {
        match self.slot::<S>()? {
            Slot::Here(state) => state.downcast_mut().ok_or_else(missing::<S>),
            Slot::Lent => Err(in_use::<S>()),
        }
    }

    /// Takes the state of this type, for the duration of a call of a raw core function.
    ///
    /// # Errors
    /// Those of [`States::get`].
    pub(crate) fn lend<S: Any>(&mut self) -> Result<Box<S>> {
        let slot = self.slot::<S>()?;
        match std::mem::replace(slot, Slot::Lent) {
            Slot::Here(state) => state.downcast().map_err(|_| missing::<S>()),
            Slot::Lent => Err(in_use::<S>()),
        }
    }

    /// Puts a state back that [`States::lend`] took.
    pub(crate) fn give_back<S: Any + Send>(&mut self, state: Box<S>) {
        if let Ok(slot) = self.slot::<S>() {
            *slot = Slot::Here(state);
        }
    }

    fn slot<S: Any>(&mut self) -> Result<&mut Slot> {
        let mut slots = self.0.iter_mut();
        let found = slots.find(|(id, _)| *id == TypeId::of::<S>());
        found.map(|(_, slot)| slot).ok_or_else(missing::<S>)
    }
}

fn missing<S>() -> Error {
    let name = std::any::type_name::<S>();
    Error::host(format!("the world makes no state of type {name}"))
}

fn in_use<S>() -> Error {
    let name = std::any::type_name::<S>();
    Error::host(format!(
        "the state of type {name} is in use by a host function that called the guest"
    ))
}
