//! Decodes WebAssembly artifacts, once: what they import and export, how they are instantiated, and
//! how their values are laid out.
//!
//! This is the only decoder and the only validator of artifacts in the seam. Adapters compile raw
//! bytes and never decode them; whoever needs to know what is in an artifact asks this crate.
//!
//! - [`decode`] reads an artifact in one validated pass. [`Decoded`] has its
//!   [`Interface`](seam_core::Interface) and, for a component, its [`Plan`].
//! - A [`Plan`] lists the steps of a component's instantiation, which is known from the bytes: which
//!   core modules are instantiated with which imports and at which paths, what is lifted, lowered and
//!   exported. Each step refers to the results of earlier ones by index. Bounds on instances and
//!   definitions are checked here, so carrying out a plan needs no bounds.
//! - [`types`] are component-level types with sizes, alignments, offsets and flat types.
//! - [`validate`] is the seam's own verdict on an artifact, function bodies included; engines judge
//!   the bytes themselves.
//! - [`compile`] compiles a core module on a [`CoreEngine`](seam_core::CoreEngine) and attaches its
//!   type; [`module_type`] reads that type.
//! - [`needed_capability`] tells an adapter which proposal a valid module needs.
//!
//! # Which part of a component provides an export
//! [`Plan::exports`] has a [`Func`] for each exported function. A lifted one leads to its [`Lift`]:
//! the core item that it calls and, in its options, the component instance. [`Plan::core_items`] says
//! where a core item comes from: which export of which core instance, and [`Plan::modules`] where the
//! bytes of that instance's module are. [`Plan::component_instances`] has what each inner component
//! instance exports.

mod compile;
mod decoded;
mod feature;
mod interface;
mod pass;
mod plan;
pub mod types;

pub use compile::{compile, compile_untyped};
pub use decoded::{Decoded, decode, interface, validate};
pub use feature::needed_capability;
pub use pass::module_type;
pub use plan::{
    Builtin, ComponentInstance, CoreInstance, CoreItem, CoreModuleDef, Export, Func, Import,
    Instance, Lift, Missing, ModuleRef, Options, Plan, ResourceDef, ResourceOrigin, Step,
};
