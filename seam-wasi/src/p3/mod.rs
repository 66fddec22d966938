//! WASI 0.3, on the same files, clocks and random numbers as 0.2.
//!
//! | file | contents |
//! |---|---|
//! | `cli` | standard streams |
//! | `clocks` | waiting |
//! | `filesystem` | files and folders as streams |
//! | `network` | refusals |
//! | `http` | requests and responses with bodies; refusals |
//! | `fit` | values of 0.2 as values of 0.3, and back |
//!
//! A function that does the same as one of 0.2 is that function, and its values are converted.

mod cli;
mod clocks;
mod filesystem;
mod fit;
mod http;
mod network;

use std::borrow::Cow;
use std::sync::Arc;

use seam_core::{FuncType, HostCall, Result, Value, World};

use crate::func::{Args, Body, Funcs, find};
use crate::wit::Interface;

/// Returns the body of a function of WASI 0.3.
///
/// `of_0_2` finds the body of a function of WASI 0.2.
pub(crate) fn body(
    interface: &str,
    name: &str,
    ty: &FuncType,
    of_0_2: fn(&str, &str) -> Option<Body>,
) -> Option<impl Fn(&mut HostCall<'_>, &[Value]) -> Result<Option<Value>> + Send + Sync + use<>> {
    // What 0.2 does not have, or has differently.
    let own = find(all(), interface, name);
    let body = own.or_else(|| {
        let (interface, name) = same(interface, name);
        of_0_2(interface, &name)
    })?;
    let ty = Arc::new(ty.clone());
    Some(move |call: &mut HostCall<'_>, args: &[Value]| {
        let args: Vec<Value> = args.iter().map(fit::to_0_2).collect();
        let result = body(call, Args(&args))?;
        Ok(match (&ty.result, result) {
            (Some(ty), Some(value)) => Some(fit::to_0_3(ty, value)),
            (_, result) => result,
        })
    })
}

/// Adds the functions of an interface that wait, which are asynchronous host functions.
pub(crate) fn add_waits(world: World, interface: &Interface) -> World {
    match interface.name == clocks::CLOCK {
        true => clocks::add_waits(world, &interface.full_name),
        false => world,
    }
}

/// Returns whether [`add_waits`] adds a function.
#[cfg(test)]
pub(crate) fn waits(interface: &str, name: &str) -> bool {
    interface == clocks::CLOCK && clocks::WAITS.contains(&name)
}

fn all() -> impl Iterator<Item = &'static Funcs> {
    (cli::FUNCS.iter())
        .chain(&clocks::FUNCS)
        .chain(&filesystem::FUNCS)
        .chain(&network::FUNCS)
        .chain(&http::FUNCS)
}

/// Returns the interface and name of the function of 0.2 that does the same.
fn same<'a>(interface: &'a str, name: &'a str) -> (&'a str, Cow<'a, str>) {
    let (interface, name) = match (interface, name) {
        ("wasi:http/types", name) => return (interface, http::same(name)),
        ("wasi:cli/environment", "get-initial-cwd") => (interface, "initial-cwd"),
        ("wasi:random/insecure-seed", "get-insecure-seed") => (interface, "insecure-seed"),
        ("wasi:clocks/monotonic-clock", "get-resolution") => (interface, "resolution"),
        ("wasi:clocks/system-clock", "now") => ("wasi:clocks/wall-clock", "now"),
        other => other,
    };
    (interface, name.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wit::Wit;

    #[test]
    fn only_functions_of_the_packages_have_a_body() {
        for funcs in all() {
            for (name, _) in funcs.funcs {
                let mut known = Wit::of_0_3().interfaces.iter();
                let known = known.find(|known| known.name == funcs.interface);
                let found = known.is_some_and(|known| known.funcs.iter().any(|(n, _)| n == name));
                assert!(found, "{}#{name}", funcs.interface);
            }
        }
    }
}
