//! A whole [`Backend`](seam_core::Backend) over any runtime for core modules, with the Component
//! Model.
//!
//! [`Layered`] makes a backend from a [`CoreEngine`](seam_core::CoreEngine), which knows only core
//! modules. It links imports with the [`World`](seam_core::World), calls exports with typed values,
//! keeps resources, runs the canonical entry, records host calls and takes snapshots. This crate
//! contains no engine and no code of an engine's own component implementation. Therefore a fault in
//! either of them shows in a comparison.
//!
//! # What the layer does for every engine alike
//! - **Decoding.** `seam-decode` reads an artifact once and returns its interface and, for a
//!   component, the plan of its instantiation. This crate executes the plan, so core instances have
//!   the paths of the interface.
//! - **Validation.** An engine judges the raw bytes of core modules itself. If it does not
//!   ([`EngineInfo::validates`](seam_core::EngineInfo::validates)), `seam-decode` validates them
//!   first, with the proposals that the engine states. The pass over a component validates everything
//!   but the function bodies, element segments and data segments of core modules.
//! - **Host recursion.** Every function of the host that a guest can reach is counted on entry and
//!   exit, so calls host -> guest -> host nested deeper than
//!   [`Limits::host_depth`](seam_core::Limits::host_depth) end with `Limit(HostDepth)` before a
//!   native stack overflows, whatever the engine.
//! - **Panics** of host functions are caught, typed or raw. Adapters count levels and catch panics too
//!   (clauses 11 and 15 of [`CoreStore`](seam_core::CoreStore)), because their engines can be used
//!   without the layer.
//! - **Memories, tables and globals of the host** come from a generated provider module that is
//!   instantiated in the same store; engines need no methods to make them.
//! - **Re-entry.** Lowering calls back into guests (`realloc`, the callee, destructors). On an
//!   engine without [`Reentrant`](seam_core::Capability::Reentrant) a generated core module does
//!   that, and asks the host what to do next. Functions lowered between two core instantiations share
//!   one glue module until it is full.
//! - **Core modules with component-level types.** They run by a plan too, which `seam-decode` makes from
//!   the composition that a module was fused from (see `component/mod.rs` for what differs), or from the
//!   module's own `component-type` sections.
//!
//! # Where it differs
//! - **Calls between a component and one nested in it** are allowed in both directions, as in the
//!   reference interpreter: the calling instance and the instances around it are not entered again. In
//!   wasmtime 48, a component cannot call a component nested in it: its own component implementation
//!   answers with the trap `CannotEnter` where this layer makes the call.
//! - **Asynchronous calls** have one order where the reference chooses at random, and follow the
//!   official scripts where these differ from the reference: see `task/mod.rs`.
//! - **The host's side of streams and futures** is asked again whenever no thread is ready. If it has
//!   nothing then, a call that waits for it ends with the trap `Deadlock`.
//! - **Canonical definitions with a 64-bit memory** are `Unsupported` at instantiation.
//! - **Size.** A component has at most 10,000 core instances, and at most 10,000 component instances,
//!   nested at most 100 deep. These have at most 2,000,000 definitions, of at most 16 MiB in all:
//!   instantiations multiply, and a short component can ask for any number. `seam-decode` checks this
//!   when the component is loaded.
//! - **Without re-entry**, lowering starts again after each `realloc` and skips the elements of lists
//!   that it has lowered. It lowers the elements of fixed-length lists again, and the elements copied
//!   between the ends of a stream.
//!
//! # Where the specification is
//! Names and structure follow the reference interpreter of the component model, `definitions.py` at
//! revision 6d28164 of 2026-08-21. There is one [`CanonTrap`](seam_core::CanonTrap) for each
//! `trap_if` that an observer can tell from the others.
//!
//! | file | section of the reference interpreter, or of the documents |
//! |---|---|
//! | `seam_decode::types` | Despecialization; Type Predicates; Alignment; Element Size; Flattening |
//! | `seam_decode`: `pass`, `plan` | Binary.md; Explainer.md: definitions, index spaces, type checking |
//! | `abi/cx`, `machine`, `effects` | Canonical ABI Options; Lifting and Lowering Context |
//! | `abi/load`, `abi/store` | Loading; Storing |
//! | `abi/scalar`, `abi/numbers`, `abi/string`, `abi/transcode` | parts of these: numbers, strings |
//! | `abi/lift`, `abi/lower` | Flat Lifting; Flat Lowering; Lifting and Lowering Values |
//! | `abi/check`, `abi/transfer`, `abi/parts` | the same, without building values |
//! | `abi/plain`, `abi/lift_plain`, `abi/lower_plain`, `abi/plain_transfer` | the same, for scalars, strings and lists of numbers alone |
//! | `state` | Store and Component Instance State; Table, Resource, Task, Waitable, Stream State |
//! | `task` | `canon lift` and `canon lower` as tasks; Thread State |
//! | `abi/flat` | none: core values as bits |
//! | `canon/lift`, `canon/lower`, `canon/lower_host` | `canon lift`; `canon lower` |
//! | `canon/caller` | none: lowered imports of fused modules |
//! | `canon/resource` | `canon resource.new`; `canon resource.drop`; `canon resource.rep` |
//! | `canon/builtin` | the asynchronous built-ins |
//! | `component/execute`, `component/lifts` | Explainer.md: instantiation, by the plan |
//! | `glue`, `replay` | none: the same calls for engines that do not re-enter |
//! | `generated` | none: generated core modules, compiled once for a program |
//!
//! # What a call costs
//! A call computes only what its arguments decide. `seam_decode::types` has layouts, offsets and flat
//! types. A lifted or lowered function keeps its core functions, the instances that a call enters,
//! and whether it is over scalars alone, which then pass without memory. A blocking call is one
//! operation ([`call_in_one`](seam_core::Instance::call_in_one)).
//!
//! - Lifting borrows the memory and the layer's state together, once for all values of a call
//!   ([`memory_and_host`](seam_core::CoreStore::memory_and_host)).
//! - Between two guests, strings of one encoding and lists of numbers are copied once, from memory to
//!   memory ([`memory_copy`](seam_core::CoreStore::memory_copy)). Strings are validated once.
//! - A host function over Rust types gets its arguments from guest memory, unless the world records
//!   calls. Repeated calls of it use the same room. If it is over scalars, strings and lists of numbers
//!   alone, the call has no frame either.
//!
//! So a call of a resolved function, after the first, allocates nothing but the values that it passes to
//! the host. The test `allocations` of seam-tests counts this.
//!
//! # What an instantiation costs
//! A program keeps what follows from it and a world: the bindings of its imports, and the compiled
//! modules that the layer generates ([`PerWorld`](seam_core::PerWorld), `generated`). Instances share
//! these, also in parallel. Each instance executes the plan in a store of its own. A lifted function that
//! uses only exports of core instances is looked up when it is first called.
//!
//! # How a string argument gets into guest memory
//! From `seam invoke greet.wasm 'shout("World")' --backend wasmi` to the bytes in the guest, in ten
//! steps:
//!
//! 1. `seam-cli/src/invoke.rs`: `call_all` has the parsed call and its values.
//! 2. `seam-diff/src/variables.rs`: `Variables::perform` finds the function, and replaces the names of
//!    resources among the arguments.
//! 3. `seam-core/src/ext.rs`: `InstanceExt::call_blocking` makes the call in one operation.
//! 4. `seam-component/src/instance.rs`: `LayeredInstance::call_in_one`.
//! 5. `component/instance.rs`: `call_in_one` finds the function and checks the arguments.
//! 6. `canon/lift.rs`: `Lifted::call_plain` enters the component instance.
//! 7. `abi/lower_plain.rs`: `lower_plain`, and `Writer::store_string` for the string.
//! 8. `machine.rs`: `StoreMachine::allocate_filled` calls the guest's `realloc`.
//! 9. `seam-wasmi/src/store.rs`: `CoreStore::memory_and_host` gives the bytes of the engine's memory,
//!    which `realloc` may have moved.
//! 10. `abi/cx.rs`: `fill_allocated` checks what the guest has returned, and copies the string.
//!
//! If there are other types among the parameters or the result than `abi/plain.rs` lists, `Lifted::call`,
//! `abi/lower.rs` and `abi/transcode.rs` take the places of steps 6 and 7.

mod abi;
mod canon;
mod component;
mod core_module;
mod cores;
mod effects;
mod exported;
mod generated;
mod glue;
mod host;
mod inner;
mod instance;
mod layered;
mod limits;
mod machine;
mod poll;
mod program;
mod replay;
mod snapshot;
mod state;
mod task;

pub use cores::{Core, Cores};
pub use layered::Layered;
