//! How `seam diff` ends for what its runs did.

use seam_diff::{Ended, Observation, Report, Verdict};

use crate::status::{Failure, Status};

/// Returns the status for a report. If an engine failed in any run, the command failed.
pub(crate) fn status(report: &Report) -> Status {
    let failed = |run: &Observation| {
        let mut endings = run.endings();
        endings.any(|ended| matches!(ended, Ended::Failed("engine", _)))
    };
    if report.observations.iter().any(failed) {
        return Status::Failed;
    }
    match report.verdict {
        Verdict::Match => Status::Fine,
        Verdict::Diverged(_) | Verdict::Inconclusive(_) => Status::Diverged,
    }
}

/// Returns the failure that all runs agree on, if it is not a behaviour of the guest.
///
/// In this case the user's input is wrong, or no runtime works.
pub(crate) fn agreed_failure(report: &Report) -> Option<Failure> {
    if !report.verdict.is_match() {
        return None;
    }
    let reference = report.observations.get(report.reference?)?;
    let mut endings = reference.endings();
    let (blame, text) = endings.find_map(|ended| match ended {
        Ended::Failed(blame, text) => Some((*blame, text)),
        _ => None,
    })?;
    let status = match blame {
        "invalid" | "link" | "misuse" => Status::Input,
        _ => Status::Failed,
    };
    Some(Failure::new(status, blame, text.clone()))
}
