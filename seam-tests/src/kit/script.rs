//! Calls as text, with their results: the format of `calls.txt` among the fixtures.
//!
//! ```text
//! ; a comment
//! $a = ns:pkg/iface#[constructor]thing("x")
//! ns:pkg/iface#[method]thing.name($a) => "x"
//! drop $a
//! ```
//!
//! Each line is a [`Call`], as on the command line. What follows `=>` is the result in WAVE. If a call
//! names resources, it must name all in its result.

use seam_core::{Instance, Value};
use seam_diff::{Call, Scope, Step, Variables};

use super::expect::same;
use super::{Checked, Failure};

/// Makes the calls of a script in one instance.
///
/// # Errors
/// The first line that fails or has another result.
pub(crate) fn run(instance: &mut dyn Instance, script: &str) -> Checked {
    let (mut scope, mut variables) = (Scope::default(), Variables::new());
    for line in script.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        let checked = step(instance, &mut scope, &mut variables, line);
        checked.map_err(|failure| failure.about(line))?;
    }
    Ok(())
}

fn step(
    instance: &mut dyn Instance,
    scope: &mut Scope,
    variables: &mut Variables,
    line: &str,
) -> Checked {
    let (call, expected) = match line.split_once(" => ") {
        Some((call, expected)) => (call, Some(expected)),
        None => (line, None),
    };
    let mut result_type = None;
    let step = Call::parse(call)?.step(scope, |name| {
        let func = instance.func(name)?;
        result_type.clone_from(&func.ty().result);
        Ok((func.name().clone(), func.ty().clone()))
    })?;
    let result = variables.perform(instance, &step)?;
    let named = match &step {
        Step::Invoke { results, .. } => results.len(),
        _ => 0,
    };
    if named > 0 {
        let found = result.iter().flat_map(Value::owned).count();
        same("resources in the result", found, named)?;
    }
    match (expected, &result_type) {
        (Some(expected), Some(ty)) => same("result", result, Some(Value::parse(ty, expected)?)),
        (Some(_), None) => Err(Failure::new(
            "expected a function with a result, found none",
        )),
        (None, _) => Ok(()),
    }
}
