//! The plan of a component's instantiation.
//!
//! The definitions are walked once, when the artifact is decoded. Indices stand for the items that
//! the definitions make at run time.
//!
//! | file | what it has |
//! |---|---|
//! | `def` | the plan |
//! | `make` | the plan and the interface of a component |
//! | `component` | carrying out the definitions of each component instance |
//! | `walk` | the state of that walk |
//! | `core` | core instances and core items |
//! | `func` | canonical definitions |
//! | `import` | the imports of the root |
//! | `resource` | which of the validator's resource types is which of the plan's |
//! | `scope` | the index spaces of a component instance |
//! | `ty` | types, from the validator's |

mod builtin;
mod component;
mod core;
mod def;
mod func;
mod import;
mod make;
mod resource;
mod scope;
mod ty;
mod walk;

pub use def::{
    Builtin, ComponentInstance, CopyingOp, CopyingTy, CoreInstance, CoreItem, CoreModuleDef,
    EventOptions, Export, Func, Import, Instance, Lift, Missing, ModuleRef, Options, Plan,
    ResourceDef, ResourceOrigin, Step, ThreadOp,
};
pub(crate) use make::make;
pub(crate) use ty::{ScopeTypes, Types};
