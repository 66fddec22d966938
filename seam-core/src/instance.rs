//! A running instance.

use async_trait::async_trait;

use crate::typed::{LiftResult, result_from_value};
use crate::{
    Args, Call, CoreInstance, CorePath, CoreValue, Exit, ExportName, Func, Observed, Query,
    Resource, Result, Snapshot, Value,
};

/// A running instance of an artifact.
///
/// # Contract
/// 1. `func` finds exports by full name, or by a semver-compatible version of their interface,
///    highest first; for any other name it is `Misuse` with near matches. (kit:
///    `unknown_exports_list_near_matches`, `versions_match_within_their_track`)
/// 2. Arguments are checked against the function's type before the guest runs: `Misuse` with the
///    path to the offending part. (kit: `ill_typed_arguments_name_their_path`)
/// 3. Results are the same values on every backend. (kit: `numbers_pass_unchanged`,
///    `floats_pass_as_bits`, `values_of_every_type_pass`)
/// 4. A trap comes out as its cause in the one taxonomy, and `snapshot`, `observed` and memories
///    can be read after it. (kit: `traps_map_to_their_cause`, `snapshots_work_after_a_trap`)
/// 5. After a trap, a component's exports can not be called again (`CannotEnter`); a core module's
///    can. (kit: `a_trapped_component_is_closed`, `a_trapped_core_module_stays_open`)
/// 6. `run` starts the canonical entry and nothing else; a missing entry is `Misuse` naming what
///    was looked for and what is exported. (kit: `run_starts_the_canonical_entry`,
///    `run_never_guesses`)
/// 7. `cores` lists core instances by the paths of
///    [`Interface::core_instances`](crate::Interface::core_instances); engine-made ones do not
///    appear. (kit: `core_paths_are_stable`)
/// 8. A [`Func`] or handle of another instance is `Misuse`. (kit: `foreign_functions_are_misuse`,
///    `foreign_handles_are_misuse`)
/// 9. An owned resource moves: using it after it was passed or dropped is `Misuse`. (kit:
///    `moved_resources_are_misuse`)
/// 10. A panic of a host function is `Host`, and the process lives. (kit:
///     `a_panicking_host_function_is_caught`)
/// 11. Limits end a call with `Limit`. (kit: `fuel_ends_an_endless_loop`,
///     `a_deadline_ends_an_endless_loop`, `memory_stops_growing_at_its_limit`,
///     `host_recursion_is_bounded`, `captured_output_is_bounded`)
/// 12. `observed` holds output and, if the world records them, every host call with its values.
///     (kit: `host_calls_are_recorded`)
/// 13. `held` lists the guest-defined resources that the host still owns, in the order it got them:
///     after the last call, what is left is what leaked. (kit: `what_the_host_holds_is_listed`)
/// 14. A call is started, driven and taken, in this order: `start` checks and lowers the arguments,
///     `drive` runs the function until its result is ready, `take` lifts the result. A call that is
///     taken before it was driven is `Misuse`; driving a call that was driven to its end does
///     nothing. (kit: `calls_are_started_driven_and_taken`)
/// 15. A [`Call`] of another instance, or one that failed while it was driven, is `Misuse`. (kit:
///     `foreign_calls_are_misuse`)
/// 16. An instance has at most one call in flight: `start` and `run` are `Misuse` that names the
///     function while its call has been neither taken nor dropped. (kit:
///     `a_second_call_in_flight_is_misuse`)
/// 17. A call that is dropped is given up: its result is lost, what its arguments gave away stays
///     given away, and the instance can be called again. If the call was suspended in the middle of
///     guest code, a component is closed as after a trap. (kit: `dropped_calls_are_given_up`,
///     `component_calls_in_flight_keep_the_rules`)
///
/// # For implementors
/// The blocking methods must work on any thread, inside or outside an executor.
/// [`InFlight`](crate::InFlight) keeps the rules of calls in flight.
///
/// # For users
/// [`InstanceExt`](crate::InstanceExt) has `call_blocking("f", &args)`, its asynchronous form
/// `call`, and both for Rust types; all of them start, drive and take one call.
#[async_trait]
pub trait Instance: Send {
    /// Resolves an exported function, once.
    ///
    /// # Errors
    /// `Misuse` listing near matches.
    fn func(&mut self, name: &ExportName) -> Result<Func>;

    /// Starts a call: checks the arguments and lowers them.
    ///
    /// # Errors
    /// `Misuse` for ill-typed arguments, for handles that cannot be passed, and while another call
    /// is in flight; traps, limits and exits of what lowering runs in the guest.
    fn start(&mut self, func: &Func, args: Args<'_>) -> Result<Call>;

    /// Drives a call until its result is ready, suspending where the backend can
    /// ([`AsyncHostSuspends`](crate::Capability::AsyncHostSuspends)). The default blocks.
    ///
    /// # Errors
    /// As [`Instance::drive_blocking`].
    async fn drive(&mut self, call: &Call) -> Result<()> {
        self.drive_blocking(call)
    }

    /// Drives a call until its result is ready, and blocks the calling thread.
    ///
    /// # Errors
    /// Traps, exits, limits, and errors of host functions, which end the call; `Misuse` for a call
    /// that is not in flight in this instance.
    fn drive_blocking(&mut self, call: &Call) -> Result<()>;

    /// Takes the result of a call that was driven to its end, if the function has a result.
    ///
    /// # Errors
    /// Traps of lifting and of what follows it in the guest; `Misuse` for a call that is not in
    /// flight in this instance or that was not driven to its end.
    fn take(&mut self, call: Call) -> Result<Option<Value>>;

    /// As [`Instance::take`], with a result that lifts itself, which a backend can serve without
    /// building a [`Value`]; `lift` is not called if the function has no result.
    ///
    /// # Errors
    /// As [`Instance::take`]; what `lift` returns.
    fn take_with(&mut self, call: Call, lift: &mut dyn LiftResult) -> Result<()> {
        let ty = call.func().ty().clone();
        let value = self.take(call)?;
        result_from_value(&ty, value, lift)
    }

    /// Starts the [canonical entry](crate::Entry): a component's (or fused core module's)
    /// `wasi:cli/run`, or a preview1 command's `_start`.
    ///
    /// # Errors
    /// `Misuse` if there is no entry; traps and limits. An exit code, whatever it is, is not an
    /// error.
    async fn run(&mut self) -> Result<Exit> {
        self.run_blocking()
    }

    /// As [`Instance::run`], blocking.
    ///
    /// # Errors
    /// As [`Instance::run`].
    fn run_blocking(&mut self) -> Result<Exit>;

    /// The core instances, in the order of their paths in the artifact.
    ///
    /// # Errors
    /// `Unsupported(InnerGlobals)` for a component on a backend that cannot see inside.
    fn cores(&mut self) -> Result<Vec<CoreInstance>>;

    /// Calls an exported function of a core instance with core values.
    ///
    /// # Errors
    /// `Misuse` for an unknown path or export or ill-typed arguments; traps and limits;
    /// `Unsupported(InnerGlobals)`.
    fn call_core(
        &mut self,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>>;

    /// Copies `len` bytes from `offset` of an exported memory of a core instance.
    ///
    /// # Errors
    /// `Misuse` for an unknown path or export or a range past the end; `Unsupported(InnerGlobals)`.
    fn read_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>>;

    /// Writes bytes to an exported memory of a core instance.
    ///
    /// # Errors
    /// As [`Instance::read_memory`]; nothing is written then.
    fn write_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        bytes: &[u8],
    ) -> Result<()>;

    /// Exported globals, and memories if asked for, of all core instances; after any call, also
    /// after a trap.
    ///
    /// # Errors
    /// `Unsupported(InnerGlobals)` for a component on a backend that cannot see inside.
    fn snapshot(&mut self, query: &Query) -> Result<Snapshot>;

    /// What the instance was seen to do so far.
    fn observed(&mut self) -> &Observed;

    /// Drops a resource that the host owns, running its destructor.
    ///
    /// # Errors
    /// `Misuse` for one that was moved or dropped already, or that belongs to another instance;
    /// traps of the destructor.
    fn drop_resource(&mut self, resource: &Resource) -> Result<()>;

    /// The guest-defined resources that the host owns: every one that a call gave it and that it has
    /// neither passed on nor dropped, in the order it got them.
    ///
    /// What is held when nothing is left to be called has leaked, unless the instance goes too.
    /// Borrowed resources and those that the host defines are not among them. The default is for
    /// instances that have no resources.
    fn held(&mut self) -> Vec<Resource> {
        Vec::new()
    }

    /// Fuel used so far, where the instance has a fuel limit.
    fn fuel_consumed(&self) -> Option<u64>;
}
