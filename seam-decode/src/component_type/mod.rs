//! Gives a core module the component-level types that its own `component-type` sections carry.
//!
//! `wit-bindgen` describes the world of a guest in custom sections of its core module, and
//! `wit-component` makes a component from both. This module reads the sections with the decoder of
//! this crate, and finds the functions by the names that `wit-component` gives them (its older naming
//! scheme, which `wit-bindgen` uses):
//!
//! | of the core module | in the world |
//! |---|---|
//! | export `I#f`, or `f` | the exported function `f` of the interface `I`, or of the world itself |
//! | export `cabi_post_N` | what frees the result of the export `N` |
//! | export `I#[dtor]R` | the destructor of the resource `R` that the module defines for `I` |
//! | export `memory` | the memory of all functions |
//! | export `cabi_realloc` | their allocator; `cabi_export_realloc`, `cabi_import_realloc` come first |
//! | export `_initialize` | is called once, before any other export |
//! | import `I` `f`, or `$root` `f` | the imported function `f` |
//! | import `[resource-drop]R` of `I` | drops a handle of the imported resource `R` |
//! | import `[resource-new\|rep\|drop]R` of `[export]I` | the built-ins of a resource that the module defines |
//! | export `[async-lift]N`, with `[callback][async-lift]N` | the exported function, lifted with `async` and a callback |
//! | export `[async-lift-stackful]N` | the exported function, lifted with `async` and without a callback |
//! | import `[async-lower]f` of `I` | the imported function, lowered with `async` |
//! | import `[task-return]f` of `[export]I` | returns the result of the exported function `f` |
//! | import `[stream-read-N]f` of `I` or `[export]I`, and the like | a built-in of the stream or future number `N` in the type of `f`; `unit` in place of `N` stands for the type without elements, and `[async-lower]` before it for the option `async` |
//! | import `[waitable-set-new]` of `$root`, and the like | the other asynchronous built-ins; `[cancellable]` before it stands for that option |
//! | export `__indirect_function_table` | the table of `[thread-new-indirect-v0]` |
//!
//! An unknown built-in answers `Unsupported` when it is called. A module that exports
//! `__wasm_init_task` or `__wasm_init_async_task` does not link: `wit-component` wraps the exports of
//! such a module in functions that call these first.
//!
//! `wit-component` itself is not used, for two reasons. It would bring a parser and printer of WIT into
//! every adapter. And the component that it makes of the same module is what the tests compare with,
//! which shows faults only if it is another implementation.
//!
//! | file | what it has |
//! |---|---|
//! | `section` | the sections of a module, and the world in each |
//! | `world` | the union of these worlds |
//! | `export` | what the exported functions use |
//! | `import` | the imports: functions of the world, built-ins, and the rest |
//! | `builtin` | the asynchronous built-ins |
//! | `make` | plan and interface |

mod builtin;
mod export;
mod import;
mod make;
mod section;
mod world;

use std::sync::Arc;

use seam_core::{Artifact, Error, Result};

use crate::module::{Scan, TypedModule};
use world::World;

pub use section::has_component_type;

/// Binds a core module to the world of its own sections.
///
/// # Errors
/// Those of [`decode_typed`](crate::decode_typed).
pub(crate) fn bind(module: &Artifact) -> Result<TypedModule> {
    if let Some((name, _)) = module.core_bindings().first() {
        return Err(Error::misuse(format!(
            "expected bindings only for a fused module, found one for `{name}` of a module whose own \
             section names everything"
        )));
    }
    let wasm = module.bytes();
    let ty = Arc::new(crate::pass::module_type(wasm)?);
    let scan = Scan::without_bodies(wasm, ty)?;
    let world = World::read(wasm)?;
    make::make(&scan, &world, wasm.len())
}
