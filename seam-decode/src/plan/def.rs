//! A plan: the instantiation of a component, step by step.

use std::ops::Range;
use std::sync::Arc;

use seam_core::{CoreFuncType, CoreModuleType, CorePath, ExportName, ResourceType};

use crate::types::{FuncTy, RecordTy, ResourceId, StringEncoding, Ty};

/// The instantiation of a root component, resolved: no index spaces, aliases or arguments are left.
///
/// `steps` says in which order things are made; the other lists say what they are. A step refers to
/// the results of earlier steps by index into these lists. Only functions for the core instance that
/// calls them ([`CoreItem::LowerForCaller`], [`CoreItem::BuiltinForCaller`]) refer to later ones.
#[derive(Debug, Default)]
pub struct Plan {
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// The core modules that the component and those nested in it define, in order; some may never be
    /// instantiated.
    pub modules: Vec<CoreModuleDef>,
    /// How many components the component defines, at every depth; some may never be instantiated.
    pub components: usize,
    /// The component instances, in the order they begin; the first is the root.
    pub component_instances: Vec<ComponentInstance>,
    /// The core instances, in the order they are made: that of
    /// [`Interface::core_instances`](seam_core::Interface::core_instances), which has their paths.
    pub core_instances: Vec<CoreInstance>,
    /// The core items that are not imports of the plan itself, in the order they are made.
    pub core_items: Vec<CoreItem>,
    /// The lifted functions, in the order they are made.
    pub lifts: Vec<Lift>,
    /// The resource types.
    pub resources: Vec<ResourceDef>,
    /// The component-level instances that have exports: component instances, and instances made from
    /// exports.
    pub instances: Vec<Instance>,
    /// The functions that the root imports, in the order of
    /// [`Interface::import_funcs`](seam_core::Interface::import_funcs).
    pub imports: Vec<Import>,
    /// The functions that the root exports, in the order of
    /// [`Interface::export_funcs`](seam_core::Interface::export_funcs).
    pub exports: Vec<Func>,
    /// The functions of inner component instances, if the artifact is a fused module. For a
    /// component, they follow from the other lists: see [`Plan::inner_funcs`].
    pub inner: Vec<(ExportName, Func)>,
    /// Imports of the root that no world can define. A plan that has one cannot be carried out.
    pub missing: Vec<Missing>,
    /// The core function without parameters and results that is called after all steps, as an index
    /// into [`Plan::core_items`].
    pub initialize: Option<usize>,
    /// For each exported function that cannot be called, a message that says why.
    pub undecided: Vec<String>,
}

/// One step of an instantiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Begin the component instance at this index.
    Begin(usize),
    /// End the instantiation of the component instance at this index.
    End(usize),
    /// Instantiate the core module of the core instance at this index.
    CoreInstance(usize),
    /// Make the core item at this index.
    CoreItem(usize),
    /// Make the lifted function at this index.
    Lift(usize),
    /// Define a resource type of the guest. Its destructor has already been made.
    Resource(ResourceId),
}

/// A core module that the artifact defines.
#[derive(Clone, Debug)]
pub struct CoreModuleDef {
    /// The range of its bytes in the artifact.
    pub range: Range<usize>,
    /// Its imports and exports.
    pub ty: Arc<CoreModuleType>,
}

/// An instance of a component.
#[derive(Clone, Debug)]
pub struct ComponentInstance {
    /// The instance whose definitions instantiate it, as an index into
    /// [`Plan::component_instances`]; `None` for the root.
    pub parent: Option<usize>,
    /// Its position: the start of the paths of its core instances. Empty for the root.
    pub path: CorePath,
    /// Its exports, as an index into [`Plan::instances`].
    pub instance: usize,
    /// The component instance whose handle table it uses. It is the instance itself, except in a
    /// fused module, where all components share one table.
    pub handles: usize,
    /// The functions and instances that it imports, by the names of its imports. Empty for the root.
    pub args: Vec<(Arc<str>, Export)>,
    /// Its core functions, in the order of its index space, as indices into [`Plan::core_items`].
    pub core_funcs: Vec<usize>,
}

/// A component-level instance with its exported functions and instances, in order.
///
/// Types, components and core modules are omitted.
#[derive(Clone, Debug, Default)]
pub struct Instance {
    /// Name and item of each export.
    pub exports: Vec<(Arc<str>, Export)>,
}

/// An item that a component-level instance exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// A function.
    Func(Func),
    /// An instance, as an index into [`Plan::instances`].
    Instance(usize),
}

/// A core instance.
#[derive(Clone, Debug)]
pub struct CoreInstance {
    /// Its module.
    pub module: ModuleRef,
    /// The core item for each import, in the order of the module's imports, as indices into
    /// [`Plan::core_items`]. Empty for an imported module.
    pub imports: Vec<usize>,
    /// The component instance whose definitions make it.
    pub component_instance: usize,
}

/// The module of a core instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleRef {
    /// The module at this index of [`Plan::modules`].
    Defined(usize),
    /// A module that the artifact imports.
    Imported,
}

/// The origin of a core item.
#[derive(Clone, Debug)]
pub enum CoreItem {
    /// An export of the core instance at an index of [`Plan::core_instances`].
    Export(usize, Arc<str>),
    /// A function lowered with these options, as a core function of this type.
    Lower(Func, Options, CoreFuncType),
    /// A function lowered for the core instance that calls it, as a core function of this type.
    ///
    /// Its options are exports of that instance, and so are made later. So can be the function.
    LowerForCaller(Func, Options, CoreFuncType),
    /// A function of this type that calls the export with this name of the core instance that calls
    /// it.
    OwnExport(Arc<str>, CoreFuncType),
    /// A core item of the world, as an index into the imports that keep their core types.
    World(usize),
    /// `canon resource.new`, for the component instance at this index.
    ResourceNew(ResourceId, usize),
    /// `canon resource.drop`, for the component instance at this index.
    ResourceDrop(ResourceId, usize),
    /// `canon resource.rep`, for the component instance at this index.
    ResourceRep(ResourceId, usize),
    /// A built-in of the asynchronous part, of this type, for the component instance at this index.
    Builtin(Builtin, CoreFuncType, usize),
    /// A built-in like [`CoreItem::Builtin`] for the core instance that calls it.
    ///
    /// The core items that it names are exports of that instance, and so are made later.
    BuiltinForCaller(Builtin, CoreFuncType, usize),
}

/// A built-in of the asynchronous part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// `context.get` of a slot.
    ContextGet(u32),
    /// `context.set` of a slot.
    ContextSet(u32),
    /// `backpressure.inc`
    BackpressureInc,
    /// `backpressure.dec`
    BackpressureDec,
    /// `task.return` of a result of this type, lifted with these options.
    TaskReturn(Arc<RecordTy>, Options),
    /// `task.cancel`
    TaskCancel,
    /// `waitable-set.new`
    WaitableSetNew,
    /// `waitable-set.wait`
    WaitableSetWait(EventOptions),
    /// `waitable-set.poll`
    WaitableSetPoll(EventOptions),
    /// `waitable-set.drop`
    WaitableSetDrop,
    /// `waitable.join`
    WaitableJoin,
    /// `subtask.cancel`; the flag says whether it is `async`.
    SubtaskCancel(bool),
    /// `subtask.drop`
    SubtaskDrop,
    /// A built-in of streams or futures.
    Copying(CopyingTy, CopyingOp),
    /// A built-in of threads; the flag says whether it is `cancellable`.
    Thread(ThreadOp, bool),
    /// `thread.new-indirect` from the table at this index of [`Plan::core_items`].
    ThreadNewIndirect(usize),
    /// `thread.index`
    ThreadIndex,
    /// `thread.resume-later`
    ThreadResumeLater,
    /// `error-context.new`
    ErrorContextNew(Options),
    /// `error-context.debug-message`
    ErrorContextDebugMessage(Options),
    /// `error-context.drop`
    ErrorContextDrop,
    /// A built-in that cannot be called here, by its name in kebab-case, e.g. `thread-spawn-ref`.
    Unsupported(String),
}

/// The options of `waitable-set.wait` and `waitable-set.poll`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventOptions {
    /// Whether a request to cancel the task ends it.
    pub cancellable: bool,
    /// The memory for the event, as an index into [`Plan::core_items`].
    pub memory: usize,
}

/// A stream type or future type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyingTy {
    /// Whether it is a future type.
    pub is_future: bool,
    /// The type of the elements, or of the value.
    pub element: Option<Arc<Ty>>,
}

/// An operation on a stream or future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyingOp {
    /// `stream.new` or `future.new`
    New,
    /// `stream.read` or `future.read`
    Read(Options),
    /// `stream.write` or `future.write`
    Write(Options),
    /// `stream.cancel-read` or `future.cancel-read`; the flag says whether it is `async`.
    CancelRead(bool),
    /// `stream.cancel-write` or `future.cancel-write`; the flag says whether it is `async`.
    CancelWrite(bool),
    /// `stream.drop-readable` or `future.drop-readable`
    DropReadable,
    /// `stream.drop-writable` or `future.drop-writable`
    DropWritable,
}

/// An operation of a thread that other threads run in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadOp {
    /// `thread.suspend`
    Suspend,
    /// `thread.yield`
    Yield,
    /// `thread.suspend-then-resume`
    SuspendThenResume,
    /// `thread.yield-then-resume`
    YieldThenResume,
    /// `thread.suspend-then-promote`
    SuspendThenPromote,
    /// `thread.yield-then-promote`
    YieldThenPromote,
}

/// A core function lifted by a component.
#[derive(Clone, Debug)]
pub struct Lift {
    /// The core function, as an index into [`Plan::core_items`].
    pub core: usize,
    /// The type of the lifted function.
    pub ty: Arc<FuncTy>,
    /// The canonical options, with the component instance that lifts.
    pub options: Options,
    /// The core function to call after the results have been lifted.
    pub post_return: Option<usize>,
    /// The core function to call with each event, as an index into [`Plan::core_items`].
    pub callback: Option<usize>,
}

/// The canonical options of a lifted or lowered function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The component instance that lifts or lowers.
    pub instance: usize,
    /// The memory, as an index into [`Plan::core_items`].
    pub memory: Option<usize>,
    /// The core function that allocates, as an index into [`Plan::core_items`].
    pub realloc: Option<usize>,
    /// The encoding of strings.
    pub encoding: StringEncoding,
    /// Whether the function is lifted or lowered with the option `async`, or the built-in returns
    /// instead of waiting.
    pub is_async: bool,
    /// Whether values are passed as references of the GC proposal.
    pub gc: bool,
}

/// A component-level function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Func {
    /// The lifted function at this index of [`Plan::lifts`].
    Lifted(usize),
    /// The function that the root imports, at this index of [`Plan::imports`].
    Import(usize),
    /// A function of an instance of a component that the root imports, of which nothing is known.
    OfImport,
    /// A function that cannot be called, with the reason at this index of [`Plan::undecided`].
    Undecided(usize),
}

/// A function that the root imports.
#[derive(Clone, Debug)]
pub struct Import {
    /// Its full name.
    pub name: ExportName,
    /// Its type.
    pub ty: Arc<FuncTy>,
}

/// A resource type.
#[derive(Clone, Debug)]
pub struct ResourceDef {
    /// The name in the interface, or `[resource]` and its index if the interface does not show the
    /// type.
    pub name: ResourceType,
    /// The definer.
    pub origin: ResourceOrigin,
}

/// The definer of a resource type.
#[derive(Clone, Debug)]
pub enum ResourceOrigin {
    /// The root imports it under this name.
    Host(ExportName),
    /// A component instance.
    Guest {
        /// The component instance.
        instance: usize,
        /// The destructor, as an index into [`Plan::core_items`].
        dtor: Option<usize>,
    },
    /// A component instance of a fused module that keeps the handles in a table of its own. The
    /// host passes these handles on as they are.
    Table {
        /// The component instance.
        instance: usize,
        /// The core function from a handle to its representation, as an index into
        /// [`Plan::core_items`].
        rep: usize,
        /// The core function that drops a handle, as an index into [`Plan::core_items`].
        drop: usize,
    },
}

/// An import of the root that no world can define.
#[derive(Clone, Debug)]
pub struct Missing {
    /// Its full name.
    pub name: ExportName,
    /// The kind: a component, a core module or a value.
    pub what: &'static str,
}

impl Plan {
    /// Returns whether the artifact has asynchronous parts: functions that are `async`, lifted or
    /// lowered so, or built-ins that only these need.
    #[must_use]
    pub fn is_async(&self) -> bool {
        let lifts = self.lifts.iter();
        let mut lifts = lifts.map(|lift| lift.ty.is_async || lift.options.is_async);
        lifts.any(|is_async| is_async)
            || self.imports.iter().any(|import| import.ty.is_async)
            || self.core_items.iter().any(CoreItem::is_async)
    }
}

impl CoreItem {
    /// A built-in of a module that has the core items itself that the built-in names, if it names any.
    pub(crate) fn builtin(builtin: Builtin, ty: CoreFuncType, instance: usize) -> Self {
        match builtin {
            Builtin::TaskReturn(..)
            | Builtin::WaitableSetWait(_)
            | Builtin::WaitableSetPoll(_)
            | Builtin::Copying(_, CopyingOp::Read(_) | CopyingOp::Write(_))
            | Builtin::ThreadNewIndirect(_)
            | Builtin::ErrorContextNew(_)
            | Builtin::ErrorContextDebugMessage(_) => Self::BuiltinForCaller(builtin, ty, instance),
            builtin => Self::Builtin(builtin, ty, instance),
        }
    }

    fn is_async(&self) -> bool {
        match self {
            CoreItem::Lower(_, options, _) | CoreItem::LowerForCaller(_, options, _) => {
                options.is_async
            }
            CoreItem::Builtin(builtin, ..) | CoreItem::BuiltinForCaller(builtin, ..) => !matches!(
                builtin,
                Builtin::ContextGet(_)
                    | Builtin::ContextSet(_)
                    | Builtin::BackpressureInc
                    | Builtin::BackpressureDec
                    | Builtin::Unsupported(_)
            ),
            _ => false,
        }
    }
}
