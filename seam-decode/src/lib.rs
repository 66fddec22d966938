//! Decodes WebAssembly artifacts once: imports and exports, plan of instantiation, and layouts of
//! values.
//!
//! This is the only decoder and the only validator of artifacts in the seam. Adapters compile raw
//! bytes and never decode them. All other code uses this crate to find out what an artifact
//! contains.
//!
//! - [`decode`] reads an artifact in one validated pass. [`Decoded`] has its
//!   [`Interface`](seam_core::Interface) and, for a component, its [`Plan`].
//! - A [`Plan`] lists the steps of a component's instantiation, which follow from the bytes: which
//!   core modules are instantiated with which imports and at which paths, and what is lifted,
//!   lowered and exported. Each step refers to the results of earlier steps by index. Bounds on
//!   instances and definitions are checked here, so code that executes a plan needs no bounds.
//! - [`types`] are component-level types with sizes, alignments, offsets and flat types.
//! - [`validate`] is the seam's own verdict on an artifact, including function bodies. Engines
//!   judge the bytes themselves.
//! - [`compile`] compiles a core module on a [`CoreEngine`](seam_core::CoreEngine) and attaches its
//!   type; [`module_type`] reads that type.
//! - [`decode_typed`] gives a core module component-level types, with a [`Plan`] too: the interface of
//!   the composition that a tool fused it from, or what its own `component-type` sections say.
//!   [`Provenance`] says where the functions of a fused module come from.
//! - [`inner_funcs`] lists the functions that only components inside a composition export.
//! - [`needed_capability`] tells an adapter which proposal a valid module needs.
//!
//! # Which part of a component provides an export
//! [`Plan::exports`] has a [`Func`] for each exported function. For a lifted function, [`Lift`] has
//! the core item that it calls and, in its options, the component instance. [`Plan::core_items`]
//! says which export of which core instance a core item is, and [`Plan::modules`] says where the
//! bytes of that instance's module are. [`Plan::component_instances`] lists the exports of each
//! inner component instance.

mod compile;
mod component_type;
mod decoded;
mod feature;
mod fused;
mod inner;
mod interface;
mod module;
mod pass;
mod plan;
mod provenance;
mod typed;
pub mod types;

pub use compile::{compile, compile_part, compile_untyped};
pub use component_type::has_component_type;
pub use decoded::{Decoded, decode, interface, validate};
pub use feature::needed_capability;
pub use inner::{inner_func, inner_funcs, is_inner};
pub use module::{BoundExport, BoundImport, Chosen, ExportChoice, Reason, TypedModule};
pub use pass::module_type;
pub use plan::{
    Builtin, ComponentInstance, CopyingOp, CopyingTy, CoreInstance, CoreItem, CoreModuleDef,
    EventOptions, Export, Func, Import, Instance, Lift, Missing, ModuleRef, Options, Plan,
    ResourceDef, ResourceOrigin, Step, ThreadOp,
};
pub use provenance::{FuncOrigin, Provenance};
pub use typed::{decode_typed, typed_interface};
