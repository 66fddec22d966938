//! wasmi modules that are linked by hand with host functions.

use seam_core::Artifact;
use wasmi::{Caller, Error, Extern, Func, Instance, Linker, Memory, Module, Store, TypedFunc};

use super::wasmi_core::{engine, pair, slice, write};
use crate::failure::Failure;

/// The memory and allocator of one side.
#[derive(Clone, Copy)]
struct Libc {
    memory: Memory,
    realloc: TypedFunc<(u32, u32, u32, u32), u32>,
}

/// An instance whose functions have no parameters.
pub(crate) struct Linked {
    store: Store<()>,
    instance: Instance,
}

impl Linked {
    /// Returns work that calls an exported function.
    pub(crate) fn work(
        mut self,
        name: &str,
    ) -> Result<impl FnMut() -> Result<u32, Failure> + use<>, Failure> {
        let func: TypedFunc<(), u32> = self.instance.get_typed_func(&self.store, name)?;
        Ok(move || Ok(func.call(&mut self.store, ())?))
    }

    /// Returns work that calls `name` with two numbers.
    pub(crate) fn work_with(
        mut self,
        name: &str,
        args: (u32, u32),
    ) -> Result<impl FnMut() -> Result<u32, Failure> + use<>, Failure> {
        let func: TypedFunc<(u32, u32), u32> = self.instance.get_typed_func(&self.store, name)?;
        Ok(move || Ok(func.call(&mut self.store, args)?))
    }
}

impl Libc {
    fn of(store: &Store<()>, instance: &Instance) -> Result<Self, Failure> {
        let memory = instance.get_memory(store, "memory");
        Ok(Self {
            memory: memory.ok_or("expected an exported memory")?,
            realloc: instance.get_typed_func(store, "realloc")?,
        })
    }

    /// Allocates room and copies the bytes there.
    fn lower(self, caller: &mut Caller<'_, ()>, bytes: &[u8]) -> Result<(u32, u32), Error> {
        let length = u32::try_from(bytes.len()).map_err(failed)?;
        let at = self.realloc.call(&mut *caller, (0, 0, 1, length))?;
        self.memory
            .write(&mut *caller, at as usize, bytes)
            .map_err(failed)?;
        Ok((at, length))
    }

    /// Copies the bytes at an address.
    fn lift(self, caller: &Caller<'_, ()>, at: u32, length: u32) -> Result<Vec<u8>, Error> {
        let data = self.memory.data(caller);
        Ok(slice(data, at, length).map_err(failed)?.to_vec())
    }

    /// Writes the address and length of a result to where the caller wants them.
    fn store(self, caller: &mut Caller<'_, ()>, at: u32, pair: (u32, u32)) -> Result<(), Error> {
        let data = self.memory.data_mut(caller);
        write(data, at, &pair.0.to_le_bytes()).map_err(failed)?;
        write(data, at + 4, &pair.1.to_le_bytes()).map_err(failed)
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::new(error.to_string())
}

/// Links the module that calls the host: its `env` is two host functions.
pub(crate) fn hosted((libc, caller): &(Artifact, Artifact)) -> Result<Linked, Failure> {
    let engine = engine(false);
    let mut store = Store::new(&engine, ());
    let libc_module = Module::new(&engine, libc.bytes())?;
    let libc_instance = Instance::new(&mut store, &libc_module, &[])?;
    let libc = Libc::of(&store, &libc_instance)?;
    let add = Func::wrap(&mut store, |a: u32, b: u32| a.wrapping_add(b));
    let echo = Func::wrap(
        &mut store,
        move |mut caller: Caller<'_, ()>, at: u32, length: u32, result: u32| {
            let bytes = libc.lift(&caller, at, length)?;
            let text = String::from_utf8(bytes).map_err(failed)?;
            let lowered = libc.lower(&mut caller, text.as_bytes())?;
            libc.store(&mut caller, result, lowered)
        },
    );
    let mut linker = Linker::new(&engine);
    linker.instance(&mut store, "libc", libc_instance)?;
    linker
        .define("env", "add", add)?
        .define("env", "echo", echo)?;
    let module = Module::new(&engine, caller.bytes())?;
    let instance = linker.instantiate_and_start(&mut store, &module)?;
    Ok(Linked { store, instance })
}

/// Links two modules so that one calls the other through host functions that copy between their
/// memories.
pub(crate) fn relayed(
    inner: &Artifact,
    (libc, caller): &(Artifact, Artifact),
) -> Result<Linked, Failure> {
    let engine = engine(false);
    let mut store = Store::new(&engine, ());
    let inner_module = Module::new(&engine, inner.bytes())?;
    let inner_instance = Instance::new(&mut store, &inner_module, &[])?;
    let inner = Libc::of(&store, &inner_instance)?;
    let add: TypedFunc<(u32, u32), u32> = inner_instance.get_typed_func(&store, "add")?;
    let echo: TypedFunc<(u32, u32), u32> = inner_instance.get_typed_func(&store, "echo")?;
    let libc_module = Module::new(&engine, libc.bytes())?;
    let libc_linker: Linker<()> = Linker::new(&engine);
    let libc_instance = libc_linker.instantiate_and_start(&mut store, &libc_module)?;
    let outer = Libc::of(&store, &libc_instance)?;
    let add = Func::wrap(
        &mut store,
        move |mut caller: Caller<'_, ()>, a: u32, b: u32| add.call(&mut caller, (a, b)),
    );
    let relay = move |mut caller: Caller<'_, ()>, at: u32, length: u32, result: u32, text: bool| {
        let bytes = outer.lift(&caller, at, length)?;
        if text {
            std::str::from_utf8(&bytes).map_err(failed)?;
        }
        let lowered = inner.lower(&mut caller, &bytes)?;
        let area = echo.call(&mut caller, lowered)?;
        let (at, length) = pair(inner.memory.data(&caller), area).map_err(failed)?;
        let bytes = inner.lift(&caller, at, length)?;
        let lowered = outer.lower(&mut caller, &bytes)?;
        outer.store(&mut caller, result, lowered)
    };
    let string = Func::wrap(
        &mut store,
        move |caller: Caller<'_, ()>, at: u32, length: u32, result: u32| {
            relay(caller, at, length, result, true)
        },
    );
    let bytes = Func::wrap(
        &mut store,
        move |caller: Caller<'_, ()>, at: u32, length: u32, result: u32| {
            relay(caller, at, length, result, false)
        },
    );
    let mut linker = Linker::new(&engine);
    linker.instance(&mut store, "libc", libc_instance)?;
    linker
        .define("inner", "add", add)?
        .define("inner", "string", string)?
        .define("inner", "bytes", bytes)?;
    let module = Module::new(&engine, caller.bytes())?;
    let instance = linker.instantiate_and_start(&mut store, &module)?;
    Ok(Linked { store, instance })
}

/// Links `depth` modules in a chain; between two of them is a host function.
pub(crate) fn chained(
    (forward, last): &(Artifact, Artifact),
    depth: u32,
) -> Result<Linked, Failure> {
    let engine = engine(false);
    let mut store = Store::new(&engine, ());
    let last = Module::new(&engine, last.bytes())?;
    let forward = Module::new(&engine, forward.bytes())?;
    let mut instance = Instance::new(&mut store, &last, &[])?;
    for _ in 1..depth {
        let next: TypedFunc<(u32, u32), u32> = instance.get_typed_func(&store, "add")?;
        let host = Func::wrap(
            &mut store,
            move |mut caller: Caller<'_, ()>, a: u32, b: u32| next.call(&mut caller, (a, b)),
        );
        instance = Instance::new(&mut store, &forward, &[Extern::Func(host)])?;
    }
    Ok(Linked { store, instance })
}
