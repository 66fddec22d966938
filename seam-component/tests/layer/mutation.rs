//! Real components with random changes: they must not cause panics, hangs or unbounded use of memory.

use std::path::{Path, PathBuf};

use seam_core::{
    Artifact, Backend, BackendExt, InstanceExt, Limits, ProgramExt, Stub, Value, World,
};
use seam_wasmi::Wasmi;

/// Number of changed copies of each fixture.
const ROUNDS: u32 = 100;

/// Marsaglia's xorshift, so that every run makes the same changes.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// The small components among the fixtures. Large ones consist mostly of core code.
fn fixtures() -> Vec<(PathBuf, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seam-tests/fixtures");
    let mut found = Vec::new();
    for folder in ["hostile", "run-only", "compose", "counters", "greet"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let is = |extension| path.extension().is_some_and(|found| found == extension);
            if !(is("wat") || is("wasm")) {
                continue;
            }
            let artifact = Artifact::from_file(&path).unwrap();
            if artifact.bytes().len() < 60_000 {
                found.push((path.clone(), artifact.bytes().to_vec()));
            }
        }
    }
    found.sort();
    assert!(found.len() > 20, "{} fixtures", found.len());
    found
}

fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes[at] = bytes[at].wrapping_add(1),
            1 => bytes[at] = bytes[at].wrapping_sub(1),
            2 => bytes[at] ^= 1 << random.below(8),
            3 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            4 => {
                let from = random.below(bytes.len());
                bytes[at] = bytes[from];
            }
            _ => {
                let len = random.below(8).min(bytes.len() - at);
                let part = bytes[at..at + len].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
}

/// Loads, instantiates, and calls every export with zeroes.
fn use_all(backend: &dyn Backend, artifact: &Artifact, world: &World) -> bool {
    let Ok(program) = backend.load_blocking(artifact) else {
        return false;
    };
    let Ok(mut instance) = program.instantiate_blocking(world) else {
        return false;
    };
    for (name, ty) in program.interface().export_funcs() {
        let args = ty.params.iter().map(|(_, ty)| Value::default_of(ty));
        if let Some(args) = args.collect::<Option<Vec<_>>>() {
            let _ = instance.call_blocking(&name.to_string(), &args);
        }
    }
    let _ = instance.held();
    true
}

#[test]
fn changed_components_do_no_harm() {
    let limits = Limits::new().with_fuel(200_000).with_memory(64 << 20);
    let world = World::new().stub(Stub::Default).limits(limits);
    let builds = [
        Wasmi::builder().fuel().build(),
        Wasmi::builder().fuel().without_reentry().build(),
    ];
    let mut random = Random(0x5eed_cafe_f00d_0001);
    let mut ran = 0;
    for (path, bytes) in fixtures() {
        for round in 0..ROUNDS {
            let mut changed = bytes.clone();
            change(&mut changed, &mut random);
            let name = format!("{} {round}", path.display());
            let Ok(artifact) = Artifact::from_bytes(name, changed) else {
                continue;
            };
            for backend in &builds {
                ran += u32::from(use_all(backend, &artifact, &world));
            }
        }
    }
    // If all changes made the component invalid, this would test only the decoder.
    assert!(ran > 100, "{ran} instances");
}
