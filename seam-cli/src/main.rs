//! The `seam` command on the runtimes of this workspace.

fn main() -> std::process::ExitCode {
    seam_cli::main(seam_cli::backends![
        seam_wasmtime::Wasmtime::new(),
        seam_wasmtime::Wasmtime::layered(),
        seam_wasmi::Wasmi::new(),
    ])
}
