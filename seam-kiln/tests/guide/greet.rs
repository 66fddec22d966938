use seam_core::{Artifact, BackendExt, InstanceExt, Result, World};
use seam_kiln::KilnBackend;

fn main() -> Result<()> {
    let file = std::env::args().nth(1).unwrap_or("greet.wasm".into());
    println!("{}", greet(&file)?);
    Ok(())
}

fn greet(file: &str) -> Result<String> {
    let kiln = KilnBackend::of(seam_on_kiln::engine()?);
    let mut instance = kiln.instantiate_blocking(&Artifact::from_file(file)?, &World::new())?;
    instance.call_typed_blocking("greet", ("bob", vec!["a", "b"]))
}
