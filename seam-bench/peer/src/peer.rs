//! The peer's side of a row.

use seam_core::{Artifact, List as SeamList, Value as SeamValue};
use wasm_component_layer::{
    Component, ComponentList, Engine, Func, FuncType, Instance, InterfaceIdentifier, Linker, List,
    Store, Value, ValueType,
};
use wasmi_runtime_layer::Engine as Wasmi;

use crate::failure::Failure;

/// A component loaded by the peer.
pub(crate) struct Loaded {
    pub(crate) engine: Engine<Wasmi>,
    pub(crate) component: Component,
}

/// An instance of a component in the peer.
pub(crate) struct Peer {
    store: Store<(), Wasmi>,
    instance: Instance,
}

impl Loaded {
    pub(crate) fn new(artifact: &Artifact) -> Result<Self, Failure> {
        let engine = Engine::new(Wasmi::default());
        let component = Component::new(&engine, artifact.bytes()).map_err(failed)?;
        Ok(Self { engine, component })
    }

    pub(crate) fn instantiate(&self) -> Result<Peer, Failure> {
        let mut store = Store::new(&self.engine, ());
        let linker = Linker::default();
        let instance = linker.instantiate(&mut store, &self.component);
        let instance = instance.map_err(failed)?;
        Ok(Peer { store, instance })
    }

    /// Instantiates the guest that calls the host.
    pub(crate) fn instantiate_with_host(&self) -> Result<Peer, Failure> {
        let mut store = Store::new(&self.engine, ());
        let mut linker = Linker::default();
        let env: InterfaceIdentifier = "bench:host/env".try_into().map_err(failed)?;
        let env = linker.define_instance(env).map_err(failed)?;
        let add = FuncType::new([ValueType::U32, ValueType::U32], [ValueType::U32]);
        let add = Func::new(&mut store, add, |_, args, results| {
            if let ([Value::U32(a), Value::U32(b)], [result]) = (args, results) {
                *result = Value::U32(a.wrapping_add(*b));
            }
            Ok(())
        });
        env.define_func("add", add).map_err(failed)?;
        let echo = FuncType::new([ValueType::String], [ValueType::String]);
        let echo = Func::new(&mut store, echo, |_, args, results| {
            if let ([text], [result]) = (args, results) {
                *result = text.clone();
            }
            Ok(())
        });
        env.define_func("echo", echo).map_err(failed)?;
        let instance = linker.instantiate(&mut store, &self.component);
        let instance = instance.map_err(failed)?;
        Ok(Peer { store, instance })
    }
}

impl Peer {
    pub(crate) fn new(artifact: &Artifact) -> Result<Self, Failure> {
        Loaded::new(artifact)?.instantiate()
    }

    fn func(&self, name: &str) -> Result<Func, Failure> {
        let func = self.instance.exports().root().func(name);
        Ok(func.ok_or_else(|| format!("expected the peer to export `{name}`"))?)
    }

    /// Returns work that calls a function by value.
    pub(crate) fn dynamic(
        mut self,
        name: &str,
        args: Vec<Value>,
    ) -> Result<impl FnMut() -> Result<Value, Failure> + use<>, Failure> {
        let func = self.func(name)?;
        Ok(move || {
            let mut results = [Value::Bool(false)];
            func.call(&mut self.store, &args, &mut results)
                .map_err(failed)?;
            let [result] = results;
            Ok(result)
        })
    }

    /// Returns work that calls a function with Rust types. The peer takes its arguments by value.
    pub(crate) fn typed<P, R>(
        mut self,
        name: &str,
        args: P,
    ) -> Result<impl FnMut() -> Result<R, Failure> + use<P, R>, Failure>
    where
        P: ComponentList + Clone,
        R: ComponentList,
    {
        let func = self.func(name)?.typed::<P, R>().map_err(failed)?;
        Ok(move || func.call(&mut self.store, args.clone()).map_err(failed))
    }
}

/// Returns one of the peer's values as seam's, to compare answers.
///
/// # Errors
/// A kind of value that no row has.
pub(crate) fn value(value: Value) -> Result<SeamValue, Failure> {
    Ok(match value {
        Value::U8(number) => SeamValue::U8(number),
        Value::U32(number) => SeamValue::U32(number),
        Value::String(text) => SeamValue::from(&*text),
        Value::List(list) => {
            let elements: Result<SeamList, Failure> = list.iter().map(self::value).collect();
            SeamValue::List(elements?)
        }
        other => return Err(format!("expected a value that a row has, found {other:?}").into()),
    })
}

/// Returns a list of the peer's, of numbers that it stores flat.
pub(crate) fn bytes(bytes: &[u8]) -> Value {
    Value::List(List::from(bytes))
}

/// See [`bytes`].
pub(crate) fn words(words: &[u32]) -> Value {
    Value::List(List::from(words))
}

/// Returns an error of the peer's with its causes.
pub(crate) fn failed(error: impl std::fmt::Debug) -> Failure {
    format!("the peer: {error:?}").into()
}
