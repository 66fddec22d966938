//! Reads WebAssembly artifacts: what they import and export, and of which core instances they are
//! made.
//!
//! This is the only decoder of artifacts in the seam. Adapters compile raw bytes and never decode
//! them; everything that needs to know what is in an artifact asks this crate.
//!
//! - [`interface()`] reads the [`Interface`](seam_core::Interface) of an artifact; [`validate`]
//!   judges function bodies too.
//! - [`module_type`] reads what a core module imports and exports.
//! - [`compile`] compiles a core module on a [`CoreEngine`](seam_core::CoreEngine) and attaches its
//!   type.
//! - [`needed_capability`] tells an adapter which proposal a valid module needs.

mod budget;
mod compile;
mod component;
mod core_module;
mod feature;
mod interface;
mod module_type;
mod validate;

pub use compile::compile;
pub use feature::needed_capability;
pub use interface::{interface, validate};
pub use module_type::module_type;
