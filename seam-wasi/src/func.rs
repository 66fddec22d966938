//! How a WASI function is written in this crate: its name, arguments and result.

use std::sync::Arc;

use seam_core::{Error, HostCall, List, Resource, ResourceType, Result, Trap, Value};

use crate::state::State;
use crate::wit::Wit;

/// The functions of an interface, by name.
///
/// The interface is named without its version. Functions have the canonical ABI's names, e.g.
/// `[method]input-stream.read`.
pub(crate) struct Funcs {
    pub(crate) interface: &'static str,
    pub(crate) funcs: &'static [(&'static str, Body)],
}

/// Finds the body of a function among those of these interfaces.
pub(crate) fn find(
    mut all: impl Iterator<Item = &'static Funcs>,
    interface: &str,
    name: &str,
) -> Option<Body> {
    let found = all.find_map(|funcs| {
        let mut funcs = (funcs.funcs.iter()).filter(|_| funcs.interface == interface);
        funcs.find(|(known, _)| *known == name)
    });
    found.map(|(_, body)| *body)
}

/// The body of a function. Its type comes from the WIT package.
pub(crate) type Body = fn(&mut HostCall<'_>, Args<'_>) -> Result<Option<Value>>;

/// Returns the WASI state of the calling instance.
pub(crate) fn state<'a>(call: &'a mut HostCall<'_>) -> Result<&'a mut State> {
    call.state::<State>()
}

/// The arguments of a call, which the backend has already checked against the function's type.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a>(pub(crate) &'a [Value]);

macro_rules! scalars {
    ($($name:ident $case:ident $rust:ty,)*) => {$(
        #[doc = concat!("The argument at `index`, a `", stringify!($rust), "`.")]
        pub(crate) fn $name(&self, index: usize) -> Result<$rust> {
            match self.0.get(index) {
                Some(Value::$case(value)) => Ok(*value),
                other => Err(unexpected(stringify!($rust), other)),
            }
        }
    )*};
}

impl<'a> Args<'a> {
    scalars! { u8 U8 u8, u16 U16 u16, u64 U64 u64, }

    /// Returns the argument at `index`.
    pub(crate) fn value(&self, index: usize) -> Result<&'a Value> {
        self.0
            .get(index)
            .ok_or_else(|| unexpected("an argument", None))
    }

    /// Returns the representation of the resource at `index`, owned or borrowed.
    pub(crate) fn rep(&self, index: usize) -> Result<u32> {
        rep(self.value(index)?)
    }

    pub(crate) fn text(&self, index: usize) -> Result<&'a str> {
        text(self.value(index)?)
    }

    pub(crate) fn bytes(&self, index: usize) -> Result<&'a [u8]> {
        bytes(self.value(index)?)
    }

    /// Returns the elements of the list at `index`, which must not be a list of numbers.
    pub(crate) fn list(&self, index: usize) -> Result<&'a [Value]> {
        list(self.value(index)?)
    }

    /// Returns the payload of the option at `index`.
    pub(crate) fn option(&self, index: usize) -> Result<Option<&'a Value>> {
        match self.value(index)? {
            Value::Option(value) => Ok(value.as_deref()),
            other => Err(unexpected("option", Some(other))),
        }
    }

    /// Returns the case of the variant or enum at `index`, with its payload.
    pub(crate) fn case(&self, index: usize) -> Result<(&'a str, Option<&'a Value>)> {
        match self.value(index)? {
            Value::Variant(case, value) => Ok((case, value.as_deref())),
            Value::Enum(case) => Ok((case, None)),
            other => Err(unexpected("variant", Some(other))),
        }
    }

    /// Returns whether the flag `name` is set in the flags at `index`.
    pub(crate) fn flag(&self, index: usize, name: &str) -> Result<bool> {
        match self.value(index)? {
            Value::Flags(set) => Ok(set.iter().any(|flag| &**flag == name)),
            other => Err(unexpected("flags", Some(other))),
        }
    }
}

/// Returns the representation of a resource.
pub(crate) fn rep(value: &Value) -> Result<u32> {
    match value {
        Value::Own(resource) | Value::Borrow(resource) => resource.rep(),
        other => Err(unexpected("a resource", Some(other))),
    }
}

pub(crate) fn text(value: &Value) -> Result<&str> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(unexpected("string", Some(other))),
    }
}

pub(crate) fn bytes(value: &Value) -> Result<&[u8]> {
    match value {
        Value::List(List::U8(bytes)) => Ok(bytes),
        Value::List(list) if list.is_empty() => Ok(&[]),
        other => Err(unexpected("list<u8>", Some(other))),
    }
}

pub(crate) fn list(value: &Value) -> Result<&[Value]> {
    match value {
        Value::List(List::Values(values)) => Ok(values),
        Value::List(list) if list.is_empty() => Ok(&[]),
        other => Err(unexpected("list", Some(other))),
    }
}

fn unexpected(expected: &str, found: Option<&Value>) -> Error {
    let found = found.map_or("nothing", Value::kind);
    Error::engine(format!(
        "expected an argument of the function's type ({expected}), found {found}"
    ))
}

/// Returns the trap for a guest that broke a precondition stated in the WIT package.
pub(crate) fn broken(precondition: &str) -> Error {
    Error::trap(Trap::Other(Arc::from(precondition)))
}

/// Makes an owned resource for the guest. `interface` has no version, as in [`Funcs`].
pub(crate) fn own(interface: &str, label: &str, rep: u32) -> Value {
    let known = Wit::of_0_2().interfaces.iter();
    let full_name = known
        .filter(|known| known.name == interface)
        .map(|known| known.full_name.as_str())
        .next();
    let ty = ResourceType::new(format!("{}#{label}", full_name.unwrap_or(interface)));
    Value::Own(Resource::host(ty, rep))
}
