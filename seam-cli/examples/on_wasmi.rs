//! The README's example, on wasmi.

use seam_core::{Artifact, BackendExt, InstanceExt, Result, World};

fn main() -> Result<()> {
    let backend = seam_wasmi::Wasmi::new();
    let greet = Artifact::from_file("seam-tests/fixtures/greet/greet.wasm")?;
    let mut greet = backend.instantiate_blocking(&greet, &World::new())?;
    let greeting: String = greet.call_typed_blocking("greet", ("bob", vec!["a", "b"]))?;
    println!("{greeting}");
    let calc = Artifact::from_file("seam-tests/fixtures/core/calc.wat")?;
    let mut calc = backend.instantiate_blocking(&calc, &World::new())?;
    if let Err(error) = calc.call_typed_blocking::<_, i32>("div_s", (1, 0)) {
        println!("1 / 0 is a trap: {}", error.message());
    }
    Ok(())
}
