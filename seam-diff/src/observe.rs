//! Performs steps and records the observations.

use seam_core::{
    Artifact, Backend, BackendExt, Error, Failed, Instance, InstanceExt, Memories, ProgramExt,
    Query, Type, World, contain,
};

use crate::{Ended, Observation, Seen, Step};

/// Performs the steps in one instance. Blocks the calling thread and needs no executor.
///
/// Host calls are recorded even if the world does not request it.
///
/// After a step that [closes](Ended::closes) the instance, all later calls are listed as
/// [`Ended::NotRun`]. A panic of the backend counts as a failure of the engine.
#[must_use]
pub fn observe(
    backend: &dyn Backend,
    artifact: &Artifact,
    world: &World,
    steps: &[Step],
) -> Observation {
    let mut seen = Observation::empty(artifact, backend);
    let world = world.clone().record(true);
    let made = contain(|| {
        let program = backend.load_blocking(artifact).map_err(Failed::from)?;
        program.instantiate_blocking(&world)
    });
    let instance = match made {
        Ok(mut instance) => {
            seen.perform_all(&mut *instance, steps);
            Some(instance)
        }
        Err(failed) => {
            seen.failed = Some(Ended::of(&failed.error));
            seen.steps = steps.iter().map(Seen::not_run).collect();
            seen.take(&failed.observed);
            failed.instance
        }
    };
    if let Some(mut instance) = instance {
        seen.look_at(&mut *instance);
    }
    seen
}

impl Observation {
    fn perform_all(&mut self, instance: &mut dyn Instance, steps: &[Step]) {
        let mut closed = false;
        for step in steps {
            let seen = match step {
                // A closed instance can still be inspected.
                Step::Snapshot(_) => Seen::perform(instance, step),
                _ if closed => Seen::not_run(step),
                _ => Seen::perform(instance, step),
            };
            closed |= seen.ended.closes(self.artifact.kind());
            self.steps.push(seen);
        }
    }

    /// Records the state of the instance at the end.
    fn look_at(&mut self, instance: &mut dyn Instance) {
        let observed = contain::<_, Error>(|| Ok(instance.observed().clone()));
        self.take(&observed.unwrap_or_default());
        if self.endings().all(Ended::returned) {
            self.held = contain::<_, Error>(|| Ok(instance.held())).ok();
        }
        let fuel = contain::<_, Error>(|| Ok(instance.fuel_consumed()));
        self.fuel = fuel.unwrap_or_default();
        // The bytes distinguish NaN bits from significant differences. If a backend cannot see
        // inside a component, it has no snapshot. This is not a failure of a step.
        let query = Query::new().with_memories(Memories::Bytes);
        self.state = contain(|| instance.snapshot(&query)).ok();
    }
}

impl Seen {
    fn perform(instance: &mut dyn Instance, step: &Step) -> Self {
        let mut ty = None;
        let ended = contain(|| perform(instance, step, &mut ty));
        Self {
            step: step.to_string(),
            ended: ended.unwrap_or_else(|error| Ended::of(&error)),
            ty,
        }
    }
}

/// Performs a step. `ty` becomes the type of its result.
fn perform(
    instance: &mut dyn Instance,
    step: &Step,
    ty: &mut Option<Type>,
) -> seam_core::Result<Ended> {
    match step {
        Step::Invoke { name, args } => {
            let func = instance.func(name)?;
            ty.clone_from(&func.ty().result);
            Ok(Ended::Returned(instance.call_blocking(&func, args)?))
        }
        Step::Run => Ok(Ended::Exited(instance.run_blocking()?.code)),
        Step::Snapshot(query) => instance.snapshot(query).map(Ended::Snapshot),
    }
}
