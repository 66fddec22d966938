//! Finds what the exported functions of the world use of a core module.

use seam_core::{CoreFuncType, ExportName, Result};

use super::world::{Side as Of, World, WorldFunc};
use crate::module::{
    Chosen, ExportChoice, Reason, Scan, callback_type, link, list, need, realloc_type,
};
use crate::types::{FuncTy, Side, flatten_async_functype, flatten_functype};

/// An exported function, with how it is lifted.
pub(super) struct Export<'w> {
    pub(super) name: ExportName,
    pub(super) choice: ExportChoice,
    pub(super) func: &'w WorldFunc,
    /// Whether it is lifted with the option `async`.
    pub(super) is_async: bool,
}

/// How an exported function is lifted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lifting {
    Synchronous,
    /// With the option `async`, and with a callback.
    Callback,
    /// With the option `async`, and without a callback.
    Stackful,
}

/// Binds each exported function of the world, in the given order.
///
/// # Errors
/// `Link` that names the export, what was expected and what was found: the module is not one of this
/// world.
pub(super) fn exports<'w>(
    scan: &Scan,
    world: &'w World,
    names: impl Iterator<Item = &'w ExportName>,
) -> Result<Vec<Export<'w>>> {
    let bind = |name: &ExportName| {
        let bound = match world.func(Of::Export, name) {
            Some(func) => export(scan, name, func),
            // The world has interfaces inside interfaces, which no core export can provide.
            None => Err("expected a function of an interface or of the world".to_string()),
        };
        bound.map_err(|e| link(format!("export `{name}`"), &e))
    };
    names.map(bind).collect()
}

/// Returns the name of the core export that is a function or another item of a world.
pub(super) fn core_name(name: &ExportName, item: &str) -> String {
    match name.instance() {
        Some(interface) => format!("{interface}#{item}"),
        None => item.to_string(),
    }
}

fn export<'w>(scan: &Scan, name: &ExportName, func: &'w WorldFunc) -> Result<Export<'w>, String> {
    let (core, lifting) = lifted(scan, core_name(name, name.item()));
    let is_async = lifting != Lifting::Synchronous;
    let wanted = match lifting {
        Lifting::Synchronous => flatten_functype(&func.ty, Side::Lift),
        _ => flatten_async_functype(&func.ty, Side::Lift, lifting == Lifting::Callback),
    };
    typed(scan, &core, &wanted, "an exported function")?;
    let need = need(&func.ty, Side::Lift, is_async);
    let choice = ExportChoice {
        memory: memory(scan, need.memory)?,
        realloc: realloc(scan, need.realloc, Of::Export)?,
        post_return: match lifting {
            Lifting::Synchronous => post_return(scan, &core, &func.ty)?,
            _ => None,
        },
        callback: match lifting {
            Lifting::Callback => Some(callback(scan, &core)?),
            _ => None,
        },
        func: by_name(core),
    };
    Ok(Export {
        name: name.clone(),
        choice,
        func,
        is_async,
    })
}

/// Finds out how a function is lifted. Its asynchronous names come first.
fn lifted(scan: &Scan, core: String) -> (String, Lifting) {
    let prefixed = [
        ("[async-lift]", Lifting::Callback),
        ("[async-lift-stackful]", Lifting::Stackful),
    ];
    let names = prefixed.map(|(prefix, lifting)| (format!("{prefix}{core}"), lifting));
    let found = names
        .into_iter()
        .find(|(name, _)| scan.func(name).is_some());
    found.unwrap_or((core, Lifting::Synchronous))
}

fn callback(scan: &Scan, core: &str) -> Result<String, String> {
    let name = format!("[callback]{core}");
    typed(scan, &name, &callback_type(), "its callback")?;
    Ok(name)
}

fn post_return(scan: &Scan, core: &str, ty: &FuncTy) -> Result<Option<String>, String> {
    let name = format!("cabi_post_{core}");
    if scan.func(&name).is_none() {
        return Ok(None);
    }
    let results = flatten_functype(ty, Side::Lift).results;
    typed(
        scan,
        &name,
        &CoreFuncType::new(results, []),
        "its post-return",
    )?;
    Ok(Some(name))
}

/// Checks the type of an exported function.
///
/// # Errors
/// A message that says what was expected and what was found.
pub(super) fn typed(
    scan: &Scan,
    name: &str,
    wanted: &CoreFuncType,
    what: &str,
) -> Result<(), String> {
    let found = match scan.func(name) {
        Some((_, found)) if found == wanted => return Ok(()),
        Some((_, found)) => format!("type {found}"),
        None => "none".to_string(),
    };
    Err(format!(
        "expected {what} `{name}` of type {wanted}, found {found}"
    ))
}

/// Finds the memory, if one is needed.
pub(super) fn memory(scan: &Scan, needed: bool) -> Result<Option<Chosen>, String> {
    let mut exports = scan.memory_exports();
    match (needed, exports.find(|(name, _)| *name == "memory")) {
        (false, _) => Ok(None),
        (true, Some(_)) => Ok(Some(by_name("memory"))),
        (true, None) => {
            let found = list(scan.memory_exports().map(|(name, _)| name));
            Err(format!(
                "expected an exported memory `memory`, found {found}"
            ))
        }
    }
}

/// Finds the allocator, if one is needed: that of the side, or the common one.
pub(super) fn realloc(scan: &Scan, needed: bool, side: Of) -> Result<Option<Chosen>, String> {
    if !needed {
        return Ok(None);
    }
    let side = match side {
        Of::Import => "cabi_import_realloc",
        Of::Export => "cabi_export_realloc",
    };
    let own = scan.func(side).is_some();
    let name = if own { side } else { "cabi_realloc" };
    typed(scan, name, &realloc_type(), "an exported function")?;
    Ok(Some(by_name(name)))
}

fn by_name(export: impl Into<String>) -> Chosen {
    Chosen {
        export: export.into(),
        reason: Reason::Name,
    }
}
