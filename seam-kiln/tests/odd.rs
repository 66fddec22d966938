//! A kiln that does what is not known here is refused, and never believed.

#![allow(clippy::unwrap_used, reason = "tests")]

mod twin;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use seam_core::{
    Artifact, BackendExt, Capabilities, CoreEngine, CoreFuncType, Error, ErrorKind, HostState,
    InstanceExt, Limit, Limits, Value, World,
};
use seam_kiln::{
    HostImportHandler, Kiln, KilnBackend, KilnComponent, KilnEngine, KilnGlobal, KilnMemory,
    KilnResult, KilnRunner, KilnTable, KilnValue,
};

use twin::Twin;

/// What is odd about host functions.
#[derive(Clone, Copy)]
enum Odd {
    /// Their arguments arrive in no known order.
    Rotated,
    /// Their results get lost.
    NoResult,
    /// Their errors do.
    NoError,
    /// Nothing; but modules never finish loading.
    Loading,
}

/// A twin with odd host functions.
struct OddTwin(Twin, Odd);

struct OddHandler(Box<dyn HostImportHandler>, Odd);

impl HostImportHandler for OddHandler {
    fn call_import(
        &mut self,
        module: &str,
        function: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>> {
        let mut args = args.to_vec();
        if let (Odd::Rotated, false) = (self.1, args.is_empty()) {
            args.rotate_left(1);
        }
        let results = self.0.call_import(module, function, &args);
        match self.1 {
            Odd::Rotated => results,
            Odd::NoResult => Ok(vec![KilnValue::I32(0)]),
            Odd::NoError => Ok(results.unwrap_or_default()),
            Odd::Loading => results,
        }
    }
}

impl Kiln for OddTwin {
    type Module = usize;

    fn proposals() -> Capabilities {
        Twin::proposals()
    }

    fn set_host_handler(&mut self, handler: Box<dyn HostImportHandler>) {
        self.0
            .set_host_handler(Box::new(OddHandler(handler, self.1)));
    }

    fn load_module(&mut self, wasm: &[u8]) -> KilnResult<usize> {
        while let Odd::Loading = self.1 {
            std::thread::park();
        }
        self.0.load_module(wasm)
    }

    fn link_import(
        &mut self,
        module: usize,
        import_module: &str,
        import_name: &str,
        provider: u32,
        export: &str,
    ) -> KilnResult<()> {
        self.0
            .link_import(module, import_module, import_name, provider, export)
    }

    fn instantiate(&mut self, module: usize) -> KilnResult<u32> {
        self.0.instantiate(module)
    }

    fn execute(
        &mut self,
        instance: u32,
        export: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>> {
        self.0.execute(instance, export, args)
    }

    fn instance_id(&self, instance: u32) -> KilnResult<u32> {
        self.0.instance_id(instance)
    }

    fn function_type(&self, instance: u32, index: u32) -> KilnResult<CoreFuncType> {
        self.0.function_type(instance, index)
    }

    fn memory_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnMemory>> {
        self.0.memory_by_name(instance, export)
    }

    fn table_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnTable>> {
        self.0.table_by_name(instance, export)
    }

    fn global_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnGlobal>> {
        self.0.global_by_name(instance, export)
    }

    fn set_fuel(&mut self, fuel: u64) {
        self.0.set_fuel(fuel);
    }

    fn remaining_fuel(&self) -> Option<u64> {
        self.0.remaining_fuel()
    }
}

fn odd(odd: Odd) -> seam_core::Result<KilnEngine<OddTwin>> {
    KilnEngine::new(move || Ok(OddTwin(Twin::new()?, odd)))
}

#[test]
fn the_probe_refuses_arguments_in_no_known_order() {
    let error = odd(Odd::Rotated).map(drop).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Engine);
    let text = error.to_string();
    assert!(
        text.starts_with("probe kiln: expected kiln to call the host once"),
        "{text}"
    );
    // As they arrived: the last of all came last.
    assert!(text.contains("found [[F32("), "{text}");
}

#[test]
fn the_probe_refuses_results_that_do_not_arrive() {
    let error = odd(Odd::NoResult).map(drop).unwrap_err();
    let text = "probe kiln: the result of a call: expected [I32(42)] from kiln, found [I32(1)]";
    assert_eq!(error.to_string(), text);
}

#[test]
fn loading_is_bounded_if_that_is_wished() {
    let text = r#"(module (func (export "one") (result i32) i32.const 1))"#;
    let artifact = Artifact::from_wat("one", text).unwrap();
    let enough = Duration::from_secs(3600);
    let quick = KilnEngine::new(Twin::new).unwrap().load_within(enough);
    let mut instance = KilnBackend::of(quick)
        .instantiate_blocking(&artifact, &World::new())
        .unwrap();
    assert_eq!(instance.invoke("one", &[]).unwrap(), Some(Value::S32(1)));
    // The first is the one that is probed.
    let made = AtomicBool::new(false);
    let make = move || {
        Ok(match made.swap(true, Ordering::Relaxed) {
            false => OddTwin(Twin::new()?, Odd::NoError),
            true => OddTwin(Twin::new()?, Odd::Loading),
        })
    };
    let stuck = KilnEngine::new(make)
        .unwrap()
        .load_within(Duration::from_millis(1));
    let module = seam_decode::compile(&stuck, artifact.bytes()).unwrap();
    let mut store = stuck.store(&Limits::new(), HostState::none()).unwrap();
    for _ in 0..2 {
        let error = store.instantiate(&module, &[]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Deadline));
        let text = "expected kiln to load a store's modules within the time for that";
        assert!(error.to_string().starts_with(text), "{error}");
    }
    assert_eq!(store.fuel_consumed(), None);
}

#[test]
fn an_error_of_the_host_that_kiln_swallows_is_an_error_of_the_engine() {
    let backend = KilnBackend::of(odd(Odd::NoError).unwrap());
    let text = r#"(module (import "env" "tick" (func $tick))
        (func (export "run") (call $tick)))"#;
    let artifact = Artifact::from_wat("tick", text).unwrap();
    let world = World::new().func("env#tick", |()| Err::<(), _>(Error::host("no tick today")));
    let mut instance = backend.instantiate_blocking(&artifact, &world).unwrap();
    let error = instance.invoke("run", &[]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Engine);
    let text = "expected an error of the host to end the call, found that kiln went on";
    assert_eq!(error.message(), text);
    let source = std::error::Error::source(&error).map(ToString::to_string);
    assert!(source.is_some_and(|source| source.contains("no tick today")));
}

/// Runners that have not found what the interface says, or give something else.
mod found {
    pub(super) const NOTHING: u8 = 0;
    pub(super) const OTHER_ARITY: u8 = 1;
    pub(super) const NO_RESULT: u8 = 2;
    pub(super) const OTHER_TYPE: u8 = 3;
    pub(super) const PANIC: u8 = 4;
}

/// A runner of which everything is a success, whatever happened.
struct Guessing<const FOUND: u8>;

impl<const FOUND: u8> KilnComponent for Guessing<FOUND> {
    fn instantiate(_: &[u8]) -> KilnResult<Self> {
        Ok(Self)
    }

    fn direct_export(&self, _: &str) -> Option<(usize, usize)> {
        match FOUND {
            found::NOTHING => None,
            found::OTHER_ARITY => Some((1, 1)),
            _ => Some((0, 1)),
        }
    }

    fn command_entry(&self) -> Option<(String, String)> {
        Some(("wasi:cli/run@0.2.9".into(), "run".into()))
    }

    fn call_function(&mut self, _: &str, _: &[Value]) -> KilnResult<Vec<Value>> {
        assert_ne!(FOUND, found::PANIC, "kiln fell over");
        Ok(match FOUND {
            found::OTHER_TYPE => vec![Value::S32(3)],
            _ => Vec::new(),
        })
    }

    fn execute(&mut self, _: &str) -> KilnResult<Vec<KilnValue>> {
        Ok(Vec::new())
    }
}

fn guessed<const FOUND: u8>(export: &str) -> String {
    let text = format!(
        r#"(component
            (core module $m (func (export "three") (result i32) i32.const 3))
            (core instance $i (instantiate $m))
            (func $three (result u32) (canon lift (core func $i "three")))
            (func $run (result (result)) (canon lift (core func $i "three")))
            (instance $r (export "run" (func $run)))
            {export})"#
    );
    let artifact = Artifact::from_wat("guess", &text).unwrap();
    let backend = KilnRunner::<_, Guessing<FOUND>>::new(Twin::new).unwrap();
    let result = backend
        .instantiate_blocking(&artifact, &World::new())
        .and_then(|mut instance| instance.invoke("three", &[]));
    let error = result.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Engine);
    assert_eq!(error.backend(), Some("kiln-runner"));
    error.message().to_string()
}

/// kiln's runner reports success for functions that it has not found, and never ran.
#[test]
fn a_runner_that_has_not_found_a_function_is_refused() {
    let three = r#"(export "three" (func $three))"#;
    let lost = "expected kiln's runner to find the function behind `three`, found that it has not";
    assert_eq!(guessed::<{ found::NOTHING }>(three), lost);
    assert_eq!(guessed::<{ found::OTHER_ARITY }>(three), lost);
    let run = r#"(export "wasi:cli/run@0.2.6" (instance $r))"#;
    assert_eq!(
        guessed::<{ found::NO_RESULT }>(run),
        "expected kiln's runner to find the function behind `wasi:cli/run@0.2.6#run`, found that \
         it has not"
    );
}

#[test]
fn a_runner_that_gives_something_else_is_not_believed() {
    let three = r#"(export "three" (func $three))"#;
    assert_eq!(
        guessed::<{ found::NO_RESULT }>(three),
        "expected a result of type func() -> u32 from kiln, found []"
    );
    assert_eq!(
        guessed::<{ found::OTHER_TYPE }>(three),
        "expected a result of type func() -> u32 from kiln, found [S32(3)]"
    );
    let text = guessed::<{ found::PANIC }>(three);
    assert!(
        text.contains("kiln panicked") && text.contains("kiln fell over"),
        "{text}"
    );
}
