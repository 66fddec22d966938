use std::process::ExitCode;

use seam_kiln::KilnBackend;

fn main() -> ExitCode {
    let kiln = match seam_on_kiln::engine() {
        Ok(engine) => KilnBackend::of(engine),
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(5);
        }
    };
    seam_cli::main(seam_cli::backends![kiln])
}
