//! The table of clauses.

use super::{Check, Clause};

macro_rules! clauses {
    ($( $of:ident { $( $number:literal $text:literal: $( $case:ident by $saboteur:ident ),+ ; )+ } )+) => {
        /// Every clause, in the order of the traits' documentation.
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
        1 "malformed and invalid bytes are Invalid at load":
            load_rejects_what_is_not_wasm by loads_anything,
            load_rejects_truncated_bytes by loads_anything,
            load_rejects_invalid_modules by loads_anything;
        2 "what the build lacks answers Unsupported":
            lacking_capabilities_answer_unsupported by hides_what_it_lacks;
        3 "a program can be used from several threads":
            programs_instantiate_in_parallel by stays_on_one_thread;
    }
    Program {
        1 "the interface is that of the artifact":
            interfaces_are_read_alike by forgets_the_interface;
        2 "instances share nothing, and each sees the world made afresh":
            instances_share_nothing by shares_one_instance,
            programs_instantiate_in_parallel by stays_on_one_thread,
            worlds_are_made_afresh by shares_one_instance;
        3 "imports that do not fit are Link at instantiation":
            missing_imports_are_named by links_nothing,
            wrong_host_types_fail_at_instantiation by links_nothing;
        4 "a limit that was not built for is Unsupported":
            limits_not_built_for_are_unsupported by ignores_limits;
        5 "a trap of a start function comes out and may leave an instance":
            a_trapping_start_leaves_an_instance by blames_the_linker;
        6 "what start functions did before they failed is observed":
            a_trapping_start_shows_what_it_did by forgets_what_start_did,
            a_trapping_start_of_a_component_shows_what_it_did by forgets_what_start_did;
    }
    Instance {
        1 "exports are found by name or compatible version, else Misuse with near matches":
            unknown_exports_list_near_matches by lists_no_matches,
            versions_match_within_their_track by matches_versions_exactly;
        2 "ill-typed arguments are Misuse with their path":
            ill_typed_arguments_name_their_path by forgets_the_path;
        3 "results are the same values everywhere":
            numbers_pass_unchanged by changes_results,
            floats_pass_as_bits by changes_results,
            values_of_every_type_pass by changes_results;
        4 "a trap has its cause, and everything can be read after it":
            traps_map_to_their_cause by forgets_the_cause,
            snapshots_work_after_a_trap by is_blind_after_a_trap;
        5 "a trap closes a component and leaves a core module open":
            a_trapped_component_is_closed by reopens_components,
            a_trapped_core_module_stays_open by closes_after_a_trap;
        6 "run starts the canonical entry and never guesses":
            run_starts_the_canonical_entry by runs_nothing,
            run_never_guesses by guesses_an_entry;
        7 "cores are listed by the paths of the interface":
            core_paths_are_stable by shows_an_instance_too_many;
        8 "functions and handles of another instance are Misuse":
            foreign_functions_are_misuse by takes_any_function,
            foreign_handles_are_misuse by takes_any_handle;
        9 "an owned resource moves":
            moved_resources_are_misuse by forgives_moved_resources;
        10 "a panic of a host function is Host":
            a_panicking_host_function_is_caught by blames_the_engine_for_panics;
        11 "limits end a call with Limit":
            fuel_ends_an_endless_loop by calls_limits_traps,
            a_deadline_ends_an_endless_loop by calls_limits_traps,
            memory_stops_growing_at_its_limit by calls_limits_traps,
            host_recursion_is_bounded by calls_limits_traps,
            captured_output_is_bounded by calls_limits_traps;
        12 "host calls are recorded if the world asks for it":
            host_calls_are_recorded by records_nothing;
        13 "what the host still owns is listed in order":
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
    }
    CoreEngine {
        1 "compile judges the bytes as they are":
            core_compile_judges_raw_bytes by compiles_anything;
        2 "instances of a module share nothing":
            core_instances_share_nothing by reuses_instances;
        3 "a limit that was not built for is Unsupported":
            core_limits_not_built_for_are_unsupported by ignores_store_limits;
        4 "a module of another engine is Misuse":
            core_foreign_module_is_misuse by takes_foreign_modules;
        5 "nothing makes the process panic":
            core_hostile_input_does_not_panic by panics_on_bad_bytes;
    }
    CoreStore {
        1 "imports are checked: Link":
            core_imports_are_checked by links_anything;
        2 "host functions work during a start function":
            core_start_calls_the_host by is_deaf_during_start;
        3 "writes of a failed instantiation stay":
            core_failed_instantiation_keeps_writes by undoes_writes;
        4 "arguments are checked, and results left alone on error":
            core_arguments_are_checked by clobbers_results;
        5 "every trap has its cause":
            core_traps_map_to_their_cause by forgets_core_causes;
        6 "errors of host functions come out as they were":
            core_host_errors_pass_unchanged by wraps_host_errors;
        7 "a handle of another store is Misuse":
            core_foreign_handles_are_misuse by takes_foreign_globals;
        8 "after a trap the store stays usable":
            core_store_survives_a_trap by dies_of_a_trap;
        9 "floats pass as bits":
            core_floats_pass_as_bits by canonicalises_nans;
        10 "fuel and deadlines end in Limit":
            core_fuel_ends_an_endless_loop by calls_store_limits_traps,
            core_a_deadline_ends_an_endless_loop by calls_store_limits_traps;
        11 "host recursion is bounded":
            core_host_recursion_is_bounded by calls_store_limits_traps;
    }
    CoreCaller {
        1 "host functions can call back where the engine is reentrant":
            core_host_functions_call_back by never_calls_back;
        2 "a host function finds the caller's exports":
            core_start_calls_the_host by hides_the_caller;
    }
}
