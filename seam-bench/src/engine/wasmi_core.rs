//! wasmi's core API, with lowering and lifting by hand.

use seam_core::Artifact;
use wasmi::{
    CompilationMode, Config, Engine, Func, Instance, Memory, Module, Store, TypedFunc, Val,
};

use super::entry::Entry;
use crate::failure::Failure;

/// An instance of a core module that exports `memory` and `realloc`.
pub(crate) struct WasmiCore {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    realloc: TypedFunc<(u32, u32, u32, u32), u32>,
}

/// The engine, configured like that of the seam's fastest build.
pub(super) fn engine(fuel: bool) -> Engine {
    let mut config = Config::default();
    config
        .wasm_custom_page_sizes(true)
        .wasm_wide_arithmetic(true)
        .compilation_mode(if fuel {
            CompilationMode::Eager
        } else {
            CompilationMode::LazyTranslation
        })
        .consume_fuel(fuel)
        .set_max_recursion_depth(10_000)
        .set_max_stack_height(4 << 20);
    Engine::new(&config)
}

impl WasmiCore {
    /// Instantiates a module.
    pub(crate) fn new(artifact: &Artifact) -> Result<Self, Failure> {
        Self::of(&engine(false), artifact, None)
    }

    /// Instantiates a module on an engine that counts fuel.
    pub(crate) fn fueled(artifact: &Artifact) -> Result<Self, Failure> {
        Self::of(&engine(true), artifact, Some(u64::MAX))
    }

    fn of(engine: &Engine, artifact: &Artifact, fuel: Option<u64>) -> Result<Self, Failure> {
        let module = Module::new(engine, artifact.bytes())?;
        let mut store = Store::new(engine, ());
        if let Some(fuel) = fuel {
            store.set_fuel(fuel)?;
        }
        let instance = Instance::new(&mut store, &module, &[])?;
        let memory = instance.get_memory(&store, "memory");
        Ok(Self {
            memory: memory.ok_or("expected an exported memory")?,
            realloc: instance.get_typed_func(&store, "realloc")?,
            instance,
            store,
        })
    }

    /// Returns work that calls an exported function with dynamic values.
    pub(crate) fn dynamic(
        mut self,
        name: &str,
        args: Vec<Val>,
    ) -> Result<impl FnMut() -> Result<u32, Failure> + use<>, Failure> {
        let func = self.func(name)?;
        Ok(move || {
            let mut results = [Val::I32(0)];
            func.call(&mut self.store, &args, &mut results)?;
            match results {
                [Val::I32(result)] => Ok(result.cast_unsigned()),
                _ => Err("expected one `i32`".into()),
            }
        })
    }

    /// Returns work that calls `add` with Rust types.
    pub(crate) fn typed_add(
        mut self,
        args: (u32, u32),
    ) -> Result<impl FnMut() -> Result<u32, Failure> + use<>, Failure> {
        let func: TypedFunc<(u32, u32), u32> = self.func("add")?.typed(&self.store)?;
        Ok(move || Ok(func.call(&mut self.store, args)?))
    }

    fn func(&self, name: &str) -> Result<Func, Failure> {
        let func = self.instance.get_func(&self.store, name);
        Ok(func.ok_or("expected an exported function")?)
    }

    /// Returns work that passes a string and gets a string back.
    pub(crate) fn echo_string(
        mut self,
        text: String,
    ) -> Result<impl FnMut() -> Result<String, Failure>, Failure> {
        let echo = self.func("echo")?.typed(&self.store)?;
        Ok(move || {
            let bytes = self.echo(&echo, text.as_bytes(), 1)?;
            Ok(std::str::from_utf8(bytes)?.to_owned())
        })
    }

    /// Returns work that passes bytes and gets bytes back.
    pub(crate) fn echo_bytes(
        mut self,
        bytes: Vec<u8>,
    ) -> Result<impl FnMut() -> Result<Vec<u8>, Failure>, Failure> {
        let echo = self.func("echo")?.typed(&self.store)?;
        Ok(move || Ok(self.echo(&echo, &bytes, 1)?.to_vec()))
    }

    /// Lowers a list of bytes, calls the function, and returns the bytes of its result in memory.
    fn echo(
        &mut self,
        echo: &TypedFunc<(u32, u32), u32>,
        bytes: &[u8],
        element: u32,
    ) -> Result<&[u8], Failure> {
        let length = u32::try_from(bytes.len())?;
        let at = self.allocate(element, length)?;
        self.memory.write(&mut self.store, at as usize, bytes)?;
        let area = echo.call(&mut self.store, (at, length / element))?;
        let data = self.memory.data(&self.store);
        let (at, length) = pair(data, area)?;
        slice(data, at, length * element)
    }

    fn allocate(&mut self, align: u32, size: u32) -> Result<u32, Failure> {
        let realloc = self.realloc;
        Ok(realloc.call(&mut self.store, (0, 0, align, size))?)
    }

    /// Returns work that passes 32-bit words and gets words back.
    pub(crate) fn echo_words(
        mut self,
        words: Vec<u32>,
    ) -> Result<impl FnMut() -> Result<Vec<u32>, Failure>, Failure> {
        let echo: TypedFunc<(u32, u32), u32> = self.func("echo")?.typed(&self.store)?;
        Ok(move || {
            let count = u32::try_from(words.len())?;
            let at = self.allocate(4, count * 4)?;
            let data = self.memory.data_mut(&mut self.store);
            let place = data.get_mut(at as usize..).ok_or("out of bounds")?;
            for (four, word) in place.chunks_exact_mut(4).zip(&words) {
                four.copy_from_slice(&word.to_le_bytes());
            }
            let area = echo.call(&mut self.store, (at, count))?;
            let data = self.memory.data(&self.store);
            let (at, count) = pair(data, area)?;
            let bytes = slice(data, at, count * 4)?.as_chunks().0;
            Ok(bytes.iter().map(|four| u32::from_le_bytes(*four)).collect())
        })
    }

    /// Returns work that passes records and gets records back.
    pub(crate) fn echo_entries(
        mut self,
        entries: Vec<Entry>,
    ) -> Result<impl FnMut() -> Result<Vec<Entry>, Failure>, Failure> {
        let echo: TypedFunc<(u32, u32), u32> = self.func("echo")?.typed(&self.store)?;
        Ok(move || {
            let count = u32::try_from(entries.len())?;
            let list = self.allocate(4, count * 12)?;
            for (index, entry) in (0u32..).zip(&entries) {
                let length = u32::try_from(entry.name.len())?;
                let name = self.allocate(1, length)?;
                let data = self.memory.data_mut(&mut self.store);
                write(data, name, entry.name.as_bytes())?;
                let at = list + index * 12;
                write(data, at, &entry.id.to_le_bytes())?;
                write(data, at + 4, &name.to_le_bytes())?;
                write(data, at + 8, &length.to_le_bytes())?;
            }
            let area = echo.call(&mut self.store, (list, count))?;
            let data = self.memory.data(&self.store);
            let (at, count) = pair(data, area)?;
            let entry = |index: u32| {
                let at = at + index * 12;
                let (id, name) = pair(data, at)?;
                let (_, length) = pair(data, at + 4)?;
                let name = std::str::from_utf8(slice(data, name, length)?)?.to_owned();
                Ok(Entry { id, name })
            };
            (0..count).map(entry).collect()
        })
    }
}

/// Reads the address and length at `at`.
pub(super) fn pair(data: &[u8], at: u32) -> Result<(u32, u32), Failure> {
    let eight = slice(data, at, 8)?.as_chunks().0;
    match eight {
        [first, second] => Ok((u32::from_le_bytes(*first), u32::from_le_bytes(*second))),
        _ => Err("expected eight bytes".into()),
    }
}

pub(super) fn slice(data: &[u8], at: u32, length: u32) -> Result<&[u8], Failure> {
    let (at, length) = (at as usize, length as usize);
    let end = at.checked_add(length).ok_or("out of bounds")?;
    Ok(data.get(at..end).ok_or("out of bounds")?)
}

pub(super) fn write(data: &mut [u8], at: u32, bytes: &[u8]) -> Result<(), Failure> {
    let at = at as usize;
    let place = data.get_mut(at..at + bytes.len()).ok_or("out of bounds")?;
    place.copy_from_slice(bytes);
    Ok(())
}
