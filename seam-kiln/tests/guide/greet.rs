use seam_core::{Artifact, BackendExt, InstanceExt, Result, World};
use seam_kiln::KilnBackend;

fn main() -> Result<()> {
    println!("{}", greet("seam-tests/fixtures/greet/greet.wasm")?);
    Ok(())
}

fn greet(file: &str) -> Result<String> {
    let kiln = KilnBackend::of(seam_on_kiln::engine()?);
    let mut instance = kiln.instantiate_blocking(&Artifact::from_file(file)?, &World::new())?;
    instance.call_typed_blocking("test:guest/strs#greet", ("bob", vec!["a", "b"]))
}
