//! Core modules without an interface, called with core values.

use std::sync::{Arc, Mutex};

use seam_core::{
    Artifact, BackendExt, Capability, CoreFuncType, CoreItemKind, CorePath, CoreType, CoreValue,
    ErrorKind, GlobalType, InstanceExt, Memories, MemoryType, Query, Result, World,
};

use crate::backends;

/// Copies `len` bytes from the caller's memory to an address in the callee's memory that the host
/// allocates.
const COPY: &str = r#"(module
  (import "env" "base" (global $base i32))
  (import "env" "alloc" (func $alloc (param i32) (result i32)))
  (memory $caller (export "caller_memory") 1)
  (memory $callee (export "callee_memory") 1)
  (global $out (export "out_ptr") (mut i32) (i32.const 0))
  (func (export "copy") (param $len i32) (result i32)
    (global.set $out (i32.add (global.get $base) (call $alloc (local.get $len))))
    (memory.copy $callee $caller (global.get $out) (i32.const 16) (local.get $len))
    (global.get $out)))"#;

#[test]
fn a_module_with_two_memories_gets_host_items_and_is_looked_into() -> Result<()> {
    let module = Artifact::from_wat("copy", COPY)?;
    // State that the test reads afterwards; `core_func_with` makes state for each instance.
    let handed_out = Arc::new(Mutex::new(Vec::new()));
    let log = handed_out.clone();
    let alloc = CoreFuncType::new([CoreType::I32], [CoreType::I32]);
    let base = CoreItemKind::Global(GlobalType::new(CoreType::I32, false), CoreValue::I32(512));
    let world = World::new().core_item("env", "base", base).core_func(
        "env",
        "alloc",
        alloc,
        move |_, args, results| {
            log.lock().unwrap().extend_from_slice(args);
            results.fill(CoreValue::I32(64));
            Ok(())
        },
    );
    let core = CorePath::new([0]);
    for backend in backends() {
        let mut copy = backend.instantiate_blocking(&module, &world)?;
        copy.write_memory(&core, "caller_memory", 16, b"text")?;
        let copied: i32 = copy.call_typed_blocking("copy", (4,))?;
        assert_eq!(copied, 576);
        assert_eq!(copy.read_memory(&core, "callee_memory", 576, 4)?, b"text");
        let query = Query::new().with_memories(Memories::Digest);
        let snapshot = &copy.snapshot(&query)?.instances[0];
        assert_eq!(snapshot.globals.get("out_ptr"), Some(&CoreValue::I32(576)));
        assert_eq!(snapshot.memories["callee_memory"].size, 65536);
    }
    let expected = vec![CoreValue::I32(4); backends().len()];
    assert_eq!(*handed_out.lock().unwrap(), expected);
    Ok(())
}

const SHARED: &str = r#"(module
  (import "env" "memory" (memory 1 2 shared))
  (export "memory" (memory 0))
  (func (export "fill") (i32.store8 (i32.const 7) (i32.const 0xa1))))"#;

/// wasmi has no shared memories, and says so.
#[test]
fn a_shared_memory_comes_from_the_host_where_the_backend_has_threads() -> Result<()> {
    let module = Artifact::from_wat("shared", SHARED)?;
    let memory = MemoryType {
        shared: true,
        ..MemoryType::new(1, Some(2))
    };
    let world = World::new().core_item("env", "memory", CoreItemKind::Memory(memory));
    for backend in backends() {
        let mut shared = match backend.instantiate_blocking(&module, &world) {
            Err(e) if *e.kind() == ErrorKind::Unsupported(Capability::Threads) => continue,
            instance => instance?,
        };
        shared.call_blocking("fill", &[])?;
        let core = CorePath::new([0]);
        assert_eq!(shared.read_memory(&core, "memory", 7, 1)?, [0xa1]);
    }
    Ok(())
}
