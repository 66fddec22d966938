//! The list of cases.

use super::{Case, On, case};

cases! { $
    backend {
        bad_input "bad input" {
            load_rejects_what_is_not_wasm,
            load_rejects_truncated_bytes,
            load_rejects_invalid_modules,
            invalid_components_are_rejected needs Components,
            hostile_bytes_do_not_panic,
        }
        hostile_run "bad input" {
            hostile_modules_run_without_a_panic,
            hostile_components_run_without_a_panic needs Components,
        }
        capability "capabilities" {
            lacking_capabilities_answer_unsupported,
            proposals_do_what_they_say,
            traps_carry_frames_where_the_backend_has_them,
        }
        call "core calls" {
            numbers_pass_unchanged,
            floats_pass_as_bits,
            multiple_results_come_in_order,
            core_calls_take_every_number,
            vectors_pass_through_core_calls needs Simd,
            references_pass_through_core_calls,
            typed_calls_agree_with_values,
            async_calls_agree_with_blocking_ones,
            instances_move_between_threads,
            ill_typed_arguments_name_their_path,
            core_calls_check_path_export_and_arguments,
        }
        in_flight "calls in flight" {
            calls_are_started_driven_and_taken,
            foreign_calls_are_misuse,
            a_second_call_in_flight_is_misuse,
            dropped_calls_are_given_up,
            component_calls_in_flight_keep_the_rules needs Components,
            calls_in_one_agree_with_calls_in_steps,
            component_calls_in_one_agree_with_calls_in_steps needs Components,
        }
        name "names" {
            interfaces_are_read_alike,
            unknown_exports_list_near_matches,
            versions_match_within_their_track,
            exports_are_found_by_their_own_name,
            imports_match_versions_within_their_track,
        }
        trap "traps" {
            traps_map_to_their_cause,
            bulk_operations_trap_at_bounds,
            stack_exhaustion_is_a_trap,
            gc_traps_map_to_their_cause needs Gc,
            null_references_trap needs FunctionReferences,
            uncaught_exceptions_trap needs Exceptions,
            atomics_trap needs Threads,
            snapshots_work_after_a_trap,
            a_trapped_core_module_stays_open,
            a_trapped_component_is_closed needs Components,
        }
        start "start functions" {
            start_functions_run_once_and_reach_the_host,
            a_trapping_start_leaves_an_instance,
            a_trapping_start_shows_what_it_did,
            a_trapping_start_of_a_component_shows_what_it_did needs Components,
            a_trapping_start_in_a_component_leaves_an_instance needs Components InnerGlobals,
            a_trapping_segment_is_that_trap,
            host_errors_in_start_come_out,
        }
        entry "canonical entry" {
            run_starts_the_canonical_entry,
            run_never_guesses,
            traps_in_the_entry_come_out,
            reactors_are_initialised_once,
            components_run_at_wasi_cli_run needs Components,
        }
        isolation "isolation" {
            instances_share_nothing,
            programs_instantiate_in_parallel,
            worlds_are_made_afresh,
            state_is_made_once,
            state_is_made_once_for_components needs Components,
            foreign_functions_are_misuse,
        }
        limit "limits" {
            limits_not_built_for_are_unsupported,
            fuel_ends_an_endless_loop needs Fuel,
            fuel_counts_instantiation needs Fuel,
            a_deadline_ends_an_endless_loop needs Deadline,
            a_deadline_starts_anew_with_each_call needs Deadline,
            memory_stops_growing_at_its_limit needs MemoryLimit,
            tables_stop_growing_at_their_limit needs TableLimit,
            instances_are_bounded needs InstanceLimit,
            instances_inside_components_are_counted needs Components InstanceLimit,
            fuel_ends_loops_in_components needs Components Fuel,
            deadlines_end_loops_in_components needs Components Deadline,
            memory_is_bounded_in_components needs Components MemoryLimit,
            host_recursion_is_bounded needs Reentrant,
            captured_output_is_bounded,
            lifted_values_are_bounded needs Components,
        }
        snapshot "snapshots" {
            snapshots_show_exported_globals,
            snapshots_show_vectors_and_references needs Simd,
            snapshots_take_what_the_query_asks,
            snapshots_take_memories,
            memories_can_be_read_and_written,
            globals_and_tables_can_be_written,
            core_paths_are_stable,
            paths_inside_components_are_stable needs Components InnerGlobals,
            counters_inside_components_are_seen needs Components InnerGlobals,
        }
        host "host functions" {
            host_functions_get_arguments_in_order,
            host_functions_are_reached_every_way,
            host_functions_share_state,
            raw_host_functions_reach_memory,
            host_functions_call_back needs Reentrant,
            the_host_gives_memories_tables_and_globals,
        }
        host_error "host functions" {
            async_host_functions_give_their_result,
            a_panicking_host_function_is_caught,
            errors_of_host_functions_come_out,
            ill_typed_results_of_host_functions_are_host_errors,
        }
        link "linking" {
            wrong_host_types_fail_at_instantiation,
            missing_imports_are_named,
        }
        stub "stubs and recorder" {
            stubs_trap_naming_the_import,
            stubs_give_zero_values,
            the_longest_prefix_decides_a_stub,
            unused_stubs_are_listed,
            host_calls_are_recorded,
        }
        value "component values" {
            strings_and_lists_pass needs Components,
            values_of_every_type_pass needs Components,
            values_are_changed_by_the_guest needs Components,
            parameters_beyond_the_flat_limit_pass needs Components,
        }
        typed_value "component values" {
            typed_component_calls_agree_with_values needs Components,
            ill_typed_parts_are_named needs Components,
        }
        component_host "component hosts" {
            components_call_typed_hosts needs Components,
            component_host_functions_may_be_async needs Components,
            panicking_hosts_of_components_are_caught needs Components,
        }
        resource "resources" {
            resources_are_made_called_and_dropped needs Components,
            borrows_leave_the_owner needs Components,
            moved_resources_are_misuse needs Components,
            foreign_handles_are_misuse needs Components,
            handles_are_numbered_by_creation needs Components,
            what_the_host_holds_is_listed needs Components,
            the_host_defines_resources needs Components,
        }
        nested_handle "resources" {
            handles_in_lists_of_records_move needs Components,
        }
        compose "composed components" {
            composed_components_pass_records needs Components,
            composed_components_pass_resources needs Components,
            siblings_share_one_resource_type needs Components,
            resources_wrap_resources_three_deep needs Components,
        }
        fused "fused modules" {
            fused_modules_pass_every_kind_of_value needs Components MultiMemory,
            fused_modules_pass_random_values needs Components MultiMemory,
            fused_exports_are_those_of_the_composition needs Components MultiMemory,
            fused_exports_use_their_own_realloc needs Components MultiMemory,
            fused_modules_have_several_string_encodings needs Components MultiMemory,
            fused_modules_share_one_memory needs Components,
            fused_inner_functions_are_those_of_the_composition needs Components MultiMemory,
            fused_modules_pass_resources needs Components MultiMemory,
            fused_modules_export_again_what_they_import needs Components MultiMemory,
            fused_handles_are_checked needs Components MultiMemory,
            fused_imports_use_the_importers_memory needs Components MultiMemory,
            fused_start_functions_call_the_host needs Components MultiMemory,
        }
        coverage "coverage" {
            instrumented_modules_count_as_in_witness needs MultiMemory,
            instrumented_components_count_as_in_witness needs Components MultiMemory InnerGlobals,
        }
        asynchronous "asynchronous components" {
            host_functions_define_asynchronous_imports needs Components ComponentAsync,
            subtasks_run_at_the_same_time needs Components ComponentAsync,
            calls_end_in_the_order_of_their_events needs Components ComponentAsync,
            blocked_calls_end_in_the_order_of_their_events needs Components ComponentAsync StackfulAsync,
            a_wait_that_nothing_ends_is_a_deadlock needs Components ComponentAsync,
            a_blocked_call_lets_its_caller_go_on needs Components ComponentAsync StackfulAsync,
            synchronous_lowers_wait_for_asynchronous_functions needs Components ComponentAsync,
            asynchronous_lowers_of_synchronous_functions_return_at_once needs Components ComponentAsync,
        }
        backpressure "asynchronous components" {
            backpressure_makes_calls_wait_to_start needs Components ComponentAsync,
            backpressure_holds_back_calls_of_the_host needs Components ComponentAsync,
            backpressure_holds_back_no_synchronous_functions needs Components ComponentAsync,
            backpressure_has_bounds needs Components ComponentAsync,
            a_blocked_task_with_a_callback_holds_its_instance needs Components ComponentAsync StackfulAsync,
            functions_without_a_callback_enter_a_held_instance needs Components ComponentAsync StackfulAsync,
        }
        cancellation "asynchronous components" {
            subtasks_are_cancelled needs Components ComponentAsync,
            a_cancelled_task_may_return needs Components ComponentAsync,
            a_cancelled_task_may_go_on needs Components ComponentAsync,
            calls_are_cancelled_before_they_start needs Components ComponentAsync,
            a_request_to_cancel_waits_until_it_can_be_delivered needs Components ComponentAsync StackfulAsync,
            wrong_cancellations_trap needs Components ComponentAsync,
            copies_are_cancelled needs Components ComponentAsync,
        }
        cancellable "asynchronous components" {
            a_request_is_delivered_once_and_where_it_may_be needs Components ComponentAsync StackfulAsync,
            blocked_tasks_are_cancelled_at_once needs Components ComponentAsync StackfulAsync,
            suspended_tasks_are_cancelled_at_once needs Components ComponentAsync StackfulAsync,
            calls_are_cancelled_before_their_end_is_known needs Components ComponentAsync,
            threads_of_functions_that_have_returned_may_block needs Components ComponentAsync,
        }
        closing "asynchronous components" {
            a_dropped_end_ends_the_copy_of_the_other needs Components ComponentAsync,
            ends_that_can_copy_no_more_trap needs Components ComponentAsync,
            futures_are_written_before_they_are_dropped needs Components ComponentAsync,
            what_is_in_use_is_not_dropped needs Components ComponentAsync,
            a_set_that_is_waited_for_is_not_dropped needs Components ComponentAsync StackfulAsync,
        }
        stream "asynchronous components" {
            streams_are_read_in_pieces needs Components ComponentAsync,
            copies_of_no_elements_tell_that_the_other_is_ready needs Components ComponentAsync,
            streams_have_elements_with_strings needs Components ComponentAsync,
            strings_reach_a_reader_that_has_returned needs Components ComponentAsync,
            resources_move_through_streams needs Components ComponentAsync,
            ends_move_through_calls needs Components ComponentAsync,
            ends_in_use_do_not_move needs Components ComponentAsync,
        }
        copy_rule "asynchronous components" {
            a_copy_is_over_when_its_event_is_delivered needs Components ComponentAsync,
        }
        thread "asynchronous components" {
            threads_switch_to_others needs Components ComponentAsync,
            threads_are_promoted needs Components ComponentAsync,
            wrong_threads_trap needs Components ComponentAsync,
            start_functions_have_a_thread needs Components ComponentAsync,
            a_synchronous_call_lets_few_threads_run needs Components ComponentAsync,
        }
        background "asynchronous components" {
            tasks_go_on_after_they_have_returned needs Components ComponentAsync,
            threads_run_beside_the_function_that_made_them needs Components ComponentAsync,
            a_result_is_due_until_the_last_thread_has_ended needs Components ComponentAsync,
        }
        lending "asynchronous components" {
            loans_of_the_host_end_with_their_calls needs Components ComponentAsync,
            loans_end_with_their_calls needs Components ComponentAsync,
            what_a_call_has_borrowed_is_kept_and_dropped needs Components ComponentAsync,
            a_loan_lasts_until_the_caller_knows_of_the_end needs Components ComponentAsync,
        }
        error_context "asynchronous components" {
            error_contexts_are_shared needs Components ComponentAsync,
            wrong_error_contexts_trap needs Components ComponentAsync,
        }
        task_rule "asynchronous components" {
            post_return_calls_no_built_in needs Components ComponentAsync,
            synchronous_functions_use_nothing_that_may_block needs Components ComponentAsync,
            a_waitable_that_is_waited_for_stays_as_it_is needs Components ComponentAsync StackfulAsync,
            a_call_starts_behind_those_that_wait_to_start needs Components ComponentAsync,
            a_task_that_yields_learns_that_it_is_cancelled needs Components ComponentAsync,
            functions_without_a_callback_return_a_result needs Components ComponentAsync,
            a_cancelled_task_waits_for_the_one_that_holds_its_instance needs Components ComponentAsync,
            callers_block_below_their_callees needs Components ComponentAsync,
            streams_without_elements_copy_the_most needs Components ComponentAsync,
        }
        task_trap "asynchronous components" {
            wrong_ends_of_tasks_trap needs Components ComponentAsync,
            synchronous_functions_do_not_use_task_return needs Components ComponentAsync,
            a_wrong_task_return_ends_only_its_instance needs Components ComponentAsync,
            wrong_handles_of_built_ins_trap needs Components ComponentAsync,
            members_of_sets_are_not_waited_for needs Components ComponentAsync,
            synchronous_functions_do_not_block needs Components ComponentAsync,
            a_trap_of_a_callback_closes_the_component needs Components ComponentAsync,
            a_trap_of_a_blocked_task_closes_the_component needs Components ComponentAsync StackfulAsync,
            a_trap_after_a_return_ends_a_later_call needs Components ComponentAsync,
        }
        schedule "asynchronous components" {
            a_seed_chooses_the_order_of_tasks needs Components ComponentAsync ScheduleSeed,
        }
        task_limit "asynchronous components" {
            fuel_ends_tasks_that_yield needs Components ComponentAsync Fuel,
            deadlines_end_tasks_that_yield needs Components ComponentAsync Deadline,
            handles_of_tasks_are_bounded needs Components ComponentAsync,
            dropped_handles_make_room needs Components ComponentAsync,
            long_chains_of_calls_end needs Components ComponentAsync,
        }
        host_end "streams of the host" {
            guests_read_streams_of_the_host needs Components ComponentAsync,
            a_guest_that_only_the_host_could_wake_is_a_deadlock needs Components ComponentAsync,
            the_host_reads_streams_of_guests needs Components ComponentAsync,
            guests_learn_that_the_host_reads_no_more needs Components ComponentAsync,
            futures_pass_between_host_and_guests needs Components ComponentAsync,
            host_functions_pass_streams needs Components ComponentAsync,
            streams_of_the_host_come_back needs Components ComponentAsync,
            an_end_is_used_once needs Components ComponentAsync,
            typed_ends_pass_like_values needs Components ComponentAsync,
        }
        host_copy "streams of the host" {
            copies_of_no_elements_wait_for_the_host needs Components ComponentAsync,
            a_read_that_was_given_up_waits_no_more needs Components ComponentAsync,
            a_trap_of_a_copy_with_the_host_closes_the_component needs Components ComponentAsync,
            sinks_are_told_of_the_end needs Components ComponentAsync,
            sources_supply_elements_of_the_right_type needs Components ComponentAsync,
        }
        host_wait "waits for the host" {
            calls_of_the_host_run_at_the_same_time needs Components ComponentAsync,
            interrupted_calls_go_on needs Components ComponentAsync,
            dropped_calls_are_asked_to_end needs Components ComponentAsync,
            host_functions_suspend_only_their_task needs Components ComponentAsync,
            deadlines_end_waits_for_host_functions needs Components ComponentAsync Deadline,
            calls_of_host_functions_are_cancelled needs Components ComponentAsync,
            asynchronous_host_functions_are_called_where_it_is_allowed needs Components ComponentAsync,
            virtual_time_advances_when_all_wait needs Components ComponentAsync,
        }
        component_type "component-type sections" {
            sections_give_exports_the_types_of_the_component needs Components,
            sections_give_imports_the_types_of_the_component needs Components,
            sections_give_resources_owners needs Components,
            modules_with_sections_are_initialized_first needs Components,
            sections_have_no_effect_unless_asked_for,
        }
        hostile "hostile components" {
            any_bits_lift_as_the_specification_says needs Components,
            ranges_of_lists_are_checked needs Components,
            long_lists_trap needs Components,
            results_of_realloc_are_checked needs Components,
            places_of_results_are_checked needs Components,
            realloc_and_post_return_may_not_leave needs Components,
            traps_in_realloc_and_post_return_come_out needs Components,
            nan_payloads_do_not_cross needs Components,
            imports_are_called_through_exports needs Components,
        }
        hostile_string "hostile components" {
            ranges_of_strings_are_checked needs Components,
            strings_of_every_encoding_pass needs Components,
            long_strings_trap needs Components,
        }
        hostile_handle "hostile components" {
            handles_that_do_not_exist_trap needs Components,
            handles_given_away_or_lent_trap needs Components,
            borrows_are_dropped_before_return needs Components,
        }
        wasi "system wasi" {
            commands_print_and_exit needs Components SystemWasi,
            commands_see_args_env_and_stdin needs Components SystemWasi,
            commands_trap_and_panic needs Components SystemWasi,
            commands_open_folders needs Components SystemWasi,
            output_of_commands_is_bounded needs Components SystemWasi,
            commands_of_wasi_0_3_run needs Components ComponentAsync SystemWasi,
            output_of_streams_is_bounded needs Components ComponentAsync SystemWasi,
            preview1_commands_run needs SystemWasi,
            preview1_reactors_are_initialised_once needs SystemWasi,
        }
    }
    wasi {
        hermetic_command "hermetic wasi" {
            hermetic_commands_see_args_env_and_stdin needs Components,
            hermetic_commands_end_with_a_code_or_a_trap needs Components,
            hermetic_commands_change_files_in_memory needs Components,
            hermetic_files_that_cannot_be_had_are_errors needs Components,
            hermetic_clocks_and_chance_are_what_the_world_says needs Components,
            hermetic_output_is_bounded needs Components,
            hermetic_worlds_do_for_components_without_wasi needs Components,
        }
        hermetic_command3 "hermetic wasi" {
            hermetic_streams_carry_input_and_output needs Components ComponentAsync,
            hermetic_streams_read_and_write_files needs Components ComponentAsync,
            hermetic_waits_end_in_the_order_of_their_times needs Components ComponentAsync,
            hermetic_output_of_streams_is_bounded needs Components ComponentAsync,
        }
        hermetic_http3 "hermetic wasi" {
            hermetic_requests_are_refused needs Components ComponentAsync,
            hermetic_bodies_of_requests_come_back needs Components ComponentAsync,
        }
        hermetic_tour "hermetic wasi" {
            hermetic_tour_of_files_is_golden needs Components,
            hermetic_tour_of_clocks_is_golden needs Components,
            hermetic_tour_of_chance_is_golden needs Components,
            hermetic_tour_of_streams_is_golden needs Components,
            hermetic_tour_of_a_panic_is_golden needs Components,
            hermetic_floods_of_output_come_through_whole needs Components,
        }
        hermetic_preview1 "hermetic wasi" {
            hermetic_preview1_modules_see_what_components_see needs Components,
            hermetic_preview1_modules_have_their_own_exit_code needs Components,
            hermetic_preview1_modules_are_shown_as_themselves needs Components InnerGlobals,
        }
    }
    engine {
        core_engine "core engine" {
            core_compile_judges_raw_bytes,
            core_module_types_are_read,
            core_instances_share_nothing,
            core_limits_not_built_for_are_unsupported,
            core_foreign_module_is_misuse,
            core_hostile_input_does_not_panic,
        }
        hostile_run "core engine" {
            core_hostile_modules_run_without_a_panic,
        }
        core_identity "core instances" {
            core_callers_are_told_apart,
            core_exports_are_the_modules_own,
            core_instances_of_a_module_are_told_apart,
            core_imported_things_are_the_same_thing,
            core_stores_are_told_apart,
        }
        core_order "core linking" {
            core_imports_are_matched_by_position,
            core_arguments_and_results_come_in_order,
            core_instantiation_goes_in_order,
            core_large_modules_start_and_export,
        }
        core_bits "core store" {
            core_numbers_pass_as_bits,
            core_vectors_pass_as_bits needs Simd,
            core_host_references_pass,
            core_function_references_pass,
        }
        core_reference "core store" {
            core_guest_references_pass needs Gc,
            core_references_fit_their_exact_type needs Gc,
            core_exception_references_pass needs Exceptions,
        }
        core_once "core store" {
            core_failed_instances_are_given_once,
            core_host_results_start_as_zeroes,
            core_failing_host_functions_leave_nothing_behind,
        }
        core_link "core linking" {
            core_imports_are_checked,
            core_imports_of_every_kind_link,
            core_start_calls_the_host,
            core_failed_instantiation_keeps_writes,
            core_foreign_handles_are_misuse,
        }
        core_call "core store" {
            core_arguments_are_checked,
            core_traps_map_to_their_cause,
            core_store_survives_a_trap,
            core_floats_pass_as_bits,
            core_host_errors_pass_unchanged,
            core_host_functions_have_every_type,
            core_host_functions_call_back needs Reentrant,
            core_host_state_is_kept,
        }
        core_numeric "core store" {
            core_numeric_calls_agree_with_calls,
            core_numeric_host_functions_agree_with_others,
            core_memories_are_borrowed_with_the_state,
            core_memories_are_copied,
        }
        core_suspend "core store" {
            core_calls_suspend_and_resume needs SuspendedCalls,
        }
        core_object "core memories, tables, globals" {
            core_memories_are_read_written_and_grown,
            core_globals_are_read_and_set,
            core_tables_are_read,
            core_table_elements_are_set,
            core_wide_memories_and_tables_are_read needs Memory64,
            core_second_memories_are_told_apart needs MultiMemory,
            core_pages_of_other_sizes_are_counted needs CustomPageSizes,
            core_shared_memories_are_read_and_written needs Threads,
            core_exception_tags_are_told_apart needs Exceptions,
        }
        core_limit "core limits" {
            core_fuel_ends_an_endless_loop needs Fuel,
            core_a_deadline_ends_an_endless_loop needs Deadline,
            core_fuel_is_counted_over_the_whole_store needs Fuel,
            core_no_fuel_is_left_at_its_limit needs Fuel,
            core_fuel_and_deadlines_hold_together needs Fuel Deadline,
            core_deadlines_are_for_outermost_calls needs Deadline Reentrant,
            core_memory_limit_holds needs MemoryLimit,
            core_table_limit_holds needs TableLimit,
            core_instance_limit_holds needs InstanceLimit,
            core_host_recursion_is_bounded needs Reentrant,
            core_a_host_call_is_a_level,
        }
    }
}

/// Returns every case, in the order of reports.
#[must_use]
pub fn cases() -> &'static [Case] {
    CASES
}

impl Case {
    /// Returns the case with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Case> {
        cases().iter().find(|case| case.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_of_cases_are_unique() {
        let names: BTreeSet<_> = cases().iter().map(|case| case.name).collect();
        assert_eq!(names.len(), cases().len());
    }

    #[test]
    fn cases_of_engines_and_no_others_are_named_core() {
        for case in cases().iter().filter(|case| case.on == On::Engine) {
            assert!(case.name.starts_with("core_"), "{}", case.name);
        }
    }
}
