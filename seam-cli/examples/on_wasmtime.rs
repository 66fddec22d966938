//! The README's example, on wasmtime.

use seam_core::{Artifact, BackendExt, InstanceExt, Query, Result, World};

fn main() -> Result<()> {
    let backend = seam_wasmtime::Wasmtime::new();
    let artifact = Artifact::from_file("seam-tests/fixtures/core/calc.wat")?;
    let mut instance = backend.instantiate_blocking(&artifact, &World::new())?;
    let sum: i32 = instance.call_typed("add", (2, 3))?;
    println!("2 + 3 is {sum}");
    if let Err(error) = instance.call_typed::<_, i32>("div_s", (1, 0)) {
        println!("1 / 0 is a trap: {}", error.message());
    }
    let globals = instance.snapshot(&Query::new())?;
    println!("counts: {:?}", globals.counters("__witness_counter_"));
    Ok(())
}
