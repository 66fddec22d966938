//! Allocations grow in proportion to what is passed, made or looked at.

use seam_core::{
    Artifact, Backend, BackendExt, InstanceExt, List, ProgramExt, Query, Value, World,
};

use crate::counting::{allocations, growth};
use crate::{all_backends, backends, guests, instance};

/// Checks that twice as much takes at most about twice as many allocations.
fn is_linear(what: &str, backend: &str, small: usize, mut count: impl FnMut(usize) -> u64) {
    let (one, two) = (count(small), count(2 * small));
    let most = 2.1 * one as f64 + 16.0;
    assert!(
        two as f64 <= most,
        "{what} on {backend}: {one} allocations for {small}, {two} for twice as many"
    );
}

fn strings(count: usize) -> Value {
    Value::List(List::Values(vec![Value::from("sixteen bytes..."); count]))
}

#[test]
fn lists_of_strings_grow_linearly() {
    for (name, backend) in backends() {
        let (mut instance, [echo]) = instance(&*backend, guests::ECHO, &World::new(), ["strings"]);
        let mut count = |length| {
            let args = [strings(length)];
            let (result, count) = allocations(|| instance.call_blocking(&echo, &args));
            assert_eq!(result.unwrap().unwrap(), args[0]);
            count
        };
        // The list, and each of its strings.
        count(100);
        assert_eq!(count(100), 101, "100 strings on {name}");
        is_linear("strings", name, 1000, count);
    }
}

#[test]
fn a_million_calls_by_name_need_no_more_memory_than_one() {
    let args = [Value::U32(2), Value::U32(3)];
    for (name, backend) in all_backends() {
        let (mut instance, []) = instance(&*backend, guests::ECHO, &World::new(), []);
        let mut call = |times: u32| {
            for _ in 0..times {
                let sum = instance.call_blocking("add", &args).unwrap();
                assert_eq!(sum, Some(Value::U32(5)));
            }
        };
        call(1);
        assert_eq!(growth(|| call(1_000_000)), 0, "on {name}");
    }
}

#[test]
fn handles_of_the_host_grow_linearly() {
    for (name, backend) in backends() {
        is_linear("handles", name, 1000, |handles| {
            let (mut instance, [make]) =
                instance(&*backend, guests::RESOURCES, &World::new(), ["make"]);
            let args = [Value::U32(handles as u32)];
            let (result, count) = allocations(|| {
                let made = instance.call_blocking(&make, &args)?;
                for resource in instance.held() {
                    instance.drop_resource(&resource)?;
                }
                Ok::<_, seam_core::Error>(made)
            });
            assert!(result.unwrap().is_some());
            count
        });
    }
}

/// Counts the allocations of an instantiation and what `then` does.
fn instantiate(
    backend: &dyn Backend,
    text: &str,
    then: impl FnOnce(&mut dyn seam_core::Instance),
) -> u64 {
    let artifact = Artifact::from_wat("growth", text).unwrap();
    let program = backend.load_blocking(&artifact).unwrap();
    let world = World::new();
    drop(program.instantiate_blocking(&world).unwrap());
    let ((), count) = allocations(|| {
        let mut instance = program.instantiate_blocking(&world).unwrap();
        then(&mut *instance);
    });
    count
}

#[test]
fn exports_that_are_not_called_allocate_nothing() {
    for (name, backend) in backends() {
        let count = |exports| instantiate(&*backend, &guests::exports(exports), |_| {});
        assert_eq!(count(200), count(400), "on {name}");
    }
}

#[test]
fn first_calls_grow_linearly_in_exports() {
    for (name, backend) in backends() {
        is_linear("exports", name, 200, |exports| {
            instantiate(&*backend, &guests::exports(exports), |instance| {
                for n in 0..exports {
                    let seven = instance.call_blocking(format!("f{n}").as_str(), &[]);
                    assert_eq!(seven.unwrap(), Some(Value::U32(7)));
                }
            })
        });
    }
}

#[test]
fn instantiations_and_calls_grow_linearly_in_nesting() {
    for (name, backend) in backends() {
        is_linear("nesting", name, 20, |depth| {
            instantiate(&*backend, &guests::nested(depth), |instance| {
                let seven = instance.call_blocking("f", &[]).unwrap();
                assert_eq!(seven, Some(Value::U32(7)));
            })
        });
    }
}

#[test]
fn snapshots_grow_linearly_in_globals() {
    for (name, backend) in backends() {
        is_linear("globals", name, 500, |globals| {
            instantiate(&*backend, &guests::globals(globals), |instance| {
                instance.snapshot(&Query::default()).unwrap();
            })
        });
    }
}
