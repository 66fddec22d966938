//! Functions over Rust types.

use std::fmt;
use std::marker::PhantomData;

use crate::typed::{ArgsOf, ResultOf, Results, TypedArgs, check};
use crate::{Args, Func, Instance, Result, Returns};

/// An exported function over Rust types, whose type has been checked.
///
/// [`InstanceExt::typed`](crate::InstanceExt::typed) creates it. It belongs to the instance that
/// resolved it. A call in another instance is `Misuse`.
pub struct TypedFunc<A, R> {
    func: Func,
    types: PhantomData<fn(A) -> R>,
}

impl<A: TypedArgs, R: Results> TypedFunc<A, R> {
    /// Checks the type of a function.
    ///
    /// # Errors
    /// `Misuse` with both types if the function has another type.
    pub fn new(func: Func) -> Result<Self> {
        check::<A, R>(&func)?;
        Ok(Self {
            func,
            types: PhantomData,
        })
    }

    /// Returns the function.
    #[must_use]
    pub fn func(&self) -> &Func {
        &self.func
    }

    /// Calls the function. Suspends if the backend can.
    ///
    /// # Errors
    /// Those of [`Instance::start`], [`Instance::drive`] and [`Instance::take_with`].
    pub async fn call<I: Instance + ?Sized>(&self, instance: &mut I, args: A) -> Result<R> {
        let call = instance.start(&self.func, Args::Typed(&mut ArgsOf(args)))?;
        instance.drive(&call).await?;
        let mut result = ResultOf::new();
        instance.take_with(call, &mut result)?;
        result.into_result()
    }

    /// Like [`TypedFunc::call`], but blocks the calling thread and needs no executor.
    ///
    /// # Errors
    /// Those of [`TypedFunc::call`].
    pub fn call_blocking<I: Instance + ?Sized>(&self, instance: &mut I, args: A) -> Result<R> {
        let mut result = ResultOf::new();
        instance.call_in_one(
            &self.func,
            Args::Typed(&mut ArgsOf(args)),
            Returns::Typed(&mut result),
        )?;
        result.into_result()
    }
}

impl<A, R> Clone for TypedFunc<A, R> {
    fn clone(&self) -> Self {
        Self {
            func: self.func.clone(),
            types: PhantomData,
        }
    }
}

impl<A, R> fmt::Debug for TypedFunc<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFunc").field(&self.func).finish()
    }
}
