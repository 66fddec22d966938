//! A kiln that does what is not known here is refused, and never believed.

#![allow(clippy::unwrap_used, reason = "tests")]

mod twin;

use std::sync::Arc;

use seam_core::core::CoreFuncType;
use seam_core::{Artifact, BackendExt, Capabilities, Error, ErrorKind, InstanceExt, World};
use seam_kiln::{
    HostImportHandler, Kiln, KilnBackend, KilnEngine, KilnGlobal, KilnMemory, KilnResult,
    KilnTable, KilnValue,
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
