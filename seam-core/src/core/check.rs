//! Checks that all engines share, so that they report the same messages.

use crate::{
    Capabilities, Capability, CoreFuncType, CoreType, CoreValue, Limits, Result, TableType,
};

/// Checks that the arguments fit the parameters. All engines use it, so that they report the same
/// message.
///
/// # Errors
/// `Misuse` that names the first argument which does not fit.
pub fn check_core_args(params: &[CoreType], args: &[CoreValue]) -> Result<()> {
    if params.len() != args.len() {
        return Err(crate::Error::misuse(format!(
            "expected {} arguments, found {}",
            params.len(),
            args.len()
        )));
    }
    for (index, (ty, arg)) in params.iter().zip(args).enumerate() {
        if !arg.is_of(*ty) {
            return Err(crate::Error::misuse(format!(
                "argument {}: expected {ty}, found {}",
                index + 1,
                arg.kind()
            )));
        }
    }
    Ok(())
}

/// Checks a call of a function with this type. All engines use it, so that they report the same
/// message.
///
/// # Errors
/// Those of [`check_core_args`] and [`check_core_room`].
pub fn check_core_call(ty: &CoreFuncType, args: &[CoreValue], results: &[CoreValue]) -> Result<()> {
    check_core_args(&ty.params, args)?;
    check_core_room(ty.results.len(), results)
}

/// Checks that there is room for exactly the results of a call. All engines use it, so that they
/// report the same message.
///
/// # Errors
/// `Misuse` if the length of `results` is not `expected`.
pub fn check_core_room(expected: usize, results: &[CoreValue]) -> Result<()> {
    if results.len() == expected {
        return Ok(());
    }
    Err(crate::Error::misuse(format!(
        "expected room for {expected} results, found {}",
        results.len()
    )))
}

/// Checks that an element of a table can be set: `index` is in bounds, and `value` is of the
/// element type.
///
/// `ty` is the current type of the table, whose minimum is its size. All engines use it, so that
/// they report the same message.
///
/// # Errors
/// `Misuse` that says what was expected.
pub fn check_core_element(ty: &TableType, index: u64, value: &CoreValue) -> Result<()> {
    if index >= ty.minimum {
        return Err(crate::Error::misuse(format!(
            "expected an index below the table's size of {}, found {index}",
            ty.minimum
        )));
    }
    let element = CoreType::Ref(ty.element);
    if value.is_of(element) {
        return Ok(());
    }
    Err(crate::Error::misuse(format!(
        "expected an element of type {element}, found {}",
        value.kind()
    )))
}

/// Checks that the results of a host function fit its type.
///
/// `results` must have the length of `types`. All engines use it, so that they report the same
/// message.
///
/// # Errors
/// `Host` that names the first result which does not fit.
pub fn check_core_results(types: &[CoreType], results: &[CoreValue]) -> Result<()> {
    let mut pairs = types.iter().zip(results).enumerate();
    match pairs.find(|(_, (ty, value))| !value.is_of(**ty)) {
        None => Ok(()),
        Some((index, (ty, value))) => Err(crate::Error::host(format!(
            "result {}: expected {ty}, found {}",
            index + 1,
            value.kind()
        ))),
    }
}

/// Checks that a build with these capabilities supports the limits.
///
/// All engines use it, so that they report the same message.
///
/// # Errors
/// `Unsupported` that names the missing capability.
pub fn check_core_limits(limits: &Limits, has: &Capabilities) -> Result<()> {
    for (asked, capability) in [
        (limits.fuel.is_some(), Capability::Fuel),
        (limits.deadline.is_some(), Capability::Deadline),
        (limits.memory.is_some(), Capability::MemoryLimit),
        (limits.table_elements.is_some(), Capability::TableLimit),
        (limits.instances.is_some(), Capability::InstanceLimit),
    ] {
        if asked && !has.has(capability) {
            return Err(crate::Error::unsupported(
                capability,
                format!("expected a build with `{capability}`, found one without"),
            ));
        }
    }
    Ok(())
}
