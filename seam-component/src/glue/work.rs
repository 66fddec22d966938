//! What a glue function does.

use super::job::{GlueJob, Task};
use super::steps_job::StepsJob;
use crate::state::Job;
use crate::task::InSteps;

/// What a glue function does.
pub(super) enum Work {
    Task(Task),
    InSteps(InSteps),
}

impl Work {
    /// Begins a call.
    pub(super) fn begin(&self, args: &[u64]) -> Box<dyn Job> {
        match self {
            Work::Task(task) => Box::new(GlueJob::new(task.clone(), args)),
            Work::InSteps(body) => Box::new(StepsJob::new(body.clone(), args)),
        }
    }
}
