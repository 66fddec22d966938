use seam_kiln::KilnBackend;
use seam_on_kiln::{KNOWN_FAILURES, engine};
use seam_tests::kit::{Report, Subject, run_all};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let report = report()?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    for outcome in report.faults() {
        eprintln!("{}: {:?}", outcome.case, outcome.verdict);
    }
    Ok(())
}

/// Runs every case of the kit, one after the other.
fn report() -> seam_core::Result<Report> {
    let subject = Subject::new(KilnBackend::of(engine()?)).with_engine(engine()?);
    Ok(run_all(&subject, &KNOWN_FAILURES))
}
