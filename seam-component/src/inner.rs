//! What differs between instances of components and of core modules.

use std::sync::Arc;
use std::task::{Poll, Waker};

use seam_core::typed::{LiftResult, result_from_value};
use seam_core::{
    Args, CorePath, CoreStore, CoreValue, Error, Exit, ExportName, Func, Handle, Interface,
    Resource, Result, Returns, Sink, Source, Value, WorldState,
};

use crate::cores::Cores;

/// The operations that differ between components and core modules. Errors have no operation and
/// backend yet.
pub(crate) trait Inner: Send {
    /// A call in progress.
    type Call: Send;

    /// Starts a call of an exported function: [`Instance::start`](seam_core::Instance::start).
    fn start(&mut self, base: &mut Base, func: &Func, args: Args<'_>) -> Result<Self::Call>;

    /// Drives a call until its result is ready. If it fails, the call has ended.
    fn drive(&mut self, base: &mut Base, call: &mut Self::Call) -> Result<()>;

    /// Like [`Inner::drive`], but pending while the call waits for asynchronous host functions. The waker
    /// is woken when it may go on. The default blocks the calling thread instead.
    fn poll_drive(
        &mut self,
        base: &mut Base,
        call: &mut Self::Call,
        _waker: &Waker,
    ) -> Poll<Result<()>> {
        Poll::Ready(self.drive(base, call))
    }

    /// Takes the result of a call that was driven, if the function has one.
    fn take(&mut self, base: &mut Base, func: &Func, call: Self::Call) -> Result<Option<Value>>;

    /// Like [`Inner::take`], for [`Instance::take_with`](seam_core::Instance::take_with).
    fn take_with(
        &mut self,
        base: &mut Base,
        func: &Func,
        call: Self::Call,
        lift: &mut dyn LiftResult,
    ) -> Result<()> {
        let value = self.take(base, func, call)?;
        result_from_value(func.ty(), value, lift)
    }

    /// Ends a call that was dropped, driven or not. The default is for calls that leave no trace in
    /// the guest.
    fn give_up(&mut self, _base: &mut Base, _call: Self::Call) -> Result<()> {
        Ok(())
    }

    /// Makes a whole call. The default starts, drives and takes it.
    ///
    /// Arguments and receiver are borrowed, since every move of them would wait for the one before it.
    fn call_in_one(
        &mut self,
        base: &mut Base,
        func: &Func,
        args: &mut Args<'_>,
        returns: &mut Returns<'_>,
    ) -> Result<()> {
        call_in_steps(self, base, func, args.reborrow(), returns.reborrow())
    }

    /// Calls a function without arguments.
    fn call_entry(&mut self, base: &mut Base, func: &Func) -> Result<Option<Value>> {
        let mut result = None;
        let returns = &mut Returns::Value(&mut result);
        self.call_in_one(base, func, &mut Args::Values(&[]), returns)?;
        Ok(result)
    }

    /// Resolves a function that the interface does not have. The default is for instances without
    /// inner components.
    fn inner_func(&mut self, _base: &Base, _name: &ExportName) -> Option<Result<Func>> {
        None
    }

    /// Starts the canonical entry.
    fn run(&mut self, base: &mut Base) -> Result<Exit>;

    /// Returns the canonical entry if it is an asynchronous function, whose result is the program's exit.
    /// The default is for instances whose entry blocks.
    fn async_entry(&mut self, _base: &Base) -> Result<Option<Func>> {
        Ok(None)
    }

    /// Calls an exported function of a core instance.
    fn call_core(
        &mut self,
        base: &mut Base,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>>;

    /// Returns the world that the layer keeps in the instance's store.
    fn world(store: &mut dyn CoreStore) -> Result<&mut WorldState>;

    /// Drops a resource that the host owns.
    fn drop_resource(&mut self, base: &mut Base, resource: &Resource) -> Result<()>;

    /// Creates a readable end: [`Instance::create_end`](seam_core::Instance::create_end).
    fn create_end(&mut self, _base: &mut Base, _source: Box<dyn Source>) -> Result<Handle> {
        Err(Error::without_ends())
    }

    /// Connects a readable end to a sink: [`Instance::connect`](seam_core::Instance::connect).
    fn connect(&mut self, _base: &mut Base, _end: &Value, _sink: Box<dyn Sink>) -> Result<()> {
        Err(Error::without_ends())
    }

    /// Drops a readable end: [`Instance::drop_end`](seam_core::Instance::drop_end).
    fn drop_end(&mut self, _base: &mut Base, _end: &Value) -> Result<()> {
        Err(Error::without_ends())
    }

    /// Lets threads run: [`Instance::progress`](seam_core::Instance::progress).
    fn progress(&mut self, _base: &mut Base) -> Result<bool> {
        Ok(false)
    }

    /// Returns the guest-defined resources that the host owns. The default is for instances without
    /// resources.
    fn held(&self, _base: &mut Base) -> Vec<Resource> {
        Vec::new()
    }
}

/// Starts, drives and takes a call.
///
/// # Errors
/// Those of the steps.
pub(crate) fn call_in_steps<I: Inner + ?Sized>(
    inner: &mut I,
    base: &mut Base,
    func: &Func,
    args: Args<'_>,
    returns: Returns<'_>,
) -> Result<()> {
    let mut call = inner.start(base, func, args)?;
    inner.drive(base, &mut call)?;
    match returns {
        Returns::Value(value) => *value = inner.take(base, func, call)?,
        Returns::Typed(lift) => inner.take_with(base, func, call, lift)?,
    }
    Ok(())
}

/// The common part of every instance.
pub(crate) struct Base {
    pub(crate) store: Box<dyn CoreStore>,
    pub(crate) interface: Arc<Interface>,
    pub(crate) backend: Arc<str>,
    pub(crate) cores: Cores,
    /// The instance's token, which its functions and handles carry.
    pub(crate) owner: u64,
}

impl Base {
    /// Resolves an exported function. Its index is that in [`Interface::export_funcs`].
    ///
    /// # Errors
    /// `Misuse` that lists near matches.
    pub(crate) fn func(&self, name: &ExportName) -> Result<Func> {
        Func::resolve(&self.interface, name, self.owner)
    }
}
