//! The engines' own APIs, and seam, as sides of rows.

mod component;
mod entry;
mod seam;
mod wasmi_core;
mod wasmi_host;
mod wasmi_program;
mod wasmtime_core;

pub(crate) use component::{Component, value_of_val};
pub(crate) use entry::{Entry, entries, value_of_entries};
pub(crate) use seam::{Seam, builds, instantiate, on_all, on_each};
pub(crate) use wasmi_core::WasmiCore;
pub(crate) use wasmi_host::{chained, hosted, relayed};
pub(crate) use wasmi_program::{WasmiProgram, wasmi_compile, wasmi_instantiate};
pub(crate) use wasmtime_core::WasmtimeCore;

use crate::row::Bound;

/// wasmi's core API with dynamic values.
pub(crate) const WASMI_CORE: Bound = Bound("wasmi core, dynamic");
/// wasmi's core API with Rust types.
pub(crate) const WASMI_TYPED: Bound = Bound("wasmi core, typed");
/// Code over wasmi's core API that lowers and lifts by hand.
pub(crate) const WASMI_BY_HAND: Bound = Bound("wasmi by hand");
/// wasmtime's core API.
pub(crate) const WASMTIME_CORE: Bound = Bound("wasmtime core");
/// wasmtime's component API with dynamic values.
pub(crate) const COMPONENT: Bound = Bound("wasmtime component, dynamic");
/// wasmtime's component API with Rust types.
pub(crate) const COMPONENT_TYPED: Bound = Bound("wasmtime component, typed");
/// Copying the bytes twice.
pub(crate) const TWO_COPIES: Bound = Bound("two copies");

/// The backend over wasmi.
pub(crate) const WASMI: &str = "wasmi";
/// The layered backend over wasmtime.
pub(crate) const LAYERED: &str = "wasmtime-layered";
/// The native backend over wasmtime.
pub(crate) const NATIVE: &str = "wasmtime";
