//! A `seam` command with its own runtime, as a model for plugging in yours.
//!
//! ```console
//! $ cargo run -p seam-cli --example toy -- diff seam-cli/examples/toy/sum.wat \
//!     --invoke 'sum-of-squares(3, 4)' --backend wasmtime --backend toy
//! ```
//!
//! The runtime is a toy: an interpreter for functions over `i32` without control flow, which
//! rejects all other modules. The adapter is complete: imported and exported functions, memories,
//! tables and globals, snapshots, components, and fuel in a build of its own.
//!
//! | file | what | lines an adapter of another runtime has instead |
//! |---|---|---|
//! | `module.rs` | decodes a core module | the runtime's own compiler |
//! | `interpret.rs` | executes it | the runtime's own execution |
//! | `link.rs` | instantiation: import matching, segments, start | the runtime's own, called |
//! | `store.rs` | [`CoreStore`]: handles, calls, access from outside | the same, over the runtime's store |
//! | this file | what the runtime is, for [`Layered`], which makes a whole backend of any [`CoreEngine`] | the same |

mod interpret;
mod link;
mod module;
mod store;

use std::process::ExitCode;

use seam_component::Layered;
use seam_core::{
    Capabilities, Capability, CoreEngine, CoreModule, CoreStore, EngineInfo, HostState, Limits,
    Result, check_core_limits,
};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

fn main() -> ExitCode {
    seam_cli::main(seam_cli::backends![
        Wasmtime::new(),
        Wasmtime::layered(),
        Wasmi::new(),
        Layered::new(Toy::new()),
    ])
}

/// The engine. A real engine stores its configuration here.
struct Toy {
    info: EngineInfo,
}

impl Toy {
    fn new() -> Self {
        // Capabilities are promises. The conformance kit tests each listed capability, and tests
        // that everything that needs another capability is refused.
        let mut info = EngineInfo::new("toy", env!("CARGO_PKG_VERSION"), [Capability::Reentrant]);
        // The interpreter trusts its input, so the layer above validates modules first.
        info.validates = false;
        Self { info }
    }
}

impl CoreEngine for Toy {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn compile(&self, wasm: &[u8]) -> Result<CoreModule> {
        let code = module::Code::compile(wasm)?;
        Ok(CoreModule::new(code))
    }

    fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn CoreEngine>>> {
        // The other build counts fuel. The command asks for it if it gets `--fuel`.
        let mut counting = Toy::new();
        let capabilities = &mut counting.info.capabilities;
        *capabilities = capabilities.clone().with(Capability::Fuel, true);
        let able = wanted.iter().all(|one| capabilities.has(one));
        able.then(|| Ok(Box::new(counting) as Box<dyn CoreEngine>))
    }

    fn store(&self, limits: &Limits, host: HostState) -> Result<Box<dyn CoreStore>> {
        // A limit that cannot be enforced is refused, never ignored.
        check_core_limits(limits, &self.info.capabilities)?;
        Ok(Box::new(store::ToyStore::new(limits, host)))
    }
}
