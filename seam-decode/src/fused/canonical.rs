//! The imports of a fused module that are canonical definitions inside the composition: asynchronous
//! built-ins, and functions that one component lowers and another lifts.
//!
//! meld leaves these imports to the host. It names some built-ins itself, and a lowered function after
//! the import of the component that lowers it; all other imports keep the names that they have in the
//! core module. A component that imports the same name again gets a suffix. So the composition tells
//! what an import is: the definition that a core module of the right component imports under that name.

use std::collections::BTreeSet;
use std::fmt;

use seam_core::{CoreFuncType, ExportName};

use super::choose::Known;
use super::export::export;
use super::parts::originals;
use crate::module::{ExportChoice, Later, Need, list, need, suffix};
use crate::plan::{
    Builtin, CopyingOp, CoreItem, EventOptions, Export, Func, Options, Plan, ThreadOp,
};
use crate::types::Side;

/// An imported function of a fused module.
#[derive(Clone, Copy)]
pub(super) struct CoreImport<'a> {
    /// Index in the core function index space.
    pub(super) index: u32,
    pub(super) module: &'a str,
    pub(super) field: &'a str,
    pub(super) ty: &'a CoreFuncType,
}

impl fmt::Display for CoreImport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "import `{}#{}`", self.module, self.field)
    }
}

/// A canonical definition that a core module of the composition imports.
struct Candidate {
    component: usize,
    /// An index into [`Plan::core_items`].
    item: usize,
    /// Whether it has the name of the import only without its suffix.
    suffixed: bool,
}

/// What an import is in the fused module.
pub(super) enum Canonical {
    /// A built-in.
    Builtin(CoreItem),
    /// A function that another component lifts.
    Internal(Internal),
    /// The function of the world at this position of the composition's
    /// [`Plan::imports`](crate::Plan::imports).
    World(usize),
}

/// A function that one component of the composition lifts and another lowers.
pub(super) struct Internal {
    /// The lifted function, as an index into the composition's [`Plan::lifts`](crate::Plan::lifts).
    pub(super) lift: usize,
    /// What the lifted function uses of the fused module.
    pub(super) choice: ExportChoice,
    /// The options with which it is lowered in the fused module.
    pub(super) options: Options,
}

/// Binds an import to a canonical definition inside the composition. Returns `None` if there is none with
/// its name, or if its name alone says that it is the function `world` of the world. `siblings` are all
/// imported functions.
///
/// # Errors
/// A message that says what was expected and what was found.
pub(super) fn bind(
    known: &Known<'_>,
    siblings: &[CoreImport<'_>],
    import: CoreImport<'_>,
    world: Option<usize>,
    later: &mut Later,
) -> Result<Option<Canonical>, String> {
    let named = candidates(known, import);
    let plan = &known.unfused.plan;
    let is_inside = |candidate: &Candidate| {
        let item = plan.core_items.get(candidate.item);
        !matches!(item, Some(CoreItem::Lower(Func::Import(_), ..)))
    };
    if named.is_empty() || (world.is_some() && !named.iter().any(is_inside)) {
        return Ok(None);
    }
    let typed = |candidate: &&Candidate| core_type(plan, candidate.item) == Some(import.ty);
    let fitting: Vec<_> = named.iter().filter(typed).collect();
    if fitting.is_empty() {
        let types = named.iter().filter_map(|it| core_type(plan, it.item));
        let types: BTreeSet<String> = types.map(ToString::to_string).collect();
        return Err(format!(
            "expected type {}, found {}",
            types.into_iter().collect::<Vec<_>>().join(" or "),
            import.ty
        ));
    }
    let component = importer(known, siblings, import, &fitting)?;
    let mut own = fitting.iter().filter(|it| it.component == component);
    let first = own.next().ok_or("expected an importing component")?;
    if !own.all(|other| same(plan, first.item, other.item)) {
        return Err(format!(
            "expected one canonical definition of this name and type, found several that differ in \
             component instance {component} of the composition"
        ));
    }
    let binding = Binding {
        known,
        component,
        import,
    };
    binding.translate(first.item, later).map(Some)
}

/// Lists the canonical definitions that a core module of the composition imports and that the fused
/// module can import under this name.
fn candidates(known: &Known<'_>, import: CoreImport<'_>) -> Vec<Candidate> {
    let plan = &known.unfused.plan;
    let mut found = Vec::new();
    for (component, module, field, item) in known.unfused.core_imports() {
        let Some(core_item) = plan.core_items.get(item) else {
            continue;
        };
        if !matches!(core_item, CoreItem::Builtin(..) | CoreItem::Lower(..)) {
            continue;
        }
        let keeps_name = !is_renamed(plan, component, core_item);
        let named = |name: &str| {
            (keeps_name && (module, field) == (import.module, name))
                || is_meld_name(plan, component, item, core_item, (import.module, name))
        };
        let mut names = originals(import.field).enumerate();
        if let Some((position, _)) = names.find(|(_, name)| named(name)) {
            found.push(Candidate {
                component,
                item,
                suffixed: position > 0,
            });
        }
    }
    found
}

/// Returns whether meld gives an import of a component a name of its own.
fn is_renamed(plan: &Plan, component: usize, core_item: &CoreItem) -> bool {
    match core_item {
        CoreItem::Builtin(Builtin::TaskReturn(..), ..) => true,
        CoreItem::Builtin(builtin, ..) => meld_name(builtin).is_some(),
        CoreItem::Lower(func, ..) => {
            let args = plan.component_instances.get(component);
            let args = args.map(|instance| instance.args.as_slice());
            args.unwrap_or_default().iter().any(|(_, arg)| match arg {
                Export::Func(given) => given == func,
                Export::Instance(instance) => {
                    let exports = plan
                        .instances
                        .get(*instance)
                        .map(|it| it.exports.as_slice());
                    let mut exports = exports.unwrap_or_default().iter();
                    exports.any(|(_, export)| *export == Export::Func(*func))
                }
            })
        }
        _ => false,
    }
}

/// Returns whether meld gives this name to an import of a component.
fn is_meld_name(
    plan: &Plan,
    component: usize,
    item: usize,
    core_item: &CoreItem,
    (module, field): (&str, &str),
) -> bool {
    match core_item {
        CoreItem::Builtin(Builtin::TaskReturn(..), ..) => {
            let index = field.strip_prefix("[task-return]");
            let index = index.and_then(|index| index.parse::<usize>().ok());
            let funcs = plan.component_instances.get(component);
            let func = funcs.zip(index).and_then(|(it, at)| it.core_funcs.get(at));
            module == "$root" && func == Some(&item)
        }
        CoreItem::Builtin(builtin, ..) => {
            meld_name(builtin).is_some_and(|(of, name)| of == module && name == field)
        }
        CoreItem::Lower(func, ..) => argument(plan, component, module, field) == Some(*func),
        _ => false,
    }
}

/// Returns the name that meld gives to an import of a built-in, if it does not keep the module's own.
fn meld_name(builtin: &Builtin) -> Option<(&'static str, String)> {
    let name = match builtin {
        Builtin::TaskCancel => return Some(("[export]$root", "[task-cancel]".to_string())),
        Builtin::BackpressureInc => "[backpressure-inc]",
        Builtin::BackpressureDec => "[backpressure-dec]",
        Builtin::ContextGet(slot) => return Some(("$root", format!("[context-get-{slot}]"))),
        Builtin::ContextSet(slot) => return Some(("$root", format!("[context-set-{slot}]"))),
        Builtin::WaitableJoin => "[waitable-join]",
        Builtin::WaitableSetNew => "[waitable-set-new]",
        Builtin::WaitableSetDrop => "[waitable-set-drop]",
        Builtin::WaitableSetPoll(_) => "[waitable-set-poll]",
        Builtin::WaitableSetWait(_) => "[waitable-set-wait]",
        Builtin::SubtaskDrop => "[subtask-drop]",
        Builtin::SubtaskCancel(_) => "[subtask-cancel]",
        Builtin::Thread(ThreadOp::Yield, _) => "[thread-yield]",
        _ => return None,
    };
    Some(("$root", name.to_string()))
}

/// Returns the function that a component imports under a name.
fn argument(plan: &Plan, component: usize, module: &str, field: &str) -> Option<Func> {
    let args = &plan.component_instances.get(component)?.args;
    if let Some((_, Export::Func(func))) = args.iter().find(|(name, _)| **name == *module) {
        // meld names a function that is no part of an interface by the module alone.
        return field.is_empty().then_some(*func);
    }
    let wanted = ExportName::in_instance(module, field).track();
    let given = |name: &str| ExportName::in_instance(name, field).track() == wanted;
    let named = args.iter().filter(|(name, _)| given(name));
    let instance = named.filter_map(|(_, export)| match export {
        Export::Instance(instance) => plan.instances.get(*instance),
        Export::Func(_) => None,
    });
    let mut exports = instance.flat_map(|instance| &instance.exports);
    exports.find_map(|(name, export)| match export {
        Export::Func(func) if **name == *field => Some(*func),
        _ => None,
    })
}

fn core_type(plan: &Plan, item: usize) -> Option<&CoreFuncType> {
    match plan.core_items.get(item)? {
        CoreItem::Builtin(_, ty, _) | CoreItem::Lower(_, _, ty) => Some(ty),
        _ => None,
    }
}

/// Returns whether two core items of the composition do the same.
fn same(plan: &Plan, a: usize, b: usize) -> bool {
    match (plan.core_items.get(a), plan.core_items.get(b)) {
        (Some(CoreItem::Builtin(a, _, _)), Some(CoreItem::Builtin(b, _, _))) => a == b,
        (Some(CoreItem::Lower(a, x, _)), Some(CoreItem::Lower(b, y, _))) => (a, x) == (b, y),
        _ => false,
    }
}

/// Returns the component instance that has an import: by its suffix, by its callers, or because no other
/// component instance has it.
fn importer(
    known: &Known<'_>,
    siblings: &[CoreImport<'_>],
    import: CoreImport<'_>,
    fitting: &[&Candidate],
) -> Result<usize, String> {
    let unsuffixed = fitting.iter().any(|it| !it.suffixed);
    let numbered = match unsuffixed {
        true => None,
        false => suffix(import.field).map(|(_, number)| number),
    };
    let part = match numbered {
        Some(number) => known.numbered(number),
        None => known.calling_part(import.index),
    };
    let instance = part.and_then(|part| known.instance_of(part).ok().flatten());
    if let Some(instance) = instance {
        if fitting.iter().any(|it| it.component == instance) {
            return Ok(instance);
        }
    }
    let claimed: BTreeSet<usize> = siblings
        .iter()
        .filter(|other| numbered.is_none() && other.module == import.module)
        .filter_map(|other| suffix(other.field))
        .filter(|(base, _)| *base == import.field)
        .filter_map(|(_, number)| known.instance_of(known.numbered(number)?).ok().flatten())
        .collect();
    let left: BTreeSet<usize> = fitting
        .iter()
        .map(|it| it.component)
        .filter(|component| !claimed.contains(component))
        .collect();
    match left.iter().collect::<Vec<_>>().as_slice() {
        [only] => Ok(**only),
        _ => Err(format!(
            "expected one component to be the importer, found the component instances {} of the \
             composition and nothing that tells which",
            list(left)
        )),
    }
}

/// An import whose component is known.
struct Binding<'k, 'a> {
    known: &'k Known<'k>,
    /// The component instance of the composition.
    component: usize,
    import: CoreImport<'a>,
}

impl Binding<'_, '_> {
    /// Returns a canonical definition of the composition in terms of the fused module.
    fn translate(&self, item: usize, later: &mut Later) -> Result<Canonical, String> {
        let plan = &self.known.unfused.plan;
        match plan.core_items.get(item) {
            Some(CoreItem::Builtin(builtin, ty, instance)) => {
                let builtin = self.builtin(builtin, later)?;
                let item = CoreItem::builtin(builtin, ty.clone(), *instance);
                Ok(Canonical::Builtin(item))
            }
            Some(CoreItem::Lower(Func::Lifted(lift), options, _)) => self
                .internal(*lift, options, later)
                .map(Canonical::Internal),
            Some(CoreItem::Lower(Func::Import(position), ..)) => Ok(Canonical::World(*position)),
            _ => Err("expected a known function, found one of an imported component".to_string()),
        }
    }

    fn builtin(&self, builtin: &Builtin, later: &mut Later) -> Result<Builtin, String> {
        Ok(match builtin {
            Builtin::TaskReturn(result, options) => {
                let options = self.options(options, Need::of_task_return(result), later)?;
                Builtin::TaskReturn(result.clone(), options)
            }
            Builtin::WaitableSetWait(options) => {
                Builtin::WaitableSetWait(self.event_options(options, later)?)
            }
            Builtin::WaitableSetPoll(options) => {
                Builtin::WaitableSetPoll(self.event_options(options, later)?)
            }
            Builtin::Copying(ty, op) => {
                let op = match op {
                    CopyingOp::Read(options) => {
                        CopyingOp::Read(self.options(options, Need::of_copy(ty, true), later)?)
                    }
                    CopyingOp::Write(options) => {
                        CopyingOp::Write(self.options(options, Need::of_copy(ty, false), later)?)
                    }
                    other => *other,
                };
                Builtin::Copying(ty.clone(), op)
            }
            Builtin::ErrorContextNew(options) => {
                Builtin::ErrorContextNew(self.options(options, Need::memory(false), later)?)
            }
            Builtin::ErrorContextDebugMessage(options) => Builtin::ErrorContextDebugMessage(
                self.options(options, Need::memory(true), later)?,
            ),
            Builtin::ThreadNewIndirect(_) => {
                return Err(
                    "expected no threads in a fused module, found `thread.new-indirect`, whose table \
                     nothing tells"
                        .to_string(),
                );
            }
            other => other.clone(),
        })
    }

    /// Returns a function that another component lifts, lowered for this one.
    fn internal(
        &self,
        lift: usize,
        options: &Options,
        later: &mut Later,
    ) -> Result<Internal, String> {
        let known = self.known;
        let lifted = known.unfused.plan.lifts.get(lift);
        let lifted = lifted.ok_or("expected a lifted function, found none")?;
        let name = ExportName::in_instance(self.import.module, self.import.field);
        let choice = export(known, &name, lifted).map_err(|e| e.to_string())??;
        let need = need(&lifted.ty, Side::Lower, options.is_async);
        let options = self.options(options, need, later)?;
        Ok(Internal {
            lift,
            choice,
            options,
        })
    }

    fn event_options(
        &self,
        options: &EventOptions,
        later: &mut Later,
    ) -> Result<EventOptions, String> {
        Ok(EventOptions {
            memory: self.memory(later)?,
            ..*options
        })
    }

    /// Returns options with the memory and the `realloc` of the component, if they are needed.
    fn options(&self, options: &Options, need: Need, later: &mut Later) -> Result<Options, String> {
        let memory = match need.memory {
            true => Some(self.memory(later)?),
            false => None,
        };
        let realloc = match (need.realloc, options.realloc) {
            (false, _) => None,
            (true, None) => return Err("expected the option `realloc`, found none".to_string()),
            (true, Some(item)) => {
                let origin = self.known.unfused.origin(item).map_err(|e| e.to_string())?;
                let origin = origin.ok_or("expected `realloc` to be an export of a core module")?;
                Some(later.item(&self.known.realloc(&origin)?.export))
            }
        };
        Ok(Options {
            memory,
            realloc,
            ..*options
        })
    }

    fn memory(&self, later: &mut Later) -> Result<usize, String> {
        let part = self.known.part_of(self.component);
        let users: Vec<u32> = match part {
            Some(_) => Vec::new(),
            None => self.known.fused.callers(self.import.index).collect(),
        };
        let memory = self.known.memory(part, Some(self.import.field), &users)?;
        Ok(later.item(&memory.export))
    }
}
