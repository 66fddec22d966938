//! A running instance.

use async_trait::async_trait;

use crate::typed::{LiftResult, result_from_value};
use crate::{
    Args, Call, CoreInstance, CorePath, CoreValue, Error, Exit, ExportName, Func, Handle, Observed,
    Query, Resource, Result, Returns, Sink, Snapshot, Source, Value,
};

/// A running instance of an artifact.
///
/// # Contract
/// 1. `func` finds exports by full name, or by a semver-compatible version of their interface,
///    highest first, or by their own name if only one export has it; for any other name it is
///    `Misuse` with the candidates or near matches. (kit: `unknown_exports_list_near_matches`,
///    `versions_match_within_their_track`, `exports_are_found_by_their_own_name`)
/// 2. Arguments are checked against the function's type before the guest runs: `Misuse` with the
///    path to the offending part. (kit: `ill_typed_arguments_name_their_path`)
/// 3. Results are the same values on every backend. (kit: `numbers_pass_unchanged`,
///    `floats_pass_as_bits`, `values_of_every_type_pass`)
/// 4. Every trap is reported as its cause in [`Trap`](crate::Trap). After it, `snapshot`,
///    `observed` and memories can still be read. (kit: `traps_map_to_their_cause`,
///    `snapshots_work_after_a_trap`)
/// 5. After a trap, exports of a component cannot be called again (`CannotEnter`). Exports of a
///    core module can. The trap `Deadlock` closes nothing: the guests wait as before. (kit:
///    `a_trapped_component_is_closed`, `a_trapped_core_module_stays_open`,
///    `a_guest_that_only_the_host_could_wake_is_a_deadlock`)
/// 6. `run` starts the canonical entry and nothing else. If there is no entry, it returns `Misuse`
///    that says what was expected and what is exported. (kit: `run_starts_the_canonical_entry`,
///    `run_never_guesses`)
/// 7. `cores` lists core instances with the paths of
///    [`Interface::core_instances`](crate::Interface::core_instances). Instances that the engine
///    generates do not appear. (kit: `core_paths_are_stable`)
/// 8. A [`Func`] or handle of another instance is `Misuse`. (kit: `foreign_functions_are_misuse`,
///    `foreign_handles_are_misuse`)
/// 9. An owned resource moves when it is passed. Using it after it was passed or dropped is
///    `Misuse`. (kit: `moved_resources_are_misuse`, `handles_in_lists_of_records_move`)
/// 10. If a host function panics, the call ends with `Host`, and the process survives. (kit:
///     `a_panicking_host_function_is_caught`)
/// 11. A call that exceeds a limit ends with `Limit`. (kit: `fuel_ends_an_endless_loop`,
///     `a_deadline_ends_an_endless_loop`, `memory_stops_growing_at_its_limit`,
///     `host_recursion_is_bounded`, `captured_output_is_bounded`,
///     `deadlines_end_waits_for_host_functions`)
/// 12. `observed` holds output and, if the world records them, every host call with its values.
///     (kit: `host_calls_are_recorded`)
/// 13. `held` lists the guest-defined resources that the host still owns, in the order in which it
///     received them. Those that remain after the last call have leaked. (kit:
///     `what_the_host_holds_is_listed`)
/// 14. A call is started, driven and taken, in this order. `start` checks and lowers the arguments,
///     `drive` runs the function until its result is ready, and `take` lifts the result. Taking a
///     call before it was driven is `Misuse`. Driving a call again after it has completed does
///     nothing. (kit: `calls_are_started_driven_and_taken`)
/// 15. A [`Call`] of another instance, or one that failed while it was driven, is `Misuse`. (kit:
///     `foreign_calls_are_misuse`)
/// 16. An instance has at most one call in flight. Until this call is taken or dropped, `start` and
///     `run` return `Misuse` that names its function. An instance that exports asynchronous
///     functions can have several: see clause 29. (kit: `a_second_call_in_flight_is_misuse`)
/// 17. Dropping a call abandons it. Its result is lost, resources that its arguments moved stay
///     moved, and the instance can be called again. If the call was suspended in the middle of
///     guest code, a component is closed as after a trap. If the instance exports asynchronous
///     functions, the call is asked to end instead: see clause 30. (kit: `dropped_calls_are_given_up`,
///     `component_calls_in_flight_keep_the_rules`)
/// 18. `call_in_one` has the outcome of `start`, `drive_blocking` and `take`. (kit:
///     `calls_in_one_agree_with_calls_in_steps`,
///     `component_calls_in_one_agree_with_calls_in_steps`)
///
/// The other clauses are about asynchronous components
/// ([`ComponentAsync`](crate::Capability::ComponentAsync)):
///
/// 19. Calls of asynchronous functions run at the same time. If the callee waits, the caller goes
///     on, and the end of the call is an event that it can wait for. (kit:
///     `subtasks_run_at_the_same_time`, `calls_end_in_the_order_of_their_events`,
///     `blocked_calls_end_in_the_order_of_their_events`, `a_blocked_call_lets_its_caller_go_on`)
/// 20. A call that waits for something that cannot happen any more ends with the trap `Deadlock`.
///     (kit: `a_wait_that_nothing_ends_is_a_deadlock`)
/// 21. Asynchronous functions can be lifted and lowered with and without the option `async`, in
///     every combination, and the host can define them. (kit:
///     `host_functions_define_asynchronous_imports`,
///     `synchronous_lowers_wait_for_asynchronous_functions`,
///     `asynchronous_lowers_of_synchronous_functions_return_at_once`)
/// 22. While an instance has backpressure, calls of its asynchronous functions wait to start.
///     While a task holds it, calls that must hold it too wait. (kit:
///     `backpressure_makes_calls_wait_to_start`, `backpressure_holds_back_calls_of_the_host`,
///     `backpressure_holds_back_no_synchronous_functions`, `backpressure_has_bounds`,
///     `a_blocked_task_with_a_callback_holds_its_instance`,
///     `functions_without_a_callback_enter_a_held_instance`)
/// 23. A request to cancel a call is delivered as soon as the task can be cancelled. The task may
///     end without a result, return, or go on. A call that has not started is cancelled at once.
///     A copy is cancelled at once, and keeps what it has copied. (kit: `subtasks_are_cancelled`,
///     `a_cancelled_task_may_return`, `a_cancelled_task_may_go_on`,
///     `calls_are_cancelled_before_they_start`,
///     `a_request_to_cancel_waits_until_it_can_be_delivered`, `wrong_cancellations_trap`,
///     `copies_are_cancelled`, `a_request_is_delivered_once_and_where_it_may_be`,
///     `blocked_tasks_are_cancelled_at_once`, `suspended_tasks_are_cancelled_at_once`,
///     `calls_are_cancelled_before_their_end_is_known`,
///     `a_read_that_was_given_up_waits_no_more`)
/// 24. If an end of a stream or future is dropped, the copy of the other end ends. What is in use
///     cannot be dropped, and a future must be written first. (kit:
///     `a_dropped_end_ends_the_copy_of_the_other`, `sinks_are_told_of_the_end`, `ends_that_can_copy_no_more_trap`,
///     `futures_are_written_before_they_are_dropped`, `what_is_in_use_is_not_dropped`,
///     `a_set_that_is_waited_for_is_not_dropped`)
/// 25. A copy of a stream moves as many elements as both sides have room for, of every type. Each
///     side learns how many. An element of another type, which a source of the host supplies, ends the
///     call with `Host`. Ends that are not in use can be passed in calls. Error contexts can be passed
///     too, and stay with the sender. (kit:
///     `streams_are_read_in_pieces`, `copies_of_no_elements_tell_that_the_other_is_ready`,
///     `streams_have_elements_with_strings`, `strings_reach_a_reader_that_has_returned`,
///     `resources_move_through_streams`, `ends_move_through_calls`, `ends_in_use_do_not_move`,
///     `a_copy_is_over_when_its_event_is_delivered`, `copies_of_no_elements_wait_for_the_host`,
///     `sources_supply_elements_of_the_right_type`, `error_contexts_are_shared`)
/// 26. Tasks and threads go on after their function has returned, and run during later calls.
///     Threads switch to others. A task must have its result when its last thread ends. (kit:
///     `tasks_go_on_after_they_have_returned`,
///     `threads_run_beside_the_function_that_made_them`,
///     `a_result_is_due_until_the_last_thread_has_ended`,
///     `threads_of_functions_that_have_returned_may_block`, `threads_switch_to_others`,
///     `threads_are_promoted`,
///     `start_functions_have_a_thread`, `a_synchronous_call_lets_few_threads_run`)
/// 27. A task that breaks a rule traps with the cause that the specification names. A trap of any
///     task ends the call of the host that is in progress, and closes the component. (kit:
///     `wrong_ends_of_tasks_trap`, `synchronous_functions_do_not_use_task_return`,
///     `wrong_handles_of_built_ins_trap`, `members_of_sets_are_not_waited_for`,
///     `synchronous_functions_do_not_block`,
///     `a_trap_of_a_callback_closes_the_component`,
///     `a_trap_of_a_blocked_task_closes_the_component`,
///     `a_trap_after_a_return_ends_a_later_call`, `wrong_threads_trap`, `wrong_error_contexts_trap`,
///     `asynchronous_host_functions_are_called_where_it_is_allowed`,
///     `a_trap_of_a_copy_with_the_host_closes_the_component`)
/// 28. What a component keeps for its tasks is bounded, and so is the depth of their calls: more
///     ends with `Limit`. (kit: `handles_of_tasks_are_bounded`, `dropped_handles_make_room`,
///     `long_chains_of_calls_end`)
/// 29. If an asynchronous function is exported, several calls can be in flight. Driving one of them lets the tasks of all of them run. A call
///     whose driving was interrupted can be driven on. (kit: `calls_of_the_host_run_at_the_same_time`,
///     `interrupted_calls_go_on`)
/// 30. A call that is dropped before it has its result is asked to end, as by `subtask.cancel`, when the
///     instance is used next. Its task may go on. A call that was never driven has no effect. (kit:
///     `dropped_calls_are_asked_to_end`)
/// 31. An asynchronous host function suspends the task that calls it, and all others go on. If the guest
///     cancels the call, the future of the host function is dropped. (kit:
///     `host_functions_suspend_only_their_task`, `calls_of_host_functions_are_cancelled`)
/// 32. The [virtual time](crate::VirtualClock) advances when every task waits, and only as far as the
///     first that waits for it. (kit: `virtual_time_advances_when_all_wait`)
/// 33. A borrowed handle is lent from the start of a call until its caller knows of its end. The callee
///     must drop what it has borrowed before it ends the call. (kit:
///     `loans_of_the_host_end_with_their_calls`, `loans_end_with_their_calls`,
///     `what_a_call_has_borrowed_is_kept_and_dropped`,
///     `a_loan_lasts_until_the_caller_knows_of_the_end`)
///
/// # For implementors
/// The blocking methods must work on any thread, inside or outside an executor.
/// [`InFlight`](crate::InFlight) keeps the rules of calls in flight.
///
/// # For users
/// [`InstanceExt`](crate::InstanceExt) has `call_blocking("f", &args)`, its asynchronous form
/// `call`, and both forms for Rust types. Each of them starts, drives and takes one call.
///
/// To have several calls of asynchronous functions in flight, start all of them, and then drive and take
/// each. While one is driven, all of them run.
#[async_trait]
pub trait Instance: Send {
    /// Resolves an exported function, which can then be called many times.
    ///
    /// # Errors
    /// `Misuse` that lists near matches.
    fn func(&mut self, name: &ExportName) -> Result<Func>;

    /// Starts a call: checks the arguments and lowers them.
    ///
    /// # Errors
    /// `Misuse` for ill-typed arguments, for handles that cannot be passed, and while another call
    /// is in flight. Traps, limits and exits of guest code that lowering runs.
    fn start(&mut self, func: &Func, args: Args<'_>) -> Result<Call>;

    /// Drives a call until its result is ready.
    ///
    /// It suspends while only asynchronous host functions can let the guests go on: those of an
    /// asynchronous type, and all others too if the backend has
    /// [`AsyncHostSuspends`](crate::Capability::AsyncHostSuspends). The default blocks.
    ///
    /// # Errors
    /// Those of [`Instance::drive_blocking`].
    async fn drive(&mut self, call: &Call) -> Result<()> {
        self.drive_blocking(call)
    }

    /// Drives a call until its result is ready, and blocks the calling thread.
    ///
    /// # Errors
    /// Traps, exits, limits, and errors of host functions, all of which end the call. `Misuse` for
    /// a call that is not in flight in this instance.
    fn drive_blocking(&mut self, call: &Call) -> Result<()>;

    /// Takes the result of a completed call. Returns `None` if the function has no result.
    ///
    /// # Errors
    /// Traps of lifting and of guest code that follows it. `Misuse` for a call that is not in
    /// flight in this instance or has not completed.
    fn take(&mut self, call: Call) -> Result<Option<Value>>;

    /// Like [`Instance::take`], for a result that lifts itself, so that a backend need not build a
    /// [`Value`].
    ///
    /// If the function has no result, `lift` is not called.
    ///
    /// # Errors
    /// Those of [`Instance::take`], and any error of `lift`.
    fn take_with(&mut self, call: Call, lift: &mut dyn LiftResult) -> Result<()> {
        let ty = call.func().ty().clone();
        let value = self.take(call)?;
        result_from_value(&ty, value, lift)
    }

    /// Makes a whole call: starts it, drives it and takes its result. Blocks the calling thread.
    ///
    /// The default performs these steps. Override it if the engine lowers, calls and lifts in one
    /// operation: then the arguments need not be copied to outlive `start`.
    ///
    /// # Errors
    /// Those of [`Instance::start`], [`Instance::drive_blocking`], [`Instance::take`] and
    /// [`Instance::take_with`].
    fn call_in_one(&mut self, func: &Func, args: Args<'_>, returns: Returns<'_>) -> Result<()> {
        let call = self.start(func, args)?;
        self.drive_blocking(&call)?;
        match returns {
            Returns::Value(value) => *value = self.take(call)?,
            Returns::Typed(lift) => self.take_with(call, lift)?,
        }
        Ok(())
    }

    /// Runs the [canonical entry](crate::Entry).
    ///
    /// This is `wasi:cli/run` of a component or fused core module, or `_start` of a preview1
    /// command.
    ///
    /// # Errors
    /// `Misuse` if there is no entry. Traps and limits. An exit code is never an error.
    async fn run(&mut self) -> Result<Exit> {
        self.run_blocking()
    }

    /// Like [`Instance::run`], but blocks the calling thread.
    ///
    /// # Errors
    /// Those of [`Instance::run`].
    fn run_blocking(&mut self) -> Result<Exit>;

    /// Returns the core instances, in the order of their paths in the artifact.
    ///
    /// # Errors
    /// `Unsupported(InnerGlobals)` for a component on a backend that cannot see inside.
    fn cores(&mut self) -> Result<Vec<CoreInstance>>;

    /// Calls an exported function of a core instance with core values.
    ///
    /// # Errors
    /// `Misuse` if the path or export is unknown or the arguments are ill-typed. Traps and limits.
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
    /// `Misuse` if the path or export is unknown or the range is out of bounds.
    /// `Unsupported(InnerGlobals)`.
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
    /// Those of [`Instance::read_memory`]. Nothing is written in this case.
    fn write_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        bytes: &[u8],
    ) -> Result<()>;

    /// Sets an exported mutable global of a core instance. [`Instance::snapshot`] reads globals.
    ///
    /// # Errors
    /// `Misuse` if the path or export is unknown, or if the global is immutable or of another type.
    /// `Unsupported(InnerGlobals)`.
    fn write_global(&mut self, at: &CorePath, export: &str, value: CoreValue) -> Result<()>;

    /// Returns the element at `index` of an exported table of a core instance, or `None` if `index`
    /// is out of bounds.
    ///
    /// # Errors
    /// `Misuse` if the path or export is unknown. `Unsupported(InnerGlobals)`.
    fn read_table(&mut self, at: &CorePath, export: &str, index: u64) -> Result<Option<CoreValue>>;

    /// Sets the element at `index` of an exported table of a core instance.
    ///
    /// # Errors
    /// `Misuse` if the path or export is unknown, if `index` is out of bounds, or if the value is of
    /// another type. `Unsupported(InnerGlobals)`.
    fn write_table(
        &mut self,
        at: &CorePath,
        export: &str,
        index: u64,
        value: CoreValue,
    ) -> Result<()>;

    /// Returns the exported globals, and on request memories, of all core instances.
    ///
    /// It can be called after any call, even after a trap.
    ///
    /// # Errors
    /// `Unsupported(InnerGlobals)` for a component on a backend that cannot see inside.
    fn snapshot(&mut self, query: &Query) -> Result<Snapshot>;

    /// Returns everything that was observed of the instance so far.
    fn observed(&mut self) -> &Observed;

    /// Drops a resource that the host owns, running its destructor.
    ///
    /// # Errors
    /// `Misuse` if the resource was moved or dropped, or belongs to another instance. Traps of the
    /// destructor.
    fn drop_resource(&mut self, resource: &Resource) -> Result<()>;

    /// Returns the guest-defined resources that the host owns, in the order in which it received
    /// them.
    ///
    /// The host owns a resource from the call that returned it until the host passes or drops it.
    ///
    /// Resources that are still held after the last call have leaked, unless the instance is
    /// dropped too. Borrowed resources and host-defined resources are not included. The default is
    /// for instances without resources.
    fn held(&mut self) -> Vec<Resource> {
        Vec::new()
    }

    /// Creates the readable end of a stream or future that a guest reads and the host writes. It is
    /// passed as [`Value::Stream`] or [`Value::Future`].
    ///
    /// # Errors
    /// `Unsupported(ComponentAsync)` if the artifact has no streams and futures, which is the default.
    fn create_end(&mut self, source: Box<dyn Source>) -> Result<Handle> {
        drop(source);
        Err(Error::without_ends())
    }

    /// Connects the readable end of a stream or future, which a guest has passed to the host, to a
    /// sink. Elements that the guest is writing flow at once.
    ///
    /// # Errors
    /// `Misuse` for any other value, and for an end that was passed on, dropped or connected before.
    /// Errors of the sink. `Unsupported(ComponentAsync)` if the artifact has no streams and futures, which is the default.
    fn connect(&mut self, end: &Value, sink: Box<dyn Sink>) -> Result<()> {
        drop((end, sink));
        Err(Error::without_ends())
    }

    /// Drops the readable end of a stream or future that the host holds. A guest that writes to it
    /// learns that nobody reads.
    ///
    /// # Errors
    /// `Misuse` for any other value, and for an end that was passed on, dropped or connected before.
    /// `Unsupported(ComponentAsync)` if the artifact has no streams and futures, which is the default.
    fn drop_end(&mut self, end: &Value) -> Result<()> {
        let _ = end;
        Err(Error::without_ends())
    }

    /// Runs threads that outlived their calls until all of them wait for the host.
    ///
    /// Returns whether any has run. Blocks the calling thread.
    ///
    /// # Errors
    /// Traps and limits of guests. `Misuse` while a call is in flight. The default is for artifacts
    /// without asynchronous parts, where nothing runs.
    fn progress(&mut self) -> Result<bool> {
        Ok(false)
    }

    /// Returns the fuel used so far, or `None` if the instance has no fuel limit.
    fn fuel_consumed(&self) -> Option<u64>;
}
