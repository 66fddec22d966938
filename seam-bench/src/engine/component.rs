//! wasmtime's component API.

use seam_core::{Artifact, Value};
use wasmtime::component::{
    self, ComponentNamedList, Func, Instance, InstancePre, Lift, Linker, Lower, TypedFunc, Val,
};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::wasmtime_core::{Choices, engine};
use crate::failure::Failure;

/// A component compiled for wasmtime's component API, with its imports linked.
pub(crate) struct Component {
    engine: Engine,
    pre: InstancePre<State>,
    choices: Choices,
}

/// The data of a store: WASI, if the component needs it.
#[derive(Default)]
pub(crate) struct State(Option<(WasiCtx, component::ResourceTable)>);

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.0.get_or_insert_with(|| {
            let ctx = WasiCtxBuilder::new().build();
            (ctx, component::ResourceTable::new())
        });
        WasiCtxView {
            ctx: &mut wasi.0,
            table: &mut wasi.1,
        }
    }
}

impl Component {
    /// Compiles a component without imports.
    pub(crate) fn new(artifact: &Artifact) -> Result<Self, Failure> {
        Self::linked(artifact, Choices::default(), |_| Ok(()))
    }

    /// Compiles a component without imports on an engine that counts fuel.
    pub(crate) fn fueled(artifact: &Artifact) -> Result<Self, Failure> {
        let choices = Choices {
            fuel: true,
            ..Choices::default()
        };
        Self::linked(artifact, choices, |_| Ok(()))
    }

    /// Compiles a component without imports on an engine with epochs.
    pub(crate) fn with_epochs(artifact: &Artifact) -> Result<Self, Failure> {
        let choices = Choices {
            epochs: true,
            ..Choices::default()
        };
        Self::linked(artifact, choices, |_| Ok(()))
    }

    /// Compiles a component without imports on an engine with slots for instances.
    pub(crate) fn pooled(artifact: &Artifact, slots: u32) -> Result<Self, Failure> {
        let choices = Choices {
            pool: Some(slots),
            ..Choices::default()
        };
        Self::linked(artifact, choices, |_| Ok(()))
    }

    /// Compiles a component that imports WASI.
    pub(crate) fn with_wasi(artifact: &Artifact) -> Result<Self, Failure> {
        Self::linked(artifact, Choices::default(), |linker| {
            Ok(wasmtime_wasi::p2::add_to_linker_sync(linker)?)
        })
    }

    /// Compiles a component that imports `bench:host/env`.
    pub(crate) fn with_host(artifact: &Artifact) -> Result<Self, Failure> {
        Self::linked(artifact, Choices::default(), |linker| {
            let mut env = linker.instance("bench:host/env")?;
            env.func_wrap("add", |_, (a, b): (u32, u32)| Ok((a.wrapping_add(b),)))?;
            env.func_wrap("echo", |_, (text,): (String,)| Ok((text,)))?;
            Ok(())
        })
    }

    fn linked(
        artifact: &Artifact,
        choices: Choices,
        link: impl FnOnce(&mut Linker<State>) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let engine = engine(choices)?;
        let component = component::Component::new(&engine, artifact.bytes())?;
        let mut linker = Linker::new(&engine);
        link(&mut linker)?;
        let pre = linker.instantiate_pre(&component)?;
        Ok(Self {
            engine,
            pre,
            choices,
        })
    }

    /// Compiles a component anew and drops it.
    pub(crate) fn compile(&self, artifact: &Artifact) -> Result<component::Component, Failure> {
        Ok(component::Component::new(&self.engine, artifact.bytes())?)
    }

    /// Instantiates the component in a store of its own.
    pub(crate) fn instantiate(&self) -> Result<(Store<State>, Instance), Failure> {
        let mut store = Store::new(&self.engine, State::default());
        if self.choices.fuel {
            store.set_fuel(u64::MAX)?;
        }
        if self.choices.epochs {
            store.set_epoch_deadline(1);
        }
        let instance = self.pre.instantiate(&mut store)?;
        Ok((store, instance))
    }

    /// Returns work that calls a function with dynamic values.
    pub(crate) fn dynamic(
        &self,
        name: &str,
        args: Vec<Val>,
    ) -> Result<impl FnMut() -> Result<Val, Failure> + use<>, Failure> {
        self.calls(name, move |store, func, results| {
            func.call(store, &args, results)
        })
    }

    /// Returns work that calls a function asynchronously with dynamic values.
    pub(crate) fn dynamic_async(
        &self,
        name: &str,
        args: Vec<Val>,
    ) -> Result<impl FnMut() -> Result<Val, Failure> + use<>, Failure> {
        self.calls(name, move |store, func, results| {
            seam_core::block_on(func.call_async(store, &args, results))
        })
    }

    fn calls<F>(
        &self,
        name: &str,
        call: F,
    ) -> Result<impl FnMut() -> Result<Val, Failure> + use<F>, Failure>
    where
        F: Fn(&mut Store<State>, &Func, &mut [Val]) -> wasmtime::Result<()>,
    {
        let (mut store, func) = self.func(name)?;
        Ok(move || {
            let mut results = [Val::Bool(false)];
            call(&mut store, &func, &mut results)?;
            let [result] = results;
            Ok(result)
        })
    }

    /// Returns work that calls a function with Rust types. The arguments are borrowed for each
    /// call, as a host does that keeps them.
    pub(crate) fn typed<A, P, R, F>(
        &self,
        name: &str,
        args: A,
        borrow: F,
    ) -> Result<impl FnMut() -> Result<R, Failure> + use<A, P, R, F>, Failure>
    where
        A: 'static,
        F: Fn(&'static A) -> P + 'static,
        P: ComponentNamedList + Lower + 'static,
        R: Lift + 'static,
        (R,): ComponentNamedList + Lift,
    {
        let (mut store, func) = self.func(name)?;
        let func: TypedFunc<P, (R,)> = func.typed(&store)?;
        let args: &'static A = Box::leak(Box::new(args));
        Ok(move || Ok(func.call(&mut store, borrow(args))?.0))
    }

    /// Instantiates the component and finds one of its functions.
    pub(crate) fn func(&self, name: &str) -> Result<(Store<State>, Func), Failure> {
        let (mut store, instance) = self.instantiate()?;
        let func = instance.get_func(&mut store, name);
        Ok((store, func.ok_or("expected an exported function")?))
    }
}

/// Returns wasmtime's dynamic value as the seam's.
///
/// # Errors
/// A value of a type that no row uses.
pub(crate) fn value_of_val(val: Val) -> Result<Value, Failure> {
    Ok(match val {
        Val::U8(number) => number.into(),
        Val::U32(number) => number.into(),
        Val::U64(number) => number.into(),
        Val::String(text) => text.into(),
        Val::List(list) => {
            let values: Result<Vec<Value>, Failure> = list.into_iter().map(value_of_val).collect();
            Value::list(values?)
        }
        Val::Record(fields) => {
            let fields = fields.into_iter();
            let fields = fields.map(|(name, val)| Ok((name, value_of_val(val)?)));
            Value::record(fields.collect::<Result<Vec<_>, Failure>>()?)
        }
        other => return Err(format!("no row has a value like {other:?}").into()),
    })
}
