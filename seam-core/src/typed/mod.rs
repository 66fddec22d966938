//! Rust types as component-level types, for typed calls and host functions.
//!
//! A typed call passes the parts of values, and need not build [`Value`]s. A backend
//! implements [`Lower`] and [`Lift`] if it reads and writes guest memory itself. For backends that
//! call by value, this crate implements them: it builds values from parts and takes values apart.
//!
//! | component model | Rust |
//! |---|---|
//! | `bool`, `char` | `bool`, `char` |
//! | `s8` to `s64`, `u8` to `u64` | `i8` to `i64`, `u8` to `u64` |
//! | `f32`, `f64` | `f32`, `f64` |
//! | `string` | `String`, `&str`, `Box<str>`, `Arc<str>`, `Cow<str>` |
//! | `list<T>` | `Vec<T>`, `&[T]`, `Box<[T]>`, `Arc<[T]>`, `Cow<[T]>` |
//! | `list<T, N>` | `[T; N]` |
//! | `map<K, V>` | `BTreeMap<K, V>`, `HashMap<K, V>` |
//! | `option<T>` | `Option<T>` |
//! | `result<T, E>` | `Result<T, E>`, with `()` for no payload |
//! | `tuple<..>` | a tuple of up to 16 |
//! | `record` | a struct with `#[derive(Typed, Liftable)]` |
//! | `flags` | a struct of `bool`s with the derives and `#[seam(flags)]` |
//! | `variant`, `enum` | an enum with the derives |
//! | `own<R>`, `borrow<R>` | [`Own<R>`](Own), [`Borrow<R>`](Borrow) |
//! | `stream<T>`, `future<T>` | [`StreamEnd<T>`](StreamEnd), [`FutureEnd<T>`](FutureEnd), with `()` for no type |
//! | `error-context` | none |
//!
//! `&T`, `Box<T>`, `Arc<T>` and `Cow<T>` stand for the same type as `T`. The derives are in the
//! crate seam-derive, whose documentation says more; the feature `derive` of this crate exports
//! them here.

mod bits;
mod collection;
mod cursor;
mod end;
mod kept;
pub mod named;
mod number;
mod outcome;
mod parts;
mod pointer;
mod resource;
mod scalar_parts;
mod structure;
mod tuple;
mod value;

use crate::value::Resource;
use crate::value::path::Brief;
use crate::{Error, Func, FuncType, Result, Type, Value};

pub use bits::{canonicalize_nan32, canonicalize_nan64};
pub use end::{FutureEnd, StreamEnd};
pub use kept::lower_kept;
pub(crate) use outcome::ResultOf;
pub use resource::{Borrow, Own, ResourceName};
pub use scalar_parts::ScalarParts;
pub(crate) use scalar_parts::expected;
#[cfg(feature = "derive")]
pub use seam_derive::{Liftable, Typed};
pub use value::{args_to_values, result_from_value};
pub(crate) use value::{list_into, list_of};
pub(crate) use value::{params_from_values, result_to_value};

/// A Rust type that stands for a component-level type and lowers itself as a sequence of parts.
///
/// The [module's table](self) lists the implementations. Derive it for your own types, or implement
/// it with the help of [`named`].
pub trait Typed {
    /// Returns the component-level type.
    fn ty() -> Type;

    /// Returns whether `ty` is this type: `*ty == Self::ty()`, without creating a type.
    fn is(ty: &Type) -> bool {
        *ty == Self::ty()
    }

    /// Passes the value's parts to `to`, in the order of [`Lower`].
    ///
    /// # Errors
    /// The errors of `to`.
    fn lower(&self, to: &mut dyn Lower) -> Result<()>;

    /// Passes a list of these values to `to`. Numbers override it, because their lists pass in
    /// bulk.
    ///
    /// # Errors
    /// The errors of `to`.
    fn lower_list(list: &[Self], to: &mut dyn Lower) -> Result<()>
    where
        Self: Sized,
    {
        to.list(list.len())?;
        list.iter().try_for_each(|element| element.lower(to))
    }
}

/// A [`Typed`] that also lifts itself, so that it can be a result or a parameter of a host function.
///
/// It is implemented for every type that implements [`Typed`] and owns its content.
pub trait Liftable: Typed + Sized {
    /// Takes the value's parts from `from`, in the order of [`Lower`].
    ///
    /// # Errors
    /// The errors of `from`.
    fn lift(from: &mut dyn Lift) -> Result<Self>;

    /// Takes a list of these values from `from`. Numbers override it, because their lists pass in
    /// bulk.
    ///
    /// # Errors
    /// The errors of `from`.
    fn lift_list(from: &mut dyn Lift) -> Result<Vec<Self>> {
        let len = from.list()?;
        // The source has bounded the length. The elements can be wider here than in the source, so
        // the reservation has its own bound.
        let mut list = Vec::with_capacity(len.min(1024));
        for _ in 0..len {
            list.push(Self::lift(from)?);
        }
        Ok(list)
    }
}

/// Takes the parts of a value, outermost first.
///
/// | value | parts |
/// |---|---|
/// | scalar, string, resource, flags, stream, future | one |
/// | list of numbers | one, or its length and then its elements |
/// | other list | its length, then its elements |
/// | map | its length, then each key with its value |
/// | variant, option, result, enum | its case, then its payload; `none` and `ok` are case 0, `some` and `err` case 1 |
/// | record, tuple | its fields, without a part of its own |
///
/// # For implementors
/// Each part must be checked against the type that is due. The guest's `realloc` for a part must
/// run when the part is passed, so that calls of `realloc` are in the order of the parts. A backend
/// that lowers parts itself must do the same as in a call by value. (kit:
/// `typed_calls_agree_with_values`)
pub trait Lower {
    /// A scalar.
    ///
    /// # Errors
    /// `Misuse` if another part is due.
    fn scalar(&mut self, scalar: Scalar) -> Result<()>;
    /// A string.
    ///
    /// # Errors
    /// `Misuse` if another part is due; errors of the guest's `realloc`.
    fn string(&mut self, text: &str) -> Result<()>;
    /// A whole list of numbers.
    ///
    /// # Errors
    /// `Misuse` if another part is due; errors of the guest's `realloc`.
    fn numbers(&mut self, numbers: Numbers<'_>) -> Result<()>;
    /// The length of a list or map. Its elements or entries follow.
    ///
    /// # Errors
    /// `Misuse` if another part is due; errors of the guest's `realloc`.
    fn list(&mut self, len: usize) -> Result<()>;
    /// The case of a variant, option, result or enum. Its payload follows, if it has one.
    ///
    /// # Errors
    /// `Misuse` if another part is due or there is no such case.
    fn case(&mut self, index: u32) -> Result<()>;
    /// The bits of flags. The first flag is the lowest bit.
    ///
    /// # Errors
    /// `Misuse` if another part is due.
    fn flags(&mut self, bits: &[u32]) -> Result<()>;
    /// A resource, owned or borrowed.
    ///
    /// # Errors
    /// `Misuse` if another part is due or the handle cannot be used.
    fn resource(&mut self, resource: &Resource) -> Result<()>;
    /// The readable end of a stream or future.
    ///
    /// The default is for backends that lower parts only where no streams and futures are passed.
    ///
    /// # Errors
    /// `Misuse` if another part is due or the end cannot be used.
    fn end(&mut self, end: &Value) -> Result<()> {
        Err(Error::misuse(format!(
            "expected a part that is not a handle of a stream or future, found a {}",
            end.kind()
        )))
    }
}

/// Returns the parts of a value one after another, in the order of [`Lower`].
///
/// # For implementors
/// Each part must be checked, as the canonical ABI demands, when it is taken. A length must be
/// checked before anything is allocated for it. A backend that lifts parts itself must return the
/// same as in a call by value. (kit: `typed_calls_agree_with_values`)
pub trait Lift {
    /// A scalar.
    ///
    /// # Errors
    /// `Misuse` if another part is due; traps of the canonical ABI.
    fn scalar(&mut self) -> Result<Scalar>;
    /// A string.
    ///
    /// # Errors
    /// `Misuse` if another part is due; traps of the canonical ABI.
    fn string(&mut self) -> Result<String>;
    /// A whole list of numbers.
    ///
    /// # Errors
    /// `Misuse` if another part is due; traps of the canonical ABI.
    fn numbers(&mut self) -> Result<crate::List>;
    /// The length of a list or map. Its elements or entries follow. The size of the source bounds
    /// the length.
    ///
    /// # Errors
    /// `Misuse` if another part is due; traps of the canonical ABI.
    fn list(&mut self) -> Result<usize>;
    /// The case of a variant, option, result or enum.
    ///
    /// # Errors
    /// `Misuse` if another part is due; traps of the canonical ABI.
    fn case(&mut self) -> Result<u32>;
    /// The bits of flags.
    ///
    /// # Errors
    /// `Misuse` if another part is due.
    fn flags(&mut self) -> Result<Vec<u32>>;
    /// A resource.
    ///
    /// # Errors
    /// `Misuse` if another part is due; traps of the canonical ABI.
    fn resource(&mut self) -> Result<Resource>;
    /// The readable end of a stream or future.
    ///
    /// The default is for backends that lift parts only where no streams and futures are passed.
    ///
    /// # Errors
    /// `Misuse` if another part is due; traps of the canonical ABI.
    fn end(&mut self) -> Result<Value> {
        Err(Error::misuse(
            "expected a part that is not a handle of a stream or future, found one that was asked for as such",
        ))
    }
}

/// A `bool`, number or `char`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "named after their types")]
pub enum Scalar {
    Bool(bool),
    S8(i8),
    U8(u8),
    S16(i16),
    U16(u16),
    S32(i32),
    U32(u32),
    S64(i64),
    U64(u64),
    F32(f32),
    F64(f64),
    Char(char),
}

/// A list of numbers, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "named after their types")]
pub enum Numbers<'a> {
    S8(&'a [i8]),
    U8(&'a [u8]),
    S16(&'a [i16]),
    U16(&'a [u16]),
    S32(&'a [i32]),
    U32(&'a [u32]),
    S64(&'a [i64]),
    U64(&'a [u64]),
    F32(&'a [f32]),
    F64(&'a [f64]),
}

/// The arguments of a call, which lower themselves one after another.
pub trait LowerArgs {
    /// Passes the parts of all arguments to `to`.
    ///
    /// # Errors
    /// The errors of `to`.
    fn lower(&mut self, to: &mut dyn Lower) -> Result<()>;
}

/// The result of a call, which lifts itself.
///
/// It must not be called if the function has no result.
pub trait LiftResult {
    /// Takes the result's parts from `from`.
    ///
    /// # Errors
    /// The errors of `from`.
    fn lift(&mut self, from: &mut dyn Lift) -> Result<()>;
}

/// The arguments of a call, as a Rust tuple.
pub trait TypedArgs {
    /// Returns the types of the arguments.
    fn types() -> Vec<Type>;

    /// Returns whether the arguments have the types of a function's parameters.
    fn fit(ty: &FuncType) -> bool;

    /// Passes the parts of all arguments to `to`.
    ///
    /// # Errors
    /// The errors of `to`.
    fn lower_args(&self, to: &mut dyn Lower) -> Result<()>;
}

/// The parameters of a host function, as a Rust tuple.
pub trait TypedParams: TypedArgs + Sized {
    /// Takes the parts of all arguments from `from`.
    ///
    /// # Errors
    /// The errors of `from`.
    fn lift_args(from: &mut dyn Lift) -> Result<Self>;
}

/// The result of a function, or the payload of a case. `()` stands for no result and no payload.
pub trait Results: Sized {
    /// Returns the result's type, or `None` if there is no result.
    fn result() -> Option<Type>;

    /// Returns whether `ty` is the result's type. `None` stands for no result.
    fn result_is(ty: Option<&Type>) -> bool;

    /// Passes the result's parts to `to`, if there is a result.
    ///
    /// # Errors
    /// The errors of `to`.
    fn lower_result(&self, to: &mut dyn Lower) -> Result<()>;

    /// Takes the result's parts from `from`, if there is a result.
    ///
    /// # Errors
    /// The errors of `from`.
    fn lift_result(from: &mut dyn Lift) -> Result<Self>;
}

impl Results for () {
    fn result() -> Option<Type> {
        None
    }

    fn result_is(ty: Option<&Type>) -> bool {
        ty.is_none()
    }

    fn lower_result(&self, _: &mut dyn Lower) -> Result<()> {
        Ok(())
    }

    fn lift_result(_: &mut dyn Lift) -> Result<Self> {
        Ok(())
    }
}

impl<T: Liftable> Results for T {
    fn result() -> Option<Type> {
        Some(T::ty())
    }

    fn result_is(ty: Option<&Type>) -> bool {
        ty.is_some_and(T::is)
    }

    #[inline]
    fn lower_result(&self, to: &mut dyn Lower) -> Result<()> {
        self.lower(to)
    }

    #[inline]
    fn lift_result(from: &mut dyn Lift) -> Result<Self> {
        T::lift(from)
    }
}

/// Arguments on their way into a call.
pub(crate) struct ArgsOf<A>(pub(crate) A);

impl<A: TypedArgs> LowerArgs for ArgsOf<A> {
    fn lower(&mut self, to: &mut dyn Lower) -> Result<()> {
        self.0.lower_args(to)
    }
}

/// Checks that a function has these parameters and this result.
///
/// # Errors
/// `Misuse` with both types.
pub(crate) fn check<A: TypedArgs, R: Results>(func: &Func) -> Result<()> {
    let ty = func.ty();
    if A::fit(ty) && R::result_is(ty.result.as_ref()) {
        return Ok(());
    }
    let mut wanted = FuncType::new(A::types(), R::result());
    wanted.is_async = ty.is_async;
    Err(Error::misuse(format!(
        "expected `{}` to be of type {wanted}, found {ty}",
        func.name()
    )))
}

/// Returns the error for a part of another type than the one that is due.
fn another(due: &Type, found: &str) -> Error {
    Error::misuse(format!("expected {}, found {found}", Brief(due)))
}
