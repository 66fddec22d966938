//! Performs steps and records the observations.

use std::collections::BTreeMap;
use std::sync::Arc;

use seam_core::{
    Artifact, Backend, BackendExt, Error, ExportName, Failed, FuncType, Instance, Memories,
    Program, ProgramExt, Query, Resource, Type, Value, World, contain,
};

use crate::observation::Ran;
use crate::{Ended, Observation, Seen, Step, Variables, written};

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
    Loaded::new(backend, artifact, world).observe(steps)
}

/// An artifact that a backend has loaded, with the world for its instances.
pub struct Loaded {
    artifact: Artifact,
    by: Ran,
    world: World,
    /// The program, or how loading failed.
    program: Result<Box<dyn Program>, Ended>,
}

impl Loaded {
    /// Loads an artifact. If that fails, each observation says so.
    #[must_use]
    pub fn new(backend: &dyn Backend, artifact: &Artifact, world: &World) -> Self {
        Self {
            artifact: artifact.clone(),
            by: Ran::of(backend),
            world: world.clone().record(true),
            program: contain(|| backend.load_blocking(artifact)).map_err(|error| Ended::of(&error)),
        }
    }

    /// Creates the record of an artifact that a backend cannot load in any build, for this reason.
    #[must_use]
    pub fn refused(backend: &dyn Backend, artifact: &Artifact, error: &Error) -> Self {
        Self {
            artifact: artifact.clone(),
            by: Ran::of(backend),
            world: World::new(),
            program: Err(Ended::of(error)),
        }
    }

    /// Returns the artifact.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// Returns the name of the backend.
    #[must_use]
    pub fn backend(&self) -> &str {
        &self.by.backend
    }

    /// Performs the steps in a new instance in a fresh world, as [`observe`] does.
    #[must_use]
    pub fn observe(&self, steps: &[Step]) -> Observation {
        let mut session = self.start();
        steps.iter().for_each(|step| session.perform(step));
        session.finish()
    }

    /// Creates an instance for steps that are not known yet.
    pub(crate) fn start(&self) -> Session {
        let mut seen = Observation::without_content(self.artifact.clone(), self.by.clone());
        let made = match &self.program {
            Ok(program) => contain(|| program.instantiate_blocking(&self.world)),
            Err(ended) => {
                seen.failed = Some(ended.clone());
                return Session::failed(seen, None);
            }
        };
        match made {
            Ok(instance) => Session {
                seen,
                instance: Some(instance),
                variables: Variables::new(),
                closed: false,
                written: BTreeMap::new(),
            },
            Err(Failed {
                error,
                observed,
                instance,
            }) => {
                seen.failed = Some(Ended::of(&error));
                seen.take(&observed);
                Session::failed(seen, instance)
            }
        }
    }
}

/// An instance whose steps are observed one by one.
pub(crate) struct Session {
    seen: Observation,
    instance: Option<Box<dyn Instance>>,
    variables: Variables,
    closed: bool,
    /// What guests wrote to the streams and futures that calls returned.
    written: BTreeMap<String, Value>,
}

impl Session {
    fn failed(seen: Observation, instance: Option<Box<dyn Instance>>) -> Self {
        Self {
            seen,
            instance,
            variables: Variables::new(),
            closed: true,
            written: BTreeMap::new(),
        }
    }

    /// Returns whether no more calls can be made.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Returns the resources that steps have named, by name.
    pub(crate) fn resources(&self) -> Vec<(Arc<str>, Resource)> {
        let names = self.variables.names();
        let mut found: Vec<_> = names.map(|(name, it)| (name.clone(), it.clone())).collect();
        found.sort_by(|(left, _), (right, _)| left.cmp(right));
        found
    }

    /// Returns the type of a function, or why it cannot be called.
    pub(crate) fn func(&mut self, name: &ExportName) -> seam_core::Result<Arc<FuncType>> {
        match &mut self.instance {
            Some(instance) if !self.closed => contain(|| Ok(instance.func(name)?.ty().clone())),
            _ => Err(Error::misuse("expected an instance, found none")),
        }
    }

    /// Performs a step. If the instance is closed, records that it was not performed.
    pub(crate) fn perform(&mut self, step: &Step) {
        let seen = match (&mut self.instance, step) {
            _ if self.seen.failed.is_some() => Seen::not_run(step),
            // A closed instance can still be inspected.
            (Some(instance), Step::Snapshot(_)) => {
                Seen::perform(&mut **instance, &mut self.variables, step)
            }
            (Some(instance), _) if !self.closed => {
                Seen::perform(&mut **instance, &mut self.variables, step)
            }
            _ => Seen::not_run(step),
        };
        self.closed |= seen.ended.closes(self.seen.artifact.kind());
        self.read_streams(&seen);
        self.seen.steps.push(seen);
    }

    /// Reads the streams and futures that a step returned.
    fn read_streams(&mut self, seen: &Seen) {
        let (Some(instance), Ended::Returned(Some(result))) = (&mut self.instance, &seen.ended)
        else {
            return;
        };
        if result.ends().is_empty() {
            return;
        }
        let read = || Ok(written::read_all(&mut **instance, result, &mut |_, _| {}));
        let all = contain::<_, Error>(read);
        let step = self.seen.steps.len() + 1;
        for written in all.unwrap_or_default() {
            if let Some(failed) = &written.failed {
                self.closed |= failed.closes(self.seen.artifact.kind());
            }
            let name = format!("step {step}, {}", written.end);
            self.written.insert(name, written.value());
        }
    }

    /// Returns how the last step ended.
    pub(crate) fn last(&self) -> Option<&Ended> {
        self.seen.steps.last().map(|seen| &seen.ended)
    }

    /// Writes the last step like this one, which names only resources that there are.
    pub(crate) fn describe_last(&mut self, step: &Step) {
        if let Some(seen) = self.seen.steps.last_mut() {
            seen.step = step.to_string();
        }
    }

    /// Forgets the last step, which the instance refused before the guest ran.
    pub(crate) fn forget_refused(&mut self) {
        self.seen.steps.pop();
        self.closed = false;
    }

    /// Returns what was observed, with the state of the instance at the end.
    pub(crate) fn finish(mut self) -> Observation {
        if let Some(mut instance) = self.instance {
            self.seen.look_at(&mut *instance);
        }
        self.seen.artefacts.append(&mut self.written);
        self.seen
    }
}

impl Observation {
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
    fn perform(instance: &mut dyn Instance, variables: &mut Variables, step: &Step) -> Self {
        let mut ty = None;
        let ended = contain(|| perform(instance, variables, step, &mut ty));
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
    variables: &mut Variables,
    step: &Step,
    ty: &mut Option<Type>,
) -> seam_core::Result<Ended> {
    match step {
        Step::Invoke {
            name,
            args,
            results,
        } => {
            let func = instance.func(name)?;
            ty.clone_from(&func.ty().result);
            let result = variables.call(instance, &func, args, results)?;
            Ok(Ended::Returned(result))
        }
        Step::Core { at, export, args } => instance
            .call_core(at, export, args)
            .map(Ended::ReturnedCore),
        Step::Drop(_) => variables.perform(instance, step).map(Ended::Returned),
        Step::Run => Ok(Ended::Exited(instance.run_blocking()?.code)),
        Step::Snapshot(query) => instance.snapshot(query).map(Ended::Snapshot),
    }
}
