//! Finds what the exported functions of the composition use of a fused module.

use seam_core::{CoreBinding, Error, ExportName, Result};

use super::choose::{CoreFunc, Known};
use super::unfused::Origin;
use crate::module::{BoundExport, Chosen, ExportChoice, need};
use crate::pass::unknown;
use crate::plan::{Func, Lift};
use crate::types::Side;

/// Binds each exported function of the composition, in the order of
/// [`Interface::export_funcs`](seam_core::Interface::export_funcs).
///
/// # Errors
/// `Link` if none of them can be bound.
pub(super) fn exports(known: &Known<'_>) -> Result<Vec<BoundExport>> {
    let names = known.unfused.interface.export_funcs().iter();
    let mut bound = Vec::new();
    for ((name, _), func) in names.zip(&known.unfused.plan.exports) {
        let chosen = match func {
            Func::Lifted(index) => {
                let lift = known.unfused.plan.lifts.get(*index).ok_or_else(unknown)?;
                export(known, name, lift)?
            }
            _ => Err(
                "expected a function of a component, found one that the composition passes on"
                    .to_string(),
            ),
        };
        bound.push(BoundExport {
            name: name.clone(),
            chosen,
        });
    }
    check_some(&bound)?;
    Ok(bound)
}

/// Binds each function that an inner component instance of the composition exports.
pub(super) fn inner_exports(known: &Known<'_>) -> Result<Vec<(BoundExport, Func)>> {
    let funcs = known.unfused.plan.inner_funcs().into_iter();
    let bound = funcs.filter_map(|(name, func)| match func {
        Func::Lifted(index) => Some((name, func, known.unfused.plan.lifts.get(index)?)),
        _ => None,
    });
    let bound = bound.map(|(name, func, lift)| {
        let chosen = export(known, &name, lift)?;
        Ok((BoundExport { name, chosen }, func))
    });
    bound.collect()
}

/// Checks that at least one export could be bound.
fn check_some(bound: &[BoundExport]) -> Result<()> {
    let mut failed = bound.iter().filter_map(|export| match &export.chosen {
        Ok(_) => None,
        Err(message) => Some(format!("`{}`: {message}", export.name)),
    });
    let all = bound.len();
    match failed.next() {
        Some(first) if failed.count() + 1 == all => Err(Error::link(format!(
            "expected the exports of the composition, found none of its {all}; export {first}"
        ))),
        _ => Ok(()),
    }
}

/// Finds what a lifted function uses. `name` is that under which the caller of the seam may have bound it.
///
/// # Errors
/// `Engine` if the plan of the composition lacks something.
pub(super) fn export(
    known: &Known<'_>,
    name: &ExportName,
    lift: &Lift,
) -> Result<Result<ExportChoice, String>> {
    let Some(origin) = known.unfused.origin(lift.core)? else {
        return Ok(Err("expected an export of a core module".to_string()));
    };
    let origin_of = |item: Option<usize>| -> Result<Option<Origin<'_>>> {
        match item {
            Some(item) => known.unfused.origin(item),
            None => Ok(None),
        }
    };
    let realloc = origin_of(lift.options.realloc)?;
    let after = [origin_of(lift.post_return)?, origin_of(lift.callback)?];
    let given = known.given(name);
    Ok(choose(known, given, lift, &origin, realloc, after))
}

fn choose(
    known: &Known<'_>,
    given: &CoreBinding,
    lift: &Lift,
    origin: &Origin<'_>,
    realloc: Option<Origin<'_>>,
    [post_return, callback]: [Option<Origin<'_>>; 2],
) -> Result<ExportChoice, String> {
    let func = match &given.func {
        Some(name) => known.given_func(name, origin.ty)?,
        None => known.func(origin)?,
    };
    let need = need(&lift.ty, Side::Lift, lift.options.is_async);
    let memory = match (need.memory, &given.memory) {
        (false, _) => None,
        (true, Some(name)) => Some(known.given_memory(name)?),
        (true, None) => Some(known.memory(func.part, Some(&func.name), &[func.index])?),
    };
    let realloc = match (need.realloc, &given.realloc, realloc) {
        (false, ..) => None,
        (true, Some(name), _) => Some(known.given_realloc(name)?),
        (true, None, Some(origin)) => Some(known.realloc(&origin)?),
        (true, None, None) => return Err("expected the option `realloc`, found none".to_string()),
    };
    let post_return = match (&given.post_return, post_return) {
        (Some(name), Some(origin)) => Some(known.given_func(name, origin.ty)?.name),
        (Some(name), None) => {
            return Err(format!(
                "expected no post-return, since the component has none, found the given `{name}`"
            ));
        }
        (None, Some(origin)) => Some(known.func(&origin)?.name),
        (None, None) => None,
    };
    let callback = match (&given.func, callback) {
        (_, None) => None,
        // A function that was named has its own callback.
        (Some(name), Some(origin)) => {
            let name = format!("[callback]{name}");
            Some(known.given_func(&name, origin.ty)?.name)
        }
        (None, Some(origin)) => Some(known.func(&origin)?.name),
    };
    let CoreFunc { name, reason, .. } = func;
    Ok(ExportChoice {
        func: Chosen {
            export: name,
            reason,
        },
        memory,
        realloc,
        post_return,
        callback,
    })
}
