//! The table of clauses.

use super::{Check, Clause};

macro_rules! clauses {
    ($( $of:ident { $( $number:literal $text:literal: $( $case:ident by $saboteur:ident ),+ ; )+ } )+) => {
        /// Every clause, in the order of the documentation.
        pub const CLAUSES: &[Clause] = &[$( $( Clause {
            of: stringify!($of),
            number: $number,
            text: $text,
            checks: &[$( Check {
                case: stringify!($case),
                saboteur: stringify!($saboteur),
            }, )+],
        }, )+ )+];
    };
}

clauses! {
    Backend {
        1 "load returns Invalid for malformed and invalid bytes":
            load_rejects_what_is_not_wasm by loads_anything,
            load_rejects_truncated_bytes by loads_anything,
            load_rejects_invalid_modules by loads_anything;
        2 "what needs a capability that the build lacks returns Unsupported":
            lacking_capabilities_answer_unsupported by hides_what_it_lacks;
        3 "a program can be used from several threads":
            programs_instantiate_in_parallel by stays_on_one_thread;
    }
    Program {
        1 "the interface is that of the artifact":
            interfaces_are_read_alike by forgets_the_interface;
        2 "instances share nothing, and each gets a fresh world":
            instances_share_nothing by shares_one_instance,
            programs_instantiate_in_parallel by stays_on_one_thread,
            worlds_are_made_afresh by shares_one_instance;
        3 "instantiate returns Link if imports do not fit":
            missing_imports_are_named by links_nothing,
            wrong_host_types_fail_at_instantiation by links_nothing;
        4 "a limit that the build cannot enforce is Unsupported":
            limits_not_built_for_are_unsupported by ignores_limits;
        5 "instantiate returns the trap of a start function, and may leave an instance":
            a_trapping_start_leaves_an_instance by blames_the_linker,
            a_trapping_start_in_a_component_leaves_an_instance by blames_the_linker;
        6 "the effects of start functions are observed even if they fail":
            a_trapping_start_shows_what_it_did by forgets_what_start_did,
            a_trapping_start_of_a_component_shows_what_it_did by forgets_what_start_did;
    }
    Instance {
        1 "exports are found by name or compatible version; otherwise Misuse lists near matches":
            unknown_exports_list_near_matches by lists_no_matches,
            versions_match_within_their_track by matches_versions_exactly,
            exports_are_found_by_their_own_name by matches_versions_exactly;
        2 "ill-typed arguments are Misuse with their path":
            ill_typed_arguments_name_their_path by forgets_the_path;
        3 "results are the same values everywhere":
            numbers_pass_unchanged by changes_results,
            floats_pass_as_bits by changes_results,
            values_of_every_type_pass by changes_results;
        4 "a trap is reported as its cause, and the instance can be read afterwards":
            traps_map_to_their_cause by forgets_the_cause,
            snapshots_work_after_a_trap by is_blind_after_a_trap;
        5 "a trap closes a component and leaves a core module open":
            a_trapped_component_is_closed by reopens_components,
            a_trapped_core_module_stays_open by closes_after_a_trap,
            a_guest_that_only_the_host_could_wake_is_a_deadlock by closes_after_a_trap;
        6 "run starts the canonical entry and never guesses":
            run_starts_the_canonical_entry by runs_nothing,
            run_never_guesses by guesses_an_entry;
        7 "cores are listed by the paths of the interface":
            core_paths_are_stable by shows_an_instance_too_many;
        8 "functions and handles of another instance are Misuse":
            foreign_functions_are_misuse by takes_any_function,
            foreign_handles_are_misuse by takes_any_handle;
        9 "an owned resource moves":
            moved_resources_are_misuse by forgives_moved_resources,
            handles_in_lists_of_records_move by forgives_moved_resources;
        10 "a panic of a host function is Host":
            a_panicking_host_function_is_caught by blames_the_engine_for_panics;
        11 "limits end a call with Limit":
            fuel_ends_an_endless_loop by calls_limits_traps,
            a_deadline_ends_an_endless_loop by calls_limits_traps,
            memory_stops_growing_at_its_limit by calls_limits_traps,
            host_recursion_is_bounded by calls_limits_traps,
            captured_output_is_bounded by calls_limits_traps,
            deadlines_end_waits_for_host_functions by calls_limits_traps;
        12 "host calls are recorded if the world asks for it":
            host_calls_are_recorded by records_nothing;
        13 "the resources that the host owns are listed in order":
            what_the_host_holds_is_listed by forgets_the_order;
        14 "a call is started, driven and taken, in this order":
            calls_are_started_driven_and_taken by takes_calls_early;
        15 "a call of another instance, or one that failed, is Misuse":
            foreign_calls_are_misuse by takes_any_call;
        16 "a second call in flight is Misuse that names the first":
            a_second_call_in_flight_is_misuse by starts_a_second_call;
        17 "a call that is dropped is given up":
            dropped_calls_are_given_up by keeps_dropped_calls,
            component_calls_in_flight_keep_the_rules by keeps_dropped_calls;
        18 "a call in one has the outcome of its steps":
            calls_in_one_agree_with_calls_in_steps by forgets_results_in_one,
            component_calls_in_one_agree_with_calls_in_steps by forgets_results_in_one;
        19 "the caller goes on while the callee waits, and the end is an event":
            subtasks_run_at_the_same_time by forgets_joins,
            calls_end_in_the_order_of_their_events by forgets_joins,
            blocked_calls_end_in_the_order_of_their_events by forgets_joins,
            a_blocked_call_lets_its_caller_go_on by forgets_joins;
        20 "a wait that nothing can end is the trap Deadlock":
            a_wait_that_nothing_ends_is_a_deadlock by forgets_the_cause;
        21 "asynchronous functions are lifted and lowered in every combination":
            host_functions_define_asynchronous_imports by forgets_definitions,
            synchronous_lowers_wait_for_asynchronous_functions by resumes_with_zeroes,
            asynchronous_lowers_of_synchronous_functions_return_at_once by reports_calls_as_starting;
        22 "calls wait to start while an instance has backpressure or is held":
            backpressure_makes_calls_wait_to_start by forgets_backpressure,
            backpressure_holds_back_calls_of_the_host by forgets_backpressure,
            backpressure_holds_back_no_synchronous_functions by holds_back_everything,
            backpressure_has_bounds by forgets_backpressure,
            a_blocked_task_with_a_callback_holds_its_instance by reports_calls_as_starting,
            functions_without_a_callback_enter_a_held_instance by reports_calls_as_starting;
        23 "requests to cancel are delivered, and copies are cancelled":
            subtasks_are_cancelled by forgets_cancellations,
            a_cancelled_task_may_return by forgets_cancellations,
            a_cancelled_task_may_go_on by forgets_cancellations,
            calls_are_cancelled_before_they_start by forgets_cancellations,
            a_request_to_cancel_waits_until_it_can_be_delivered by forgets_cancellations,
            wrong_cancellations_trap by forgets_cancellations,
            copies_are_cancelled by forgets_cancellations,
            a_request_is_delivered_once_and_where_it_may_be by forgets_cancellations,
            blocked_tasks_are_cancelled_at_once by forgets_cancellations,
            suspended_tasks_are_cancelled_at_once by forgets_cancellations,
            calls_are_cancelled_before_their_end_is_known by forgets_cancellations,
            a_read_that_was_given_up_waits_no_more by forgets_cancellations;
        24 "a dropped end ends the copy of the other; what is in use is not dropped":
            a_dropped_end_ends_the_copy_of_the_other by forgets_drops,
            sinks_are_told_of_the_end by forgets_drops,
            ends_that_can_copy_no_more_trap by forgets_drops,
            futures_are_written_before_they_are_dropped by forgets_drops,
            what_is_in_use_is_not_dropped by forgets_drops,
            a_set_that_is_waited_for_is_not_dropped by forgets_drops;
        25 "copies move and count the elements that both sides have room for; ends can be passed":
            streams_are_read_in_pieces by miscounts_copies,
            copies_of_no_elements_tell_that_the_other_is_ready by miscounts_copies,
            streams_have_elements_with_strings by miscounts_copies,
            strings_reach_a_reader_that_has_returned by miscounts_copies,
            resources_move_through_streams by miscounts_copies,
            ends_move_through_calls by miscounts_copies,
            ends_in_use_do_not_move by forgets_the_cause,
            a_copy_is_over_when_its_event_is_delivered by miscounts_copies,
            copies_of_no_elements_wait_for_the_host by miscounts_copies,
            sources_supply_elements_of_the_right_type by blames_the_engine_for_panics,
            error_contexts_are_shared by miscounts_copies;
        26 "tasks and threads go on after their function has returned":
            tasks_go_on_after_they_have_returned by abandons_returned_tasks,
            threads_run_beside_the_function_that_made_them by forgets_threads,
            a_result_is_due_until_the_last_thread_has_ended by forgets_threads,
            threads_of_functions_that_have_returned_may_block by forgets_threads,
            threads_switch_to_others by forgets_threads,
            threads_are_promoted by forgets_threads,
            start_functions_have_a_thread by forgets_threads,
            a_synchronous_call_lets_few_threads_run by forgets_threads;
        27 "a trap of any task has its cause and closes the component":
            wrong_ends_of_tasks_trap by forgets_the_cause,
            synchronous_functions_do_not_use_task_return by forgets_the_cause,
            wrong_handles_of_built_ins_trap by forgets_the_cause,
            members_of_sets_are_not_waited_for by forgets_the_cause,
            synchronous_functions_do_not_block by forgets_the_cause,
            a_trap_of_a_callback_closes_the_component by reopens_components,
            a_trap_of_a_blocked_task_closes_the_component by reopens_components,
            a_trap_after_a_return_ends_a_later_call by reopens_components,
            wrong_threads_trap by forgets_the_cause,
            wrong_error_contexts_trap by forgets_the_cause,
            asynchronous_host_functions_are_called_where_it_is_allowed by forgets_the_cause,
            a_trap_of_a_copy_with_the_host_closes_the_component by forgets_the_cause;
        28 "handles of tasks and nested calls are bounded":
            handles_of_tasks_are_bounded by calls_limits_traps,
            dropped_handles_make_room by forgets_drops,
            long_chains_of_calls_end by calls_limits_traps;
        29 "several calls are in flight, and interrupted ones go on":
            calls_of_the_host_run_at_the_same_time by refuses_a_second_call,
            interrupted_calls_go_on by forgets_interrupted_calls;
        30 "a call that is dropped is asked to end":
            dropped_calls_are_asked_to_end by keeps_dropped_calls;
        31 "an asynchronous host function suspends only its task":
            host_functions_suspend_only_their_task by refuses_a_second_call,
            calls_of_host_functions_are_cancelled by forgets_cancellations;
        32 "the virtual time advances when every task waits":
            virtual_time_advances_when_all_wait by forgets_joins;
        33 "a handle is lent from the start of a call until its end is known":
            loans_of_the_host_end_with_their_calls by forgives_moved_resources,
            loans_end_with_their_calls by forgets_cancellations,
            what_a_call_has_borrowed_is_kept_and_dropped by forgets_the_cause,
            a_loan_lasts_until_the_caller_knows_of_the_end by forgets_the_cause;
    }
    CoreEngine {
        1 "compile judges the bytes as they are":
            core_compile_judges_raw_bytes by compiles_anything;
        2 "instances of a module share nothing":
            core_instances_share_nothing by reuses_instances;
        3 "a limit that the build cannot enforce is Unsupported":
            core_limits_not_built_for_are_unsupported by ignores_store_limits;
        4 "a module of another engine is Misuse":
            core_foreign_module_is_misuse by takes_foreign_modules;
        5 "no module makes the process panic":
            core_hostile_input_does_not_panic by panics_on_bad_bytes,
            core_hostile_modules_run_without_a_panic by panics_on_traps;
    }
    CoreStore {
        1 "imports are matched by position and checked: Link":
            core_imports_are_checked by links_anything,
            core_imports_of_every_kind_link by remembers_what_it_saw,
            core_imports_are_matched_by_position by swaps_imports;
        2 "segments are written in order, then the start function runs and can call the host":
            core_start_calls_the_host by is_deaf_during_start,
            core_instantiation_goes_in_order by instantiates_twice,
            core_large_modules_start_and_export by remembers_what_it_saw;
        3 "writes of a failed instantiation are kept":
            core_failed_instantiation_keeps_writes by undoes_writes;
        4 "arguments are checked, an error leaves results unchanged, and both are in order":
            core_arguments_are_checked by clobbers_results,
            core_arguments_and_results_come_in_order by reverses_results;
        5 "every trap is reported as its cause":
            core_traps_map_to_their_cause by forgets_core_causes;
        6 "errors of host functions are returned unchanged":
            core_host_errors_pass_unchanged by wraps_host_errors;
        7 "a handle of another store is Misuse":
            core_foreign_handles_are_misuse by takes_foreign_globals;
        8 "the store remains usable after a trap":
            core_store_survives_a_trap by dies_of_a_trap;
        9 "values pass without a change of bits, and references keep their referent":
            core_floats_pass_as_bits by canonicalises_nans,
            core_numbers_pass_as_bits by canonicalises_nans,
            core_vectors_pass_as_bits by drops_high_lanes,
            core_host_references_pass by takes_zero_for_null,
            core_function_references_pass by mixes_up_references,
            core_guest_references_pass by mixes_up_references,
            core_exception_references_pass by mixes_up_references;
        10 "fuel and deadlines end in Limit, and no fuel is left then":
            core_fuel_ends_an_endless_loop by calls_store_limits_traps,
            core_fuel_is_counted_over_the_whole_store by counts_no_fuel,
            core_no_fuel_is_left_at_its_limit by counts_no_fuel,
            core_a_deadline_ends_an_endless_loop by calls_store_limits_traps,
            core_fuel_and_deadlines_hold_together by calls_store_limits_traps,
            core_deadlines_are_for_outermost_calls by calls_store_limits_traps;
        11 "each call of a host function is a level of host recursion, which is bounded":
            core_host_recursion_is_bounded by calls_store_limits_traps,
            core_a_host_call_is_a_level by calls_store_limits_traps;
        12 "memories, tables and instances are bounded for the whole store":
            core_memory_limit_holds by calls_store_limits_traps,
            core_table_limit_holds by calls_store_limits_traps,
            core_instance_limit_holds by calls_store_limits_traps;
        13 "a handle refers to one item of one instance":
            core_instances_of_a_module_are_told_apart by confuses_instances,
            core_imported_things_are_the_same_thing by remembers_what_it_saw;
        14 "a failed instance is returned once":
            core_failed_instances_are_given_once by repeats_failed_instances;
        15 "results of host functions start as zeroes and are checked, and a failed call uses up nothing":
            core_host_functions_have_every_type by skips_every_second_host_call,
            core_references_fit_their_exact_type by overlooks_host_errors,
            core_host_results_start_as_zeroes by leaves_old_results,
            core_failing_host_functions_leave_nothing_behind by counts_failures_as_levels,
            core_stores_are_told_apart by skips_every_second_host_call,
            core_host_state_is_kept by skips_every_second_host_call;
        16 "memories, tables and globals show the guest's current state":
            core_memories_are_read_written_and_grown by remembers_what_it_saw,
            core_globals_are_read_and_set by remembers_what_it_saw,
            core_tables_are_read by truncates_indices,
            core_table_elements_are_set by truncates_indices,
            core_wide_memories_and_tables_are_read by truncates_indices,
            core_second_memories_are_told_apart by confuses_memories,
            core_pages_of_other_sizes_are_counted by remembers_what_it_saw,
            core_shared_memories_are_read_and_written by remembers_what_it_saw,
            core_exception_tags_are_told_apart by swaps_imports;
        17 "a call over bits does what a call over values does":
            core_numeric_calls_agree_with_calls by loses_high_halves;
        18 "host functions over numbers are like other host functions":
            core_numeric_host_functions_agree_with_others by skips_every_second_host_call;
        19 "bytes that are borrowed with the state are those of the memory":
            core_memories_are_borrowed_with_the_state by confuses_memories;
        20 "memories are copied as if by way of a buffer, within bounds":
            core_memories_are_copied by copies_forwards;
        21 "a host function suspends the innermost call, which is resumed with its results":
            core_calls_suspend_and_resume by resumes_with_zeroes;
    }
    CoreCaller {
        1 "host functions can call back if the engine is reentrant":
            core_host_functions_call_back by never_calls_back;
        2 "a host function finds the caller's exports":
            core_start_calls_the_host by hides_the_caller,
            core_callers_are_told_apart by confuses_callers;
        3 "only the module's own exports are found":
            core_exports_are_the_modules_own by shows_more_exports;
    }
    Limits {
        1 "fuel is for the instance's whole life":
            fuel_ends_an_endless_loop by calls_limits_traps,
            fuel_counts_instantiation by calls_limits_traps,
            fuel_ends_loops_in_components by calls_limits_traps,
            fuel_ends_tasks_that_yield by calls_limits_traps;
        2 "the deadline starts anew with each call":
            a_deadline_ends_an_endless_loop by calls_limits_traps,
            a_deadline_starts_anew_with_each_call by never_starts_the_clock_anew,
            deadlines_end_loops_in_components by calls_limits_traps,
            deadlines_end_tasks_that_yield by calls_limits_traps;
        3 "the memory limit applies to all memories together":
            memory_stops_growing_at_its_limit by calls_limits_traps,
            memory_is_bounded_in_components by forgets_limits;
        4 "the table limit applies to all tables together":
            tables_stop_growing_at_their_limit by calls_limits_traps;
        5 "the instance limit counts core instances, also inside components":
            instances_are_bounded by calls_limits_traps,
            instances_inside_components_are_counted by calls_limits_traps;
        6 "host recursion is bounded":
            host_recursion_is_bounded by calls_limits_traps;
        7 "lifted values are bounded":
            lifted_values_are_bounded by calls_limits_traps;
        8 "output is bounded":
            captured_output_is_bounded by calls_limits_traps;
    }
    Snapshot {
        1 "a snapshot contains every exported global, as bits":
            snapshots_show_exported_globals by shows_no_globals,
            snapshots_show_vectors_and_references by shows_no_globals;
        2 "a snapshot contains what the query selects, and nothing else":
            snapshots_take_what_the_query_asks by forgets_the_query;
        3 "memories are the bytes at the time of the snapshot":
            snapshots_take_memories by forgets_the_query;
        4 "each instance inside a component has its own counters":
            counters_inside_components_are_seen by shows_no_globals;
    }
    World {
        1 "host functions are called with their arguments in order":
            host_functions_get_arguments_in_order by forgets_definitions,
            host_functions_are_reached_every_way by forgets_definitions;
        2 "a definition satisfies imports of the same version track":
            imports_match_versions_within_their_track by forgets_definitions;
        3 "state is created for each instance, whose host functions share it":
            worlds_are_made_afresh by shares_one_instance,
            state_is_made_once by shares_one_instance,
            state_is_made_once_for_components by shares_one_instance,
            host_functions_share_state by forgets_definitions;
        4 "the longest prefix decides a stub":
            the_longest_prefix_decides_a_stub by forgets_definitions;
        5 "a denied import is Link and named":
            missing_imports_are_named by links_nothing;
        6 "a trapping stub names the import":
            stubs_trap_naming_the_import by forgets_definitions;
        7 "a default stub returns the zero value":
            stubs_give_zero_values by traps_at_every_stub;
        8 "unused stubs are listed":
            unused_stubs_are_listed by forgets_definitions;
        9 "errors of host functions are returned; panics and ill-typed results are Host":
            errors_of_host_functions_come_out by forgets_definitions,
            a_panicking_host_function_is_caught by blames_the_engine_for_panics,
            panicking_hosts_of_components_are_caught by blames_the_engine_for_panics,
            ill_typed_results_of_host_functions_are_host_errors by forgets_definitions;
        10 "memories, tables and globals of the host are created for each instance":
            the_host_gives_memories_tables_and_globals by shares_one_instance;
        11 "raw host functions can access the caller's memory":
            raw_host_functions_reach_memory by forgets_definitions;
        12 "futures of host functions are awaited":
            async_host_functions_give_their_result by forgets_definitions;
        13 "resources of the host can be passed and are dropped once":
            the_host_defines_resources by forgets_definitions;
        14 "a seed decides the order of tasks, and without one the longest wait does":
            a_seed_chooses_the_order_of_tasks by has_a_seed_of_its_own;
    }
}
