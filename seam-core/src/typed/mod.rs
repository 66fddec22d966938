//! Rust types as component-level types, for typed calls and host functions.

mod number;
mod structure;
mod tuple;
mod value;

use crate::value::Resource;
use crate::{Error, Func, FuncType, Result, Type, Value};

pub(crate) use value::{args_to_values, result_from_values};

/// A Rust type that stands for a component-level type: lowers itself as a sequence of parts, and
/// lifts itself from one.
///
/// Implemented for numbers, `bool`, `char`, strings, `Vec`, `Option`, `Result` and tuples.
pub trait Typed: Sized {
    /// The component-level type.
    fn ty() -> Type;

    /// Hands the value's parts to `to`, in the order of [`Lower`].
    ///
    /// # Errors
    /// What `to` returns.
    fn lower(&self, to: &mut dyn Lower) -> Result<()>;

    /// Takes the value's parts from `from`, in the order of [`Lift`].
    ///
    /// # Errors
    /// What `from` returns.
    fn lift(from: &mut dyn Lift) -> Result<Self>;

    /// A `list` of such values; overridden by numbers, whose lists move in bulk.
    ///
    /// # Errors
    /// What `to` returns.
    fn lower_list(list: &[Self], to: &mut dyn Lower) -> Result<()> {
        to.list(list.len())?;
        list.iter().try_for_each(|element| element.lower(to))
    }

    /// A `list` of such values; overridden by numbers, whose lists move in bulk.
    ///
    /// # Errors
    /// What `from` returns.
    fn lift_list(from: &mut dyn Lift) -> Result<Vec<Self>> {
        let len = from.list()?;
        // The source has bounded the length; the reservation is bounded again, for elements wider
        // here than there.
        let mut list = Vec::with_capacity(len.min(1024));
        for _ in 0..len {
            list.push(Self::lift(from)?);
        }
        Ok(list)
    }
}

/// Takes the parts of a value, outermost first: scalars, strings and whole number lists as one
/// part; a list as its length and then its elements; a variant, option, result or enum as its case
/// and then its payload; records and tuples as their fields alone. (`none` is case 0, `some` 1;
/// `ok` 0, `err` 1.)
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
    /// The length of a list, whose elements follow.
    ///
    /// # Errors
    /// `Misuse` if another part is due; errors of the guest's `realloc`.
    fn list(&mut self, len: usize) -> Result<()>;
    /// The case of a variant, option, result or enum, whose payload follows if it has one.
    ///
    /// # Errors
    /// `Misuse` if another part is due or there is no such case.
    fn case(&mut self, index: u32) -> Result<()>;
    /// The bits of flags, the first flag lowest.
    ///
    /// # Errors
    /// `Misuse` if another part is due.
    fn flags(&mut self, bits: &[u32]) -> Result<()>;
    /// A resource, owned or borrowed.
    ///
    /// # Errors
    /// `Misuse` if another part is due or the handle cannot be used.
    fn resource(&mut self, resource: &Resource) -> Result<()>;
}

/// Gives the parts of a value, in the order of [`Lower`].
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
    /// The length of a list, whose elements follow; bounded by the size of what it is read from.
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

/// The arguments of a call, lowering themselves one after another.
pub trait LowerArgs {
    /// Hands all arguments' parts to `to`.
    ///
    /// # Errors
    /// What `to` returns.
    fn lower(&mut self, to: &mut dyn Lower) -> Result<()>;
}

/// The result of a call, lifting itself; not called where the function has no result.
pub trait LiftResult {
    /// Takes the result's parts from `from`.
    ///
    /// # Errors
    /// What `from` returns.
    fn lift(&mut self, from: &mut dyn Lift) -> Result<()>;
}

/// The parameters of a function, as a Rust tuple.
pub trait TypedArgs: Sized {
    /// Names and types of the parameters.
    fn params() -> Vec<(std::sync::Arc<str>, Type)>;

    /// Hands all arguments' parts to `to`.
    ///
    /// # Errors
    /// What `to` returns.
    fn lower_args(&self, to: &mut dyn Lower) -> Result<()>;

    /// The arguments, from values.
    ///
    /// # Errors
    /// `Misuse` if the values are of other types.
    fn from_values(values: &[Value]) -> Result<Self>;
}

/// The result of a function, or `()` for none.
pub trait Results: Sized {
    /// The result's type, if there is one.
    fn result() -> Option<Type>;

    /// The result as a value, if there is one.
    ///
    /// # Errors
    /// `Host` for a value that cannot be represented.
    fn into_result(self) -> Result<Option<Value>>;

    /// The result from its parts; `None` where the function has none.
    ///
    /// # Errors
    /// What `from` returns, or `Misuse` if a result is there and none is expected, or the other way
    /// round.
    fn lift_result(from: Option<&mut dyn Lift>) -> Result<Self>;
}

impl Results for () {
    fn result() -> Option<Type> {
        None
    }

    fn into_result(self) -> Result<Option<Value>> {
        Ok(None)
    }

    fn lift_result(from: Option<&mut dyn Lift>) -> Result<Self> {
        match from {
            None => Ok(()),
            Some(_) => Err(Error::misuse("expected no result, found one")),
        }
    }
}

impl<T: Typed> Results for T {
    fn result() -> Option<Type> {
        Some(T::ty())
    }

    fn into_result(self) -> Result<Option<Value>> {
        value::to_value(&self).map(Some)
    }

    fn lift_result(from: Option<&mut dyn Lift>) -> Result<Self> {
        T::lift(from.ok_or_else(|| {
            Error::misuse(format!("expected a result of type {}, found none", T::ty()))
        })?)
    }
}

/// Arguments on their way into a call.
pub(crate) struct Lowering<A>(pub(crate) A);

impl<A: TypedArgs> LowerArgs for Lowering<A> {
    fn lower(&mut self, to: &mut dyn Lower) -> Result<()> {
        self.0.lower_args(to)
    }
}

/// A result on its way out of a call.
pub(crate) struct Lifting<R>(Option<R>);

impl<R: Results> Lifting<R> {
    pub(crate) fn new() -> Self {
        Self(None)
    }

    pub(crate) fn into_result(self) -> Result<R> {
        self.0.map_or_else(|| R::lift_result(None), Ok)
    }
}

impl<R: Results> LiftResult for Lifting<R> {
    fn lift(&mut self, from: &mut dyn Lift) -> Result<()> {
        self.0 = Some(R::lift_result(Some(from))?);
        Ok(())
    }
}

/// Whether a function has these parameters and this result.
pub(crate) fn check<A: TypedArgs, R: Results>(func: &Func) -> Result<()> {
    let wanted = FuncType {
        params: A::params(),
        result: R::result(),
        is_async: func.ty().is_async,
    };
    if wanted.same_types(func.ty()) {
        return Ok(());
    }
    Err(Error::misuse(format!(
        "expected `{}` to be of type {wanted}, found {}",
        func.name(),
        func.ty()
    )))
}
