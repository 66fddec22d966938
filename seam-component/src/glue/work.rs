//! What a glue function does.

use super::job::{GlueJob, JobKind};
use super::steps_job::StepsJob;
use crate::state::Job;
use crate::task::InSteps;

/// What a glue function does.
pub(super) enum Work {
    Job(JobKind),
    InSteps(InSteps),
}

impl Work {
    /// Begins a call.
    pub(super) fn begin(&self, args: &[u64]) -> Box<dyn Job> {
        match self {
            Work::Job(kind) => Box::new(GlueJob::new(kind.clone(), args)),
            Work::InSteps(body) => Box::new(StepsJob::new(body.clone(), args)),
        }
    }
}
