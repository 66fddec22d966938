//! Host functions of a world, over Rust types and over values.

use std::future::Future;
use std::sync::Arc;

use super::typed_call::TypedFunc;
use super::{Body, HostCall, HostFunc, World, import_name};
use crate::typed::{Results, TypedParams};
use crate::{FuncType, Result, Value};

impl World {
    /// Defines a host function over Rust types.
    ///
    /// Its component-level type is checked against the import at instantiation.
    ///
    /// `name` is the import's full name (`ns:pkg/iface@1.0.0#f`, or `f` at the root; `module#field`
    /// for a core module); a semver-compatible version of the interface matches too. A later
    /// definition of the same name wins.
    ///
    /// A backend that reads and writes guest memory itself reads the arguments straight into the
    /// Rust types, and writes the result straight into guest memory. If the world
    /// [records](World::record) host calls, each call passes through [`Value`]s.
    #[must_use]
    pub fn func<A, R, F>(self, name: &str, func: F) -> Self
    where
        A: TypedParams + Send + 'static,
        R: Results + Send + 'static,
        F: Fn(A) -> Result<R> + Send + Sync + 'static,
    {
        self.func_with(name, || (), move |(), args: A| func(args))
    }

    /// Defines a host function over Rust types with its own state, which `state` creates for each
    /// instance.
    #[must_use]
    pub fn func_with<S, A, R, M, F>(self, name: &str, state: M, func: F) -> Self
    where
        S: Send + 'static,
        A: TypedParams + Send + 'static,
        R: Results + Send + 'static,
        M: Fn() -> S + Send + Sync + 'static,
        F: Fn(&mut S, A) -> Result<R> + Send + Sync + 'static,
    {
        let func = Arc::new(func);
        self.define_typed(name, move || {
            let (mut state, func) = (state(), func.clone());
            move |_: &mut HostCall<'_>, args: A| func(&mut state, args)
        })
    }

    /// Defines a host function over Rust types that also gets the call.
    ///
    /// The call gives access to the state that all host functions share ([`World::state`]), to the
    /// instance's output, and to its limits.
    ///
    /// ```
    /// use seam_core::{OutputStream, World};
    ///
    /// let world = World::new()
    ///     .state(Vec::<String>::new)
    ///     .func_call("test:host/log#write", |call, (line,): (String,)| {
    ///         call.output(OutputStream::Stdout, line.as_bytes())?;
    ///         call.state::<Vec<String>>()?.push(line);
    ///         Ok(())
    ///     });
    /// # let _ = world;
    /// ```
    #[must_use]
    pub fn func_call<A, R, F>(self, name: &str, func: F) -> Self
    where
        A: TypedParams + Send + 'static,
        R: Results + Send + 'static,
        F: Fn(&mut HostCall<'_>, A) -> Result<R> + Send + Sync + 'static,
    {
        let func = Arc::new(func);
        self.define_typed(name, move || {
            let func = func.clone();
            move |call: &mut HostCall<'_>, args: A| func(call, args)
        })
    }

    /// Defines an asynchronous host function over Rust types that also gets the call.
    ///
    /// When the guest calls, `func` is called. Its future is driven like that of
    /// [`World::func_async`].
    #[must_use]
    pub fn func_call_async<A, R, F, Fut>(self, name: &str, func: F) -> Self
    where
        A: TypedParams + Send + 'static,
        R: Results + Send + 'static,
        F: Fn(&mut HostCall<'_>, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R>> + Send + 'static,
    {
        let func = Arc::new(func);
        let declared = FuncType::new(A::types(), R::result());
        let ty = Arc::new(declared.clone());
        self.define(name, Some(declared), true, move || {
            let func = func.clone();
            let func = move |call: &mut HostCall<'_>, args: A| func(call, args);
            Body::AsyncTyped(Box::new(TypedFunc::<A, R, _>::new(func, ty.clone())))
        })
    }

    /// Defines a host function over values.
    ///
    /// A type is checked against the import at instantiation. Without a type, the function has the
    /// import's type. Its results are checked at each call.
    #[must_use]
    pub fn func_values<F>(self, name: &str, ty: Option<FuncType>, func: F) -> Self
    where
        F: Fn(&mut HostCall<'_>, &[Value]) -> Result<Option<Value>> + Send + Sync + 'static,
    {
        let func = Arc::new(func);
        self.define(name, ty, false, move || {
            let func = func.clone();
            Body::Sync(Box::new(move |call, args| func(call, args)))
        })
    }

    /// Defines an asynchronous host function over values.
    ///
    /// When the guest calls, `func` is called. If the import's type is asynchronous, its future suspends
    /// the task that calls, and other tasks go on. Otherwise the future suspends the whole guest on a
    /// backend with `AsyncHostSuspends`. On a backend with `AsyncHostBlocks` it is polled in place and
    /// blocks the calling thread, so it must not wait for another call into the same instance.
    #[must_use]
    pub fn func_async<F, Fut>(self, name: &str, ty: Option<FuncType>, func: F) -> Self
    where
        F: Fn(Vec<Value>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<Value>>> + Send + 'static,
    {
        let func = Arc::new(func);
        self.define(name, ty, true, move || {
            let func = func.clone();
            Body::Async(Box::new(move |_, args| Box::pin(func(args.to_vec()))))
        })
    }

    /// Defines a synchronous function over Rust types. `make` creates its body for each instance.
    fn define_typed<A, R, F>(self, name: &str, make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        A: TypedParams + Send + 'static,
        R: Results + Send + 'static,
        F: FnMut(&mut HostCall<'_>, A) -> Result<R> + Send + 'static,
    {
        let declared = FuncType::new(A::types(), R::result());
        let ty = Arc::new(declared.clone());
        self.define(name, Some(declared), false, move || {
            Body::Typed(Box::new(TypedFunc::<A, R, F>::new(make(), ty.clone())))
        })
    }

    fn define(
        mut self,
        name: &str,
        ty: Option<FuncType>,
        is_async: bool,
        make: impl Fn() -> Body + Send + Sync + 'static,
    ) -> Self {
        let name = import_name(name);
        self.funcs.retain(|func| func.name != name);
        self.funcs.push(HostFunc {
            name,
            ty,
            is_async,
            make: Arc::new(make),
        });
        self.redefined()
    }
}
