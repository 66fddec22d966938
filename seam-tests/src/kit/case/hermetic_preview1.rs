//! Preview1 modules in the hermetic world, wrapped with the official adapter.

use seam_core::{BackendExt, CorePath, CoreValue, Origin, Program, ProgramExt, World};
use seam_wasi::{Preview1, Wasi, wrap_preview1};

use super::hermetic_tour::TOURS;
use crate::fixtures;
use crate::kit::expect::{gives, gives_nothing, misuse, same};
use crate::kit::hermetic::{see_in, wasi};
use crate::kit::{Checked, Failure, Stage, Subject};

/// Returns the wrapped tour, and a world with its imports other than WASI.
fn tour(subject: &Subject) -> Result<(Box<dyn Program>, World), Failure> {
    let wrapped = wrap_preview1(&fixtures::tour()?)?;
    let program = subject.load(wrapped.component())?;
    Ok((program, wrapped.world(&World::new())?))
}

pub(in crate::kit) fn hermetic_preview1_modules_see_what_components_see(
    subject: &Subject,
) -> Checked {
    let (guest, world) = tour(subject)?;
    for tour in TOURS {
        tour.check(&*guest, world.clone())?;
    }
    Ok(())
}

pub(in crate::kit) fn hermetic_preview1_modules_have_their_own_exit_code(
    subject: &Subject,
) -> Checked {
    let (guest, world) = tour(subject)?;
    for code in [0, 1, 42, 255] {
        let exits = wasi("tour", &["exit", &code.to_string()]);
        see_in(&*guest, &exits.add_to(world.clone())?)?.prints(code, "", "")?;
    }
    Ok(())
}

pub(in crate::kit) fn hermetic_preview1_modules_are_shown_as_themselves(
    subject: &Subject,
) -> Checked {
    let module = fixtures::reactor()?;
    let world = Wasi::hermetic().add_to(World::new())?;
    // The module is inside the component, so the backend must see inside components.
    let wrapped = wrap_preview1(&module)?;
    let around = subject.load(wrapped.component())?;
    let expected = wrapped.cores(around.interface());
    let mut expected: Vec<_> = expected.into_iter().map(|(core, ..)| core.path).collect();
    expected.sort();
    let inside = around
        .instantiate_blocking(&wrapped.world(&world)?)?
        .cores()?;
    let found: Vec<_> = inside.into_iter().map(|core| core.path).collect();
    same("paths inside the component", found, expected)?;

    let backend = Preview1::over(subject.backend().clone());
    let program = backend.load_blocking(&module);
    let program = program.map_err(|e| Failure::of(Stage::Load, e))?;
    let mut reactor = program.instantiate_blocking(&world)?;
    for count in 1..3 {
        gives(&mut *reactor, "counter_next", &[], count)?;
        gives(&mut *reactor, "initialized", &[], 1)?;
    }
    gives_nothing(&mut *reactor, "hello", &[])?;
    let stdout = String::from_utf8_lossy(&reactor.observed().stdout).into_owned();
    same("stdout", stdout, "hello from the reactor\n")?;
    misuse("run", reactor.run_blocking())?;

    let cores = reactor.cores()?;
    let main = cores.iter().filter(|core| core.origin == Origin::Main);
    let paths: Vec<String> = main.map(|core| core.path.to_string()).collect();
    same("paths of the module", paths, ["0"])?;
    let at = CorePath::new([0]);
    let next = reactor.call_core(&at, "counter_next", &[])?;
    same("counter_next", next, [CoreValue::I32(3)])?;
    reactor.write_memory(&at, "memory", 1024, b"seam")?;
    let read = reactor.read_memory(&at, "memory", 1024, 4)?;
    same("the memory", read, b"seam")?;
    let elsewhere = CorePath::new([99]);
    misuse("a path", reactor.call_core(&elsewhere, "counter_next", &[])).map(drop)
}
