//! The `seam` command on the runtimes of this workspace.

use seam_wasi::Preview1;

fn main() -> std::process::ExitCode {
    seam_cli::main(seam_cli::backends![
        seam_wasmtime::Wasmtime::new(),
        Preview1::over(seam_wasmtime::Wasmtime::layered()),
        Preview1::over(seam_wasmi::Wasmi::new()),
    ])
}
