//! A guest that passes every call on to the host.

use std::fmt::Write;

use seam_core::{
    Artifact, Backend, BackendExt, CorePath, CoreType, CoreValue, Error, Instance, World,
};
use seam_meld::{AsyncIntrinsics, Intrinsic, MODULE};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

/// The size of a guest's memory.
pub(crate) const END: i64 = 65536;

pub(crate) const CLOSED: i64 = -1;
pub(crate) const INVALID: i64 = -2;
pub(crate) const OOM: i64 = -3;
pub(crate) const CANCELLED: i64 = -4;
pub(crate) const PENDING: i64 = -5;
pub(crate) const RUNTIME: i64 = -6;

/// Runs a test on every engine.
pub(crate) fn on_each(test: impl Fn(&dyn Backend)) {
    test(&Wasmi::new());
    test(&Wasmtime::new());
}

/// Returns the text of a module with these memories. It exports each intrinsic under its own name.
pub(crate) fn text(fields: impl IntoIterator<Item = String>, memories: &str) -> String {
    let types = |types: &[CoreType]| {
        let types: Vec<_> = types.iter().map(ToString::to_string).collect();
        types.join(" ")
    };
    let (mut imports, mut exports) = (String::new(), String::new());
    for field in fields {
        let ty = Intrinsic::of_field(&field).unwrap().ty();
        let (params, results) = (types(&ty.params), types(&ty.results));
        writeln!(
            imports,
            "(import \"{MODULE}\" \"{field}\" (func ${field} (param {params}) (result {results})))"
        )
        .unwrap();
        let args: String = (0..ty.params.len())
            .map(|index| format!("(local.get {index})"))
            .collect();
        writeln!(
            exports,
            "(func (export \"{field}\") (param {params}) (result {results}) (call ${field} {args}))"
        )
        .unwrap();
    }
    format!("(module {imports} {memories} {exports})")
}

/// The module that imports all functions and has one memory.
pub(crate) fn everything() -> String {
    let names = Intrinsic::ALL.map(|intrinsic| intrinsic.name().to_string());
    text(names, "(memory (export \"memory\") 1)")
}

pub(crate) fn artifact(text: &str) -> Artifact {
    Artifact::from_wat("guest", text).unwrap()
}

/// An instance whose exports are called with numbers.
pub(crate) struct Guest(pub(crate) Box<dyn Instance>);

impl Guest {
    pub(crate) fn new(backend: &dyn Backend, intrinsics: AsyncIntrinsics) -> Self {
        Self::of(backend, &everything(), intrinsics)
    }

    pub(crate) fn of(backend: &dyn Backend, text: &str, intrinsics: AsyncIntrinsics) -> Self {
        let world = intrinsics.add_to(World::new());
        Self(
            backend
                .instantiate_blocking(&artifact(text), &world)
                .unwrap(),
        )
    }

    /// Calls an export. A function without a result gives 0.
    pub(crate) fn try_call(&mut self, name: &str, args: &[i64]) -> Result<i64, Error> {
        // Arguments are 32 bits wide; values above `i32::MAX` are addresses and lengths.
        let args: Vec<_> = args.iter().map(|arg| CoreValue::I32(*arg as i32)).collect();
        let results = self.0.call_core(&CorePath::new([0]), name, &args)?;
        Ok(match results.first() {
            Some(CoreValue::I32(value)) => i64::from(*value),
            Some(CoreValue::I64(value)) => *value,
            None => 0,
            other => panic!("{name} returned {other:?}"),
        })
    }

    pub(crate) fn call(&mut self, name: &str, args: &[i64]) -> i64 {
        let result = self.try_call(name, args);
        result.unwrap_or_else(|error| panic!("{name}{args:?}: {error}"))
    }

    /// Makes a stream or future, and returns its readable and its writable handle.
    pub(crate) fn open(&mut self, name: &str) -> (i64, i64) {
        let pair = self.call(name, &[]);
        (pair & 0xffff_ffff, pair >> 32)
    }

    pub(crate) fn put(&mut self, at: i64, bytes: &[u8]) {
        let path = CorePath::new([0]);
        let at = at.try_into().unwrap();
        self.0.write_memory(&path, "memory", at, bytes).unwrap();
    }

    pub(crate) fn get(&mut self, at: i64, len: usize) -> Vec<u8> {
        let path = CorePath::new([0]);
        let at = at.try_into().unwrap();
        self.0.read_memory(&path, "memory", at, len).unwrap()
    }

    /// Writes bytes to a stream, by way of address 8.
    pub(crate) fn write(&mut self, handle: i64, bytes: &[u8]) -> i64 {
        self.put(8, bytes);
        self.call("stream_write", &[handle, 8, bytes.len() as i64, 0])
    }

    /// Reads at most `len` bytes of a stream, by way of address 16384.
    pub(crate) fn read(&mut self, handle: i64, len: i64) -> Result<Vec<u8>, i64> {
        match self.call("stream_read", &[handle, 16384, len, 0]) {
            count if count > 0 => Ok(self.get(16384, count.try_into().unwrap())),
            code => Err(code),
        }
    }
}
