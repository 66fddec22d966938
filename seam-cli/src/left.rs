//! What is left of an instance after a command: its globals, and what was observed.

use seam_core::{Error, Instance, Observed, Query, Snapshot, contain};

use crate::status::Failure;

/// Takes a snapshot of the globals that `--snapshot` selects, if it is given and there is an
/// instance. If that fails, it is the command's failure, unless there is one already.
pub(crate) fn globals(
    instance: &mut Option<Box<dyn Instance>>,
    prefix: Option<&str>,
    failure: &mut Option<Failure>,
) -> Option<Snapshot> {
    let (instance, prefix) = (instance.as_mut()?, prefix?);
    let query = Query::new().with_prefix(prefix);
    match contain(|| instance.snapshot(&query)) {
        Ok(taken) => Some(taken),
        Err(error) => {
            failure.get_or_insert_with(|| error.into());
            None
        }
    }
}

/// What the instance was seen to do; `failed` if there is no instance, or its engine has lost it.
pub(crate) fn observed<'a>(
    instance: &'a mut Option<Box<dyn Instance>>,
    failed: &'a Observed,
) -> &'a Observed {
    let Some(instance) = instance else {
        return failed;
    };
    contain::<_, Error>(|| Ok(instance.observed())).unwrap_or(failed)
}
