//! Convenience methods for users, which every implementor gets.

use std::borrow::Borrow;
use std::future::Future;

use crate::ends::{self, FutureReader, FutureWriter, StreamReader, StreamWriter};
use crate::typed::{FutureEnd, Liftable, Own, ResourceName, Results, StreamEnd, Typed, TypedArgs};
use crate::{
    Args, Artifact, Backend, Error, ExportName, Failed, Func, Instance, Program, Result, Returns,
    TypedFunc, Value, World, block_on,
};

/// Convenience methods of every [`Backend`].
pub trait BackendExt: Backend {
    /// Like [`Backend::load`], but blocks the calling thread and needs no executor.
    ///
    /// # Errors
    /// Those of [`Backend::load`].
    fn load_blocking(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        block_on(self.load(artifact))
    }

    /// Loads and instantiates an artifact. Blocks the calling thread and needs no executor.
    ///
    /// # Errors
    /// Those of [`Backend::load`] and [`Program::instantiate`].
    fn instantiate_blocking(
        &self,
        artifact: &Artifact,
        world: &World,
    ) -> Result<Box<dyn Instance>> {
        Ok(self.load_blocking(artifact)?.instantiate_blocking(world)?)
    }
}

impl<B: Backend + ?Sized> BackendExt for B {}

/// Convenience methods of every [`Program`].
pub trait ProgramExt: Program {
    /// Like [`Program::instantiate`], but blocks the calling thread and needs no executor.
    ///
    /// # Errors
    /// Those of [`Program::instantiate`].
    fn instantiate_blocking(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        block_on(self.instantiate(world))
    }
}

impl<P: Program + ?Sized> ProgramExt for P {}

/// Convenience methods of every [`Instance`].
///
/// The function of a call is a name, an [`ExportName`], or a [`Func`] that was resolved before. A
/// name is a full one (`ns:pkg/iface@1.0.0#f`), or the function's own name (`f`) if only one export
/// has it.
pub trait InstanceExt: Instance {
    /// Resolves an exported function by its full name, e.g. `ns:pkg/iface@1.0.0#f`, or by its own
    /// name, e.g. `f`, if only one export has it.
    ///
    /// # Errors
    /// `Misuse` for a name that is not exported, or that several exports have.
    fn resolve(&mut self, name: &str) -> Result<Func> {
        let name = name
            .parse()
            .unwrap_or_else(|_: Error| ExportName::root(name));
        self.func(&name)
    }

    /// Calls a function and returns its result, if it has a result. Suspends if the backend can.
    ///
    /// # Errors
    /// Those of [`Instance::func`], [`Instance::start`], [`Instance::drive`] and
    /// [`Instance::take`].
    fn call(
        &mut self,
        func: impl Callee,
        args: &[Value],
    ) -> impl Future<Output = Result<Option<Value>>> + Send {
        async move {
            let func = func.resolve(self)?;
            let func = func.borrow();
            let call = self.start(func, Args::Values(args))?;
            self.drive(&call).await?;
            self.take(call)
        }
    }

    /// Like [`InstanceExt::call`], but blocks the calling thread and needs no executor.
    ///
    /// # Errors
    /// Those of [`InstanceExt::call`].
    fn call_blocking(&mut self, func: impl Callee, args: &[Value]) -> Result<Option<Value>> {
        let func = func.resolve(self)?;
        let mut result = None;
        self.call_in_one(
            func.borrow(),
            Args::Values(args),
            Returns::Value(&mut result),
        )?;
        Ok(result)
    }

    /// Resolves a function over Rust types. Its type is checked here, and not at each call.
    ///
    /// # Errors
    /// `Misuse` with both types if the function has another type. Also those of
    /// [`Instance::func`](crate::Instance::func).
    fn typed<A: TypedArgs, R: Results>(&mut self, func: impl Callee) -> Result<TypedFunc<A, R>> {
        let func = func.resolve(self)?;
        TypedFunc::new(func.borrow().clone())
    }

    /// Calls a function over Rust types: `instance.call_typed::<_, String>("f", ("a", 1)).await`.
    /// Suspends if the backend can.
    ///
    /// # Errors
    /// `Misuse` if the function has another type. Also those of [`InstanceExt::call`].
    fn call_typed<A: TypedArgs + Send, R: Results + Send>(
        &mut self,
        func: impl Callee,
        args: A,
    ) -> impl Future<Output = Result<R>> + Send {
        async move {
            let func = self.typed::<A, R>(func)?;
            func.call(self, args).await
        }
    }

    /// Like [`InstanceExt::call_typed`], but blocks the calling thread and needs no executor.
    ///
    /// # Errors
    /// Those of [`InstanceExt::call_typed`].
    fn call_typed_blocking<A: TypedArgs, R: Results>(
        &mut self,
        func: impl Callee,
        args: A,
    ) -> Result<R> {
        self.typed::<A, R>(func)?.call_blocking(self, args)
    }

    /// Creates a stream that the host writes. Returns the writable end, and the readable end for a
    /// guest.
    ///
    /// # Errors
    /// Those of [`Instance::create_end`].
    fn stream<T: Typed>(&mut self) -> Result<(StreamWriter<T>, StreamEnd<T>)> {
        let (writer, source) = ends::stream();
        let end = Value::Stream(self.create_end(Box::new(source))?);
        Ok((writer, StreamEnd::of(end)))
    }

    /// Creates a future that the host writes. Returns the writable end, and the readable end for a
    /// guest.
    ///
    /// # Errors
    /// Those of [`Instance::create_end`].
    fn future<T: Typed>(&mut self) -> Result<(FutureWriter<T>, FutureEnd<T>)> {
        let (writer, source) = ends::future();
        let end = Value::Future(self.create_end(Box::new(source))?);
        Ok((writer, FutureEnd::of(end)))
    }

    /// Connects the readable end of a stream, which a guest has passed to the host, to a reader. The
    /// end is a [`StreamEnd`] or a [`Value`].
    ///
    /// # Errors
    /// Those of [`Instance::connect`].
    fn stream_reader<T: Liftable>(&mut self, end: impl AsRef<Value>) -> Result<StreamReader<T>> {
        let (reader, sink) = ends::reader();
        self.connect(end.as_ref(), Box::new(sink))?;
        Ok(reader)
    }

    /// Connects the readable end of a future, which a guest has passed to the host, to a reader. The
    /// end is a [`FutureEnd`] or a [`Value`].
    ///
    /// # Errors
    /// Those of [`Instance::connect`].
    fn future_reader<T: Liftable>(&mut self, end: impl AsRef<Value>) -> Result<FutureReader<T>> {
        let (reader, sink) = ends::future_reader();
        self.connect(end.as_ref(), Box::new(sink))?;
        Ok(reader)
    }

    /// Drops a resource that the host owns, which runs its destructor.
    ///
    /// # Errors
    /// Those of [`Instance::drop_resource`].
    fn drop_own<T: ResourceName>(&mut self, own: Own<T>) -> Result<()> {
        self.drop_resource(own.resource())
    }
}

impl<I: Instance + ?Sized> InstanceExt for I {}

/// Identifies the function of a call.
///
/// `&str` and [`ExportName`] are resolved at each call. A [`Func`] was resolved before.
pub trait Callee: sealed::Resolve + Send {}

impl<C: sealed::Resolve + Send> Callee for C {}

mod sealed {
    use std::borrow::Borrow;

    use crate::{ExportName, Func, Instance, InstanceExt, Result};

    pub trait Resolve {
        type Func: Borrow<Func> + Send;

        fn resolve<I: Instance + ?Sized>(self, instance: &mut I) -> Result<Self::Func>;
    }

    impl Resolve for &str {
        type Func = Func;

        fn resolve<I: Instance + ?Sized>(self, instance: &mut I) -> Result<Func> {
            InstanceExt::resolve(instance, self)
        }
    }

    impl Resolve for &String {
        type Func = Func;

        fn resolve<I: Instance + ?Sized>(self, instance: &mut I) -> Result<Func> {
            InstanceExt::resolve(instance, self)
        }
    }

    impl Resolve for &ExportName {
        type Func = Func;

        fn resolve<I: Instance + ?Sized>(self, instance: &mut I) -> Result<Func> {
            instance.func(self)
        }
    }

    impl<'f> Resolve for &'f Func {
        type Func = &'f Func;

        fn resolve<I: Instance + ?Sized>(self, _: &mut I) -> Result<&'f Func> {
            Ok(self)
        }
    }
}
