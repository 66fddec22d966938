//! Compares loading a component with the compilation of its core modules by wasmi alone.
//!
//! ```text
//! cargo run --release -p seam-wasmi --example load -- greet.wasm ...
//! ```
//!
//! It prints the best of many runs in microseconds, and the ratio.
//!
//! Both sides compile each core module once and in the same compilation mode, which is wasmi's default
//! and that of [`Wasmi::new`]: function bodies are validated now and translated at their first call.
//! The side of wasmi alone gets only the modules that are instantiated; `load` compiles all.

use std::error::Error;
use std::time::{Duration, Instant};

use seam_core::{Artifact, BackendExt, CoreEngine};
use seam_wasmi::Wasmi;

fn best(runs: u32, mut run: impl FnMut()) -> Duration {
    let time = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    let times = (0..runs).map(|_| time(&mut run));
    times.min().unwrap_or_default()
}

fn main() -> Result<(), Box<dyn Error>> {
    let backend = Wasmi::new();
    for path in std::env::args().skip(1) {
        let artifact = Artifact::from_file(&path)?;
        let interface = seam_decode::interface(&artifact)?;
        let mut ranges: Vec<_> = (interface.core_instances().iter())
            .filter_map(|core| core.range.clone())
            .collect();
        ranges.sort_by_key(|range| range.start);
        ranges.dedup();
        let modules: Vec<&[u8]> = ranges
            .into_iter()
            .filter_map(|range| artifact.bytes().get(range))
            .collect();
        let mut config = wasmi::Config::default();
        config.compilation_mode(wasmi::CompilationMode::LazyTranslation);
        let alone = wasmi::Engine::new(&config);
        let compile = || {
            modules
                .iter()
                .for_each(|wasm| drop(wasmi::Module::new(&alone, *wasm)))
        };
        let port = || {
            modules
                .iter()
                .for_each(|wasm| drop(backend.engine().compile(wasm)))
        };
        let runs = if artifact.bytes().len() > 1 << 20 {
            5
        } else {
            300
        };
        let wasmi = best(runs, compile);
        let port = best(runs, port);
        let decode = best(runs, || drop(seam_decode::decode(&artifact)));
        let load = best(runs, || drop(backend.load_blocking(&artifact)));
        println!(
            "{path}: wasmi {} us, port {} us, decode {} us, load {} us, load / wasmi {:.2}",
            wasmi.as_micros(),
            port.as_micros(),
            decode.as_micros(),
            load.as_micros(),
            load.as_secs_f64() / wasmi.as_secs_f64()
        );
    }
    Ok(())
}
