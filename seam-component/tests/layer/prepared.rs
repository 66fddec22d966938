//! What is made once for a program and a world, and what is made for each instance.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use seam_component::Layered;
use seam_core::{
    BackendExt, CoreFuncType, CoreHostFunc, CoreItemKind, CoreType, CoreValue, GlobalType,
    InstanceExt, MemoryType, ProgramExt, Value, World,
};

use crate::counting::Counting;
use crate::{builds, wat};

/// A component that passes a string to the host, so that an engine without re-entry needs glue.
const COMPONENT: &str = r#"(component
    (import "f" (func $f (param "s" string) (result u32)))
    (core module $libc
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
    (core module $main
        (import "" "f" (func $f (param i32 i32) (result i32)))
        (import "" "g" (func $g (param i32)))
        (func (export "run") (result i32) (call $f (i32.const 8) (i32.const 3))))
    (import "g" (func $g (result string)))
    (core instance $libc (instantiate $libc))
    (core func $f (canon lower (func $f) (memory (core memory $libc "memory"))))
    (core func $g (canon lower (func $g)
        (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core instance $main (instantiate $main
        (with "" (instance (export "f" (func $f)) (export "g" (func $g))))))
    (func (export "run") (result u32) (canon lift (core func $main "run"))))"#;

/// A core module that imports a memory, a global, a function of a rule, and a typed one.
const MODULE: &str = r#"(module
    (import "env" "memory" (memory 1))
    (import "env" "global" (global i32))
    (import "env" "rule" (func $rule (result i32)))
    (import "env" "f" (func $f (result i32)))
    (func (export "run") (result i32)
        (i32.add (i32.add (global.get 0) (call $rule)) (call $f))))"#;

fn run(program: &dyn seam_core::Program, world: &World) -> Value {
    let mut guest = program.instantiate_blocking(world).unwrap();
    guest.call_blocking("run", &[]).unwrap().unwrap()
}

fn component_world(answer: u32) -> World {
    World::new()
        .func("f", move |(_,): (String,)| Ok(answer))
        .func("g", |(): ()| Ok(String::new()))
}

fn module_world(global: i32, asked: &Arc<AtomicUsize>) -> World {
    let asked = asked.clone();
    World::new()
        .core_item(
            "env",
            "memory",
            CoreItemKind::Memory(MemoryType::new(1, None)),
        )
        .core_item(
            "env",
            "global",
            CoreItemKind::Global(
                GlobalType::new(CoreType::I32, false),
                CoreValue::I32(global),
            ),
        )
        .core_funcs("env", move |field, _| {
            if field != "rule" {
                return Ok(None);
            }
            asked.fetch_add(1, Ordering::Relaxed);
            let ty = CoreFuncType::new([], [CoreType::I32]);
            Ok(Some(CoreHostFunc::new(ty, |_, _, results| {
                results.fill(CoreValue::I32(20));
                Ok(())
            })))
        })
        .func_with(
            "env#f",
            || 0,
            |calls: &mut i32, (): ()| {
                *calls += 1;
                Ok(*calls)
            },
        )
}

#[test]
fn generated_modules_are_compiled_once_for_a_program() {
    let world = component_world(7);
    let mut glue = Vec::new();
    for backend in builds() {
        let (engine, compiled) = Counting::new(backend);
        let program = Layered::new(engine).load_blocking(&wat(COMPONENT)).unwrap();
        let loaded = compiled.count();
        assert_eq!(run(&*program, &world), Value::U32(7));
        let first = compiled.count();
        glue.push(first - loaded);
        for world in [
            world.clone(),
            component_world(7),
            world.clone().record(true),
        ] {
            assert_eq!(run(&*program, &world), Value::U32(7));
        }
        assert_eq!(compiled.count(), first);
    }
    assert_eq!(glue, [0, 1]);
}

#[test]
fn providers_are_compiled_and_rules_are_asked_once_for_a_world() {
    let (engine, compiled) = Counting::new(builds().into_iter().next().unwrap());
    let program = Layered::new(engine).load_blocking(&wat(MODULE)).unwrap();
    let asked = Arc::default();
    let world = module_world(300, &asked);
    for _ in 0..3 {
        assert_eq!(run(&*program, &world), Value::S32(321));
    }
    let first = asked.load(Ordering::Relaxed);
    assert_eq!(compiled.count(), 3, "the module, the memory and the global");
    // Another world has a global of its own, and is not taken for the first.
    let other = module_world(400, &asked);
    for _ in 0..3 {
        assert_eq!(run(&*program, &other), Value::S32(421));
        assert_eq!(run(&*program, &world), Value::S32(321));
    }
    assert_eq!(compiled.count(), 4, "one more global");
    assert_eq!(asked.load(Ordering::Relaxed), 2 * first);
}

#[test]
fn worlds_with_other_definitions_are_not_mistaken_for_each_other() {
    for backend in builds() {
        let program = backend.load_blocking(&wat(COMPONENT)).unwrap();
        let worlds = [1, 2, 3, 4, 5, 6].map(component_world);
        for _ in 0..2 {
            for (world, expected) in worlds.iter().zip(1..) {
                assert_eq!(run(&*program, world), Value::U32(expected));
            }
        }
        // A binding that is missing stays missing, and is named each time.
        let without = World::new().func("f", |(_,): (String,)| Ok(1u32));
        for _ in 0..2 {
            let failed = program.instantiate_blocking(&without).err().unwrap();
            assert!(failed.error.message().contains("`g`"), "{}", failed.error);
        }
    }
}

#[test]
fn state_is_made_once_for_each_instance() {
    for text in [COMPONENT, MODULE] {
        for backend in builds() {
            let made = Arc::new(AtomicUsize::new(0));
            let (of_func, of_world) = (made.clone(), made.clone());
            let asked = Arc::default();
            let world = (if text == MODULE {
                module_world(0, &asked)
            } else {
                component_world(0)
            })
            .state(move || of_world.fetch_add(1, Ordering::Relaxed));
            let world = match text == MODULE {
                true => world.func_with(
                    "env#f",
                    move || of_func.fetch_add(1, Ordering::Relaxed),
                    |_, (): ()| Ok(1i32),
                ),
                false => world.func_with(
                    "f",
                    move || of_func.fetch_add(1, Ordering::Relaxed),
                    |_, (_,): (String,)| Ok(1u32),
                ),
            };
            let program = backend.load_blocking(&wat(text)).unwrap();
            for instances in 1..4 {
                program.instantiate_blocking(&world).unwrap();
                assert_eq!(made.load(Ordering::Relaxed), 2 * instances);
            }
        }
    }
}
