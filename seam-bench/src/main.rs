//! The benchmarks of seam: see the crate's documentation.

fn main() -> std::process::ExitCode {
    match seam_bench::main() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            std::process::ExitCode::FAILURE
        }
    }
}
