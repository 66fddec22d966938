//! An operation in steps, as a job of the glue.

use seam_core::{CoreStore, Error, Result};

use super::job::Target;
use crate::state::{Job, Next, Running};
use crate::task::{After, InSteps, Steps};

/// An operation in progress.
pub(super) struct StepsJob {
    stage: Option<Stage>,
}

enum Stage {
    Begin(InSteps, Vec<u64>),
    /// A guest has been called, whose function has so many results.
    Called(After<Vec<u64>>, usize),
}

impl StepsJob {
    pub(super) fn new(body: InSteps, args: &[u64]) -> Self {
        Self {
            stage: Some(Stage::Begin(body, args.to_vec())),
        }
    }
}

impl Job for StepsJob {
    fn advance(&mut self, store: &mut dyn CoreStore, mut results: Vec<u64>) -> Result<Next> {
        let stage = self.stage.take();
        let stage = stage.ok_or_else(|| Error::engine("expected an operation in progress"))?;
        Running::of(store)?.tasks.defers = true;
        let steps = match stage {
            Stage::Begin(body, args) => body.start(store, &args),
            Stage::Called(after, num_results) => {
                results.truncate(num_results);
                after.go_on(store, results)
            }
        };
        Running::of(store)?.tasks.defers = false;
        let (call, after) = match steps? {
            Steps::Done(results) => return Ok(Next::Return(results)),
            Steps::Call(call, after) => (call, after),
        };
        let (func, ty) = (call.func.func(), call.func.ty());
        let perform = Running::of(store)?.perform.as_mut();
        let perform = perform.ok_or_else(|| Error::engine("expected glue that calls a guest"))?;
        let (signature, element) = perform.prepare(func, ty)?;
        if let Some((table, func)) = element {
            store.set_table_at(table, 0, func)?;
        }
        self.stage = Some(Stage::Called(after, ty.results.len()));
        let args = std::iter::once(signature).chain(call.args).collect();
        Ok(Next::Call(Target::Any as i32, args))
    }
}
