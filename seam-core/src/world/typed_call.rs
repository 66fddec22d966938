//! Calls of host functions over Rust types, which build no values.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;

use super::host::{HostCall, HostFuture};
use super::scalar_call::ScalarCall;
use crate::typed::{
    Lift, Lower, Numbers, Results, Scalar, TypedParams, params_from_values, result_to_value,
};
use crate::{Error, ErrorKind, ExportName, FuncType, List, Resource, Result, Value};

/// # For implementors
/// A call of a host function over Rust types, for a backend that reads and writes guest memory
/// itself. No [`Value`] is built.
///
/// [`WorldState::begin_typed`](crate::WorldState::begin_typed) begins it. Then
/// [lift the arguments](Self::lift_args), [call the
/// function](crate::WorldState::call_typed) or [start it](crate::WorldState::start_typed), [lower the
/// result](Self::lower_result), and [end the call](crate::WorldState::end_typed). Errors are the same as those of
/// [`WorldState::call`](crate::WorldState::call).
pub struct TypedHostCall {
    pub(crate) index: usize,
    pub(crate) name: Arc<ExportName>,
    pub(crate) passed: Box<dyn Passed>,
}

/// The future of an asynchronous host function over Rust types. Its output is the call, whose result can
/// be lowered then.
pub type TypedHostFuture = Pin<Box<dyn Future<Output = Result<TypedHostCall>> + Send + 'static>>;

impl TypedHostCall {
    /// Lifts the arguments, in the order of the parameters.
    ///
    /// # Errors
    /// The errors of `from`, for [`lift_error`](Self::lift_error), and those of the Rust types,
    /// which name the host function. `Host` if the code of a type panics.
    #[inline]
    pub fn lift_args(&mut self, from: &mut dyn Lift) -> Result<()> {
        let passed = &mut self.passed;
        let mut guest = Guest::new(from);
        let lifted = guest.guard(|guest| passed.lift(guest));
        let of_guest = guest.failed;
        lifted.map_err(|e| if of_guest { e } else { self.named(e) })
    }

    /// Lowers the result of the function, if it has one. Can be repeated.
    ///
    /// # Errors
    /// The errors of `to`, for [`lower_error`](Self::lower_error). Errors of the Rust type are
    /// `Host` and name the host function. `Host` if the code of the type panics.
    #[inline]
    pub fn lower_result(&self, to: &mut dyn Lower) -> Result<()> {
        let mut guest = Guest::new(to);
        let lowered = guest.guard(|guest| self.passed.lower(guest));
        let of_guest = guest.failed;
        lowered.map_err(|e| if of_guest { e } else { self.ill_typed(&e) })
    }

    pub(crate) fn into_value(self, ty: &FuncType) -> Result<Option<Value>> {
        let lower = |to: &mut dyn Lower| Guest::new(to).guard(|to| self.passed.lower(to));
        result_to_value(ty, lower).map_err(|e| self.named(e))
    }

    /// Returns the error of lifting, which names the host function if its types are at fault.
    ///
    /// Only the code of a type takes other parts than those that are due. A backend passes each
    /// error of lifting.
    #[must_use]
    pub fn lift_error(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Misuse => self.named(error),
            _ => error,
        }
    }

    /// Returns the error of lowering, which is `Host` if the function or its types are at fault.
    ///
    /// Only they pass other parts than those that are due, or handles that cannot be used. A
    /// backend passes each error of lowering.
    #[must_use]
    pub fn lower_error(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Misuse => self.ill_typed(&error),
            _ => error,
        }
    }

    fn ill_typed(&self, error: &Error) -> Error {
        self.named(Error::host(format!("result: {}", error.message())))
    }

    pub(crate) fn named(&self, error: Error) -> Error {
        error.during(format!("host function {}", self.name))
    }
}

/// What passes between a guest and a host function over Rust types: the arguments, then the result.
pub(crate) trait Passed: Send {
    fn lift(&mut self, from: &mut dyn Lift) -> Result<()>;
    fn lower(&self, to: &mut dyn Lower) -> Result<()>;
    /// Drops the arguments and the result.
    fn clear(&mut self);
    fn as_any(&mut self) -> &mut dyn Any;
}

/// The body of a synchronous host function over Rust types.
pub(crate) trait TypedBody: Send {
    /// Creates the room for arguments and result of one call.
    fn begin(&self) -> Box<dyn Passed>;

    /// Calls the function with the arguments that were lifted into `passed`.
    fn call(&mut self, call: &mut HostCall<'_>, passed: &mut dyn Passed) -> Result<()>;

    /// Lifts the arguments, calls the function and lowers its result, where none of them needs the
    /// guest.
    fn call_in_one(&mut self, call: &mut HostCall<'_>, scalars: &mut ScalarCall<'_>) -> Result<()>;

    /// Calls the function by value.
    fn call_values(&mut self, call: &mut HostCall<'_>, args: &[Value]) -> Result<Option<Value>>;
}

/// The future of an asynchronous host function, whose output has the result.
pub(crate) type PassedFuture = Pin<Box<dyn Future<Output = Result<Box<dyn Passed>>> + Send>>;

/// The body of an asynchronous host function over Rust types.
pub(crate) trait AsyncTypedBody: Send {
    /// Creates the room for arguments and result of one call.
    fn begin(&self) -> Box<dyn Passed>;

    /// Calls the function with the arguments that were lifted into `passed`.
    fn start(&mut self, call: &mut HostCall<'_>, passed: &mut dyn Passed) -> Result<PassedFuture>;

    /// Calls the function by value.
    fn start_values(&mut self, call: &mut HostCall<'_>, args: &[Value]) -> HostFuture;
}

struct PassedAs<A, R> {
    args: Option<A>,
    result: Option<R>,
}

impl<A, R> PassedAs<A, R> {
    fn empty() -> Box<Self> {
        Box::new(Self {
            args: None,
            result: None,
        })
    }
}

impl<A, R> Passed for PassedAs<A, R>
where
    A: TypedParams + Send + 'static,
    R: Results + Send + 'static,
{
    fn lift(&mut self, from: &mut dyn Lift) -> Result<()> {
        self.args = Some(A::lift_args(from)?);
        Ok(())
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        self.result
            .as_ref()
            .map_or(Ok(()), |result| result.lower_result(to))
    }

    fn clear(&mut self) {
        (self.args, self.result) = (None, None);
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// Takes the arguments that were lifted, and returns the room for the result too.
///
/// # Errors
/// `Engine` if they were not lifted, or for another function.
fn take_args<A: 'static, R: 'static>(passed: &mut dyn Passed) -> Result<(A, &mut Option<R>)> {
    let passed = passed.as_any().downcast_mut::<PassedAs<A, R>>();
    let args = passed.and_then(|passed| Some((passed.args.take()?, &mut passed.result)));
    args.ok_or_else(|| {
        Error::engine("expected a call of this host function whose arguments were lifted")
    })
}

/// A function over Rust types, with its type.
pub(crate) struct TypedFunc<A, R, F> {
    func: F,
    ty: Arc<FuncType>,
    of: std::marker::PhantomData<fn(A) -> R>,
}

impl<A, R, F> TypedFunc<A, R, F> {
    pub(crate) fn new(func: F, ty: Arc<FuncType>) -> Self {
        let of = std::marker::PhantomData;
        Self { func, ty, of }
    }
}

impl<A, R, F> TypedBody for TypedFunc<A, R, F>
where
    A: TypedParams + Send + 'static,
    R: Results + Send + 'static,
    F: FnMut(&mut HostCall<'_>, A) -> Result<R> + Send + 'static,
{
    fn begin(&self) -> Box<dyn Passed> {
        PassedAs::<A, R>::empty()
    }

    fn call(&mut self, call: &mut HostCall<'_>, passed: &mut dyn Passed) -> Result<()> {
        let (args, result) = take_args::<A, R>(passed)?;
        *result = Some((self.func)(call, args)?);
        Ok(())
    }

    fn call_in_one(&mut self, call: &mut HostCall<'_>, scalars: &mut ScalarCall<'_>) -> Result<()> {
        let args = scalars.lift()?;
        let result = (self.func)(call, args)?;
        scalars.lower(&result)
    }

    fn call_values(&mut self, call: &mut HostCall<'_>, args: &[Value]) -> Result<Option<Value>> {
        let args = params_from_values(&self.ty, args, A::lift_args)?;
        let result = (self.func)(call, args)?;
        result_to_value(&self.ty, |to| result.lower_result(to))
    }
}

impl<A, R, F, Fut> AsyncTypedBody for TypedFunc<A, R, F>
where
    A: TypedParams + Send + 'static,
    R: Results + Send + 'static,
    F: FnMut(&mut HostCall<'_>, A) -> Fut + Send + 'static,
    Fut: Future<Output = Result<R>> + Send + 'static,
{
    fn begin(&self) -> Box<dyn Passed> {
        PassedAs::<A, R>::empty()
    }

    fn start(&mut self, call: &mut HostCall<'_>, passed: &mut dyn Passed) -> Result<PassedFuture> {
        let (args, _) = take_args::<A, R>(passed)?;
        let result = (self.func)(call, args);
        Ok(Box::pin(async move {
            let result = Some(result.await?);
            let passed: Box<dyn Passed> = Box::new(PassedAs::<A, R> { args: None, result });
            Ok(passed)
        }))
    }

    fn start_values(&mut self, call: &mut HostCall<'_>, args: &[Value]) -> HostFuture {
        let args = params_from_values(&self.ty, args, A::lift_args);
        let result = args.map(|args| (self.func)(call, args));
        let ty = self.ty.clone();
        Box::pin(async move {
            let result = result?.await?;
            result_to_value(&ty, |to| result.lower_result(to))
        })
    }
}

/// The guest's side of lifting or lowering, which remembers whether it has failed.
///
/// The code of a Rust type runs between the guest and this crate. So it must be known to whom an
/// error or a panic belongs.
struct Guest<'a, T: ?Sized> {
    side: &'a mut T,
    failed: bool,
    /// Whether the guest's side is running.
    inside: bool,
}

impl<'a, T: ?Sized> Guest<'a, T> {
    #[inline]
    fn new(side: &'a mut T) -> Self {
        Self {
            side,
            failed: false,
            inside: false,
        }
    }

    #[inline]
    fn part<P>(&mut self, part: impl FnOnce(&mut T) -> Result<P>) -> Result<P> {
        self.inside = true;
        let part = part(self.side);
        self.inside = false;
        self.failed |= part.is_err();
        part
    }

    /// Runs code of a Rust type. Its panics become errors; those of the guest's side go on.
    #[inline]
    fn guard(&mut self, body: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        match catch_unwind(AssertUnwindSafe(|| body(self))) {
            Ok(Ok(())) if self.failed => Err(Error::host(
                "expected the Rust type to return the error of its part, found `Ok`",
            )),
            Ok(result) => result,
            Err(panic) if self.inside => resume_unwind(panic),
            Err(panic) => {
                self.failed = false;
                Err(Error::panicked(&*panic))
            }
        }
    }
}

impl Lift for Guest<'_, dyn Lift + '_> {
    fn scalar(&mut self) -> Result<Scalar> {
        self.part(|from| from.scalar())
    }

    fn string(&mut self) -> Result<String> {
        self.part(|from| from.string())
    }

    fn numbers(&mut self) -> Result<List> {
        self.part(|from| from.numbers())
    }

    fn list(&mut self) -> Result<usize> {
        self.part(|from| from.list())
    }

    fn case(&mut self) -> Result<u32> {
        self.part(|from| from.case())
    }

    fn flags(&mut self) -> Result<Vec<u32>> {
        self.part(|from| from.flags())
    }

    fn resource(&mut self) -> Result<Resource> {
        self.part(|from| from.resource())
    }

    fn end(&mut self) -> Result<Value> {
        self.part(|from| from.end())
    }
}

impl Lower for Guest<'_, dyn Lower + '_> {
    fn scalar(&mut self, scalar: Scalar) -> Result<()> {
        self.part(|to| to.scalar(scalar))
    }

    fn string(&mut self, text: &str) -> Result<()> {
        self.part(|to| to.string(text))
    }

    fn numbers(&mut self, numbers: Numbers<'_>) -> Result<()> {
        self.part(|to| to.numbers(numbers))
    }

    fn list(&mut self, len: usize) -> Result<()> {
        self.part(|to| to.list(len))
    }

    fn case(&mut self, index: u32) -> Result<()> {
        self.part(|to| to.case(index))
    }

    fn flags(&mut self, bits: &[u32]) -> Result<()> {
        self.part(|to| to.flags(bits))
    }

    fn resource(&mut self, resource: &Resource) -> Result<()> {
        self.part(|to| to.resource(resource))
    }

    fn end(&mut self, end: &Value) -> Result<()> {
        self.part(|to| to.end(end))
    }
}
