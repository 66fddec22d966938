//! Streams between components: the modules apart, on one host of streams, and fused.

use seam_core::{BackendExt, CorePath, CoreValue, Error, Instance, Result, World};
use seam_meld::{AsyncIntrinsics, IntrinsicCalls, SharedTable, split_async_imports};

use crate::{backends, fixture, fuse};

type Instances = Vec<Box<dyn Instance>>;

const PENDING: i64 = -5;

/// Calls an export of the instance that has it.
fn call(instances: &mut Instances, name: &str, args: &[i64]) -> Result<i64> {
    for instance in instances {
        let cores = instance.cores()?;
        let mut exports = cores.iter().flat_map(|core| &core.exports);
        if exports.any(|(export, _)| export.as_ref() == name) {
            let args: Vec<_> = args.iter().map(|arg| CoreValue::I32(*arg as i32)).collect();
            let results = instance.call_core(&CorePath::new([0]), name, &args)?;
            return Ok(match results.first() {
                Some(CoreValue::I64(value)) => *value,
                Some(CoreValue::I32(value)) => i64::from(*value),
                _ => 0,
            });
        }
    }
    Err(Error::misuse(format!("no export `{name}`")))
}

/// 300 bytes of a pattern cross from the producer's memory to the consumer's, and then the stream
/// ends.
fn drive(instances: &mut Instances) -> Result<()> {
    let pair = call(instances, "new", &[])?;
    let (readable, writable) = (pair & 0xffff_ffff, pair >> 32);
    assert_eq!(call(instances, "read", &[readable, 8])?, PENDING);
    assert_eq!(call(instances, "write", &[writable, 1, 0, 300])?, 300);
    assert_eq!(call(instances, "read", &[readable, 4096])?, 300);
    assert_eq!(call(instances, "matching", &[1, 0, 300])?, 300);
    call(instances, "drop-writable", &[writable])?;
    assert_eq!(call(instances, "read", &[readable, 8])?, 0);
    Ok(())
}

#[test]
fn a_fused_stream_does_the_same_and_calls_no_host() -> Result<()> {
    for backend in backends() {
        // The oracle: each module in an instance of its own, all with one table of streams.
        let (calls, table) = (IntrinsicCalls::new(), SharedTable::new());
        let intrinsics = AsyncIntrinsics::new().log(&calls).table(&table);
        let world = intrinsics.add_to(World::new());
        let mut apart = Vec::new();
        for module in ["streams/producer.wat", "streams/consumer.wat"] {
            apart.push(backend.instantiate_blocking(&fixture(module)?, &world)?);
        }
        drive(&mut apart)?;
        assert!(!calls.is_empty());

        // The fused module: each component gets its own imports, with the memory that they mean.
        let fused = fuse(&["streams/producer.wasm", "streams/consumer.wasm"])?;
        let split = split_async_imports(&fused)?;
        let calls = IntrinsicCalls::new();
        let intrinsics = AsyncIntrinsics::new().memories(split.memories);
        // A handle of the bridge that reaches the host is a trap.
        let intrinsics = intrinsics.refuse_local_handles().log(&calls);
        let world = intrinsics.add_to(World::new());
        let mut fused = vec![backend.instantiate_blocking(&split.artifact, &world)?];
        drive(&mut fused)?;
        assert!(calls.is_empty(), "the stream stays in the module");
    }
    Ok(())
}
