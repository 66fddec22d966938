//! The artifacts of `seam diff`, and how each is loaded on a backend.

use std::path::PathBuf;
use std::time::Duration;

use seam_core::{Artifact, Backend, Capability, Error, ErrorKind, Interface};
use seam_diff::Loaded;
use seam_diff::build::{self, Need};

use crate::args;
use crate::select;
use crate::source;
use crate::status::Failure;
use crate::world::{self, Surroundings};

/// The time limit of each random call, if the options set no limit.
const DEADLINE: Duration = Duration::from_secs(2);

/// An artifact, and what its instances need.
pub(crate) struct Plan {
    pub(crate) artifact: Artifact,
    pub(crate) interface: Interface,
    needs: Vec<Need>,
    surroundings: Surroundings,
}

/// Returns the plans for the artifacts of the command.
pub(crate) fn plans(args: &args::Diff) -> Result<Vec<Plan>, Failure> {
    let options = &args.execution;
    let artifacts = artifacts(args)?;
    // All guests get the same program name, because it would be a difference otherwise.
    let program = artifacts.first().map_or("", Artifact::name);
    let mut surroundings = Surroundings::new(program, &args.args, options)?;
    surroundings.writable_dirs = false;
    let plan = |artifact: Artifact| {
        bindable(&artifact)?;
        let mut needs = select::needs(options, &artifact);
        if has_default_deadline(args) {
            needs.push(Need::wish(Capability::Deadline, "--random"));
        }
        Ok(Plan {
            needs,
            surroundings: surroundings.clone(),
            // The backends judge whether the bytes are valid, because they may differ in it.
            interface: seam_decode::interface(&artifact)?,
            artifact,
        })
    };
    artifacts.into_iter().map(plan).collect()
}

/// Returns whether calls get a time limit that the user did not set: a random call may never end.
fn has_default_deadline(args: &args::Diff) -> bool {
    let options = &args.execution;
    args.random.is_some() && options.deadline.is_none() && options.fuel.is_none()
}

impl Plan {
    /// Loads the artifact on a backend, in the build that the options and the artifact need, and
    /// makes an attempt with it. `lacked` returns the capability that the attempt lacked.
    ///
    /// The inner error says that the backend cannot do it, in any build.
    ///
    /// # Errors
    /// The options are wrong.
    pub(crate) fn load<T>(
        &self,
        args: &args::Diff,
        backend: &dyn Backend,
        make: impl Fn(Loaded) -> T,
        lacked: impl Fn(&T) -> Option<Capability>,
    ) -> Result<Result<T, Error>, Failure> {
        let options = &args.execution;
        let attempt = |build: &dyn Backend| -> Result<T, Error> {
            let mut world = world::world(options, &self.surroundings, &self.interface, build)?;
            if has_default_deadline(args) && build::has(build, Capability::Deadline) {
                world = world.limits(options.limits().with_deadline(DEADLINE));
            }
            Ok(make(Loaded::new(build, &self.artifact, &world)))
        };
        let lacked = |made: &Result<T, Error>| lacked(made.as_ref().ok()?);
        match build::attempt(backend, &self.needs, attempt, lacked).flatten() {
            Ok(made) => Ok(Ok(made)),
            Err(error) => match error.kind() {
                ErrorKind::Unsupported(_) | ErrorKind::Engine => Ok(Err(error)),
                _ => Err(error.into()),
            },
        }
    }
}

/// Reads the artifacts. The composition of `--compose` is the first one.
///
/// Core modules get the types of the component that `--interface-of` names, or of the composition.
fn artifacts(args: &args::Diff) -> Result<Vec<Artifact>, Failure> {
    let options = &args.execution;
    let composed = match args.compose.as_slice() {
        [] => None,
        components => Some(source::composition(components)?),
    };
    let of = world::interface_of(&options.types)?.or_else(|| composed.clone());
    let read = |path: &PathBuf| {
        world::check_stdin(source::is_stdin(path), options)?;
        world::typed(source::artifact(path)?, of.as_ref(), &options.types)
    };
    let named = args.artifacts.iter().map(read);
    composed.into_iter().map(Ok).chain(named).collect()
}

/// Checks that a core module can be bound to the component-level types that it was given.
///
/// # Errors
/// It has other exports, or a binding names an export that does not exist.
fn bindable(artifact: &Artifact) -> Result<(), Failure> {
    if !artifact.is_typed() {
        return Ok(());
    }
    match seam_decode::decode_typed(artifact) {
        Err(error) if *error.kind() == ErrorKind::Link => Err(error.into()),
        // The backends judge everything else.
        _ => Ok(()),
    }
}
